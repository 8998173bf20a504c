//! Progress of one call: bars on a terminal, now and then a line elsewhere.

use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use crate::plugin::{Level, Listener};
use crate::terminal::Terminal;

/// Hears one call of the library. The bars of a call that fails stay where they stopped.
pub(crate) struct Task<'a> {
    terminal: &'a Terminal,
    bars: MultiProgress,
    stages: Vec<(String, Meter)>,
    told: bool,
}

enum Meter {
    Bar(ProgressBar),
    Lines(Lines),
}

impl<'a> Task<'a> {
    pub(crate) fn new(terminal: &'a Terminal) -> Self {
        Self { terminal, bars: MultiProgress::new(), stages: Vec::new(), told: false }
    }

    fn show(&mut self, stage: &str, done: u64, total: u64) {
        let index = match self.stages.iter().position(|(name, _)| name == stage) {
            Some(index) => index,
            None => {
                let meter = self.meter(stage, done, total);
                self.stages.push((stage.to_owned(), meter));
                self.stages.len() - 1
            }
        };
        match &mut self.stages[index].1 {
            Meter::Bar(bar) => move_bar(bar, done, total),
            Meter::Lines(lines) => {
                if let Some(line) = lines.at(Instant::now(), done, total) {
                    self.terminal.note(&format!("{stage}: {line}"));
                }
            }
        }
    }

    fn meter(&self, stage: &str, done: u64, total: u64) -> Meter {
        if !self.terminal.is_interactive() {
            return Meter::Lines(Lines::new(Instant::now(), done));
        }
        let bar = self.bars.add(ProgressBar::no_length());
        bar.set_prefix(stage.to_owned());
        bar.set_style(style(total));
        // A training that is resumed does not begin at 0, and has not done that much in no time.
        bar.set_position(done);
        bar.reset_eta();
        Meter::Bar(bar)
    }

    fn say(&self, text: &str) {
        self.bars.suspend(|| self.terminal.print_message(text));
    }
}

impl Listener for Task<'_> {
    fn progress(&mut self, stage: &str, done: u64, total: u64) -> bool {
        let stop = self.terminal.is_interrupted();
        if stop && !self.told {
            self.told = true;
            self.say("cancelling ...");
        }
        if !stop && !self.terminal.is_quiet() {
            self.show(stage, done, total);
        }
        !stop
    }

    fn message(&mut self, level: Level, text: &str) {
        match level {
            Level::Error => self.say(&format!("error: {text}")),
            Level::Warning => self.say(&format!("warning: {text}")),
            Level::Information if !self.terminal.is_quiet() => self.say(text),
            Level::Information | Level::Detail => {}
        }
    }
}

impl Drop for Task<'_> {
    fn drop(&mut self) {
        for (_, meter) in &self.stages {
            if let Meter::Bar(bar) = meter
                && !bar.is_finished()
            {
                bar.abandon();
            }
        }
    }
}

fn style(total: u64) -> ProgressStyle {
    let template = if total == 0 {
        "{prefix:>11} {spinner} {human_pos}  {rate}  {elapsed}"
    } else {
        "{prefix:>11} [{bar:32}] {percent:>3} %  {human_pos}/{human_len}  {rate}  {elapsed}, {eta} left"
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        // Text in memory takes everything.
        let _written = write!(text, "{:.1}/s", state.per_sec());
    };
    style.with_key("rate", rate).progress_chars("=> ")
}

fn move_bar(bar: &ProgressBar, done: u64, total: u64) {
    if total > 0 && bar.length() != Some(total) {
        bar.set_length(total);
        bar.set_style(style(total));
    }
    if bar.is_finished() && done < total {
        bar.reset();
    }
    bar.set_position(done);
    if total > 0 && done >= total && !bar.is_finished() {
        bar.finish();
    }
}

/// At least this long between two lines.
const LEAST: Duration = Duration::from_secs(1);
/// After this long there is a line even if little was done.
const MOST: Duration = Duration::from_secs(5);

/// Decides when a line is due: each tenth of the work, but no more than one a second, and one every five
/// seconds. Stages of less than a second stay silent.
struct Lines {
    begin: Instant,
    first: u64,
    last: Instant,
    tenths: u64,
    finished: bool,
}

impl Lines {
    fn new(now: Instant, first: u64) -> Self {
        Self { begin: now, first, last: now, tenths: 0, finished: false }
    }

    fn at(&mut self, now: Instant, done: u64, total: u64) -> Option<String> {
        let passed = now.duration_since(self.begin);
        if total > 0 && done >= total {
            let due = !self.finished && passed >= LEAST;
            self.finished = true;
            return due.then(|| format!("done, {total} in {:.1} s", passed.as_secs_f64()));
        }
        if self.finished {
            *self = Self::new(now, done);
        }
        let since = now.duration_since(self.last);
        let tenths = done.saturating_mul(10).checked_div(total).unwrap_or(0);
        let due = since >= MOST || (since >= LEAST && tenths > self.tenths);
        if !due {
            return None;
        }
        (self.last, self.tenths) = (now, tenths);
        Some(self.line(now.duration_since(self.begin).as_secs_f64(), done, total))
    }

    fn line(&self, seconds: f64, done: u64, total: u64) -> String {
        let rate = done.saturating_sub(self.first) as f64 / seconds.max(1e-3);
        if total == 0 {
            return format!("{done}, {rate:.1}/s");
        }
        let percent = 100.0 * done as f64 / total as f64;
        let left = match rate > 0.0 {
            true => format!(", about {:.0} s left", (total - done) as f64 / rate),
            false => String::new(),
        };
        format!("{percent:.0} %, {done} of {total}, {rate:.1}/s{left}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_each_tenth_but_not_more_than_one_a_second() {
        let begin = Instant::now();
        let at = |seconds: f64| begin + Duration::from_secs_f64(seconds);
        let mut lines = Lines::new(begin, 0);
        assert_eq!(lines.at(at(0.5), 30, 100), None, "too early");
        assert_eq!(lines.at(at(2.0), 40, 100).as_deref(), Some("40 %, 40 of 100, 20.0/s, about 3 s left"));
        assert_eq!(lines.at(at(2.9), 60, 100), None, "less than a second later");
        assert_eq!(lines.at(at(4.0), 49, 100), None, "no further tenth");
        assert_eq!(lines.at(at(7.0), 49, 100).as_deref(), Some("49 %, 49 of 100, 7.0/s, about 7 s left"));
        assert_eq!(lines.at(at(8.0), 100, 100).as_deref(), Some("done, 100 in 8.0 s"));
        assert_eq!(lines.at(at(9.0), 100, 100), None, "told already");
    }

    #[test]
    fn short_stages_are_silent_and_resumed_work_is_not_counted_as_speed() {
        let begin = Instant::now();
        let mut short = Lines::new(begin, 0);
        assert_eq!(short.at(begin + Duration::from_millis(300), 7, 7), None);
        let mut resumed = Lines::new(begin, 500);
        let line = resumed.at(begin + Duration::from_secs(2), 600, 1000);
        assert_eq!(line.as_deref(), Some("60 %, 600 of 1000, 50.0/s, about 8 s left"));
    }

    #[test]
    fn unknown_totals_are_shown_every_five_seconds() {
        let begin = Instant::now();
        let mut lines = Lines::new(begin, 0);
        assert_eq!(lines.at(begin + Duration::from_secs(4), 10, 0), None);
        assert_eq!(lines.at(begin + Duration::from_secs(5), 10, 0).as_deref(), Some("10, 2.0/s"));
    }
}
