//! What of an unfinished file is already on disk, so that a long prediction that was stopped can go on.
//!
//! Beside the unfinished file `.NAME.part` stands `.NAME.done`: a line that identifies the work, then a line per stretch of
//! finished traces. A stretch is noted only after its samples have been synced, so that what the journal says is true
//! even after a power cut.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{IoContext, Result};

/// Trace positions `first, first + step, ...`, `count` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub first: usize,
    pub step: usize,
    pub count: usize,
}

impl Stretch {
    pub(super) fn positions(self) -> impl Iterator<Item = usize> {
        (0..self.count).map(move |k| self.first + k * self.step)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut numbers = line.split(' ').map(str::parse);
        let mut next = || numbers.next()?.ok();
        let stretch = Self { first: next()?, step: next()?, count: next()? };
        // No stretch leaves what memory could hold.
        let last = stretch.count.checked_mul(stretch.step)?.checked_add(stretch.first)?;
        (last < usize::MAX / 2).then_some(stretch)
    }
}

/// The open journal of an unfinished file.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    data: File,
    pending: Vec<Stretch>,
    synced: Instant,
}

/// Stretches wait this long for their sync: syncing each would cost more than computing it again.
const PAUSE: Duration = Duration::from_secs(5);

impl Journal {
    /// Where the journal of an unfinished file stands.
    pub(super) fn place(unfinished: &Path) -> PathBuf {
        unfinished.with_extension("done")
    }

    /// The stretches that are finished, when the journal is of this work.
    pub(super) fn read(path: &Path, identity: &str) -> Option<Vec<Stretch>> {
        let mut text = String::new();
        File::open(path).ok()?.read_to_string(&mut text).ok()?;
        // A last line without its end was being written when the power went.
        let mut lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        (lines.next()? == identity).then(|| lines.map_while(Stretch::parse).collect())
    }

    /// Goes on with the journal (`anew`: starts it) of the file `data`.
    pub(super) fn open(path: PathBuf, identity: &str, anew: bool, data: &File) -> Result<Self> {
        if anew {
            let mut file = File::create(&path).on("create", &path)?;
            file.write_all(format!("{identity}\n").as_bytes()).on("write", &path)?;
        }
        let file = File::options().append(true).open(&path).on("open", &path)?;
        let data = data.try_clone().on("open once more", &path)?;
        Ok(Self { path, file, data, pending: Vec::new(), synced: Instant::now() })
    }

    /// Notes finished traces, now and then on disk.
    pub(super) fn add(&mut self, stretch: Stretch) -> Result<()> {
        self.pending.push(stretch);
        if self.synced.elapsed() < PAUSE { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.data.sync_data().on("sync the file of", &self.path)?;
        let line = |stretch: Stretch| format!("{} {} {}\n", stretch.first, stretch.step, stretch.count);
        let lines: String = self.pending.drain(..).map(line).collect();
        self.file.write_all(lines.as_bytes()).on("write", &self.path)?;
        self.file.sync_data().on("sync", &self.path)?;
        self.synced = Instant::now();
        Ok(())
    }

    /// The file is whole: nothing is left to go on with.
    pub(super) fn remove(mut self) -> Result<()> {
        self.pending.clear();
        std::fs::remove_file(&self.path).on("remove", &self.path)
    }
}

impl Drop for Journal {
    /// The work has been stopped: what is done stays done. A failure costs computing it again.
    fn drop(&mut self) {
        self.flush().ok();
    }
}
