//! What can go wrong, what the user can do about it, and with which code the program exits.

use std::path::Path;

use serde_json::{Value, json};

use crate::abi::{self, diapir_status};

/// Exit codes, one per class of failure; `README.md` and `diapir --help` list them.
pub(crate) mod exit {
    /// A check that was asked for found something.
    pub(crate) const FAULT: u8 = 1;
    /// The command line or the configuration file is wrong.
    pub(crate) const USAGE: u8 = 2;
    /// An argument that the library refused.
    pub(crate) const CALLER: u8 = 10;
    /// Input data or a file.
    pub(crate) const DATA: u8 = 11;
    /// The model, or a training that failed.
    pub(crate) const MODEL: u8 = 12;
    /// Memory, device, libtorch, GDAL.
    pub(crate) const RESOURCES: u8 = 13;
    /// A defect of the library.
    pub(crate) const DEFECT: u8 = 15;
    /// No library could be loaded.
    pub(crate) const LOAD: u8 = 16;
    /// Cancelled, as shells number an interrupt.
    pub(crate) const CANCELLED: u8 = 130;
}

/// Where a failure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The command line or the configuration file.
    Usage,
    /// Loading the library.
    Load,
    /// The library's status, or this host's own failure in the library's terms.
    Status(diapir_status),
}

/// A failure of a command.
#[derive(Debug, Clone)]
pub(crate) struct HostError {
    origin: Origin,
    message: String,
    path: Option<String>,
    byte: Option<i64>,
    advice: Option<&'static str>,
}

impl HostError {
    /// A failure with the library's status.
    pub(crate) fn status(status: diapir_status, message: impl Into<String>) -> Self {
        Self { origin: Origin::Status(status), message: message.into(), path: None, byte: None, advice: None }
    }

    /// The command line or the configuration file is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { origin: Origin::Usage, ..Self::status(abi::DIAPIR_STATUS_OK, message) }
    }

    /// The library cannot be used.
    pub(crate) fn load(message: impl Into<String>) -> Self {
        Self { origin: Origin::Load, ..Self::status(abi::DIAPIR_STATUS_OK, message) }
    }

    /// The user interrupted between two calls of the library.
    pub(crate) fn cancelled() -> Self {
        Self::status(abi::DIAPIR_STATUS_CANCELLED, "cancelled")
    }

    /// The operating system's refusal to do `action` with `path`.
    pub(crate) fn io(error: &std::io::Error, action: &str, path: &Path) -> Self {
        let status = match error.kind() {
            std::io::ErrorKind::NotFound => abi::DIAPIR_STATUS_NOT_FOUND,
            _ => abi::DIAPIR_STATUS_IO,
        };
        Self::status(status, format!("cannot {action}: {error}")).at(path)
    }

    /// The same failure, about this file.
    pub(crate) fn at(mut self, path: &Path) -> Self {
        self.path.get_or_insert_with(|| path.display().to_string());
        self
    }

    /// The same failure, about this byte of the file, counted from 0.
    pub(crate) fn at_byte(mut self, byte: i64) -> Self {
        self.byte = Some(byte);
        self
    }

    /// The same failure, with advice of its own.
    pub(crate) fn advise(self, advice: &'static str) -> Self {
        Self { advice: Some(advice), ..self }
    }

    /// Whether the library refused what it was given.
    pub(crate) fn is_invalid_argument(&self) -> bool {
        matches!(self.origin, Origin::Status(abi::DIAPIR_STATUS_INVALID_ARGUMENT))
    }

    /// Whether the user asked for it.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.origin == Origin::Status(abi::DIAPIR_STATUS_CANCELLED)
    }

    /// Whether a file is not what its format demands, or ends too early.
    pub(crate) fn is_of_a_damaged_file(&self) -> bool {
        matches!(self.origin, Origin::Status(abi::DIAPIR_STATUS_MALFORMED | abi::DIAPIR_STATUS_TRUNCATED))
    }

    /// The sentence without file and name.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The code that the program exits with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.origin {
            Origin::Usage => exit::USAGE,
            Origin::Load => exit::LOAD,
            Origin::Status(1..=99) => exit::CALLER,
            Origin::Status(100..=199) => exit::DATA,
            Origin::Status(200..=299) => exit::MODEL,
            Origin::Status(300..=399) => exit::RESOURCES,
            Origin::Status(400..=499) => exit::CANCELLED,
            Origin::Status(_) => exit::DEFECT,
        }
    }

    /// The name of the status as the header has it, without `DIAPIR_STATUS_`; the host's own are `USAGE` and
    /// `LOAD`.
    fn name(&self) -> &'static str {
        match self.origin {
            Origin::Usage => "USAGE",
            Origin::Load => "LOAD",
            Origin::Status(status) => {
                abi::STATUSES.iter().find(|(number, _)| *number == status).map_or("UNKNOWN", |(_, name)| name)
            }
        }
    }

    /// What to try, where there is something to try in general.
    fn advice(&self) -> Option<&'static str> {
        if self.advice.is_some() {
            return self.advice;
        }
        let Origin::Status(status) = self.origin else {
            return match self.origin {
                Origin::Load => Some(
                    "name the library with --library or DIAPIR_LIBRARY, and libtorch's folder with DIAPIR_LIBTORCH",
                ),
                _ => Some("diapir --help lists commands and options"),
            };
        };
        Some(match status {
            abi::DIAPIR_STATUS_UNSUPPORTED => "`diapir info` shows which parts this build of the library has",
            abi::DIAPIR_STATUS_GEOMETRY => {
                "where headers depart from the standard, give byte positions such as --inline-byte and \
                 --crossline-byte; `diapir scan --text` shows what the text header says of them"
            }
            abi::DIAPIR_STATUS_MODEL_MISMATCH => "`diapir model info` shows what the model was trained for",
            abi::DIAPIR_STATUS_DIVERGED => "use a lower rate, such as --set stages.0.rate=1e-4",
            abi::DIAPIR_STATUS_OUT_OF_MEMORY => {
                "use fewer tiles at a time: --batch, or --set batch=8 in training"
            }
            abi::DIAPIR_STATUS_DEVICE_UNAVAILABLE => {
                "`diapir info` lists the devices; --device cpu always works"
            }
            abi::DIAPIR_STATUS_CANCELLED => "no half-written file was left",
            900.. => "this is a defect of the library: please report it with the command and this message",
            _ => return None,
        })
    }

    /// The lines for a person.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from("error: ");
        if let Some(path) = &self.path {
            text += path;
            if let Some(byte) = self.byte {
                text += &format!(", byte {byte}");
            }
            text += ": ";
        }
        text += &format!("{} [{}]", self.message, self.name());
        if let Some(advice) = self.advice() {
            text += &format!("\nadvice: {advice}");
        }
        text
    }

    /// The object for a program: `{"error": {...}}`.
    pub(crate) fn json(&self) -> Value {
        let status = match self.origin {
            Origin::Status(status) => Some(status),
            _ => None,
        };
        json!({"error": {
            "name": self.name(),
            "status": status,
            "exit_code": self.exit_code(),
            "message": self.message,
            "path": self.path,
            "byte": self.byte,
            "advice": self.advice(),
        }})
    }
}
