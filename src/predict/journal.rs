//! Which lines are finished, so that work that was stopped can go on.
//!
//! A line of text per finished line of the survey and per run: 16 hexadecimal digits of the SHA-256 over the record, and the record as JSON. Lines of the survey
//! are noted only after their samples have been synced, so that what the journal says is true even after a power cut; what a cut left
//! of the last record is not believed and cut away.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::job::{digest, encoding};
use super::options::Part;
use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::infer::{LineFigures, LineResult, StageSeconds};
use crate::output::files_of;

/// A finished line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct LineRecord {
    /// Its number in the job.
    pub(super) line: usize,
    #[serde(flatten)]
    pub(super) figures: LineFigures,
}

/// A run that came to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RunRecord {
    /// Seconds since 1970 at its end.
    pub(super) ended: u64,
    pub(super) part: Part,
    pub(super) device: String,
    pub(super) threads: usize,
    pub(super) lines: usize,
    pub(super) seconds: StageSeconds,
    /// Most resident memory that was expected, and that there was, bytes, if the system tells.
    pub(super) memory_bound: Option<u64>,
    pub(super) memory_peak: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Line(LineRecord),
    Run(Box<RunRecord>),
}

/// What the journals of a job say.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// By number.
    pub(super) lines: BTreeMap<usize, LineRecord>,
    pub(super) runs: Vec<RunRecord>,
}

impl Account {
    /// Reads all journals in a folder.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let mut account = Self::default();
        for path in journals(folder)? {
            let text = std::fs::read(&path).on("read", &path)?;
            account.add(&text);
        }
        Ok(account)
    }

    /// Takes records as long as they can be believed; gives how many bytes that was.
    fn add(&mut self, text: &[u8]) -> usize {
        let mut believed = 0;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let Some(record) = parse(line) else { break };
            match record {
                Record::Line(record) => drop(self.lines.insert(record.line, record)),
                Record::Run(record) => self.runs.push(*record),
            }
            believed += line.len();
        }
        believed
    }
}

fn parse(line: &[u8]) -> Option<Record> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (check, record) = line.split_at_checked(17)?;
    (check.trim_end() == &digest(record.as_bytes())[..16]).then(|| serde_json::from_str(record).ok())?
}

fn journals(folder: &Path) -> Result<Vec<PathBuf>> {
    files_of(folder, "journal")
}

/// Refuses to go on while a process is at work on a part, other than `mine`.
pub(super) fn refuse_running(folder: &Path, mine: Option<Part>) -> Result<()> {
    for path in journals(folder)? {
        let same_count = mine.is_some_and(|mine| {
            let end = format!("-of-{}.journal", mine.count);
            path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(&end))
        });
        // Network file systems lock only what is open for writing.
        let open = || File::options().read(true).write(true).open(&path).on("open", &path);
        if !same_count && is_locked(&open()?, &path)? {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().replace('-', " ");
            fail!(InvalidArgument, "another process is at work on {name}: wait for its end, or stop it");
        }
    }
    Ok(())
}

/// Whether another process has the file locked.
fn is_locked(file: &File, path: &Path) -> Result<bool> {
    match file.try_lock() {
        Ok(()) => file.unlock().on("unlock", path).map(|()| false),
        Err(std::fs::TryLockError::WouldBlock) => Ok(true),
        Err(std::fs::TryLockError::Error(error)) => Err(no_locks(path, &error)),
    }
}

/// A file system that cannot tell whether somebody else is at work.
pub(super) fn no_locks(path: &Path, error: &std::io::Error) -> Error {
    let message = format!(
        "this file system does not lock files ({error}), so that two processes could do the same work: write to another, or mount it with locks (Lustre: -o flock)"
    );
    Error::new(ErrorKind::Io, message).at(path)
}

/// The open journal of one part.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    pending: Vec<LineRecord>,
    synced: Instant,
}

/// Records wait this long for their sync: syncing each would cost more than computing it again.
const PAUSE: Duration = Duration::from_secs(5);

impl Journal {
    /// Opens the part's journal and holds it, so that no other process works on the part.
    pub(super) fn open(folder: &Path, part: Part) -> Result<Self> {
        let path = folder.join(format!("part-{}-of-{}.journal", part.index, part.count));
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.on("create", &path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => fail!(
                InvalidArgument,
                "part {} of {} is being done by another process",
                part.index,
                part.count
            ),
            Err(std::fs::TryLockError::Error(error)) => return Err(no_locks(&path, &error)),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).on("read", &path)?;
        let believed = Account::default().add(&text);
        file.set_len(believed as u64).on("shorten", &path)?;
        file.seek(SeekFrom::End(0)).on("read", &path)?;
        Ok(Self { path, file, pending: Vec::new(), synced: Instant::now() })
    }

    /// Notes a finished line, now and then on disk; `sync` brings its samples there first.
    pub(super) fn add(
        &mut self,
        line: usize,
        result: &LineResult,
        sync: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        self.pending.push(LineRecord { line, figures: result.figures });
        if self.synced.elapsed() < PAUSE { Ok(()) } else { self.flush(sync) }
    }

    /// Brings samples and notes to disk. What could not be brought there is never noted: a system tells of a failed sync once, and another
    /// may succeed without the samples.
    pub(super) fn flush(&mut self, sync: impl FnOnce() -> Result<()>) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let records = std::mem::take(&mut self.pending).into_iter().map(Record::Line);
        sync()?;
        self.write(records)?;
        self.synced = Instant::now();
        Ok(())
    }

    /// Notes the end of a run.
    pub(super) fn end(&mut self, run: RunRecord) -> Result<()> {
        self.write([Record::Run(Box::new(run))])
    }

    fn write(&mut self, records: impl IntoIterator<Item = Record>) -> Result<()> {
        let mut lines = String::new();
        for record in records {
            let text = serde_json::to_string(&record).map_err(|error| encoding(&error))?;
            lines.push_str(&format!("{:.16} {text}\n", digest(text.as_bytes())));
        }
        self.file.write_all(lines.as_bytes()).on("write", &self.path)?;
        self.file.sync_data().on("sync", &self.path)
    }
}
