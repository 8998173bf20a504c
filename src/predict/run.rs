//! One part of the work.

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::combine::mask;
use super::job::{Job, Prepared};
use super::journal::{Account, Journal, RunRecord};
use super::options::{OutputNames, Part, SurveyOptions};
use super::record::totals;
use super::work::Work;
use super::workplace::{self, Site, Volumes};
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::infer::{
    Ensemble, Line, LinePlan, LineResult, Lines, LinesReport, PredictReport, StageSeconds, peak_memory,
};
use crate::segy::{SegyVolume, SegyWriter};
use crate::volume::{Direction, VolumeSink};

/// Predicts a survey, or a part of it, to SEG-Y files of the same traces. The whole at once is finished too; after the last of several parts
/// [`super::finish_survey`] is needed. Progress stages "wait" (for another process), "statistics", "lay out", "predict", "fuse".
///
/// The samples do not depend on parts, stops and resumes. The report is of all that is done so far, earlier runs included.
///
/// # Errors
/// `InvalidArgument` for options that do not fit, when another process works on the part, or the output is the survey; `ModelMismatch`;
/// `Io`, `Truncated`; `OutOfMemory`, `Backend`; `Cancelled`. What is done stays where `options.resume` is set or the part is not the whole.
pub fn predict_survey(
    ensemble: &Ensemble<'_>,
    survey: &SegyVolume,
    output: &Path,
    options: &SurveyOptions,
    control: &Control<'_>,
) -> Result<PredictReport> {
    options.part.check()?;
    let names = OutputNames::new(output)?;
    names.refuse(survey.path())?;
    let job = Job::new(ensemble, survey, options)?;
    let directions = job.sections.directions();
    // Before the survey is streamed for its amplitudes.
    let plan = LinePlan::new(ensemble, survey, &directions, &options.predict)?;
    options.sections.tell_left_out(job.sections, control);
    ensemble.warn_about(survey, &directions, options.predict.resample, control);
    let keep = options.resume || options.part != Part::WHOLE;
    let site = Site { ensemble, survey, job: &job, names: &names, control };
    let (prepared, journal) = site.prepare(options.part, options.resume)?;
    // From here on the part is this process's.
    let work = Work { survey, prepared: &prepared, names: &names, control };
    let outcome = work.do_part(options.part, journal, &plan);
    if outcome.is_err() && !keep {
        workplace::discard(&names.work, control);
    }
    outcome
}

impl Work<'_, '_> {
    /// Predicts what is missing of the part; the whole is finished too.
    fn do_part(&self, part: Part, mut journal: Journal, plan: &LinePlan<'_>) -> Result<PredictReport> {
        self.predict(part, &mut journal, plan)?;
        if part != Part::WHOLE {
            return Ok(totals(self.prepared, &Account::read(&self.names.work)?, self.survey));
        }
        let held = workplace::lock(&self.names.work, self.control)?;
        let report = self.seal()?;
        drop(journal);
        held.remove(self.control);
        Ok(report)
    }

    fn predict(&self, part: Part, journal: &mut Journal, plan: &LinePlan<'_>) -> Result<()> {
        let Prepared { job, amplitudes, .. } = self.prepared;
        let all = job.lines(self.survey);
        let tiles = plan.tile_counts(&all)?;
        let account = Account::read(&self.names.work)?;
        let numbers: Vec<usize> = part
            .range(&tiles)
            .filter(|number| tiles[*number] > 0 && !account.lines.contains_key(number))
            .collect();
        if numbers.is_empty() {
            return Ok(());
        }
        let lines = Lines {
            lines: &numbers.iter().map(|&number| all[number]).collect::<Vec<Line>>(),
            tiles: numbers.iter().map(|&number| tiles[number]).sum(),
            amplitudes,
            deviation: job.uncertainty,
        };
        let mut targets = Targets::open(job, self.names, self.survey)?;
        let mut take = |result: LineResult| {
            targets.write(lines.lines[result.number].direction, &result)?;
            journal.add(numbers[result.number], &result, || targets.sync())
        };
        let started = Instant::now();
        let mut done = 0;
        let mut take = |result| take(result).inspect(|()| done += 1);
        let outcome = plan.predict(&lines, &mut take, self.control);
        // What is done stays done, however the run ended.
        journal.flush(|| targets.sync())?;
        let total = started.elapsed().as_secs_f64();
        let stopped =
            LinesReport { seconds: StageSeconds { total, ..Default::default() }, memory_bound: None };
        let report = outcome.as_ref().copied().unwrap_or(stopped);
        let noted = journal.end(record(plan.ensemble(), part, done, report));
        outcome.and(noted)
    }
}

fn record(ensemble: &Ensemble<'_>, part: Part, lines: usize, report: LinesReport) -> RunRecord {
    RunRecord {
        ended: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        part,
        device: ensemble.members()[0].device().to_owned(),
        threads: std::thread::available_parallelism().map_or(1, |count| count.get()),
        lines,
        seconds: report.seconds,
        memory_bound: report.memory_bound,
        memory_peak: peak_memory(),
    }
}

/// The volumes that lines are written to.
struct Targets(Vec<(Direction, Target)>);

struct Target {
    probability: SegyWriter,
    uncertainty: Option<SegyWriter>,
    mask: Option<(SegyWriter, f32)>,
}

impl Targets {
    fn open(job: &Job, names: &OutputNames, survey: &SegyVolume) -> Result<Self> {
        let open = |(direction, volumes): (Direction, Volumes)| {
            let uncertainty = volumes.uncertainty.as_ref().map(|volume| volume.take_up(survey));
            let mask = volumes.mask.as_ref();
            let mask = mask.map(|(volume, threshold)| Ok::<_, Error>((volume.take_up(survey)?, *threshold)));
            let target = Target {
                probability: volumes.probability.take_up(survey)?,
                uncertainty: uncertainty.transpose()?,
                mask: mask.transpose()?,
            };
            Ok((direction, target))
        };
        workplace::targets(job, names).into_iter().map(open).collect::<Result<_>>().map(Self)
    }

    fn write(&mut self, direction: Direction, result: &LineResult) -> Result<()> {
        let target = self.0.iter_mut().find(|(of, _)| *of == direction).map(|(_, target)| target);
        let Some(target) = target else {
            return Err(Error::new(ErrorKind::Internal, format!("no volume for {direction:?} sections")));
        };
        target.probability.write_block(&result.block, &result.probability)?;
        if let (Some(volume), Some(deviation)) = (&mut target.uncertainty, &result.deviation) {
            volume.write_block(&result.block, deviation)?;
        }
        if let Some((volume, threshold)) = &mut target.mask {
            volume.write_block(&result.block, &mask(&result.probability, *threshold))?;
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        for (_, target) in &self.0 {
            target.probability.sync()?;
            target.uncertainty.as_ref().map_or(Ok(()), SegyWriter::sync)?;
            target.mask.as_ref().map_or(Ok(()), |(mask, _)| mask.sync())?;
        }
        Ok(())
    }
}
