//! Sections through cutting, networks and blending, which work at the same time on threads of their own.
//!
//! The calling thread reads sections, takes results and tells its listener how far the work is; all callbacks therefore come on it. Between
//! the stages stand short queues: a stage that is ahead waits. No more than [`SECTIONS`] sections are on their way at a time, and a batch
//! never holds tiles of two, so that a section's result does not depend on what was predicted before it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use super::Ensemble;
use super::options::PredictOptions;
use super::parts::{Done, Job};
use super::report::Stopwatches;
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::tiling::AmplitudeMap;

/// Sections on their way: one being cut, one being blended, one between them.
pub(super) const SECTIONS: usize = 3;
/// Batches that wait for each thread of a network.
pub(super) const BATCHES: usize = 2;
/// The listener is asked this often whether to go on.
const HEARTBEAT: Duration = Duration::from_millis(100);

/// What one run needs besides the sections.
pub(super) struct Flow<'a> {
    pub(super) ensemble: &'a Ensemble<'a>,
    /// Of each contract.
    pub(super) maps: Vec<AmplitudeMap>,
    pub(super) options: PredictOptions,
    /// Whether to give the deviation of predictions too.
    pub(super) deviation: bool,
    pub(super) watches: Stopwatches,
    /// Tiles finished, blank ones too.
    pub(super) tiles: AtomicU64,
    pub(super) gate: Mutex<()>,
    stopped: AtomicBool,
}

/// Where sections come from and go to.
pub(super) struct Ends<'e, 'a> {
    /// The next section, in memory that may be reused; `None` after the last.
    pub(super) next: &'e mut dyn FnMut(Vec<f32>) -> Result<Option<Job<'a>>>,
    pub(super) take: &'e mut dyn FnMut(Done) -> Result<()>,
    /// Tiles in all, for progress.
    pub(super) total: u64,
}

impl<'a> Flow<'a> {
    pub(super) fn new(
        ensemble: &'a Ensemble<'a>,
        maps: Vec<AmplitudeMap>,
        options: PredictOptions,
        deviation: bool,
    ) -> Self {
        Self {
            ensemble,
            maps,
            options,
            deviation,
            watches: Stopwatches::default(),
            tiles: AtomicU64::new(0),
            gate: Mutex::new(()),
            stopped: AtomicBool::new(false),
        }
    }

    /// Whether the run has been given up.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Runs all sections. The results come in order.
    ///
    /// # Errors
    /// Those of both ends; `ModelMismatch`, `OutOfMemory`, `Backend`; `Cancelled`.
    pub(super) fn run(&self, ends: &mut Ends<'_, 'a>, control: &Control<'_>) -> Result<()> {
        std::thread::scope(|scope| {
            let (jobs, to_cut) = sync_channel(SECTIONS);
            let (done, results) = sync_channel(SECTIONS);
            let mut threads = Vec::new();
            let mut end = End { stopped: &self.stopped, well: false };
            let fed = self
                .start(scope, to_cut, done, &mut threads)
                .and_then(|()| self.feed(ends, jobs, &results, control));
            end.well = fed.is_ok();
            drop((end, results));
            let mut failure = None;
            for thread in threads {
                match thread.join() {
                    Ok(outcome) => failure = failure.or(outcome.err()),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            failure.map_or(fed, Err)
        })
    }

    /// Starts the stages' threads.
    fn start<'s>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        to_cut: Receiver<Job<'a>>,
        done: SyncSender<Done>,
        threads: &mut Vec<ScopedJoinHandle<'s, Result<()>>>,
    ) -> Result<()> {
        let first = self.ensemble.members()[0];
        let workers: Vec<usize> = (0..first.replicas())
            .flat_map(|replica| std::iter::repeat_n(replica, first.threads(replica)))
            .collect();
        let (cut, batches) = sync_channel(BATCHES * workers.len());
        let (passed, to_blend) = sync_channel(BATCHES * workers.len());
        let batches = std::sync::Arc::new(Mutex::new(batches));
        let mut spawn = |name: &str, work: Box<dyn FnOnce() -> Result<()> + Send + 's>| {
            let work = || {
                let mut end = End { stopped: &self.stopped, well: false };
                let outcome = work();
                end.well = outcome.is_ok();
                outcome
            };
            let thread = std::thread::Builder::new().name(format!("diapir-{name}")).spawn_scoped(scope, work);
            threads.push(thread.map_err(|error| {
                Error::new(
                    ErrorKind::OutOfMemory,
                    format!("the system gives no thread to predict with: {error}"),
                )
            })?);
            Ok(())
        };
        spawn("cut", Box::new(move || self.cut(&to_cut, &cut)))?;
        for replica in workers {
            let (batches, passed) = (std::sync::Arc::clone(&batches), passed.clone());
            spawn("network", Box::new(move || self.pass(replica, &batches, &passed)))?;
        }
        drop(passed);
        spawn("blend", Box::new(move || self.blend(&to_blend, &done)))
    }

    /// Reads sections as long as there is room, and takes results.
    fn feed(
        &self,
        ends: &mut Ends<'_, 'a>,
        jobs: SyncSender<Job<'a>>,
        results: &Receiver<Done>,
        control: &Control<'_>,
    ) -> Result<()> {
        let mut jobs = Some(jobs);
        let mut spare = Vec::new();
        let mut on_their_way = 0;
        self.tell(ends.total, control)?;
        loop {
            while on_their_way < SECTIONS
                && let Some(open) = &jobs
            {
                let job = self.watches.read.time(|| (ends.next)(spare.pop().unwrap_or_default()))?;
                let Some(job) = job else {
                    jobs = None;
                    break;
                };
                if open.send(job).is_err() {
                    return Err(broken());
                }
                on_their_way += 1;
                self.tell(ends.total, control)?;
            }
            if on_their_way == 0 {
                return Ok(());
            }
            // A thread of rayon's pool that only waited would keep the cutting of tiles waiting, which needs one.
            let in_pool = rayon::current_thread_index().is_some();
            while rayon::yield_now() == Some(rayon::Yield::Executed) {}
            match results.recv_timeout(if in_pool { HEARTBEAT / 50 } else { HEARTBEAT }) {
                Ok(mut done) => {
                    on_their_way -= 1;
                    spare.push(std::mem::take(&mut done.spare));
                    self.watches.write.time(|| (ends.take)(done))?;
                }
                Err(RecvTimeoutError::Timeout) if self.is_stopped() => return Err(broken()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(broken()),
            }
            self.tell(ends.total, control)?;
        }
    }

    /// Tells the listener how far the work is. While it does not answer, the networks rest.
    fn tell(&self, total: u64, control: &Control<'_>) -> Result<()> {
        let _held = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        control.step("predict", self.tiles.load(Ordering::Relaxed).min(total), total)
    }
}

/// Gives the run up when a thread ends by an error or a panic: the others would wait for it.
struct End<'s> {
    stopped: &'s AtomicBool,
    well: bool,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        if !self.well {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }
}

/// A stage ended before its time: its own error says why, and is reported instead of this.
fn broken() -> Error {
    Error::new(ErrorKind::Internal, "a stage of the prediction ended without an error".to_owned())
}
