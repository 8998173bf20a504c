//! The end of the work: nothing is missing, directions are fused, files get their names.

use std::path::Path;

use super::combine::{fuse_values, mask, spread};
use super::job::Job;
use super::journal::{Account, refuse_running};
use super::options::{Fusion, OutputNames, Sections};
use super::record::{self, RECORD, totals};
use super::report::REPORT;
use super::work::Work;
use super::workplace::{self, Volumes};
use crate::control::Control;
use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::infer::PredictReport;
use crate::segy::{SegyVolume, SegyWriter};
use crate::volume::{Block, Direction, VolumeSink, VolumeSource};

/// Finishes a prediction that was done in parts: sees to it that every line is there, fuses directions, and gives the files their names.
/// Progress stage "fuse".
///
/// # Errors
/// `NotFound` when nothing is unfinished; `InvalidArgument` when the survey is another, or a part is still at work; `Truncated` when lines are missing,
/// with the number of the first; `Io`; `Cancelled`.
pub fn finish_survey(survey: &SegyVolume, output: &Path, control: &Control<'_>) -> Result<PredictReport> {
    let names = OutputNames::new(output)?;
    names.refuse(survey.path())?;
    let prepared = || {
        workplace::read(&names.work)?.ok_or_else(|| {
            let [output, work] = [output, &names.work].map(Path::display);
            let message = format!("there is no unfinished prediction of {output}: {work} has no job.json");
            Error::new(ErrorKind::NotFound, message)
        })
    };
    prepared()?;
    let held = workplace::lock(&names.work, control)?;
    let prepared = prepared()?;
    if !prepared.job.is_of(survey)? {
        fail!(
            InvalidArgument,
            "the unfinished prediction is of another survey ({}), or its headers were read otherwise",
            prepared.job.survey
        );
    }
    refuse_running(&names.work, None)?;
    let report = Work { survey, prepared: &prepared, names: &names, control }.seal()?;
    held.remove(control);
    Ok(report)
}

impl Work<'_, '_> {
    /// Finishes, by who holds the folder. What is left in it then is of no use.
    pub(super) fn seal(&self) -> Result<PredictReport> {
        let Self { survey, prepared, names, .. } = *self;
        let account = Account::read(&names.work)?;
        self.refuse_incomplete(&account)?;
        let results = workplace::results(&prepared.job, names);
        if let Sections::Both(fusion) = prepared.job.sections {
            self.fuse(&results, fusion)?;
        }
        let report = totals(prepared, &account, survey);
        if prepared.job.report.is_some() {
            let probability = results.probability.read_back(survey)?;
            let uncertainty =
                results.uncertainty.as_ref().map(|volume| volume.read_back(survey)).transpose()?;
            self.write_report(&probability, uncertainty.as_ref(), &account, &report)?;
        }
        record::write(prepared, names, &account, report)?;
        self.name(&results)?;
        Ok(report)
    }

    /// Gives the files their names. Nothing of an earlier prediction is left that could be taken for a result of this one: where the probability is,
    /// all is.
    fn name(&self, results: &Volumes) -> Result<()> {
        let names = self.names;
        if results.probability.at.exists() && names.probability.exists() {
            std::fs::remove_file(&names.probability).on("remove", &names.probability)?;
        }
        let written = [(RECORD, &names.run), (REPORT, &names.report)];
        for (unfinished, path) in written.map(|(name, path)| (names.work.join(name), path)) {
            if unfinished.exists() {
                std::fs::rename(&unfinished, path).on("rename the finished file to", path)?;
            }
        }
        for volume in results.all() {
            let is_named = volume.path.as_ref().is_some_and(|path| path.exists());
            // A finish that was stopped between two files has given the first its name already.
            if volume.at.exists() || !is_named {
                volume.take_up(self.survey)?.finish()?;
            }
        }
        let Job { uncertainty, mask, report, .. } = &self.prepared.job;
        let beside = [
            (&names.uncertainty, *uncertainty),
            (&names.mask, mask.is_some()),
            (&names.report, report.is_some()),
        ];
        for (path, _) in beside.into_iter().filter(|(path, is_ours)| !is_ours && path.exists()) {
            self.control.warn(&format!("{} is of an earlier prediction, not of this one", path.display()));
        }
        Ok(())
    }

    /// Lines without a live trace have nothing to be predicted.
    fn refuse_incomplete(&self, account: &Account) -> Result<()> {
        let survey = self.survey;
        let grid = survey.grid();
        let missing = |(number, line): &(usize, crate::infer::Line)| {
            let block = Block::section(grid, line.direction, line.index);
            !account.lines.contains_key(number) && survey.live().of_block(&block).contains(&true)
        };
        let lines = self.prepared.job.lines(survey);
        let missing: Vec<_> = lines.into_iter().enumerate().filter(missing).collect();
        let Some((_, first)) = missing.first() else { return Ok(()) };
        let (name, axis) = match first.direction {
            Direction::Inline => ("inline", &grid.inlines),
            Direction::Crossline => ("crossline", &grid.crosslines),
        };
        fail!(
            Truncated,
            "{} lines are not predicted yet, the first is {name} {}: run the missing parts",
            missing.len(),
            axis.number(first.index)
        );
    }

    /// Puts both directions together, inline by inline.
    fn fuse(&self, results: &Volumes, fusion: Fusion) -> Result<()> {
        let Self { survey, prepared, names, control } = *self;
        let open = |(_, volumes): &(Direction, Volumes)| {
            let uncertainty = volumes.uncertainty.as_ref().map(|volume| volume.read_back(survey));
            Ok((volumes.probability.read_back(survey)?, uncertainty.transpose()?))
        };
        let sources = workplace::targets(&prepared.job, names);
        let sources: Vec<(SegyVolume, Option<SegyVolume>)> =
            sources.iter().map(open).collect::<Result<_>>()?;
        let mut writers: Vec<SegyWriter> = Vec::new();
        for volume in results.all() {
            SegyWriter::lay_out(survey, &volume.at, &volume.options)?;
            writers.push(volume.take_up(survey)?);
        }
        let grid = survey.grid();
        for index in 0..grid.inlines.count {
            control.step("fuse", index as u64, grid.inlines.count as u64)?;
            let block = Block::section(grid, Direction::Inline, index);
            let read = |volume: &SegyVolume| {
                let mut data = vec![0.0; block.len()];
                volume.read_block(&block, &mut data).map(|()| data)
            };
            let [along, across] = [read(&sources[0].0)?, read(&sources[1].0)?];
            let fused = fuse_values(fusion, &along, &across);
            let mut values = Vec::new();
            values.extend(results.mask.as_ref().map(|(_, threshold)| mask(&fused, *threshold)));
            if let (Some(a), Some(b)) = (&sources[0].1, &sources[1].1) {
                values.push(spread([&along, &across], [&read(a)?, &read(b)?]));
            }
            values.push(fused);
            for (writer, values) in writers.iter_mut().zip(&values) {
                writer.write_block(&block, values)?;
            }
        }
        control.step("fuse", grid.inlines.count as u64, grid.inlines.count as u64)?;
        writers.iter().try_for_each(SegyWriter::sync)
    }
}
