//! Brightness made comparable: each tile of the challenge was stretched to 0..=255 on its own.

/// Numbers of pixels by grey value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram([u64; 256]);

impl Histogram {
    /// Of all pixels of some images.
    pub fn of<'a>(images: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut counts = [0; 256];
        for &value in images.into_iter().flatten() {
            counts[usize::from(value)] += 1;
        }
        Self(counts)
    }

    /// The image with this histogram, grey values 0..=255: each value becomes the one at the same quantile, linear between those that
    /// occur (scikit-image's `match_histograms`). An image without pixels, or an empty histogram, changes nothing.
    pub fn imposed_on(&self, image: &[u8]) -> Vec<f32> {
        let own = Self::of([image]).quantiles();
        let wanted: Vec<(f64, f64)> =
            self.quantiles().into_iter().map(|(value, quantile)| (quantile, f64::from(value))).collect();
        let mut table: [f32; 256] = std::array::from_fn(|value| value as f32);
        if !wanted.is_empty() {
            for (value, quantile) in own {
                table[usize::from(value)] = interpolate(&wanted, quantile) as f32;
            }
        }
        image.iter().map(|&value| table[usize::from(value)]).collect()
    }

    /// The values that occur, each with the share of pixels up to it.
    fn quantiles(&self) -> Vec<(u8, f64)> {
        let total: u64 = self.0.iter().sum();
        let mut sum = 0;
        let occurring = (0..=u8::MAX).zip(&self.0).filter(|(_, count)| **count > 0);
        occurring
            .map(|(value, count)| {
                sum += count;
                (value, sum as f64 / total as f64)
            })
            .collect()
    }
}

/// The broken line through these points, constant beyond its ends.
fn interpolate(points: &[(f64, f64)], at: f64) -> f64 {
    let after = points.partition_point(|(x, _)| *x <= at);
    match (after.checked_sub(1).map(|before| points[before]), points.get(after)) {
        (Some((x0, y0)), Some(&(x1, y1))) => (y1 - y0) / (x1 - x0) * (at - x0) + y0,
        (Some((_, y)), None) | (None, Some(&(_, y))) => y,
        (None, None) => at,
    }
}
