//! The threads that a network lives on.
//!
//! OpenMP gives each thread that computes a team of its own, whose members may spin while they wait. If a network were built on one thread and run
//! on others, teams would fight for the cores: measured twice as slow where they spin. So everything that libtorch computes for a network happens here,
//! and the host's threads get no team from prediction.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::error::{Error, ErrorKind, Result};
use crate::model::Network;

type Job = Box<dyn FnOnce(&Mutex<Network>) + Send>;

/// A network and the threads that run it: one on a CPU; on a GPU two, one of which brings input and output while the network works for the other.
#[derive(Debug)]
pub(super) struct NetworkThreads {
    jobs: Option<Mutex<Sender<Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl NetworkThreads {
    /// Builds a network on its first thread; gives what `build` gives besides.
    pub(super) fn start<T: Send + 'static>(
        count: usize,
        build: impl FnOnce() -> Result<(T, Network)> + Send + 'static,
    ) -> Result<(T, Self)> {
        let (jobs, received) = channel::<Job>();
        let received = Arc::new(Mutex::new(received));
        let (answer, built) = channel();
        let queue = Arc::clone(&received);
        let first = spawn(move || {
            let outcome = catch_unwind(AssertUnwindSafe(build));
            let (network, outcome) = match outcome {
                Ok(Ok((rest, network))) => {
                    let network = Arc::new(Mutex::new(network));
                    (Some(Arc::clone(&network)), Ok(Ok((rest, network))))
                }
                Ok(Err(error)) => (None, Ok(Err(error))),
                Err(panic) => (None, Err(panic)),
            };
            if answer.send(outcome).is_ok()
                && let Some(network) = network
            {
                work(&queue, &network);
            }
        })?;
        let mut threads = Self { jobs: Some(Mutex::new(jobs)), threads: vec![first] };
        let (rest, network) = match built.recv() {
            Ok(Ok(outcome)) => outcome?,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => return Err(gone()),
        };
        for _ in 1..count {
            let (queue, network) = (Arc::clone(&received), Arc::clone(&network));
            threads.threads.push(spawn(move || work(&queue, &network))?);
        }
        Ok((rest, threads))
    }

    /// How many can run at a time.
    pub(super) fn count(&self) -> usize {
        self.threads.len()
    }

    /// Runs `work` on one of the threads. Its panic goes on here.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Mutex<Network>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, result) = channel();
        let job: Job = Box::new(move |network| {
            // Nobody waits any more when the answer cannot be sent.
            answer.send(catch_unwind(AssertUnwindSafe(|| work(network)))).ok();
        });
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.lock().unwrap_or_else(PoisonError::into_inner).send(job).map_err(|_| gone())?;
        match result.recv() {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(gone()),
        }
    }
}

impl Drop for NetworkThreads {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // Jobs catch their panics; a thread that panicked otherwise has nothing left to say.
            thread.join().ok();
        }
    }
}

fn work(jobs: &Mutex<Receiver<Job>>, network: &Mutex<Network>) {
    loop {
        let received = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = received else { return };
        job(network);
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new().name("diapir-network".to_owned()).spawn(work).map_err(|error| {
        Error::new(ErrorKind::OutOfMemory, format!("the system gives no thread for a network: {error}"))
    })
}

fn gone() -> Error {
    Error::new(ErrorKind::Internal, "the network's thread has ended".to_owned())
}
