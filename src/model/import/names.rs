//! What tensors are called elsewhere. Ours are torchvision's and timm's.

use super::part::ImportPart;

/// Whose names an export has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WeightNames {
    /// torchvision's ResNets, timm's `resnet50`, `seresnext50_32x4d` and the like.
    #[default]
    Torchvision,
    /// Cadene's pretrained-models and timm's `legacy_seresnext50_32x4d` and the like.
    Cadene,
}

/// Pairs of beginnings or parts of names: ours, Cadene's.
const STEM: [(&str, &str); 2] = [("conv1.", "layer0.conv1."), ("bn1.", "layer0.bn1.")];
const EXCITE: (&str, &str) = (".se.", ".se_module.");

/// The name in our network of the tensor `foreign`; `None` for those that no network of ours needs.
pub(super) fn ours(foreign: &str, part: ImportPart) -> Option<String> {
    // Wrappers of parallel training put their own name first.
    let name = foreign.strip_prefix("module.").unwrap_or(foreign);
    if name.ends_with(".num_batches_tracked") {
        return None;
    }
    let (prefix, name) = match name.strip_prefix("encoder.") {
        Some(rest) => ("encoder.", rest),
        None if part == ImportPart::Encoder => ("encoder.", name),
        None => ("", name),
    };
    if prefix.is_empty() {
        return Some(name.to_owned());
    }
    if ["fc.", "last_linear.", "classifier."].iter().any(|head| name.starts_with(head)) {
        return None;
    }
    let stem = STEM.iter().find_map(|(ours, theirs)| Some((ours, name.strip_prefix(theirs)?)));
    let name = stem.map_or_else(|| name.to_owned(), |(ours, rest)| format!("{ours}{rest}"));
    Some(format!("{prefix}{}", name.replace(EXCITE.1, EXCITE.0)))
}

/// Whether our tensor `name` is of the attention that a network of ours adds to a published encoder.
pub(super) fn is_addition(name: &str) -> bool {
    name.starts_with("encoder.gate")
}

/// The name elsewhere of our tensor `name`, with or without the prefix `encoder.`.
pub(super) fn theirs(name: &str, names: WeightNames) -> String {
    if names == WeightNames::Torchvision {
        return name.to_owned();
    }
    let (prefix, name) = match name.strip_prefix("encoder.") {
        Some(rest) => ("encoder.", rest),
        None => ("", name),
    };
    let stem = STEM.iter().find_map(|(ours, theirs)| Some((theirs, name.strip_prefix(ours)?)));
    let name = stem.map_or_else(|| name.to_owned(), |(theirs, rest)| format!("{theirs}{rest}"));
    format!("{prefix}{}", name.replace(EXCITE.0, EXCITE.1))
}
