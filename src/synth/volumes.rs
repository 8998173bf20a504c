//! Whole volumes: in memory, or streamed to sinks with bounded memory.

use rayon::prelude::*;

use super::SynthSurvey;
use super::imaging::Scratch;
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::volume::{ArrayVolume, Block, VolumeSink};

/// Name of the stage in progress reports.
const STAGE: &str = "synth";

impl SynthSurvey {
    /// Amplitudes and labels (1 salt, 0 not) in memory, computed on all threads of the current pool.
    ///
    /// # Errors
    /// `OutOfMemory` when the volumes do not fit.
    pub fn volumes(&self) -> Result<(ArrayVolume, ArrayVolume)> {
        let grid = self.grid();
        let [inlines, crosslines, samples] = grid.shape();
        let section = crosslines * samples;
        let (mut seismic, mut label) = (zeros(inlines, section)?, zeros(inlines, section)?);
        seismic
            .par_chunks_exact_mut(section)
            .zip(label.par_chunks_exact_mut(section))
            .enumerate()
            .for_each_init(Scratch::default, |scratch, (inline, (seismic, label))| {
                self.fill_inline(inline, scratch, seismic, label);
            });
        let volume = |data| ArrayVolume::new(grid.clone(), self.live().clone(), data);
        Ok((volume(seismic)?, volume(label)?))
    }

    /// The amplitudes of [`SynthSurvey::volumes`].
    ///
    /// # Errors
    /// As [`SynthSurvey::volumes`].
    pub fn seismic_volume(&self) -> Result<ArrayVolume> {
        Ok(self.volumes()?.0)
    }

    /// The labels of [`SynthSurvey::volumes`].
    ///
    /// # Errors
    /// As [`SynthSurvey::volumes`].
    pub fn label_volume(&self) -> Result<ArrayVolume> {
        Ok(self.volumes()?.1)
    }

    /// Streams the survey inline by inline, in order, into two sinks of this survey's grid. Holds one
    /// inline of each volume per thread. Progress stage "synth", in inlines.
    ///
    /// # Errors
    /// What the sinks report; `Cancelled`.
    pub fn write_to(
        &self,
        seismic: &mut dyn VolumeSink,
        label: &mut dyn VolumeSink,
        control: &Control<'_>,
    ) -> Result<()> {
        let grid = self.grid();
        let total = grid.inlines.count;
        let batch = rayon::current_num_threads().max(1);
        for first in (0..total).step_by(batch) {
            control.step(STAGE, first as u64, total as u64)?;
            let end = (first + batch).min(total);
            let sections =
                (first..end).into_par_iter().map(|inline| self.inline(inline)).collect::<Result<Vec<_>>>()?;
            for (inline, (amplitudes, labels)) in (first..end).zip(sections) {
                let block = Block { inlines: inline..inline + 1, ..Block::whole(grid) };
                seismic.write_block(&block, &amplitudes)?;
                label.write_block(&block, &labels)?;
            }
        }
        control.step(STAGE, total as u64, total as u64)
    }
}

/// Zeroed memory for a volume, or an error instead of an abort.
fn zeros(inlines: usize, section: usize) -> Result<Vec<f32>> {
    let mut data = Vec::new();
    let reserved =
        inlines.checked_mul(section).and_then(|len| data.try_reserve_exact(len).ok().map(|()| len));
    match reserved {
        Some(len) => {
            data.resize(len, 0.0);
            Ok(data)
        }
        None => Err(Error::new(
            ErrorKind::OutOfMemory,
            format!("a volume of {inlines} inlines x {section} samples does not fit in memory: use write_to"),
        )),
    }
}
