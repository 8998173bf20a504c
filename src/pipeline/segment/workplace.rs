//! The folder of unfinished files: laid out once, by whichever process comes first.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::job::{Job, Prepared, encoding};
use super::journal::{no_locks, refuse_running};
use super::options::{OutputNames, Part, Sections};
use crate::control::Control;
use crate::error::{IoContext, Result, fail};
use crate::infer::Ensemble;
use crate::output::write_file;
use crate::segy::{SampleFormat, SegyVolume, SegyWriter, WriteOptions};
use crate::volume::Direction;

/// A volume in the folder.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unfinished {
    pub(super) at: PathBuf,
    /// The name that it gets, or none if it only serves others.
    pub(super) path: Option<PathBuf>,
    pub(super) options: WriteOptions,
}

impl Unfinished {
    pub(super) fn take_up(&self, survey: &SegyVolume) -> Result<SegyWriter> {
        SegyWriter::take_up(survey, &self.at, self.path.as_deref().unwrap_or(&self.at), &self.options)
    }

    pub(super) fn read_back(&self, survey: &SegyVolume) -> Result<SegyVolume> {
        // A finish that was stopped between two files has given this one its name already.
        let named = self.path.as_deref().filter(|_| !self.at.exists());
        SegyWriter::read_back(survey, named.unwrap_or(&self.at), &self.options)
    }
}

/// The volumes that predictions along one direction go to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Volumes {
    pub(super) probability: Unfinished,
    pub(super) uncertainty: Option<Unfinished>,
    /// With its threshold.
    pub(super) mask: Option<(Unfinished, f32)>,
}

impl Volumes {
    pub(super) fn all(&self) -> Vec<&Unfinished> {
        let mask = self.mask.as_ref().map(|(mask, _)| mask);
        // The probability last: where it is, all are.
        mask.into_iter().chain(&self.uncertainty).chain([&self.probability]).collect()
    }
}

/// The volumes that are the result.
pub(super) fn results(job: &Job, names: &OutputNames) -> Volumes {
    let unfinished = |name: &str, path: &Path, options| Unfinished {
        at: names.work.join(name),
        path: Some(path.to_owned()),
        options,
    };
    Volumes {
        probability: unfinished("probability.sgy", &names.probability, job.probability()),
        uncertainty: job
            .uncertainty
            .then(|| unfinished("uncertainty.sgy", &names.uncertainty, job.uncertainty())),
        mask: job.mask.map(|threshold| (unfinished("mask.sgy", &names.mask, job.mask(threshold)), threshold)),
    }
}

/// The volumes that predictions go to, by direction: the results themselves, or volumes of their own that are fused in the end.
pub(super) fn targets(job: &Job, names: &OutputNames) -> Vec<(Direction, Volumes)> {
    match job.sections {
        Sections::One(direction) => vec![(direction, results(job, names))],
        Sections::Both(_) => [Direction::Inline, Direction::Crossline]
            .map(|direction| (direction, parts_of_fusion(job, names, direction)))
            .to_vec(),
    }
}

fn parts_of_fusion(job: &Job, names: &OutputNames, direction: Direction) -> Volumes {
    let name = format!("{direction:?}").to_lowercase();
    let unfinished = |suffix: &str, options: WriteOptions| Unfinished {
        at: names.work.join(format!("{name}{suffix}.sgy")),
        path: None,
        options: WriteOptions { format: SampleFormat::Ieee32, ..options },
    };
    Volumes {
        probability: unfinished("", job.probability()),
        uncertainty: job.uncertainty.then(|| unfinished("-uncertainty", job.uncertainty())),
        mask: None,
    }
}

const PREPARED: &str = "job.json";

/// The job that the folder belongs to; `None` where it was never laid out.
pub(super) fn read(work: &Path) -> Result<Option<Prepared>> {
    let path = work.join(PREPARED);
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read(&path).on("read", &path)?;
    Ok(serde_json::from_slice(&text).ok())
}

/// Lays the folder out, or finds it laid out for the same job.
pub(super) fn prepare(
    ensemble: &Ensemble<'_>,
    survey: &SegyVolume,
    (job, names): (&Job, &OutputNames),
    (part, resume): (Part, bool),
    control: &Control<'_>,
) -> Result<Prepared> {
    match std::fs::create_dir(&names.work) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(error).on("create the folder", &names.work)?;
        }
        _ => {}
    }
    let _held = lock(&names.work, control)?;
    let found = read(&names.work)?;
    let parts = part.count > 1;
    if let Some(found) = found {
        if found.job == *job && (resume || parts) {
            refuse_running(&names.work, Some(part))?;
            return Ok(found);
        }
        refuse_running(&names.work, None)?;
        if found.job != *job && parts {
            fail!(
                InvalidArgument,
                "{} has unfinished files of another prediction (other survey, models or options): finish it, or delete the folder",
                names.work.display()
            );
        }
    }
    let laid_out = lay_out(ensemble, survey, (job, names), control);
    if laid_out.is_err() && !resume && !parts {
        remove(&names.work);
    }
    laid_out
}

fn lay_out(
    ensemble: &Ensemble<'_>,
    survey: &SegyVolume,
    (job, names): (&Job, &OutputNames),
    control: &Control<'_>,
) -> Result<Prepared> {
    empty(&names.work)?;
    let amplitudes = ensemble.amplitudes(survey, control)?;
    for (_, volumes) in targets(job, names) {
        for volume in volumes.all() {
            control.step("lay out", 0, 0)?;
            SegyWriter::lay_out(survey, &volume.at, &volume.options)?;
        }
    }
    let prepared = Prepared { job: job.clone(), amplitudes };
    let text = serde_json::to_vec_pretty(&prepared).map_err(|error| encoding(&error))?;
    write_file(&names.work.join(PREPARED), &text)?;
    Ok(prepared)
}

/// Nobody will go on with the folder; what cannot be removed is in nobody's way.
pub(super) fn remove(work: &Path) {
    std::fs::remove_dir_all(work).ok();
}

const LOCK: &str = "lock";

/// Holds the folder while it is laid out or finished.
pub(super) fn lock(work: &Path, control: &Control<'_>) -> Result<File> {
    let path = work.join(LOCK);
    let mut options = File::options();
    let file = options.read(true).write(true).create(true).truncate(false).open(&path);
    let file = file.on("create", &path)?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => {
                if !told {
                    control.info("waiting for another process that lays out the output");
                    told = true;
                }
                control.step("wait", 0, 0)?;
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(no_locks(&path, &error)),
        }
    }
}

/// Removes everything but the lock.
fn empty(work: &Path) -> Result<()> {
    for entry in std::fs::read_dir(work).on("list", work)? {
        let path = entry.on("list", work)?.path();
        if path.file_name() != Some(LOCK.as_ref()) {
            std::fs::remove_file(&path).on("remove", &path)?;
        }
    }
    Ok(())
}
