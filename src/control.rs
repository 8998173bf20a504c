//! What long work and its caller say to each other: progress one way, cancel the other.
//!
//! Work that can take longer than a blink takes a `&Control`. Sinks run on the calling thread only.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// Where the work stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    /// Name of the stage, in the order of the data path: "scan", "statistics", "train", "predict" ...
    pub stage: &'a str,
    /// Units finished in this stage.
    pub done: u64,
    /// Units in this stage; 0 when unknown.
    pub total: u64,
}

/// What a caller hears while the work runs.
pub trait Listener {
    /// Told after each unit of work; `false` asks the work to stop.
    fn progress(&mut self, progress: &Progress<'_>) -> bool;
    /// Told what a person should know: assumptions made, results of an epoch, warnings.
    fn message(&mut self, level: log::Level, text: &str);
}

/// Asks running work to stop; may be kept and used from any thread.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Asks for the stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the stop has been asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Passed to all long work. Not `Sync`: listeners are called on the thread that owns it.
#[derive(Default)]
pub struct Control<'a> {
    listener: Option<RefCell<&'a mut dyn Listener>>,
    cancel: CancelFlag,
}

impl<'a> Control<'a> {
    /// Nobody listens; cancel through [`Control::cancel_flag`].
    pub fn silent() -> Control<'static> {
        Control::default()
    }

    /// `listener` is told of everything.
    pub fn new(listener: &'a mut dyn Listener) -> Self {
        Self { listener: Some(RefCell::new(listener)), cancel: CancelFlag::default() }
    }

    /// The flag that stops this work; worker threads poll it.
    pub fn cancel_flag(&self) -> CancelFlag {
        self.cancel.clone()
    }

    /// Reports `done` of `total` units of `stage`.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] when the listener or the flag asked to stop.
    pub fn step(&self, stage: &str, done: u64, total: u64) -> Result<()> {
        if let Some(listener) = &self.listener
            && let Ok(mut listener) = listener.try_borrow_mut()
            && !listener.progress(&Progress { stage, done, total })
        {
            self.cancel.cancel();
        }
        self.check(stage)
    }

    /// # Errors
    /// [`ErrorKind::Cancelled`] when the flag asked to stop.
    pub fn check(&self, stage: &str) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::new(ErrorKind::Cancelled, format!("cancelled during {stage}")));
        }
        Ok(())
    }

    /// Something a person should know.
    pub fn info(&self, text: &str) {
        self.message(log::Level::Info, text);
    }

    /// Something a person should look at before trusting the result.
    pub fn warn(&self, text: &str) {
        self.message(log::Level::Warn, text);
    }

    fn message(&self, level: log::Level, text: &str) {
        log::log!(level, "{text}");
        if let Some(listener) = &self.listener
            && let Ok(mut listener) = listener.try_borrow_mut()
        {
            listener.message(level, text);
        }
    }
}
