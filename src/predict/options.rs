//! How a survey is predicted.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::control::Control;
use crate::error::{Result, fail};
use crate::infer::PredictOptions;
use crate::output;
use crate::segy::SampleFormat;
use crate::tiling::Section;
use crate::volume::{Direction, SurveyGrid};

/// How the predictions along inlines and along crosslines become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fusion {
    /// Their mean.
    #[default]
    Mean,
    /// The larger: salt where one direction sees some.
    Max,
    /// The smaller: salt where both see some.
    Min,
    /// The square root of their product.
    Geometric,
}

impl Fusion {
    /// Of two probabilities.
    pub fn of(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Mean => 0.5 * (a + b),
            Self::Max => a.max(b),
            Self::Min => a.min(b),
            Self::Geometric => (a * b).sqrt(),
        }
    }
}

/// In narrower sections a network sees nothing.
const FEWEST_TRACES: usize = 8;

/// Which sections the networks see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sections {
    /// Those of one direction.
    One(Direction),
    /// Inlines and crosslines; twice the time. A direction whose sections have fewer than 8 traces is left out.
    Both(Fusion),
}

impl Default for Sections {
    fn default() -> Self {
        Self::One(Direction::default())
    }
}

impl Sections {
    /// As far as a survey has them: of both directions, one whose sections have hardly a trace (those across a single line) is left out.
    pub(super) fn of_survey(self, grid: &SurveyGrid) -> Self {
        let has = |direction| Section::trace_count(grid, direction) >= FEWEST_TRACES;
        match (self, has(Direction::Inline), has(Direction::Crossline)) {
            (Self::Both(_), true, false) => Self::One(Direction::Inline),
            (Self::Both(_), false, true) => Self::One(Direction::Crossline),
            _ => self,
        }
    }

    /// Says so where `taken`, as far as a survey has them, is less than was asked for.
    pub(super) fn tell_left_out(self, taken: Self, control: &Control<'_>) {
        if self != taken {
            control.info(&format!(
                "sections of the other direction have fewer than {FEWEST_TRACES} traces: only {taken:?} sections are predicted"
            ));
        }
    }

    /// The directions, in the order in which they are predicted.
    pub fn directions(self) -> Vec<Direction> {
        match self {
            Self::One(direction) => vec![direction],
            Self::Both(_) => vec![Direction::Inline, Direction::Crossline],
        }
    }
}

/// A share of the work: number `index` (from 1) of `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// From 1 to `count`.
    pub index: usize,
    /// In how many parts the work is done, at least 1.
    pub count: usize,
}

impl Part {
    /// All of it.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    pub(super) fn check(self) -> Result<()> {
        if !(1..=1_000_000).contains(&self.count) || !(1..=self.count).contains(&self.index) {
            fail!(InvalidArgument, "part {} of {}, expected 1..=N of N", self.index, self.count);
        }
        Ok(())
    }

    /// The range of lines that is this part's: lines are dealt by the tiles that they have.
    pub(super) fn range(self, tiles: &[u64]) -> std::ops::Range<usize> {
        let total: u128 = tiles.iter().map(|&count| u128::from(count)).sum();
        let bound = |index: usize| {
            let share = total * index as u128;
            let mut before = 0u128;
            // The first line whose tiles begin at or after the share.
            let first = tiles.iter().position(|&count| {
                let begins = before;
                before += u128::from(count);
                begins * self.count as u128 >= share
            });
            first.unwrap_or(tiles.len())
        };
        let end = if self.index == self.count { tiles.len() } else { bound(self.index) };
        let start = if self.index == 1 { 0 } else { bound(self.index - 1) };
        start..end
    }
}

/// How a survey is predicted, and what is written.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyOptions {
    /// How sections are predicted.
    pub predict: PredictOptions,
    /// Which sections.
    pub sections: Sections,
    /// Write the standard deviation of all predictions of each sample too.
    pub uncertainty: bool,
    /// Write 1 where the probability exceeds the threshold, 0 elsewhere, too.
    pub mask: bool,
    /// The threshold of mask and report, 0 to 1; `None`: the model's own.
    pub threshold: Option<f32>,
    /// Write an HTML report too: sections, maps, histogram, seams, times.
    pub report: bool,
    /// Sample format of probability and uncertainty.
    pub format: SampleFormat,
    /// Go on with what an earlier run of the same work left, and leave it when stopped; always so in parts.
    pub resume: bool,
    /// Which part of the work to do.
    pub part: Part,
}

impl Default for SurveyOptions {
    fn default() -> Self {
        Self {
            predict: PredictOptions::default(),
            sections: Sections::default(),
            uncertainty: false,
            mask: false,
            threshold: None,
            report: false,
            format: SampleFormat::Ieee32,
            resume: false,
            part: Part::WHOLE,
        }
    }
}

/// The files that a prediction consists of, beside the probability: `salt.sgy` comes with `salt-uncertainty.sgy`, `salt-mask.sgy`, `salt-run.json` and `salt-report.html`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputNames {
    /// Probability of salt, as it was named.
    pub probability: PathBuf,
    /// Standard deviation of predictions.
    pub uncertainty: PathBuf,
    /// 1 in salt, 0 elsewhere.
    pub mask: PathBuf,
    /// What was done, as JSON.
    pub run: PathBuf,
    /// For a person to look at.
    pub report: PathBuf,
    /// Where unfinished files are: `.salt.sgy.work`.
    pub work: PathBuf,
}

impl OutputNames {
    /// # Errors
    /// `InvalidArgument` when `probability` has no file name or is a folder.
    pub fn new(probability: &Path) -> Result<Self> {
        let (folder, mut work) = output::hidden(probability)?;
        work.push("work");
        let stem = probability.file_stem().unwrap_or_default();
        let extension = probability.extension().unwrap_or(std::ffi::OsStr::new("sgy"));
        let beside = |suffix: &str, extension: &std::ffi::OsStr| {
            let mut name = stem.to_owned();
            name.push(suffix);
            name.push(".");
            name.push(extension);
            probability.with_file_name(name)
        };
        Ok(Self {
            probability: probability.to_owned(),
            uncertainty: beside("-uncertainty", extension),
            mask: beside("-mask", extension),
            run: beside("-run", std::ffi::OsStr::new("json")),
            report: beside("-report", std::ffi::OsStr::new("html")),
            work: folder.join(work),
        })
    }

    /// Refuses, before any work, to write over the survey that is read.
    pub(super) fn refuse(&self, survey: &Path) -> Result<()> {
        let here = survey.canonicalize().ok();
        for name in [&self.probability, &self.uncertainty, &self.mask] {
            if here.is_some() && name.canonicalize().ok() == here {
                fail!(
                    InvalidArgument,
                    "{} is the survey that is read: write to another name",
                    name.display()
                );
            }
        }
        Ok(())
    }
}
