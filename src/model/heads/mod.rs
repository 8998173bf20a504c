//! Heads: the decoder's features to what is asked for.

mod mask;

pub(super) use mask::MaskHead;
