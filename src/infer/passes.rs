//! The second stage: batches through the networks.

use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use super::flow::Flow;
use super::parts::{Batch, Passed, Passes};
use super::predictor::{Outputs, Passage};
use crate::error::Result;
use crate::tiling::TilePosition;

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
            let Some(passes) = self.passes(replica, &batch)? else { return Ok(()) };
            let Batch { number, head, positions, tail, .. } = batch;
            if out.send(Passed { number, head, positions, passes, tail }).is_err() {
                return Ok(());
            }
        }
    }

    /// Every member's probabilities, mirrored and with channels dropped as often as is wanted; `None` when the run is given up.
    fn passes(&self, replica: usize, batch: &Batch<'a>) -> Result<Option<Passes>> {
        let mut found = Vec::new();
        if batch.positions.is_empty() {
            return Ok(Some(found));
        }
        let flips: &[bool] = if self.options.flip { &[false, true] } else { &[false] };
        let draws = self.options.dropout_passes.max(1);
        for (member, (predictor, contract)) in self.ensemble.with_contracts().enumerate() {
            let size = batch.head.layout.frames[contract].padded;
            for (&mirrored, draw) in flips.iter().flat_map(|flip| (0..draws).map(move |draw| (flip, draw))) {
                // Held by the calling thread while its listener keeps it waiting.
                drop(self.gate.lock().unwrap_or_else(PoisonError::into_inner));
                if self.is_stopped() {
                    return Ok(None);
                }
                let drawn = self.options.dropout_passes > 0;
                let seeds = || {
                    let pass = [member, usize::from(mirrored), draw];
                    batch.positions.iter().map(|&position| seed(batch.head.place, position, pass)).collect()
                };
                let passage = Passage {
                    replica: replica % predictor.replicas(),
                    input: Arc::clone(&batch.inputs[contract]),
                    tiles: 0..batch.positions.len(),
                    size,
                    mirrored,
                    dropout: drawn.then(seeds),
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
        Ok(Some(found))
    }
}

/// What dropout is drawn from: the same for a tile in every run.
fn seed(line: u64, position: TilePosition, pass: [usize; 3]) -> [u8; 32] {
    let [member, mirrored, draw] = pass.map(|number| number as u64);
    let place = (position.trace as u64) << 32 ^ position.sample as u64;
    let words = [line, place, member << 1 | mirrored, draw];
    let mut seed = [0; 32];
    for (bytes, word) in seed.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    seed
}
