//! What the tensors of EfficientNet-Lite are called elsewhere: in timm, as here (`blocks.1.0.conv_pw`), with stages; in the
//! package `efficientnet-lite-pytorch` (`_blocks.1._expand_conv`), with blocks numbered through.

use crate::model::spec::EfficientnetLite;

/// The name in our encoder of the tensor `foreign`, which is unchanged where nobody knows it; `None` for the classifier and the
/// convolution before it.
pub(super) fn ours(spec: &EfficientnetLite, foreign: &str) -> Option<String> {
    let (first, rest) = foreign.split_once('.').unwrap_or((foreign, ""));
    match first {
        // timm's; then the package's.
        "conv_head" | "bn2" | "classifier" => None,
        "_conv_head" | "_bn1" | "_fc" => None,
        "_conv_stem" => Some(format!("conv_stem.{rest}")),
        "_bn0" => Some(format!("bn1.{rest}")),
        "_blocks" => Some(block(spec, rest).unwrap_or_else(|| foreign.to_owned())),
        _ => Some(foreign.to_owned()),
    }
}

/// The name for `1._expand_conv.weight`; `None` for a block or a layer that is not there.
fn block(spec: &EfficientnetLite, name: &str) -> Option<String> {
    let (number, name) = name.split_once('.')?;
    let (layer, rest) = name.split_once('.')?;
    let mut block: usize = number.parse().ok()?;
    let stages = spec.stages();
    let stage = stages.iter().position(|stage| match block.checked_sub(stage.blocks) {
        Some(beyond) => {
            block = beyond;
            false
        }
        None => true,
    })?;
    // Blocks that do not widen begin with the depthwise convolution: timm numbers their layers from there.
    let layer = match (stages[stage].expand, layer) {
        (1, "_depthwise_conv") | (2.., "_depthwise_conv") => "conv_dw",
        (1, "_project_conv") | (2.., "_expand_conv") => "conv_pw",
        (1, "_bn1") | (2.., "_bn0") => "bn1",
        (1, "_bn2") | (2.., "_bn1") => "bn2",
        (2.., "_project_conv") => "conv_pwl",
        (2.., "_bn2") => "bn3",
        _ => return None,
    };
    Some(format!("blocks.{stage}.{block}.{layer}.{rest}"))
}
