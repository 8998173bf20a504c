//! Which tiles are neighbours.

use super::edges::Sides;
use super::histogram::Histogram;
use super::nearest::{Nearest, nearest};
use crate::control::Control;
use crate::error::{Result, fail};

/// How neighbours are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JigsawOptions {
    /// Bring all tiles to their mean histogram first. Measured on the challenge's tiles it finds fewer neighbours, not more
    /// (`benches/mosaics.sh`).
    pub match_histograms: bool,
    /// Largest distance of two edges, in standard deviations over the length of the edge; the challenge's jigsaw takes 10.
    pub max_distance: f32,
    /// How much nearer the nearest must be than the next, 0..1; the challenge's jigsaw takes 0.25.
    pub min_certainty: f32,
}

impl Default for JigsawOptions {
    fn default() -> Self {
        Self { match_histograms: false, max_distance: 10.0, min_certainty: 0.25 }
    }
}

/// How two neighbours touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seam {
    /// The second lies below the first.
    Below,
    /// The second lies right of the first.
    Right,
}

/// Two neighbours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Number of the upper or left tile.
    pub first: usize,
    /// Number of the lower or right one.
    pub second: usize,
    /// How they touch.
    pub seam: Seam,
    /// Distance of their edges.
    pub distance: f32,
    /// 1 - distance / distance of the next candidate, the smaller of both ways, 0..1.
    pub certainty: f32,
}

/// The neighbours among `images` (`size` x `size`, row-major), the most certain first. Plain images have none.
///
/// # Errors
/// `InvalidArgument` for sizes below 2, images of another size, or options out of range; `Cancelled`.
pub fn find_links(
    images: &[&[u8]],
    size: usize,
    options: &JigsawOptions,
    control: &Control<'_>,
) -> Result<Vec<Link>> {
    if size < 2 || images.iter().any(|image| image.len() != size * size) {
        fail!(InvalidArgument, "mosaics need images of one size, at least 2 x 2 pixels (size {size})");
    }
    let JigsawOptions { max_distance, min_certainty, .. } = *options;
    if !(max_distance > 0.0 && (0.0..1.0).contains(&min_certainty)) {
        fail!(
            InvalidArgument,
            "mosaics: the largest distance is {max_distance}, the least certainty {min_certainty}; expected above 0, and 0..1"
        );
    }
    let varied = |image: &[u8]| image.iter().any(|value| Some(value) != image.first());
    let numbers: Vec<usize> = (0..images.len()).filter(|&number| varied(images[number])).collect();
    let mean = Histogram::of(numbers.iter().map(|&number| images[number]));
    let planes: Vec<Vec<f32>> = numbers
        .iter()
        .map(|&number| match options.match_histograms {
            true => mean.imposed_on(images[number]),
            false => images[number].iter().map(|&value| f32::from(value)).collect(),
        })
        .collect();
    let sides = Sides::of(&planes, size);
    drop(planes);
    let count = numbers.len() as u64;
    let stage = "compare edges";
    let mut links = Vec::new();
    let pairs = [(Seam::Below, &sides.down, &sides.up), (Seam::Right, &sides.right, &sides.left)];
    for (turn, (seam, near, far)) in (0..).zip(pairs) {
        let forward = nearest(near, far, stage, 2 * turn * count, control)?;
        let backward = nearest(far, near, stage, (2 * turn + 1) * count, control)?;
        links.extend(mutual(&forward, &backward, options).map(|(first, second, distance, certainty)| Link {
            first: numbers[first],
            second: numbers[second],
            seam,
            distance,
            certainty,
        }));
    }
    control.step(stage, 4 * count, 4 * count)?;
    links.sort_by(|a, b| {
        let certainty = b.certainty.total_cmp(&a.certainty);
        certainty.then((a.first, a.second, a.seam).cmp(&(b.first, b.second, b.seam)))
    });
    Ok(links)
}

/// First, second, distance and certainty where each is the other's nearest, near enough, and nearer than the next.
fn mutual<'a>(
    forward: &'a [Option<Nearest>],
    backward: &'a [Option<Nearest>],
    options: &'a JigsawOptions,
) -> impl Iterator<Item = (usize, usize, f32, f32)> + 'a {
    forward.iter().enumerate().filter_map(move |(first, there)| {
        let there = (*there)?;
        let back = backward[there.other].filter(|back| back.other == first)?;
        let certainty = there.certainty.min(back.certainty);
        let close = there.distance < options.max_distance && certainty > options.min_certainty;
        close.then_some((first, there.other, there.distance, certainty))
    })
}
