//! libtorch's failures as ours.

use tch::TchError;

use crate::error::{Error, ErrorKind};

impl From<TchError> for Error {
    /// Out-of-memory reports get their own kind, so that callers can retry with a smaller batch. Only
    /// the first line is kept: the rest is libtorch's own stack.
    fn from(error: TchError) -> Self {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or("unknown failure").trim();
        let memory = [
            "out of memory",
            "can't allocate memory",
            "not enough memory",
            "STATUS_ALLOC_FAILED",
            "unable to find an engine to execute this computation",
        ];
        if memory.iter().any(|sign| text.contains(sign)) {
            return Self::new(ErrorKind::OutOfMemory, format!("libtorch ran out of memory: {line}"));
        }
        Self::new(ErrorKind::Backend, format!("libtorch: {line}"))
    }
}
