//! CoordConv (Liu et al., NeurIPS 2018): planes that tell a convolution where it is.

use tch::{Kind, Tensor};

use crate::error::Result;

/// Planes that [`with_coordinates`] adds.
pub(in crate::model) const COORDINATES: i64 = 2;

/// (n, c, h, w) to (n, c + 2, h, w): the row and the column of each pixel, -1 to 1 from edge to edge.
pub(in crate::model) fn with_coordinates(x: &Tensor) -> Result<Tensor> {
    let (images, _, rows, columns) = x.size4()?;
    let line = |count: i64| Tensor::f_linspace(-1.0, 1.0, count, (Kind::Float, x.device()));
    let down = line(rows)?.f_reshape([1, 1, rows, 1])?.f_expand([images, 1, rows, columns], false)?;
    let across = line(columns)?.f_reshape([1, 1, 1, columns])?.f_expand([images, 1, rows, columns], false)?;
    let planes = Tensor::f_cat(&[down, across], 1)?.f_to_kind(x.kind())?;
    Ok(Tensor::f_cat(&[x, &planes], 1)?)
}
