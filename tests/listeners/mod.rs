//! Listeners that stop and hear.
#![allow(dead_code, reason = "not every test program uses all of them")]

use diapir::control::{Listener, Progress};

/// Asks to stop at the given step of all training steps.
pub(crate) struct StopAt(pub(crate) u64);

impl Listener for StopAt {
    fn progress(&mut self, progress: &Progress<'_>) -> bool {
        progress.stage != "train" || progress.done < self.0
    }

    fn message(&mut self, _: log::Level, _: &str) {}
}

/// Hears what is said.
#[derive(Default)]
pub(crate) struct Ear(pub(crate) Vec<String>);

impl Listener for Ear {
    fn progress(&mut self, _: &Progress<'_>) -> bool {
        true
    }

    fn message(&mut self, _: log::Level, text: &str) {
        self.0.push(text.to_owned());
    }
}
