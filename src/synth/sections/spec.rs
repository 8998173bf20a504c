//! What random sections are made of: each ingredient with its probability and range.
//!
//! Lengths are shares of the section's traces or samples where they say "share", else traces or samples: the sections have no
//! metres and no seconds, so that any interval and any trace spacing looks familiar.

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};

/// From..to; drawn uniformly in between unless the field says otherwise.
pub type Range = [f32; 2];

/// All ingredients of random sections.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SectionSpec {
    /// Layers: their impedance and how they lie.
    pub layers: LayerSpec,
    /// Faults.
    pub faults: FaultSpec,
    /// Salt bodies.
    pub salt: SaltSpec,
    /// How layers lie around salt.
    pub drag: DragSpec,
    /// What looks like salt and is none.
    pub lookalikes: LookalikeSpec,
    /// Wavelets, and what imaging does.
    pub imaging: ImagingSpec,
    /// Noise.
    pub noise: NoiseSpec,
    /// Amplitudes.
    pub gain: GainSpec,
    /// Where there are no data.
    pub gaps: GapSpec,
}

/// Layers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LayerSpec {
    /// Packages above each other, each with its own layers, divided by unconformities: the most of them.
    pub packages: usize,
    /// Growth of the impedance's deviation per octave of layer thickness, as a power of it: 0 is 1/f noise, 0.5 a random walk.
    pub growth: Range,
    /// Strong single boundaries per 100 samples.
    pub steps: Range,
    /// Strength of a package, drawn evenly in its logarithm.
    pub strength: Range,
    /// Height of long folds, share of the samples.
    pub folds: Range,
    /// Height of short folds, samples.
    pub ripples: Range,
    /// Dip, samples per trace, either way.
    pub dip: Range,
    /// Probability of lateral changes of strength within layers.
    pub lateral: f32,
}

/// Faults.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultSpec {
    /// Probability of any.
    pub p: f32,
    /// The most of them.
    pub count: usize,
    /// Throw, samples.
    pub throw: Range,
}

/// Salt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SaltSpec {
    /// Probability of no salt at all.
    pub none: f32,
    /// Probability of each further body after the first, up to four.
    pub more: f32,
    /// Weights of domes, walls, stems with bulbs, pillows, sheets, massifs, and of floors (all below a surface, with a base or without).
    pub kinds: [f32; 7],
    /// Top of bodies, share of the samples.
    pub top: Range,
    /// Half width of bodies, share of the traces.
    pub half_width: Range,
    /// Roughness of the boundary, samples; drawn with more weight on little.
    pub rough: Range,
    /// Impedance against the sediments, in their deviations; drawn evenly in its logarithm.
    pub contrast: Range,
    /// Probability that salt is softer than the sediments.
    pub soft: f32,
    /// Fine structure inside, in deviations of the sediments; drawn with more weight on little.
    pub inside: Range,
    /// Probability of bands inside, as in layered evaporites.
    pub bands: f32,
    /// Probability of stringers: a strong thin folded layer inside.
    pub stringers: f32,
    /// Probability of a strong thin layer on top.
    pub cap: f32,
    /// Width of the boundary, samples.
    pub edge: Range,
}

/// Layers around salt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DragSpec {
    /// Probability that layers are dragged along at all.
    pub p: f32,
    /// How far they are bent up at the boundary, samples.
    pub height: Range,
    /// Distance over which that fades, samples.
    pub reach: Range,
    /// Probability of a syncline around the body.
    pub syncline: f32,
}

/// What is no salt: probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LookalikeSpec {
    /// A package of chaotic layers (slumps, mass transport).
    pub chaotic: f32,
    /// A package that hardly reflects.
    pub transparent: f32,
    /// A column of disturbed, dimmed, pushed-down layers (gas).
    pub chimney: f32,
    /// Basement: rough, with faulted blocks, noise and dipping events below it, layers ending on it.
    pub basement: f32,
    /// Folded and thrust rock of fading coherence (accretionary wedge).
    pub wedge: f32,
    /// A mound on a flat base (reef, volcano).
    pub mound: f32,
    /// A channel with another fill.
    pub channel: f32,
    /// A bright lens or sill that cuts layers.
    pub sill: f32,
    /// Water: nothing above the sea floor but its noise.
    pub water: f32,
    /// Nothing but noise and dipping events, as in crystalline rock.
    pub crystalline: f32,
}

/// Wavelets and imaging.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImagingSpec {
    /// Peak frequency, cycles per sample, drawn evenly in its logarithm.
    pub frequency: Range,
    /// Probability that frequencies fall with depth, to a half at the most.
    pub absorption: f32,
    /// Probability of a phase other than zero (or 180 degrees, which is as frequent).
    pub phase: f32,
    /// Smoothing along the traces, traces.
    pub smear: Range,
    /// Probability that what lies below salt is dimmed.
    pub shadow: f32,
    /// Probability that what lies below salt is pulled up (or down).
    pub pull_up: f32,
    /// Probability of multiples.
    pub multiples: f32,
}

