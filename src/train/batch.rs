//! Tiles side by side, as tensors.

use tch::{Device, Kind, Tensor};

use super::augment::AugmentSpec;
use super::{LabelledTile, TileSource};
use crate::error::Result;
use crate::tensor::from_f32;
use crate::tiling::{InputContract, extract_loose, margins, pad_from};

/// An inpainted label is salt above this, as in the 14th system of the TGS challenge.
const INPAINTED_SALT: f32 = 0.7;

/// One batch.
#[derive(Debug)]
pub(super) struct Batch {
    /// (n, channels, padded, padded), float32.
    pub(super) input: Tensor,
    /// (n, 1, size, size), 0 or 1; size is the tile's, or the padded size when the input was cut at random.
    pub(super) target: Tensor,
    /// (n, 1, size, size), whether the pixel has a label.
    pub(super) valid: Tensor,
}

/// How tiles are changed on their way into a batch.
#[derive(Debug, Clone, Copy)]
pub(super) enum Changes<'a> {
    /// Not at all: validation.
    None,
    /// As drawn for an epoch.
    Drawn { spec: &'a AugmentSpec, seed: u64, epoch: usize },
}

impl Changes<'_> {
    /// Rows and columns of labels and validity.
    fn target_size(&self, contract: &InputContract) -> usize {
        match self {
            Self::Drawn { spec: AugmentSpec { crop: Some(_), .. }, .. } => contract.padded,
            _ => contract.tile,
        }
    }
}

/// A batch as it is read, row-major. Threads that read make no tensors: each thread that computes with libtorch gets threads
/// of its own from OpenMP, and then all of them stop spinning early and sleep between the parts of every step.
#[derive(Debug)]
pub(super) struct Arrays {
    /// n, channels, padded, size.
    lengths: [i64; 4],
    input: Vec<f32>,
    target: Vec<f32>,
    valid: Vec<f32>,
}

impl Arrays {
    /// Reads these tiles.
    pub(super) fn read(source: &dyn TileSource, indices: &[usize], changes: Changes<'_>) -> Result<Self> {
        let contract = source.contract();
        let size = changes.target_size(contract);
        let planes = contract.channels.len() * contract.padded * contract.padded;
        let mut input = vec![0.0; indices.len() * planes];
        let [mut target, mut valid] = [0, 1].map(|_| vec![0.0; indices.len() * size * size]);
        let targets = target.chunks_exact_mut(size * size).zip(valid.chunks_exact_mut(size * size));
        for ((input, (target, valid)), &index) in input.chunks_exact_mut(planes).zip(targets).zip(indices) {
            one(source, index, changes, input, [target, valid])?;
        }
        let lengths = [indices.len(), contract.channels.len(), contract.padded, size];
        Ok(Self { lengths: lengths.map(|length| length as i64), input, target, valid })
    }
}

impl Batch {
    /// Reads these tiles, on the CPU.
    pub(super) fn read(source: &dyn TileSource, indices: &[usize], changes: Changes<'_>) -> Result<Self> {
        Self::of(&Arrays::read(source, indices, changes)?)
    }

    /// As tensors, on the CPU.
    pub(super) fn of(arrays: &Arrays) -> Result<Self> {
        let [n, channels, padded, size] = arrays.lengths;
        Ok(Self {
            input: from_f32(&arrays.input, &[n, channels, padded, padded], Device::Cpu)?,
            target: from_f32(&arrays.target, &[n, 1, size, size], Device::Cpu)?,
            valid: from_f32(&arrays.valid, &[n, 1, size, size], Device::Cpu)?.f_gt(0.5)?,
        })
    }

    /// Number of tiles.
    pub(super) fn len(&self) -> usize {
        self.input.size().first().map_or(0, |&n| n as usize)
    }

    /// On another device.
    pub(super) fn to(&self, device: Device) -> Result<Self> {
        let [input, target, valid] =
            [&self.input, &self.target, &self.valid].map(|tensor| tensor.f_to_device(device));
        Ok(Self { input: input?, target: target?, valid: valid? })
    }

    /// Tiles `first .. first + count`.
    pub(super) fn part(&self, first: usize, count: usize) -> Result<Self> {
        let [input, target, valid] = [&self.input, &self.target, &self.valid]
            .map(|tensor| tensor.f_narrow(0, first as i64, count as i64));
        Ok(Self { input: input?, target: target?, valid: valid? })
    }

