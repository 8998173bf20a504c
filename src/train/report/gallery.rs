//! The best and the worst tiles, as pictures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Contents;
use crate::error::Result;
use crate::export::TilePicture;
use crate::train::validate::predict;

/// Tiles of each kind.
const SHOWN: usize = 12;

/// One tile.
pub(super) struct Shown {
    pub(super) name: String,
    /// Score and IoU.
    pub(super) figures: [f64; 2],
    /// A PNG file as a data URL.
    pub(super) url: String,
}

/// The worst tiles, and the best of those that hold salt: a tile without salt is easily right.
pub(super) fn best_and_worst(contents: &Contents<'_>) -> Result<[Vec<Shown>; 2]> {
    let figures = contents.validation.tiles();
    let mut order: Vec<usize> = (0..figures.len()).collect();
    order.sort_by(|&a, &b| {
        figures[a][0].total_cmp(&figures[b][0]).then(figures[a][1].total_cmp(&figures[b][1]))
    });
    let worst = order.iter().take(SHOWN).map(|&tile| show(contents, tile));
    let mut best = Vec::new();
    for &tile in order.iter().rev() {
        if best.len() == SHOWN {
            break;
        }
        if contents.tiles.read(tile, 0, [0, 0])?.label.iter().any(|&label| label > 0.5) {
            best.push(show(contents, tile)?);
        }
    }
    Ok([worst.collect::<Result<_>>()?, best])
}

fn show(contents: &Contents<'_>, tile: usize) -> Result<Shown> {
    let probability = predict(&[contents.network], contents.tiles, &[tile], &contents.how)?;
    let labelled = contents.tiles.read(tile, 0, [0, 0])?;
    let picture = TilePicture {
        size: contents.tiles.contract().tile,
        amplitude: &labelled.amplitude,
        label: Some(&labelled.label),
        probability: Some((&probability, contents.training.threshold)),
    };
    Ok(Shown {
        name: contents.tiles.name(tile),
        figures: contents.validation.tiles()[tile],
        url: format!("data:image/png;base64,{}", STANDARD.encode(picture.png()?)),
    })
}
