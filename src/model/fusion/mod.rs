//! Fusions: a decoder's maps to one at full size.

use tch::Tensor;

use super::blocks::{BatchNorm, Conv, ConvNorm, ConvShape, bilinear};
use super::decoders::MapShape;
use super::describe::Field;
use super::pass::Pass;
use super::spec::{FusionSpec, Pyramid};
use super::weights::Scope;
use crate::error::{Result, fail};

/// One of the fusions, with a layer per map, deepest first.
#[derive(Debug)]
pub(super) enum Fusion {
    Last,
    Hypercolumn { narrow: Vec<ConvNorm>, join: ConvNorm, dropout: f64 },
    SideMaps(Vec<Conv>),
    Pyramid { blocks: Vec<PyramidBlock>, join: Conv, dropout: f64 },
}

/// Convolution, ReLU, normalisation, twice: in this order normalisation cannot be folded into the convolution before it.
#[derive(Debug)]
pub(super) struct PyramidBlock {
    layers: [(Conv, BatchNorm); 2],
}

impl Fusion {
    /// The fusion and the channels of what it gives.
    pub(super) fn new(scope: &Scope<'_>, spec: &FusionSpec, maps: &[MapShape]) -> Result<(Self, i64)> {
        match spec {
            FusionSpec::Last => Ok((Self::Last, maps.last().map_or(0, |map| map.channels))),
            FusionSpec::Hypercolumn(spec) => {
                let conv = |name: String, inputs, outputs| {
                    let scope = scope.sub(name);
                    let shape = ConvShape::new(inputs, outputs, 3).no_bias();
                    ConvNorm::new(&scope.sub("conv"), &scope.sub("bn"), shape)
                };
                let narrow = maps.iter().enumerate();
                let narrow = narrow.map(|(index, map)| conv(index.to_string(), map.channels, spec.width));
                let narrow = narrow.collect::<Result<Vec<_>>>()?;
                let join = conv("join".to_owned(), spec.width * maps.len() as i64, spec.out)?;
                Ok((Self::Hypercolumn { narrow, join, dropout: spec.dropout }, spec.out))
            }
            FusionSpec::SideMaps => {
                let conv = |(index, map): (usize, &MapShape)| {
                    let shape = if map.stride == 1 {
                        ConvShape::new(map.channels, 1, 1)
                    } else {
                        ConvShape::new(map.channels, 1, 4).stride(2)
                    };
                    Conv::new(&scope.sub(index), shape)
                };
                let maps = maps.iter().enumerate().map(conv).collect::<Result<Vec<_>>>()?;
                let count = maps.len() as i64;
                Ok((Self::SideMaps(maps), count))
            }
            FusionSpec::Pyramid(spec) => Self::pyramid(scope, spec, maps),
        }
    }

    fn pyramid(scope: &Scope<'_>, spec: &Pyramid, maps: &[MapShape]) -> Result<(Self, i64)> {
        let block = |(index, (map, &width)): (usize, (&MapShape, &i64))| {
            // The mean of both, rounded half up.
            let middle = (map.channels + width + 1) / 2;
            PyramidBlock::new(&scope.sub(index), [map.channels, middle, width])
        };
        let blocks = maps.iter().zip(&spec.widths).enumerate().map(block).collect::<Result<Vec<_>>>()?;
        let join = ConvShape::new(spec.widths.iter().sum(), spec.out, 3);
        let join = Conv::new(&scope.sub("join"), join)?;
        Ok((Self::Pyramid { blocks, join, dropout: spec.dropout }, spec.out))
    }

    /// (n, channels, size[0], size[1]) of the maps, deepest first. Where several are put behind each other, the one at full
    /// size comes first.
    pub(super) fn forward(&self, maps: &[Tensor], size: [i64; 2], pass: &Pass) -> Result<Tensor> {
        match self {
            Self::Last => match maps.last() {
                Some(last) => bilinear(last, size, false),
                None => fail!(Internal, "the decoder gave no map"),
            },
            Self::Hypercolumn { narrow, join, dropout } => {
                let columns = narrow
                    .iter()
                    .zip(maps)
                    .map(|(conv, map)| bilinear(&conv.forward_relu(map, pass)?, size, false));
                join.forward_relu(&pass.drop_channels(&stacked(columns)?, *dropout)?, pass)
            }
            Self::SideMaps(convs) => {
                let sides = convs
                    .iter()
                    .zip(maps)
                    .map(|(conv, map)| bilinear(&conv.forward(map, pass)?, size, false));
                stacked(sides)
            }
            Self::Pyramid { blocks, join, dropout } => {
                let columns = blocks
                    .iter()
                    .zip(maps)
                    .map(|(block, map)| bilinear(&block.forward(map, pass)?, size, true));
                let columns = pass.drop_channels(&stacked(columns)?, *dropout)?;
                join.forward_relu(&columns, pass)
            }
        }
    }
}

impl Fusion {
    /// What a pixel of the fused map sees, from what those of the maps see.
    pub(super) fn field(&self, maps: &[Field]) -> Field {
        let widest = |fields: &mut dyn Iterator<Item = Field>| {
            fields.fold(Field::INPUT, |widest, field| widest.join(field.enlarged()))
        };
        match self {
            Self::Last => maps.last().map_or(Field::INPUT, |field| field.enlarged()),
            Self::Hypercolumn { narrow, join, .. } => {
                let fields = narrow.iter().zip(maps).map(|(conv, &field)| conv.field(field));
                join.field(widest(&mut { fields }))
            }
            Self::SideMaps(convs) => {
                let fields = convs.iter().zip(maps).map(|(conv, &field)| conv.field(field));
                widest(&mut { fields })
            }
            Self::Pyramid { blocks, join, .. } => {
                let fields = blocks.iter().zip(maps).map(|(block, &field)| block.field(field));
                join.field(widest(&mut { fields }))
            }
        }
    }
}

/// Maps given deepest first, one behind the other, the last first.
fn stacked(maps: impl Iterator<Item = Result<Tensor>>) -> Result<Tensor> {
    let mut maps = maps.collect::<Result<Vec<_>>>()?;
    maps.reverse();
    Ok(Tensor::f_cat(&maps, 1)?)
}

impl PyramidBlock {
    fn new(scope: &Scope<'_>, channels: [i64; 3]) -> Result<Self> {
        let layer = |index: usize| -> Result<(Conv, BatchNorm)> {
            let shape = ConvShape::new(channels[index], channels[index + 1], 3).no_bias();
            let conv = Conv::new(&scope.sub(format!("conv{}", index + 1)), shape)?;
            Ok((conv, BatchNorm::new(&scope.sub(format!("bn{}", index + 1)), channels[index + 1])?))
        };
        Ok(Self { layers: [layer(0)?, layer(1)?] })
    }

    fn field(&self, field: Field) -> Field {
        self.layers.iter().fold(field, |field, (conv, _)| conv.field(field))
    }

    fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        let mut x = x.shallow_clone();
        for (conv, norm) in &self.layers {
            x = norm.forward(&conv.forward_relu(&x, pass)?, pass)?;
        }
        Ok(x)
    }
}
