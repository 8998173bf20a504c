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
        let encoder = Encoder::new(&root.sub("encoder"), channels as i64, &spec.encoder)?;
        let (decoder, maps) = Decoder::new(&root.sub("decoder"), spec)?;
        let (fusion, fused) = Fusion::new(&root.sub("fusion"), &spec.fusion, &maps)?;
        let deepest = spec.encoder.features().last().map_or(0, |feature| feature.channels);
        let heads = Heads::new(&root.sub("heads"), &spec.heads, [fused, deepest], &maps)?;
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

    /// What it was built from.
    pub(super) fn spec(&self) -> &NetworkSpec {
        &self.spec
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
        let size = size_of(x)?;
        let features = self.encoder.forward(&channels_last(x)?, self.frozen, pass)?;
        let maps = self.decoder.forward(&features, size, pass)?;
        let fused = self.fusion.forward(&maps.maps, size, pass)?;
        let field = self.fusion.field(&maps.fields);
        if let Some(recorder) = pass.recorder() {
            recorder.stage("fusion".to_owned(), &fused, field)?;
        }
        let logits = self.heads.forward(&fused, &features.maps, &maps.maps, pass)?;
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
        Ok(self.encoder.forward(&channels_last(x)?, self.frozen, pass)?.maps)
    }

    /// A row per stage for one tile of `size` x `size` pixels, by way of an empty tile through the network.
    ///
    /// # Errors
    /// `OutOfMemory`; `Backend`.
    pub fn describe(&self, size: usize) -> Result<Vec<StageRow>> {
        let _guard = tch::no_grad_guard();
        let options = (Kind::Float, self.weights.device());
        let pass = Pass::recording(Recorder::default());
        let x = Tensor::f_zeros([1, self.channels, size as i64, size as i64], options)?;
        self.forward(&x, &pass)?;
        Ok(pass.recorder().map(Recorder::rows).unwrap_or_default())
    }
}
