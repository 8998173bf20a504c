//! What every command works with: the library and the terminal.

use std::path::Path;

use crate::abi::{DIAPIR_STATUS_UNSUPPORTED, diapir_survey_options};
use crate::failure::HostError;
use crate::plugin::{Options, Plugin, Survey};
use crate::progress::Task;
use crate::terminal::Terminal;

/// What every command works with.
#[derive(Clone, Copy)]
pub(super) struct Host<'a> {
    pub(super) plugin: Plugin,
    pub(super) terminal: &'a Terminal,
}

impl<'a> Host<'a> {
    /// A listener for one call of the library.
    pub(super) fn task(&self) -> Task<'a> {
        Task::new(self.terminal)
    }

    /// Opens a survey, with progress.
    pub(super) fn open(
        &self,
        path: &Path,
        read: &Options<'_, diapir_survey_options>,
    ) -> Result<Survey, HostError> {
        self.terminal.check()?;
        self.plugin.open_survey(path, read, &mut self.task()).map_err(|error| error.at(path))
    }

    /// # Errors
    /// When this build of the library cannot train and predict.
    pub(super) fn need_torch(&self, what: &str) -> Result<(), HostError> {
        match self.plugin.has_torch() {
            true => Ok(()),
            false => Err(HostError::status(
                DIAPIR_STATUS_UNSUPPORTED,
                format!("{what} needs libtorch, which this build of the library was made without"),
            )),
        }
    }
}
