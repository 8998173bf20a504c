//! Decoders: features at falling sizes back to one map at full size.

mod unet;

pub(super) use unet::UnetDecoder;
