//! Random changes to training tiles: drawn from the seed, the epoch and the tile's number alone, so that neither the order
//! nor the number of threads changes them.

mod chances;
mod tone;
mod warp;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

pub use self::chances::{Chance, Elastic, Shift};
use self::tone::Tone;
use self::warp::Warp;
use super::LabelledTile;
use super::random::stream;
use crate::error::{Result, fail};
use crate::tiling::Padding;

/// Which changes are made, how often and how far.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentSpec {
    /// Probability of a mirror image along the traces.
    pub flip: f64,
    /// Shift along traces and samples.
    pub shift: Option<Shift>,
    /// Rotation about the middle, at most `reach` degrees each way.
    pub rotate: Option<Chance>,
    /// Enlargement by a factor within `1 - reach .. 1 + reach`.
    pub scale: Option<Chance>,
    /// Smooth displacement.
    pub elastic: Option<Elastic>,
    /// Added to the scaled amplitudes (-1..1), at most `reach` each way.
    pub brightness: Option<Chance>,
    /// Factor of the scaled amplitudes within `1 - reach .. 1 + reach`.
    pub contrast: Option<Chance>,
    /// Gaussian noise added to the scaled amplitudes; `reach` is its standard deviation.
    pub noise: Option<Chance>,
    /// Rows and columns of the padded tile that the network's input is cut from at random; without it the input is its middle.
    /// The loss is then taken over the whole cut, its padding included.
    pub crop: Option<usize>,
}

/// What is done to one tile in one epoch.
#[derive(Debug, Clone)]
pub struct Change {
    /// Shift along the traces and along the samples, to be read with.
    pub shift: [isize; 2],
    warp: Warp,
    tone: Tone,
    /// Place of the cut as shares 0..1 of the way that it can go, rows and columns; `None` is the middle.
    pub(super) crop: Option<[f64; 2]>,
    noise: ChaCha8Rng,
}

impl AugmentSpec {
    /// Refuses probabilities and reaches that mean nothing, and a crop from more than the padding fills.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self, tile: usize, padded: usize, padding: Padding) -> Result<()> {
        let most = padding.largest_canvas(tile);
        let elastic = self.elastic.map(|elastic| Chance { p: elastic.p, reach: elastic.reach });
        let along =
            |reach: fn(&Shift) -> f64| self.shift.map(|shift| Chance { p: shift.p, reach: reach(&shift) });
        let chances = [
            ("shift.reach", along(|shift| shift.reach), tile as f64),
            ("shift.samples", along(|shift| shift.samples.unwrap_or(0.0)), tile as f64),
            ("rotate.reach", self.rotate, 180.0),
            ("scale.reach", self.scale, 0.9),
            ("elastic.reach", elastic, tile as f64),
            ("brightness.reach", self.brightness, 2.0),
            ("contrast.reach", self.contrast, 1.0),
            ("noise.reach", self.noise, 2.0),
        ];
        if !(0.0..=1.0).contains(&self.flip) {
            fail!(InvalidArgument, "recipe: augment.flip is {}, expected 0..=1", self.flip);
        }
        for (name, Chance { p, reach }, most) in
            chances.into_iter().filter_map(|(name, chance, most)| Some((name, chance?, most)))
        {
            if !(0.0..=1.0).contains(&p) {
                let name = name.split('.').next().unwrap_or(name);
                fail!(InvalidArgument, "recipe: augment.{name}.p is {p}, expected 0..=1");
            }
            if !(0.0..=most).contains(&reach) {
                fail!(InvalidArgument, "recipe: augment.{name} is {reach}, expected 0..={most}");
            }
        }
        if let Some(Elastic { spacing, .. }) = self.elastic
            && !(4..=tile).contains(&spacing)
        {
            fail!(InvalidArgument, "recipe: augment.elastic.spacing is {spacing}, expected 4..={tile}");
        }
        if self.crop.is_some() && most == 0 {
            fail!(InvalidArgument, "recipe: augment.crop needs a tile that is padded, this one is enlarged");
        }
        if let Some(crop) = self.crop
            && !(padded..=most).contains(&crop)
        {
            fail!(InvalidArgument, "recipe: augment.crop is {crop}, expected {padded}..={most}");
        }
        Ok(())
    }

    /// The change of tile `tile` in this epoch.
    pub fn draw(&self, seed: u64, epoch: usize, tile: usize) -> Change {
        let mut rng = stream([seed, epoch as u64, tile as u64, 0]);
        let flip = rng.random_bool(self.flip.clamp(0.0, 1.0));
        let reach = self.shift.map_or([0.0; 2], |shift| {
            let drawn = drawn(&mut rng, shift.p);
            [shift.reach, shift.samples.unwrap_or(shift.reach)].map(|reach| drawn * reach)
        });
        let shift = reach.map(|reach| rng.random_range(-(reach as i64)..=reach as i64) as isize);
        let mut signed = |chance: Option<Chance>| {
            chance
                .map_or(0.0, |chance| drawn(&mut rng, chance.p) * chance.reach * rng.random_range(-1.0..=1.0))
        };
        let angle = signed(self.rotate).to_radians();
        let scale = 1.0 + signed(self.scale);
        let tone = Tone {
            contrast: (1.0 + signed(self.contrast)) as f32,
            brightness: signed(self.brightness) as f32,
            deviation: self.noise.map_or(0.0, |noise| drawn(&mut rng, noise.p) * noise.reach) as f32,
        };
        let elastic = self.elastic.filter(|elastic| drawn(&mut rng, elastic.p) > 0.0);
        let warp = Warp::new(flip, angle, scale, elastic, &mut rng);
        let crop = self.crop.map(|_| [0, 1].map(|_| rng.random_range(0.0..1.0)));
        Change { shift, warp, tone, crop, noise: rng }
    }
}

/// 1 with probability `p`, else 0.
fn drawn(rng: &mut ChaCha8Rng, p: f64) -> f64 {
    f64::from(u8::from(rng.random_bool(p.clamp(0.0, 1.0))))
}

impl Change {
    /// Changes a tile of `size` x `size` pixels that was read with this shift.
    pub fn apply(&mut self, tile: &mut LabelledTile, size: usize) {
        self.warp.apply(tile, size);
        self.tone.apply(&mut tile.amplitude, &mut self.noise);
    }
}
