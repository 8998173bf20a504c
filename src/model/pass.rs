//! What a forward pass is for: prediction, training, or being counted.

use std::cell::RefCell;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use super::describe::Recorder;
use crate::error::{Result, fail};
use crate::tensor::from_f32;

/// Whether batch statistics are used and kept, what dropout drops, and who counts.
#[derive(Debug, Default)]
pub struct Pass {
    /// Share of this batch in the running statistics; `None`: they are used instead.
    momentum: Option<Momentum>,
    /// One generator for all images, or one for each.
    dropout: Option<RefCell<Vec<ChaCha8Rng>>>,
    recorder: Option<Recorder>,
}

/// Share of a batch's statistics in the running ones.
#[derive(Debug, Clone, Copy)]
enum Momentum {
    /// Each layer's own.
    OfLayer,
    /// The same in all layers.
    Fixed(f64),
}

impl Pass {
    /// Running statistics, no dropout.
    pub fn predict() -> Self {
        Self::default()
    }

    /// Batch statistics, which change the running ones, and dropout drawn from `seed`.
    pub fn train(seed: [u8; 32]) -> Self {
        let dropout = Some(RefCell::new(vec![ChaCha8Rng::from_seed(seed)]));
        Self { momentum: Some(Momentum::OfLayer), dropout, recorder: None }
    }

    /// Running statistics, dropout drawn from a seed per image: one sample of what the network could have said (Gal and Ghahramani, ICML 2016).
    pub fn sample(seeds: &[[u8; 32]]) -> Self {
        let generators = seeds.iter().map(|seed| ChaCha8Rng::from_seed(*seed)).collect();
        Self { dropout: Some(RefCell::new(generators)), ..Self::default() }
    }

    /// Batch statistics, which the running ones become the mean of over the batches from number 0 on; no dropout.
    pub fn statistics(batch: usize) -> Self {
        Self { momentum: Some(Momentum::Fixed(1.0 / (batch as f64 + 1.0))), ..Self::default() }
    }

    /// As in prediction, with each stage written down.
    pub(super) fn recording(recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..Self::default() }
    }

    /// Whether this is a training pass.
    pub fn is_training(&self) -> bool {
        self.momentum.is_some()
    }

    /// Share of this batch in the running statistics of a layer that `usual`ly gives a batch this share; `None` where they are
    /// used instead.
    pub(super) fn momentum(&self, usual: f64) -> Option<f64> {
        self.momentum.map(|momentum| match momentum {
            Momentum::OfLayer => usual,
            Momentum::Fixed(share) => share,
        })
    }

    pub(super) fn recorder(&self) -> Option<&Recorder> {
        self.recorder.as_ref()
    }

    /// Where dropout is drawn, whole channels of `x` (n, c, h, w) become 0 with probability `share` and the others grow by
    /// 1 / (1 - share), each image and channel for itself (Tompson et al., CVPR 2015).
    pub(super) fn drop_channels(&self, x: &Tensor, share: f64) -> Result<Tensor> {
        let Some(random) = self.dropout.as_ref().filter(|_| share > 0.0) else {
            return Ok(x.shallow_clone());
        };
        let (images, channels, _, _) = x.size4()?;
        let mut generators = random.borrow_mut();
        if generators.len() != 1 && generators.len() as i64 != images {
            fail!(InvalidArgument, "{} seeds of dropout for {images} images", generators.len());
        }
        let keep = (1.0 / (1.0 - share)) as f32;
        let last = generators.len() - 1;
        let mut mask = Vec::with_capacity((images * channels) as usize);
        for image in 0..images as usize {
            let random = &mut generators[image.min(last)];
            mask.extend((0..channels).map(|_| if random.random_bool(share) { 0.0 } else { keep }));
        }
        let mask = from_f32(&mask, &[images, channels, 1, 1], x.device())?.f_to_kind(x.kind())?;
        Ok(x.f_mul(&mask)?)
    }
}
