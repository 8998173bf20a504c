//! What a person or a script reads: results on standard output, everything else on standard error.

use std::io::{self, IsTerminal as _, Write as _};

use crate::args::Global;
use crate::failure::HostError;
use crate::interrupt::Interrupt;
use crate::report::Report;

/// The two streams of this run, and Ctrl-C.
pub(crate) struct Terminal {
    quiet: bool,
    json: bool,
    interactive: bool,
    interrupt: Interrupt,
}

impl Terminal {
    pub(crate) fn new(global: &Global, interrupt: Interrupt) -> Self {
        let interactive = io::stderr().is_terminal();
        Self { quiet: global.quiet, json: global.json, interactive, interrupt }
    }

    /// For a failure before there are parsed options.
    pub(crate) fn early(json: bool) -> Self {
        Self { quiet: false, json, interactive: false, interrupt: Interrupt::default() }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether bars can be drawn.
    pub(crate) fn is_interactive(&self) -> bool {
        self.interactive
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt.asked()
    }

    /// # Errors
    /// When the user has asked to stop: for between two calls of the library.
    pub(crate) fn check(&self) -> Result<(), HostError> {
        if self.is_interrupted() { Err(HostError::cancelled()) } else { Ok(()) }
    }

    /// Something that --quiet leaves out.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.print_message(text);
        }
    }

    /// Something that must be seen.
    pub(crate) fn print_message(&self, text: &str) {
        // Nobody reads standard error any more: nothing can be done about it, and the work matters more.
        let _written = writeln!(io::stderr(), "{text}");
    }

    /// The result of a command.
    ///
    /// # Errors
    /// When standard output cannot be written; a reader that has gone away is none.
    pub(crate) fn print_report(&self, report: &Report) -> Result<(), HostError> {
        let text = if self.json { json_line(&report.json) } else { report.text.clone() };
        print(&text)
    }

    /// A failure: for a person on standard error, with --json for a program on standard output too.
    pub(crate) fn print_error(&self, error: &HostError) {
        self.print_message(&error.text());
        if self.json {
            // The message above has been said; there is no third place for this one's failure.
            let _written = print(&json_line(&error.json()));
        }
    }
}

fn json_line(json: &serde_json::Value) -> String {
    format!("{json}\n")
}

fn print(text: &str) -> Result<(), HostError> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(HostError::io(&error, "write", std::path::Path::new("standard output")))
        }
        _ => Ok(()),
    }
}
