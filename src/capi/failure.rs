//! What the bodies of exported functions fail with.

use super::status::diapir_status;
use crate::error::Error;

/// The library's error, or one that only the C border has
/// (NULL, small buffer, poisoned handle).
#[derive(Debug)]
pub(super) enum Failure {
    /// The Rust API failed.
    Library(Error),
    /// The border refused.
    Border(diapir_status, String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Library(error)
    }
}

impl Failure {
    /// A required pointer is NULL.
    pub(super) fn null(parameter: &str) -> Self {
        Self::Border(diapir_status::NullArgument, format!("{parameter} is NULL; pass a valid pointer"))
    }

    /// An argument that the border itself refuses.
    pub(super) fn invalid(message: String) -> Self {
        Self::Border(diapir_status::InvalidArgument, message)
    }

    /// The build lacks a Cargo feature.
    #[cfg_attr(
        all(feature = "torch", feature = "gdal"),
        allow(dead_code, reason = "such a build lacks nothing")
    )]
    pub(super) fn lacks(feature: &str, what: &str) -> Self {
        Self::Border(
            diapir_status::Unsupported,
            format!(
                "{what} needs the feature \"{feature}\", which this build of the library lacks; use a build with it"
            ),
        )
    }

    /// The status that the call returns.
    pub(super) fn status(&self) -> diapir_status {
        match self {
            Self::Library(error) => error.kind().into(),
            Self::Border(status, _) => *status,
        }
    }
}
