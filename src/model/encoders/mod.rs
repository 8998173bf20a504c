//! Encoders: an image to features at falling sizes.

mod residual_se;

pub(super) use residual_se::ResidualSeEncoder;
