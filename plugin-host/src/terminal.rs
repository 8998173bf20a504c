//! What a person sees while the library works: a bar on a terminal, plain lines elsewhere; and Ctrl-C.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::plugin::HostError;

/// Between plain progress lines.
const PAUSE: Duration = Duration::from_secs(5);

pub(crate) struct Terminal {
    quiet: bool,
    bars: bool,
    cancelled: Arc<AtomicBool>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    stage: String,
    bar: Option<ProgressBar>,
    last: Option<Instant>,
}

impl Terminal {
    /// Takes over Ctrl-C: the first asks the library to stop, the second ends the program.
    pub(crate) fn new(quiet: bool) -> Result<Self, HostError> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let flag = cancelled.clone();
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                crate::leave(130);
            }
        })
        .map_err(|error| HostError::own(format!("cannot listen for Ctrl-C: {error}")))?;
        let bars = std::io::stderr().is_terminal() && !quiet;
        Ok(Self { quiet, bars, cancelled, state: RefCell::default() })
    }

    /// The library's progress; `false` cancels.
    pub(crate) fn progress(&self, stage: &str, done: u64, total: u64) -> bool {
        if !self.quiet {
            self.show(stage, done, total);
        }
        !self.cancelled.load(Ordering::Relaxed)
    }

    fn show(&self, stage: &str, done: u64, total: u64) {
        let mut state = self.state.borrow_mut();
        if self.bars {
            if state.stage != stage {
                state.bar.take().inspect(ProgressBar::finish_and_clear);
                let style = ProgressStyle::with_template("{msg:12} {bar:40} {pos}/{len} {per_sec} {eta}");
                state.bar = Some(
                    ProgressBar::new(total)
                        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
                        .with_message(stage.to_owned()),
                );
                state.stage = stage.to_owned();
            }
            if let Some(bar) = &state.bar {
                bar.set_position(done);
            }
            return;
        }
        let due = state.last.is_none_or(|last| last.elapsed() >= PAUSE);
        if due && total > 0 {
            crate::note(&format!("{stage}: {done} of {total}"));
            state.last = Some(Instant::now());
        }
    }

    /// The library's messages: errors, warnings and information.
    pub(crate) fn message(&self, level: i32, text: &str) {
        if self.quiet || level > 3 {
            return;
        }
        let line = if level <= 2 { format!("warning: {text}") } else { text.to_owned() };
        match &self.state.borrow().bar {
            Some(bar) => bar.suspend(|| crate::note(&line)),
            None => crate::note(&line),
        }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        let mut state = self.state.borrow_mut();
        state.bar.take().inspect(ProgressBar::finish_and_clear);
        state.stage.clear();
    }
}
