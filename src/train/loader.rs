//! Batches read ahead of the steps that use them.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::TileSource;
use super::batch::{Arrays, Batch, Changes};
use crate::error::{Error, ErrorKind, Result};

/// Most threads that read.
const MOST_READERS: usize = 4;
/// Batches that each of them holds ready.
const READY: usize = 2;

/// What to read.
pub(super) struct Reading<'a> {
    pub(super) source: &'a dyn TileSource,
    /// The tiles of each batch, in order.
    pub(super) batches: Vec<&'a [usize]>,
    pub(super) changes: Changes<'a>,
}

/// Gives each batch to `step` in order, on this thread, with its number and how long it was waited for, while others read the
/// next. Reader `r` of `n` reads the batches r, r + n, .., so that neither their order nor their content depends on which is
/// faster.
pub(super) fn each_batch(
    reading: &Reading<'_>,
    mut step: impl FnMut(usize, Batch, Duration) -> Result<()>,
) -> Result<()> {
    let cores = thread::available_parallelism().map_or(1, |count| count.get());
    let readers = cores.min(MOST_READERS).min(reading.batches.len());
    thread::scope(|scope| {
        let mut channels = Vec::new();
        for reader in 0..readers {
            let (sender, receiver) = sync_channel(READY);
            let read = move || {
                for indices in reading.batches.iter().skip(reader).step_by(readers) {
                    let batch = Arrays::read(reading.source, indices, reading.changes);
                    let failed = batch.is_err();
                    // No receiver: the steps have ended early.
                    if sender.send(batch).is_err() || failed {
                        return;
                    }
                }
            };
            thread::Builder::new().name(format!("diapir-read-{reader}")).spawn_scoped(scope, read).map_err(
                |error| Error::new(ErrorKind::Io, format!("cannot start a thread to read tiles: {error}")),
            )?;
            channels.push(receiver);
        }
        for number in 0..reading.batches.len() {
            let started = Instant::now();
            let arrays = next(&channels[number % readers])?;
            let waited = started.elapsed();
            step(number, Batch::of(&arrays)?, waited)?;
        }
        Ok(())
    })
}

fn next(channel: &Receiver<Result<Arrays>>) -> Result<Arrays> {
    let ended = |_| Error::new(ErrorKind::Internal, "a thread that reads tiles has ended early");
    channel.recv().map_err(ended)?
}
