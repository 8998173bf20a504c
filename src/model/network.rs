//! A network assembled from its spec.

use tch::{Kind, Tensor};

use super::decoders::UnetDecoder;
use super::encoders::ResidualSeEncoder;
use super::heads::MaskHead;
use super::spec::NetworkSpec;
use super::weights::Weights;
use crate::error::Result;
use crate::tensor::channels_last;

/// Encoder, decoder and head with their weights.
#[derive(Debug)]
pub struct Network {
    weights: Weights,
    encoder: ResidualSeEncoder,
    decoder: UnetDecoder,
    head: MaskHead,
}

impl Network {
    /// Builds the network in `weights`, which must be empty, for `channels` input planes.
    ///
    /// # Errors
    /// `OutOfMemory`; `Backend`.
    pub fn new(spec: &NetworkSpec, channels: usize, weights: Weights) -> Result<Self> {
        let NetworkSpec::ResidualSeUnet(unet) = spec;
        let root = weights.root();
        let encoder = ResidualSeEncoder::new(&root.sub("encoder"), channels as i64, unet)?;
        let decoder = UnetDecoder::new(&root.sub("decoder"), unet)?;
        let head = MaskHead::new(&root.sub("head"), unet.width)?;
        Ok(Self { weights, encoder, decoder, head })
    }

    /// Its tensors.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// (n, channels, h, w) to float32 logits (n, 1, h, w), computed in the kind of `x` (float32 or bf16).
    /// In training mode batch statistics are used and the running ones updated.
    ///
    /// # Errors
    /// `OutOfMemory`; `Backend` for a tensor of another shape.
    pub fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let features = self.encoder.forward(&channels_last(x)?, train)?;
        let decoded = self.decoder.forward(&features, train)?;
        Ok(self.head.forward(&decoded)?.f_to_kind(Kind::Float)?)
    }
}
