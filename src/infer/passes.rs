//! The second stage: batches through the networks.

use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use super::flow::Flow;
use super::parts::{Batch, Passed};
use super::predictor::{Outputs, Passage};
use crate::error::Result;

impl<'a> Flow<'a> {
    /// Takes batches until no more come, or the run is given up. Several threads do this at a time.
    pub(super) fn pass(
        &self,
        replica: usize,
        batches: &Mutex<Receiver<Batch<'a>>>,
        out: &SyncSender<Passed<'a>>,
    ) -> Result<()> {
        loop {
            let received = batches.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(batch) = received else { return Ok(()) };
            // Held by the calling thread while its listener keeps it waiting.
            drop(self.gate.lock().unwrap_or_else(PoisonError::into_inner));
            if self.is_stopped() {
                return Ok(());
            }
            let passes = self.passes(replica, &batch)?;
            let Batch { number, head, positions, tail, .. } = batch;
            if out.send(Passed { number, head, positions, passes, tail }).is_err() {
                return Ok(());
            }
        }
    }

    /// Every member's probabilities, mirrored and with channels dropped as often as is wanted.
    fn passes(&self, replica: usize, batch: &Batch<'a>) -> Result<Vec<(usize, Vec<f32>)>> {
        let mut found = Vec::new();
        if batch.positions.is_empty() {
            return Ok(found);
        }
        let flips: &[bool] = if self.options.flip { &[false, true] } else { &[false] };
        let draws = self.options.dropout_passes.max(1);
        for (member, (predictor, contract)) in self.ensemble.with_contracts().enumerate() {
            let size = batch.head.layout.frames[contract].padded;
            for (&mirrored, draw) in flips.iter().flat_map(|flip| (0..draws).map(move |draw| (flip, draw))) {
                let drawn = self.options.dropout_passes > 0;
                let passage = Passage {
                    replica: replica % predictor.replicas(),
                    input: Arc::clone(&batch.inputs[contract]),
                    tiles: 0..batch.positions.len(),
                    size,
                    mirrored,
                    dropout: drawn.then(|| seed(batch, [member, usize::from(mirrored), draw])),
                };
                let mut mask = vec![0.0; batch.positions.len() * size.rows * size.columns];
                predictor.forward(
                    &passage,
                    &mut Outputs { mask: &mut mask, any_salt: None },
                    &self.watches,
                )?;
                found.push((contract, mask));
            }
        }
        Ok(found)
    }
}

/// What dropout is drawn from: the same for the same tiles in every run.
fn seed(batch: &Batch<'_>, pass: [usize; 3]) -> [u8; 32] {
    let place = batch.positions.first().map_or([0; 2], |first| [first.trace as u64, first.sample as u64]);
    let [member, mirrored, draw] = pass.map(|number| number as u64);
    let words = [batch.head.tag as u64, place[0] << 32 ^ place[1], member << 1 | mirrored, draw];
    let mut seed = [0; 32];
    for (bytes, word) in seed.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    seed
}