    /// Channels of the network's kind, labels as they are.
    pub(super) fn input_as(&self, kind: Kind) -> Result<Tensor> {
        Ok(self.input.f_to_kind(kind)?)
    }
}

/// Reads one tile into its place.
fn one(
    source: &dyn TileSource,
    index: usize,
    changes: Changes<'_>,
    input: &mut [f32],
    [target, valid]: [&mut [f32]; 2],
) -> Result<()> {
    let contract = source.contract();
    let Changes::Drawn { spec, seed, epoch } = changes else {
        let tile = source.read(index, 0, [0, 0])?;
        extract_loose(&tile.amplitude, tile.depth, contract, None, input)?;
        target.copy_from_slice(&tile.label);
        valid.copy_from_slice(&tile.valid);
        return Ok(());
    };
    let mut change = spec.draw(seed, epoch, index);
    let mut tile = source.read(index, epoch, change.shift)?;
    change.apply(&mut tile, contract.tile);
    let LabelledTile { amplitude, label, valid: known, depth } = tile;
    let (Some(canvas), Some(place)) = (spec.crop, change.crop) else {
        extract_loose(&amplitude, depth, contract, None, input)?;
        target.copy_from_slice(&label);
        valid.copy_from_slice(&known);
        return Ok(());
    };
    // The canvas' margin less the cut's place in it.
    let margin = margins(contract.tile, canvas)[0];
    let before = place.map(|share| margin - ((canvas - contract.padded + 1) as f64 * share) as isize);
    extract_loose(&amplitude, depth, contract, Some(before), input)?;
    pad_from(&label, contract, before, target)?;
    target.iter_mut().for_each(|label| *label = f32::from(u8::from(*label > INPAINTED_SALT)));
    pad_from(&known, contract, before, valid)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use super::*;
    use crate::tiling::{AmplitudeScaling, Channel, Padding, TileDepth};
    use crate::volume::SampleUnit;

    const TILE: usize = 9;
    const PADDED: usize = 11;
    const CANVAS: usize = 15;

    /// One tile, salt in no regular place, whose amplitudes are 1 in salt and -1 elsewhere.
    struct One(InputContract);

    impl TileSource for One {
        fn len(&self) -> usize {
            1
        }

        fn contract(&self) -> &InputContract {
            &self.0
        }

        fn data_hash(&self) -> &str {
            ""
        }

        fn name(&self, _: usize) -> String {
            String::new()
        }

        fn read(&self, _: usize, _: usize, _: [isize; 2]) -> Result<LabelledTile> {
            let label: Vec<f32> =
                (0..TILE * TILE).map(|k| f32::from(u8::from((k * k * 7 + k / TILE) % 11 < 5))).collect();
            Ok(LabelledTile {
                amplitude: label.iter().map(|label| 2.0 * label - 1.0).collect(),
                valid: label.iter().map(|label| 1.0 - label).collect(),
                label,
                depth: TileDepth::Constant(0.0),
            })
        }
    }

    /// A cut at random is the same cut of amplitudes, labels and validity, and every place of it comes.
    #[test]
    fn a_random_cut_moves_input_and_labels_alike() {
        let source = One(InputContract {
            tile: TILE,
            padded: PADDED,
            padding: Padding::Reflect,
            channels: vec![Channel::Amplitude],
            scaling: AmplitudeScaling { low_share: 0.0, high_share: 1.0 },
            depth_range: [0.0, 1.0],
            depth_unit: SampleUnit::Milliseconds,
            sample_interval: None,
            trace_spacing: None,
            window: None,
        });
        let spec = AugmentSpec { crop: Some(CANVAS), ..AugmentSpec::default() };
        let mut places = BTreeSet::new();
        for epoch in 0..600 {
            let changes = Changes::Drawn { spec: &spec, seed: 1, epoch };
            let Arrays { input, target, valid, .. } = Arrays::read(&source, &[0], changes).unwrap();
            let salt: Vec<bool> = input.iter().map(|amplitude| *amplitude > 0.0).collect();
            assert_eq!(target.iter().map(|label| *label == 1.0).collect::<Vec<_>>(), salt);
            assert_eq!(valid.iter().map(|valid| *valid == 0.0).collect::<Vec<_>>(), salt);
            places.insert(salt);
        }
        assert_eq!(places.len(), (CANVAS - PADDED + 1).pow(2));
    }
}
