//! One part of the work.

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::combine::mask;
use super::finish::seal;
use super::job::{Job, Prepared};
use super::journal::{Account, Journal, RunRecord};
use super::options::{OutputNames, Part, SurveyOptions};
use super::record::totals;
use super::workplace::{self, Volumes};
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::infer::{
    Ensemble, Line, LineResult, Lines, LinesReport, PredictReport, StageSeconds, check_lines, peak_memory,
    predict_lines,
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
    // Before the survey is streamed for its amplitudes.
    check_lines(ensemble, survey, &options.sections.directions(), &options.predict)?;
    ensemble.warn_about(survey, (&options.sections.directions(), options.predict.resample), control);
    let keep = options.resume || options.part != Part::WHOLE;
    let (prepared, journal) =
        workplace::prepare(ensemble, survey, (&job, &names), (options.part, options.resume), control)?;
    // From here on the part is this process's.
    let outcome = work(ensemble, survey, (&prepared, &names), (options.part, journal), control);
    if outcome.is_err() && !keep {
        workplace::discard(&names.work, control);
    }
    outcome
}

/// Predicts what is missing of the part; the whole is finished too.
fn work(
    ensemble: &Ensemble<'_>,
    survey: &SegyVolume,
    (prepared, names): (&Prepared, &OutputNames),
    (part, mut journal): (Part, Journal),
    control: &Control<'_>,
) -> Result<PredictReport> {
    run(ensemble, survey, (prepared, names), (part, &mut journal), control)?;
    if part != Part::WHOLE {
        return Ok(totals(prepared, &Account::read(&names.work)?, survey));
    }
    let held = workplace::lock(&names.work, control)?;
    let report = seal(survey, (prepared, names), control)?;
    drop(journal);
    held.remove(control);
    Ok(report)
}

/// Predicts what is missing of the part.
fn run(
    ensemble: &Ensemble<'_>,
    survey: &SegyVolume,
    (prepared, names): (&Prepared, &OutputNames),
    (part, journal): (Part, &mut Journal),
    control: &Control<'_>,
) -> Result<()> {
    let job = &prepared.job;
    let all = job.lines(survey);
    let work = |lines| Lines {
        source: survey,
        lines,
        amplitudes: &prepared.amplitudes,
        options: job.predict,
        deviation: job.uncertainty,
    };
    let tiles = work(&all).tile_counts(ensemble)?;
    let account = Account::read(&names.work)?;
    let numbers: Vec<usize> = part
        .range(&tiles)
        .filter(|number| tiles[*number] > 0 && !account.lines.contains_key(number))
        .collect();
    if numbers.is_empty() {
        return Ok(());
    }
    let lines: Vec<Line> = numbers.iter().map(|&number| all[number]).collect();
    let mut targets = Targets::open(job, names, survey)?;
    let mut take = |result: LineResult| {
        targets.write(lines[result.number].direction, &result)?;
        journal.add(numbers[result.number], &result, || targets.sync())
    };
    let started = Instant::now();
    let mut done = 0;
    let outcome =
        predict_lines(ensemble, &work(&lines), &mut |result| take(result).inspect(|()| done += 1), control);
    // What is done stays done, however the run ended.
    journal.flush(|| targets.sync())?;
    let total = started.elapsed().as_secs_f64();
    let stopped = LinesReport { seconds: StageSeconds { total, ..Default::default() }, memory_bound: None };
    let report = outcome.as_ref().copied().unwrap_or(stopped);
    let noted = journal.end(record(ensemble, part, done, report));
    outcome.and(noted)
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
