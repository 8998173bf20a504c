//! How much memory a prediction takes, worked out before it begins.

use std::sync::Arc;

use super::flow::{BATCHES, Flow, SECTIONS};
use super::layout::Layout;
use super::predictor::{Outputs, Passage, zeros};
use super::report::Stopwatches;
use crate::error::Result;
use crate::tiling::Scale;

/// What the allocator may hold on to besides what is in use, and what is too small to be counted.
const SLACK: u64 = 48 << 20;

impl Flow<'_> {
    /// Runs an empty batch through each network, in the size that will be predicted, so that what libtorch prepares and keeps is prepared.
    pub(super) fn warm_up(&self, layout: &Layout<'_>) -> Result<()> {
        let watches = Stopwatches::default();
        for (member, contract) in self.ensemble.with_contracts() {
            let frame = layout.frames[contract];
            let size = frame.padded;
            let batch = self.batch(layout).min(layout.plan.len());
            let input = Arc::new(zeros(batch * frame.input_len())?);
            let mut mask = zeros(batch * size.rows * size.columns)?;
            for replica in 0..member.replicas() {
                let mut out = Outputs { mask: &mut mask, any_salt: None };
                let passage = Passage::plain(replica, Arc::clone(&input), batch, size);
                member.forward(&passage, &mut out, &watches)?;
            }
        }
        Ok(())
    }

    /// Most resident memory of the process, in bytes, while sections of these layouts are predicted, if nothing else goes on in it: what it has
    /// now, after [`Flow::warm_up`], and the sections and batches on their way. `None` where the system does not tell.
    pub(super) fn memory_bound(&self, layouts: &[&Layout<'_>]) -> Option<u64> {
        let added = layouts.iter().map(|layout| self.added(layout)).max().unwrap_or(0);
        // What the networks had for a moment, they will have again.
        Some(peak_memory()?.max(resident_memory()?) + added + SLACK)
    }

    /// Bytes that a run of such sections takes besides the networks.
    fn added(&self, layout: &Layout<'_>) -> u64 {
        let results = 1 + usize::from(self.deviation);
        let scaled = if layout.scale == Scale::NONE { 0 } else { layout.traces * layout.samples };
        let section = layout.shape[0] * layout.shape[1] + 2 * scaled;
        // Read, in use and spare; made, waiting and being written, encoded.
        let sections = (SECTIONS + 1) * section + (SECTIONS + 2) * results * section;
        let sums = results * 3 * layout.tile().columns.min(layout.traces) * layout.samples;
        let first = self.ensemble.members()[0];
        let workers: usize = (0..first.replicas()).map(|replica| first.threads(replica)).sum();
        let batch = self.batch(layout).min(layout.plan.len());
        let inputs: usize = layout.frames.iter().map(|frame| frame.input_len()).sum();
        let flips = 1 + usize::from(self.options.flip);
        let passes = flips * self.options.dropout_passes.max(1);
        let outputs: usize = self
            .ensemble
            .with_contracts()
            .map(|(_, contract)| layout.frames[contract].padded)
            .map(|padded| passes * padded.rows * padded.columns)
            .sum();
        let batches = (2 * BATCHES * workers + workers + 2) * batch * (inputs + outputs);
        // Where several work, those that are ahead of the others' batches wait to be blended.
        let early = if workers > 1 { SECTIONS * layout.plan.len() * outputs } else { 0 };
        4 * (sections + sums + batches + early) as u64
    }
}

/// Resident memory of this process, in bytes.
fn resident_memory() -> Option<u64> {
    status("VmRSS:")
}

/// Largest resident memory of this process so far, in bytes, if the system tells.
pub fn peak_memory() -> Option<u64> {
    status("VmHWM:")
}

fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
