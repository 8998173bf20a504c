//! Changing the size of an image: by a learned kernel, or by interpolation.

use tch::Tensor;

use super::conv::TransposedConv;
use crate::error::Result;
use crate::model::describe::Field;
use crate::model::pass::Pass;
use crate::model::spec::Upsampling;
use crate::model::weights::Scope;

/// Rows and columns of an image.
pub(in crate::model) fn size_of(x: &Tensor) -> Result<[i64; 2]> {
    let (_, _, rows, columns) = x.size4()?;
    Ok([rows, columns])
}

/// (n, c, h, w) to (n, c, target[0], target[1]), linear in both directions. With `corners` the centres of the corner
/// pixels of both images lie on each other, otherwise their outer edges do.
pub(in crate::model) fn bilinear(x: &Tensor, target: [i64; 2], corners: bool) -> Result<Tensor> {
    if size_of(x)? == target {
        return Ok(x.shallow_clone());
    }
    Ok(x.f_upsample_bilinear2d(target, corners, None, None)?)
}

/// Doubles an image.
#[derive(Debug)]
pub(in crate::model) enum Upsample {
    /// A transposed convolution.
    Learned(TransposedConv),
    /// Each pixel repeated.
    Nearest,
    /// Linear in both directions.
    Bilinear,
}

impl Upsample {
    /// A learned kernel goes to `outputs` channels; interpolation keeps `inputs`. Gives the block and its channels.
    pub(in crate::model) fn new(
        scope: &Scope<'_>,
        inputs: i64,
        outputs: i64,
        how: Upsampling,
    ) -> Result<(Self, i64)> {
        Ok(match how {
            Upsampling::Nearest => (Self::Nearest, inputs),
            Upsampling::Bilinear => (Self::Bilinear, inputs),
            Upsampling::Transposed2 => {
                (Self::Learned(TransposedConv::new(scope, inputs, outputs, 2)?), outputs)
            }
            Upsampling::Transposed3 => {
                (Self::Learned(TransposedConv::new(scope, inputs, outputs, 3)?), outputs)
            }
            Upsampling::Transposed4 => {
                (Self::Learned(TransposedConv::new(scope, inputs, outputs, 4)?), outputs)
            }
        })
    }

    /// (n, inputs, h, w) to (n, channels, target[0], target[1]).
    pub(in crate::model) fn forward(&self, x: &Tensor, target: [i64; 2], pass: &Pass) -> Result<Tensor> {
        match self {
            Self::Learned(conv) => conv.forward(x, target, pass),
            Self::Nearest => Ok(x.f_upsample_nearest2d(target, None, None)?),
            Self::Bilinear => bilinear(x, target, false),
        }
    }

    pub(in crate::model) fn field(&self, field: Field) -> Field {
        match self {
            Self::Learned(conv) => conv.field(field),
            Self::Nearest => field.doubled(1),
            Self::Bilinear => field.doubled(4),
        }
    }
}
