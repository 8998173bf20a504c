//! The feature pyramid (Lin et al., CVPR 2017): every feature brought to one width by a 1x1 convolution, the deeper
//! level added, and each level smoothed by a 3x3 convolution, here normalised and not negative.

use super::{Climb, Ladder};
use crate::error::Result;
use crate::model::blocks::{Conv, ConvNorm, ConvShape, size_of};
use crate::model::spec::{self, Step};
use crate::model::weights::Scope;

#[derive(Debug)]
struct Level {
    /// `None`: the deepest feature itself.
    step: Option<Step>,
    lateral: Conv,
    smooth: ConvNorm,
}

/// One map per level, the deepest feature's included.
#[derive(Debug)]
pub(in crate::model) struct FpnDecoder {
    levels: Vec<Level>,
    dropout: f64,
}

impl FpnDecoder {
    pub(super) fn new(scope: &Scope<'_>, ladder: &Ladder, spec: &spec::FpnDecoder) -> Result<Self> {
        let deepest = std::iter::once((None, ladder.deepest));
        let others = ladder.steps.iter().map(|&(step, skip)| (Some(step), skip));
        let level = |(index, (step, channels)): (usize, (Option<Step>, i64))| {
            let scope = scope.sub(index);
            let smooth = ConvShape::new(spec.width, spec.width, 3).no_bias();
            Ok(Level {
                step,
                lateral: Conv::new(&scope.sub("lateral"), ConvShape::new(channels, spec.width, 1))?,
                smooth: ConvNorm::new(&scope.sub("conv"), &scope.sub("bn"), smooth)?,
            })
        };
        let levels = deepest.chain(others).enumerate().map(level).collect::<Result<_>>()?;
        Ok(Self { levels, dropout: spec.dropout })
    }

    pub(super) fn forward(&self, climb: &mut Climb<'_>) -> Result<()> {
        for level in &self.levels {
            let pass = climb.pass;
            let (sum, field) = match level.step.and_then(|step| climb.skip(step)) {
                None => (level.lateral.forward(&climb.x, pass)?, climb.field),
                Some((skip, seen)) => {
                    let mut lateral = level.lateral.forward(skip, pass)?;
                    let below = climb.x.f_upsample_nearest2d(size_of(skip)?, None, None)?;
                    (lateral.f_add_(&below)?, climb.field.doubled(1).join(seen))
                }
            };
            let smooth = level.smooth.forward_relu(&sum, pass)?;
            climb.arrive(pass.drop_channels(&smooth, self.dropout)?, level.smooth.field(field))?;
            // The next level adds what was not smoothed.
            climb.x = sum;
            climb.field = field;
        }
        Ok(())
    }
}
