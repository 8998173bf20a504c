//! Where the grid lies on the map: an affine map from line indices to coordinates.

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};

/// `x = origin.x + i * inline_step.x + j * crossline_step.x`, the same for y, with `i` the inline index
/// and `j` the crossline index (both from 0). Coordinates in the survey's units, usually metres.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GeoReference {
    /// Coordinates of the bin centre of inline index 0, crossline index 0.
    pub origin: [f64; 2],
    /// Step to the next inline index.
    pub inline_step: [f64; 2],
    /// Step to the next crossline index.
    pub crossline_step: [f64; 2],
    /// Coordinate reference system as GDAL reads it ("EPSG:32631"), if known.
    pub crs: Option<String>,
    /// Root mean square distance between the headers' coordinates and this map.
    pub residual: f64,
}

/// Whether crosslines turn left or right from the inline step's direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handedness {
    /// The crossline step is counter-clockwise from the inline step.
    Right,
    /// The crossline step is clockwise from the inline step.
    Left,
}

/// Sums of a least-squares fit, fed one trace at a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct GeoFit {
    count: f64,
    sum: [f64; 2],
    square: [f64; 3],
    value: [f64; 2],
    moment: [[f64; 2]; 2],
    value_square: f64,
    shift: Option<[f64; 2]>,
}

impl GeoFit {
    /// Adds the coordinates found at inline index `i`, crossline index `j`.
    pub(crate) fn add(&mut self, i: usize, j: usize, xy: [f64; 2]) {
        // Coordinates are shifted to the first one so that squares keep their digits.
        let shift = *self.shift.get_or_insert(xy);
        let (i, j) = (i as f64, j as f64);
        let v = [xy[0] - shift[0], xy[1] - shift[1]];
        self.count += 1.0;
        self.sum[0] += i;
        self.sum[1] += j;
        self.square[0] += i * i;
        self.square[1] += i * j;
        self.square[2] += j * j;
        for (c, value) in v.into_iter().enumerate() {
            self.value[c] += value;
            self.moment[c][0] += value * i;
            self.moment[c][1] += value * j;
            self.value_square += value * value;
        }
    }

    /// The least-squares affine map, or `None` when the positions do not span a plane
    /// or all coordinates are equal (headers left empty).
    pub(crate) fn solve(&self) -> Option<GeoReference> {
        let shift = self.shift?;
        let n = self.count;
        let (mi, mj) = (self.sum[0] / n, self.sum[1] / n);
        let cii = self.square[0] - n * mi * mi;
        let cij = self.square[1] - n * mi * mj;
        let cjj = self.square[2] - n * mj * mj;
        let det = cii * cjj - cij * cij;
        if det.is_nan() || det <= 1e-9 * (1.0 + cii * cjj) {
            return None;
        }
        let (mut origin, mut di, mut dj) = ([0.0; 2], [0.0; 2], [0.0; 2]);
        let mut explained = 0.0;
        let mut total = self.value_square;
        for c in 0..2 {
            let mv = self.value[c] / n;
            let cvi = self.moment[c][0] - n * mv * mi;
            let cvj = self.moment[c][1] - n * mv * mj;
            di[c] = (cvi * cjj - cvj * cij) / det;
            dj[c] = (cvj * cii - cvi * cij) / det;
            origin[c] = shift[c] + mv - di[c] * mi - dj[c] * mj;
            explained += di[c] * cvi + dj[c] * cvj;
            total -= n * mv * mv;
        }
        let residual = ((total - explained).max(0.0) / n).sqrt();
        let area = di[0] * dj[1] - di[1] * dj[0];
        (area.abs() > f64::EPSILON).then_some(GeoReference {
            origin,
            inline_step: di,
            crossline_step: dj,
            crs: None,
            residual,
        })
    }
}

impl GeoReference {
    /// Fits the map to `(inline index, crossline index, [x, y])` by least squares over all points.
    ///
    /// # Errors
    /// `Geometry` when the points do not span a plane.
    pub fn fit(points: impl IntoIterator<Item = (usize, usize, [f64; 2])>) -> Result<Self> {
        let mut fit = GeoFit::default();
        for (i, j, xy) in points {
            fit.add(i, j, xy);
        }
        match fit.solve() {
            Some(georef) => Ok(georef),
            None => {
                fail!(Geometry, "the trace coordinates do not span a plane: no map position can be fitted")
            }
        }
    }

    /// Coordinates at (possibly fractional) inline and crossline indices.
    pub fn position(&self, inline: f64, crossline: f64) -> [f64; 2] {
        [0, 1].map(|c| self.origin[c] + inline * self.inline_step[c] + crossline * self.crossline_step[c])
    }

    /// Distance between neighbouring inlines and neighbouring crosslines, in coordinate units.
    pub fn bin_size(&self) -> [f64; 2] {
        [self.inline_step, self.crossline_step].map(|[x, y]| x.hypot(y))
    }

    /// Direction in which the inline number grows, in degrees counter-clockwise from the x axis, -180..180.
    pub fn rotation_degrees(&self) -> f64 {
        self.inline_step[1].atan2(self.inline_step[0]).to_degrees()
    }

    /// Which way the crosslines turn from the inline step.
    pub fn handedness(&self) -> Handedness {
        let cross =
            self.inline_step[0] * self.crossline_step[1] - self.inline_step[1] * self.crossline_step[0];
        if cross > 0.0 { Handedness::Right } else { Handedness::Left }
    }

    /// The affine map in GDAL's order for a raster whose columns are crosslines and whose rows are
    /// inlines: pixel corners, so half a bin before the centre of the first bin.
    pub fn gdal_transform(&self) -> [f64; 6] {
        let [x, y] = self.position(-0.5, -0.5);
        [x, self.crossline_step[0], self.inline_step[0], y, self.crossline_step[1], self.inline_step[1]]
    }
}
