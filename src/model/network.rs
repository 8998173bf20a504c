//! A network assembled from its spec.

use tch::{Kind, Tensor};

use super::blocks::size_of;
use super::decoders::Decoder;
use super::describe::{Recorder, StageRow};
use super::encoders::Encoder;
use super::fusion::Fusion;
use super::heads::{Heads, Logits};
use super::pass::Pass;
use super::spec::NetworkSpec;
use super::weights::{Form, Weights};
use crate::error::{Result, fail};
use crate::tensor::channels_last;

/// Encoder, decoder, fusion and heads with their weights.
#[derive(Debug)]
pub struct Network {
    spec: NetworkSpec,
    channels: i64,
    weights: Weights,
    frozen: usize,
    encoder: Encoder,
    decoder: Decoder,
    fusion: Fusion,
    heads: Heads,
}

impl Network {
    /// Builds the network in `weights`, which must be empty, for `channels` input planes.
    ///
    /// # Errors
    /// `ModelMalformed` naming a tensor that is missing, unexpected or of another shape; `OutOfMemory`; `Backend`.
    pub fn new(spec: &NetworkSpec, channels: usize, mut weights: Weights) -> Result<Self> {
        let root = weights.root();
        let folded = channels as i64 * spec.fold * spec.fold;
        let encoder = Encoder::new(&root.sub("encoder"), folded, &spec.encoder)?;
        let (decoder, maps) = Decoder::new(&root.sub("decoder"), spec)?;
        let (fusion, fused) = Fusion::new(&root.sub("fusion"), &spec.fusion, &maps)?;
        let heads = Heads::new(&root.sub("heads"), spec, fused, &maps)?;
        weights.settle()?;
        Ok(Self {
            spec: spec.clone(),
            channels: channels as i64,
            weights,
            frozen: 0,
            encoder,
            decoder,
            fusion,
            heads,
        })
    }

    /// Its tensors.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Takes the first `stages` of the encoder (a ResNet's stem, then its layers) out of training: their weights get no
    /// gradient and their running statistics stay.
    ///
    /// # Errors
    /// `InvalidArgument` when the encoder has fewer.
    pub fn freeze(&mut self, stages: usize) -> Result<()> {
        let there = self.spec.encoder_stages();
        if stages > there {
            fail!(InvalidArgument, "{stages} frozen stages, the encoder has {there}");
        }
        self.frozen = stages;
        for (name, tensor) in self.weights.trainable() {
            let frozen = name
                .strip_prefix("encoder.")
                .is_some_and(|name| Encoder::is_frozen(&self.spec.encoder, name, stages));
            let _ = tensor.f_set_requires_grad(!frozen)?;
        }
        Ok(())
    }

    /// (n, channels, h, w) to float32 logits, computed in the kind of `x`; a network made to predict takes the kind that
    /// it was made for.
    ///
    /// # Errors
    /// `OutOfMemory`; `Backend` for a tensor of another shape; `InvalidArgument` for training a network made to predict.
    pub fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Logits> {
        if pass.is_training() && self.weights.form() != Form::Training {
            fail!(InvalidArgument, "this network was made to predict and cannot be trained");
        }
        let full = size_of(x)?;
        let x = self.folded(x)?;
        let size = size_of(&x)?;
        let features = self.encoder.forward(&x, self.frozen, pass)?;
        let maps = self.decoder.forward(&features, size, pass)?;
        let fused = self.fusion.forward(&maps.maps, size, pass)?;
        let field = self.fusion.field(&maps.fields);
        if let Some(recorder) = pass.recorder() {
            recorder.stage("fusion".to_owned(), &fused, field)?;
        }
        let mut logits = self.heads.forward(&fused, &features.maps, &maps.maps, pass)?;
        if size_of(&logits.mask)? != full {
            logits.mask = logits.mask.f_narrow(2, 0, full[0])?.f_narrow(3, 0, full[1])?;
        }
        if let Some(recorder) = pass.recorder() {
            recorder.stage("heads".to_owned(), &logits.mask, self.heads.field(field))?;
        }
        Ok(logits)
    }

    /// The encoder's features of (n, channels, h, w), largest first; a ResNet's first is its stem before pooling.
    ///
    /// # Errors
    /// `OutOfMemory`; `Backend` for a tensor of another shape.
    pub fn features(&self, x: &Tensor, pass: &Pass) -> Result<Vec<Tensor>> {
        Ok(self.encoder.forward(&self.folded(x)?, self.frozen, pass)?.maps)
    }

    /// The image that the encoder sees, channels last: rows and columns that do not fill a fold are filled with the last ones.
    fn folded(&self, x: &Tensor) -> Result<Tensor> {
        let fold = self.spec.fold;
        if fold == 1 {
            return channels_last(x);
        }
        let [below, right] = size_of(x)?.map(|length| (fold - length % fold) % fold);
        let filled = match [below, right] {
            [0, 0] => x.shallow_clone(),
            _ => x.f_replication_pad2d([0, right, 0, below])?,
        };
        channels_last(&filled.f_pixel_unshuffle(fold)?)
    }

    /// A row per stage for one tile of `size` x `size` pixels, by way of an empty tile through the network.
    ///
    /// # Errors
    /// `OutOfMemory`; `Backend`.
    pub fn describe(&self, size: usize) -> Result<Vec<StageRow>> {
        let _guard = tch::no_grad_guard();
        let options = (Kind::Float, self.weights.device());
        let pass = Pass::recording(Recorder::new(self.spec.fold));
        let x = Tensor::f_zeros([1, self.channels, size as i64, size as i64], options)?;
        self.forward(&x, &pass)?;
        Ok(pass.recorder().map(Recorder::rows).unwrap_or_default())
    }
}
