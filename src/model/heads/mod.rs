//! Heads: what is read from the network.

mod classifier;

pub(super) use classifier::Classifier;

use tch::{Kind, Tensor};

use super::blocks::{Conv, ConvShape, bilinear};
use super::decoders::MapShape;
use super::describe::Field;
use super::pass::Pass;
use super::spec::NetworkSpec;
use super::weights::Scope;
use crate::error::{Result, fail};

/// What a network says of a batch, all float32 logits.
#[derive(Debug)]
pub struct Logits {
    /// Salt per pixel, (n, 1, h, w).
    pub mask: Tensor,
    /// Whether the tile has any salt, (n, 1), if the network has a classifier.
    pub any_salt: Option<Tensor>,
    /// Salt per pixel from each of the decoder's maps, deepest first, (n, 1, h, w) each, if the network is supervised
    /// deeply; in training only.
    pub stages: Vec<Tensor>,
}

/// The heads of a network.
#[derive(Debug)]
pub(super) struct Heads {
    mask: Conv,
    classifier: Option<Classifier>,
    stages: Vec<Conv>,
    fold: i64,
}

impl Heads {
    /// `fused` are the channels of the fused map.
    pub(super) fn new(
        scope: &Scope<'_>,
        network: &NetworkSpec,
        fused: i64,
        maps: &[MapShape],
    ) -> Result<Self> {
        let NetworkSpec { heads: spec, fold, .. } = network;
        let deepest = network.encoder.features().last().map_or(0, |feature| feature.channels);
        let stage = |(index, map): (usize, &MapShape)| {
            Conv::new(&scope.sub(format!("stage{index}")), ConvShape::new(map.channels, 1, 1))
        };
        let stages = if spec.deep_supervision { maps } else { &[] };
        let classifier = spec.classifier.as_ref();
        Ok(Self {
            mask: Conv::new(&scope.sub("mask"), ConvShape::new(fused, fold * fold, spec.mask_kernel))?,
            classifier: classifier
                .map(|spec| Classifier::new(&scope.sub("classifier"), deepest, spec))
                .transpose()?,
            stages: stages.iter().enumerate().map(stage).collect::<Result<_>>()?,
            fold: *fold,
        })
    }

    /// What a pixel of the mask sees.
    pub(super) fn field(&self, field: Field) -> Field {
        self.mask.field(field)
    }

    pub(super) fn forward(
        &self,
        fused: &Tensor,
        features: &[Tensor],
        maps: &[Tensor],
        pass: &Pass,
    ) -> Result<Logits> {
        let mut mask = self.mask.forward(fused, pass)?.f_to_kind(Kind::Float)?;
        if self.fold > 1 {
            mask = mask.f_contiguous()?.f_pixel_shuffle(self.fold)?;
        }
        let any_salt = match (&self.classifier, features.last()) {
            (Some(classifier), Some(deepest)) => Some(classifier.forward(deepest, pass)?),
            (Some(_), None) => fail!(Internal, "the encoder gave no feature"),
            (None, _) => None,
        };
        let (_, _, rows, columns) = mask.size4()?;
        let wanted = pass.is_training() || pass.recorder().is_some();
        let stages = self.stages.iter().zip(maps).filter(|_| wanted).map(|(conv, map)| {
            bilinear(&conv.forward(map, pass)?.f_to_kind(Kind::Float)?, [rows, columns], false)
        });
        let stages = stages.collect::<Result<_>>()?;
        Ok(Logits { mask, any_salt, stages })
    }
}
