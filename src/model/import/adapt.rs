//! Fitting a first convolution that was trained on colour images to other numbers of input planes.

use tch::Tensor;

use crate::error::Result;

/// First convolutions: of a ResNet, of an EfficientNet-Lite.
const FIRST: [&str; 2] = ["encoder.conv1.weight", "encoder.conv_stem.weight"];

/// For the encoder's first convolution, trained on three planes, the kernel for as many as `shape` has; `None` where
/// nothing is to be adapted. One plane gets the sum over the three, so that a grey image gives what it gave as colour. Two
/// get half of it each. Beyond three, the further planes get the mean of the three (`kmike-27`).
pub(super) fn first_convolution(name: &str, kernel: &Tensor, shape: &[i64]) -> Result<Option<Tensor>> {
    let found = kernel.size();
    let fits =
        matches!((found.as_slice(), shape), ([o, 3, h, w], [p, _, i, x]) if o == p && h == i && w == x);
    if !FIRST.contains(&name) || !fits || shape[1] == 3 {
        return Ok(None);
    }
    let sum = kernel.f_sum_dim_intlist([1i64].as_slice(), true, kernel.kind())?;
    let planes = shape[1];
    if planes < 3 {
        return Ok(Some(sum.f_div_scalar(planes as f64)?.f_repeat([1, planes, 1, 1])?));
    }
    let more = sum.f_div_scalar(3.0)?.f_repeat([1, planes - 3, 1, 1])?;
    Ok(Some(Tensor::f_cat(&[kernel, &more], 1)?))
}
