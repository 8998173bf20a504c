//! Where the grid lies on the map: an affine map from line indices to coordinates.

use serde::{Deserialize, Serialize};

use super::LineAxis;
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

/// Sums of a least-squares fit of coordinates to line numbers, fed one trace at a time, in parts that are merged.
#[derive(Debug, Clone, Default)]
pub(crate) struct GeoFit {
    /// Subtracted from all line numbers and coordinates, so that squares keep their digits.
    shift: ([f64; 2], [f64; 2]),
    count: f64,
    sum: [f64; 2],
    square: [f64; 3],
    value: [f64; 2],
    moment: [[f64; 2]; 2],
    /// Of x x, x y, y y.
    value_square: [f64; 3],
}

impl GeoFit {
    /// An empty fit near these line numbers and coordinates; only fits with the same are merged.
    pub(crate) fn around(lines: [f64; 2], xy: [f64; 2]) -> Self {
        Self { shift: (lines, xy), ..Self::default() }
    }

    /// Adds the coordinates found at an inline and a crossline number.
    pub(crate) fn add(&mut self, lines: [f64; 2], xy: [f64; 2]) {
        let (i, j) = (lines[0] - self.shift.0[0], lines[1] - self.shift.0[1]);
        let v = [xy[0] - self.shift.1[0], xy[1] - self.shift.1[1]];
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
        }
        self.value_square[0] += v[0] * v[0];
        self.value_square[1] += v[0] * v[1];
        self.value_square[2] += v[1] * v[1];
    }

    /// Takes in the traces of `other`, which was made around the same place.
    pub(crate) fn merge(&mut self, other: &Self) {
        let add = |into: &mut [f64], from: &[f64]| into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        self.count += other.count;
        add(&mut self.sum, &other.sum);
        add(&mut self.square, &other.square);
        add(&mut self.value, &other.value);
        add(&mut self.value_square, &other.value_square);
        for (into, from) in self.moment.iter_mut().zip(&other.moment) {
            add(into, from);
        }
    }

    /// Standard deviations of the coordinates along the direction in which they spread most and across it: on a straight
    /// line the second is 0.
    pub(crate) fn spread(&self) -> [f64; 2] {
        let n = self.count.max(1.0);
        let mean = self.value.map(|sum| sum / n);
        let [xx, xy, yy] = [
            self.value_square[0] / n - mean[0] * mean[0],
            self.value_square[1] / n - mean[0] * mean[1],
            self.value_square[2] / n - mean[1] * mean[1],
        ];
        let (middle, half) = (0.5 * (xx + yy), (0.25 * (xx - yy).powi(2) + xy * xy).sqrt());
        [middle + half, middle - half].map(|variance| variance.max(0.0).sqrt())
    }

    /// Whether the coordinates differ at all.
    pub(crate) fn has_extent(&self) -> bool {
        self.spread()[0] > 0.0
    }

    /// The least-squares affine map for line indices on these axes, or `None` when the positions do not span a plane
    /// or all coordinates are equal (headers left empty).
    pub(crate) fn solve(&self, axes: [LineAxis; 2]) -> Option<GeoReference> {
        let n = self.count;
        if n < 3.0 {
            return None;
        }
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
        let mut total = self.value_square[0] + self.value_square[2];
        for c in 0..2 {
            let mv = self.value[c] / n;
            let cvi = self.moment[c][0] - n * mv * mi;
            let cvj = self.moment[c][1] - n * mv * mj;
            di[c] = (cvi * cjj - cvj * cij) / det;
            dj[c] = (cvj * cii - cvi * cij) / det;
            let first = axes.map(|axis| f64::from(axis.first));
            origin[c] = self.shift.1[c]
                + mv
                + di[c] * (first[0] - self.shift.0[0] - mi)
                + dj[c] * (first[1] - self.shift.0[1] - mj);
            explained += di[c] * cvi + dj[c] * cvj;
            total -= n * mv * mv;
        }
        let residual = ((total - explained).max(0.0) / n).sqrt();
        let area = di[0] * dj[1] - di[1] * dj[0];
        let step = |per_number: [f64; 2], axis: LineAxis| per_number.map(|d| d * f64::from(axis.step));
        (area.abs() > f64::EPSILON).then(|| GeoReference {
            origin,
            inline_step: step(di, axes[0]),
            crossline_step: step(dj, axes[1]),
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
        let mut fit: Option<GeoFit> = None;
        for (i, j, xy) in points {
            fit.get_or_insert_with(|| GeoFit::around([0.0; 2], xy)).add([i as f64, j as f64], xy);
        }
        let axis = LineAxis { first: 0, step: 1, count: 0 };
        match fit.and_then(|fit| fit.solve([axis; 2])) {
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
