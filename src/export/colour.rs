//! Colours of seismic pictures, as red, green, blue 0..=255.

pub(super) type Rgb = [u8; 3];

pub(super) const WHITE: Rgb = [255, 255, 255];
pub(super) const INK: Rgb = [40, 44, 52];
pub(super) const DEAD: Rgb = [214, 216, 220];
pub(super) const LABEL: Rgb = [0, 150, 60];
pub(super) const PREDICTED: Rgb = [120, 0, 120];
const OVERLAY: Rgb = [255, 140, 0];

fn mix(a: Rgb, b: Rgb, share: f32) -> Rgb {
    let share = share.clamp(0.0, 1.0);
    [0, 1, 2].map(|c| (f32::from(a[c]) + (f32::from(b[c]) - f32::from(a[c])) * share).round() as u8)
}

/// White at 0, black at -1, through grey; +1 stays light: the density display of interpreters.
pub(super) fn amplitude(scaled: f32) -> Rgb {
    mix([20, 20, 24], [252, 252, 250], 0.5 * (scaled.clamp(-1.0, 1.0) + 1.0))
}

/// A picture colour with salt probability 0..=1 laid over it.
pub(super) fn overlay(base: Rgb, probability: f32) -> Rgb {
    mix(base, OVERLAY, 0.6 * probability)
}

/// White at 0, dark violet at 1.
pub(super) fn density(share: f32) -> Rgb {
    mix(WHITE, [74, 8, 92], share)
}