/// Noise; levels are shares of the sediments' deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoiseSpec {
    /// Level of noise in the wavelet's band; drawn evenly in its logarithm.
    pub level: Range,
    /// Probability that salt and what lies below has more of it, up to six times.
    pub below_salt: f32,
    /// Probability of dipping coherent noise.
    pub dipping: f32,
    /// Probability of curved noise, as migration leaves it.
    pub curved: f32,
    /// Probability of vertical stripes: traces of different strength.
    pub stripes: f32,
    /// Probability of fine noise outside the wavelet's band.
    pub fine: f32,
}

/// Amplitudes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GainSpec {
    /// Probability of a change of strength with depth.
    pub depth: f32,
    /// Probability of patches of different strength.
    pub patches: f32,
    /// Probability of an automatic gain control.
    pub agc: f32,
    /// Its window, samples.
    pub agc_window: Range,
    /// Share of samples that are not clipped.
    pub clip: Range,
    /// Factor of all amplitudes before clipping: the section is part of a survey that may be stronger elsewhere; drawn evenly
    /// in its logarithm.
    pub level: Range,
}

/// Where there are no data: probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GapSpec {
    /// A mute at the top with a wavy or stepped edge.
    pub mute: f32,
    /// Acquisition gaps from the top.
    pub gaps: f32,
    /// Dead traces.
    pub dead: f32,
    /// Padding at the sides or below.
    pub padding: f32,
    /// That gaps hold faint noise instead of zeros.
    pub faint: f32,
}

impl Default for LayerSpec {
    fn default() -> Self {
        Self {
            packages: 4,
            growth: [-0.15, 0.5],
            steps: [0.5, 8.0],
            strength: [0.15, 2.5],
            folds: [0.0, 0.16],
            ripples: [0.0, 6.0],
            dip: [0.0, 0.35],
            lateral: 0.6,
        }
    }
}

impl Default for FaultSpec {
    fn default() -> Self {
        Self { p: 0.5, count: 8, throw: [1.0, 18.0] }
    }
}

impl Default for SaltSpec {
    fn default() -> Self {
        Self {
            none: 0.33,
            more: 0.3,
            kinds: [4.0, 1.5, 1.5, 1.5, 2.0, 2.5, 3.5],
            top: [0.03, 0.92],
            half_width: [0.03, 0.5],
            rough: [0.0, 7.0],
            contrast: [0.25, 5.0],
            soft: 0.25,
            inside: [0.0, 1.2],
            bands: 0.12,
            stringers: 0.15,
            cap: 0.2,
            edge: [0.6, 3.0],
        }
    }
}

impl Default for DragSpec {
    fn default() -> Self {
        Self { p: 0.8, height: [-6.0, 70.0], reach: [8.0, 80.0], syncline: 0.3 }
    }
}

impl Default for LookalikeSpec {
    fn default() -> Self {
        Self {
            chaotic: 0.25,
            transparent: 0.25,
            chimney: 0.15,
            basement: 0.1,
            wedge: 0.06,
            mound: 0.1,
            channel: 0.12,
            sill: 0.12,
            water: 0.15,
            crystalline: 0.06,
        }
    }
}

impl Default for ImagingSpec {
    fn default() -> Self {
        Self {
            frequency: [0.025, 0.2],
            absorption: 0.5,
            phase: 0.5,
            smear: [0.0, 2.5],
            shadow: 0.6,
            pull_up: 0.5,
            multiples: 0.2,
        }
    }
}

impl Default for NoiseSpec {
    fn default() -> Self {
        Self { level: [0.02, 0.7], below_salt: 0.5, dipping: 0.35, curved: 0.35, stripes: 0.2, fine: 0.25 }
    }
}

impl Default for GainSpec {
    fn default() -> Self {
        Self {
            depth: 0.6,
            patches: 0.4,
            agc: 0.35,
            agc_window: [25.0, 250.0],
            clip: [0.955, 0.999],
            level: [0.4, 2.0],
        }
    }
}

impl Default for GapSpec {
    fn default() -> Self {
        Self { mute: 0.2, gaps: 0.15, dead: 0.1, padding: 0.15, faint: 0.3 }
    }
}

