//! The folder of unfinished files: laid out once, by whichever process comes first.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::job::{Job, Prepared, encoding};
use super::journal::{Journal, no_locks, refuse_running};
use super::options::{OutputNames, Part, Sections};
use crate::control::Control;
use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::infer::Ensemble;
use crate::output::{sync_folder, write_file};
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
        if !self.at.exists() {
            let folder = self.at.parent().unwrap_or(&self.at).display();
            fail!(NotFound, "{} is missing: delete {folder} and begin anew", self.at.display());
        }
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
///
/// # Errors
/// `Malformed` where another version of the library wrote it, or nobody.
pub(super) fn read(work: &Path) -> Result<Option<Prepared>> {
    let path = work.join(PREPARED);
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read(&path).on("read", &path)?;
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        let message = format!(
            "{error}: finish the prediction with the version that began it, or delete {}",
            work.display()
        );
        Error::new(ErrorKind::Malformed, message).at(&path)
    })
}

/// A job and where it is done, before the folder is laid out.
pub(super) struct Site<'a, 'c> {
    pub(super) ensemble: &'a Ensemble<'a>,
    pub(super) survey: &'a SegyVolume,
    pub(super) job: &'a Job,
    pub(super) names: &'a OutputNames,
    pub(super) control: &'a Control<'c>,
}

impl Site<'_, '_> {
    /// Lays the folder out, or finds it laid out for the same job; then the part's journal is this process's.
    pub(super) fn prepare(&self, part: Part, resume: bool) -> Result<(Prepared, Journal)> {
        let (work, control) = (&self.names.work, self.control);
        let held = enter(work, control)?;
        let parts = part.count > 1;
        let found = match read(work) {
            // Nobody can go on with it.
            Err(error) if error.kind() == ErrorKind::Malformed && !parts => None,
            found => found?,
        };
        let is_same = found.as_ref().is_some_and(|found| found.job.is_same(self.job));
        if let Some(found) = found.as_ref().filter(|_| resume && !parts && !is_same) {
            control.warn(&format!(
                "{} holds unfinished files of another prediction, which are removed; what differs: {}",
                work.display(),
                self.job.differences(&found.job).join(", ")
            ));
        }
        if let Some(found) = found.filter(|_| is_same && (resume || parts)) {
            refuse_running(work, Some(part))?;
            return Ok((found, Journal::open(work, part)?));
        }
        refuse_running(work, None)?;
        if parts && work.join(PREPARED).exists() {
            fail!(
                InvalidArgument,
                "{} has unfinished files of another prediction (other survey, models or options): finish it, or delete the folder",
                work.display()
            );
        }
        let laid_out = self.lay_out().and_then(|prepared| Ok((prepared, Journal::open(work, part)?)));
        if laid_out.is_err() && !resume && !parts {
            held.remove(control);
        }
        laid_out
    }

    fn lay_out(&self) -> Result<Prepared> {
        empty(&self.names.work)?;
        let started = Instant::now();
        let amplitudes = self.ensemble.amplitudes(self.survey, self.control)?;
        let seconds_statistics = started.elapsed().as_secs_f64();
        for (_, volumes) in targets(self.job, self.names) {
            for volume in volumes.all() {
                self.control.step("lay out", 0, 0)?;
                SegyWriter::lay_out(self.survey, &volume.at, &volume.options)?;
            }
        }
        let prepared = Prepared { job: self.job.clone(), amplitudes, seconds_statistics };
        let text = serde_json::to_vec_pretty(&prepared).map_err(|error| encoding(&error))?;
        write_file(&self.names.work.join(PREPARED), &text)?;
        Ok(prepared)
    }
}

/// Removes the folder, if nobody goes on with it; what cannot be removed is in nobody's way.
pub(super) fn discard(work: &Path, control: &Control<'_>) {
    if let Ok(held) = lock(work, control)
        && refuse_running(work, None).is_ok()
    {
        held.remove(control);
    }
}

const LOCK: &str = "lock";

/// Nobody else lays the folder out or finishes it.
#[derive(Debug)]
pub(super) struct Held {
    file: File,
    work: PathBuf,
}

impl Held {
    /// Removes the folder. Whoever waits for the lock makes another.
    pub(super) fn remove(self, control: &Control<'_>) {
        let Self { file, work } = self;
        let path = work.join(LOCK);
        let removed =
            empty(&work).and_then(|()| std::fs::remove_file(&path).on("remove", &path)).and_then(|()| {
                let at_once = std::fs::remove_dir(&work);
                // Network file systems keep what is open under another name until it is closed.
                drop(file);
                at_once.or_else(|_| std::fs::remove_dir(&work)).on("remove", &work)
            });
        if let Err(error) = removed {
            control.warn(&format!("unfinished files are left behind: {error}"));
        }
    }
}

/// Makes the folder where it is missing, and locks it.
fn enter(work: &Path, control: &Control<'_>) -> Result<Held> {
    loop {
        match std::fs::create_dir(work) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(error).on("create the folder", work);
            }
            _ => {}
        }
        match lock(work, control) {
            // Removed meanwhile by who finished it.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            held => return held,
        }
    }
}

/// Holds the folder while it is laid out or finished.
///
/// # Errors
/// `NotFound` where there is none; `Io`; `Cancelled`.
pub(super) fn lock(work: &Path, control: &Control<'_>) -> Result<Held> {
    let path = work.join(LOCK);
    let mut told = false;
    loop {
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.on("create", &path)?;
        match file.try_lock() {
            // Another may have removed the folder, and a third made it anew, between the two.
            Ok(()) if is_at(&file, &path) => return Ok(Held { file, work: work.to_owned() }),
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                if !told {
                    control.info("waiting for another process that lays the output out or finishes it");
                    told = true;
                }
                control.step("wait", 0, 0)?;
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(no_locks(&path, &error)),
        }
    }
}

/// Whether an open file is still the one of this name.
fn is_at(file: &File, path: &Path) -> bool {
    let identity =
        |about: std::io::Result<std::fs::Metadata>| about.ok().map(|about| (about.dev(), about.ino()));
    identity(file.metadata()).is_some_and(|here| Some(here) == identity(std::fs::metadata(path)))
}

/// Removes everything but the lock: first what says that the rest can be gone on with.
fn empty(work: &Path) -> Result<()> {
    let prepared = work.join(PREPARED);
    if prepared.exists() {
        std::fs::remove_file(&prepared).on("remove", &prepared)?;
        sync_folder(work);
    }
    for entry in std::fs::read_dir(work).on("list", work)? {
        let path = entry.on("list", work)?.path();
        let name = path.file_name().unwrap_or_default();
        // Network file systems keep what is open as .nfs.. until it is closed.
        if name != LOCK && !name.to_string_lossy().starts_with(".nfs") {
            std::fs::remove_file(&path).on("remove", &path)?;
        }
    }
    Ok(())
}
