//! Which part of a network weights are for.

/// Where in the network the weights belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImportPart {
    /// The encoder only, as classifiers trained on ImageNet have it; the other tensors stay.
    #[default]
    Encoder,
    /// The whole network, by the names that [`super::export_weights`] gives.
    Network,
}