impl SectionSpec {
    /// Refuses probabilities outside 0..1 and ranges that are none.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self) -> Result<()> {
        self.check_probabilities()?;
        self.check_ranges()?;
        let Self { layers, faults, salt, .. } = self;
        if !(1..=16).contains(&layers.packages) {
            fail!(InvalidArgument, "sections.layers.packages is {}, expected 1..=16", layers.packages);
        }
        if faults.count > 100 {
            fail!(InvalidArgument, "sections.faults.count is {}, expected at most 100", faults.count);
        }
        if salt.kinds.iter().any(|weight| !(0.0..=1e6).contains(weight))
            || salt.kinds.iter().sum::<f32>() <= 0.0
        {
            fail!(
                InvalidArgument,
                "sections.salt.kinds is {:?}, expected seven weights, one at least above 0",
                salt.kinds
            );
        }
        Ok(())
    }

    fn check_probabilities(&self) -> Result<()> {
        let Self { layers, faults, salt, drag, lookalikes: like, imaging, noise, gain, gaps } = self;
        let shares = [
            ("layers.lateral", layers.lateral),
            ("faults.p", faults.p),
            ("salt.none", salt.none),
            ("salt.more", salt.more),
            ("salt.soft", salt.soft),
            ("salt.bands", salt.bands),
            ("salt.stringers", salt.stringers),
            ("salt.cap", salt.cap),
            ("drag.p", drag.p),
            ("drag.syncline", drag.syncline),
            ("lookalikes.chaotic", like.chaotic),
            ("lookalikes.transparent", like.transparent),
            ("lookalikes.chimney", like.chimney),
            ("lookalikes.basement", like.basement),
            ("lookalikes.wedge", like.wedge),
            ("lookalikes.mound", like.mound),
            ("lookalikes.channel", like.channel),
            ("lookalikes.sill", like.sill),
            ("lookalikes.water", like.water),
            ("lookalikes.crystalline", like.crystalline),
            ("imaging.absorption", imaging.absorption),
            ("imaging.phase", imaging.phase),
            ("imaging.shadow", imaging.shadow),
            ("imaging.pull_up", imaging.pull_up),
            ("imaging.multiples", imaging.multiples),
            ("noise.below_salt", noise.below_salt),
            ("noise.dipping", noise.dipping),
            ("noise.curved", noise.curved),
            ("noise.stripes", noise.stripes),
            ("noise.fine", noise.fine),
            ("gain.depth", gain.depth),
            ("gain.patches", gain.patches),
            ("gain.agc", gain.agc),
            ("gaps.mute", gaps.mute),
            ("gaps.gaps", gaps.gaps),
            ("gaps.dead", gaps.dead),
            ("gaps.padding", gaps.padding),
            ("gaps.faint", gaps.faint),
        ];
        if let Some((name, p)) = shares.iter().find(|(_, p)| !(0.0..=1.0).contains(p)) {
            fail!(InvalidArgument, "sections.{name} is {p}, expected a probability, 0..=1");
        }
        Ok(())
    }

    fn check_ranges(&self) -> Result<()> {
        let Self { layers, faults, salt, drag, imaging, noise, gain, .. } = self;
        let ranges = [
            ("layers.growth", layers.growth, [-1.0, 1.0]),
            ("layers.steps", layers.steps, [0.0, 50.0]),
            ("layers.strength", layers.strength, [1e-3, 1e3]),
            ("layers.folds", layers.folds, [0.0, 1.0]),
            ("layers.ripples", layers.ripples, [0.0, 100.0]),
            ("layers.dip", layers.dip, [0.0, 3.0]),
            ("faults.throw", faults.throw, [0.0, 200.0]),
            ("salt.top", salt.top, [-1.0, 2.0]),
            ("salt.half_width", salt.half_width, [1e-3, 4.0]),
            ("salt.rough", salt.rough, [0.0, 100.0]),
            ("salt.contrast", salt.contrast, [1e-3, 1e3]),
            ("salt.inside", salt.inside, [0.0, 100.0]),
            ("salt.edge", salt.edge, [0.1, 50.0]),
            ("drag.height", drag.height, [-500.0, 500.0]),
            ("drag.reach", drag.reach, [1.0, 1e3]),
            ("imaging.frequency", imaging.frequency, [0.005, 0.45]),
            ("imaging.smear", imaging.smear, [0.0, 20.0]),
            ("noise.level", noise.level, [1e-4, 100.0]),
            ("gain.agc_window", gain.agc_window, [3.0, 1e4]),
            ("gain.clip", gain.clip, [0.5, 1.0]),
            ("gain.level", gain.level, [1e-3, 1e3]),
        ];
        for (name, [low, high], [least, most]) in ranges {
            if !(least <= low && low <= high && high <= most) {
                fail!(
                    InvalidArgument,
                    "sections.{name} is {low}..{high}, expected a range within {least}..{most}"
                );
            }
        }
        Ok(())
    }
}
