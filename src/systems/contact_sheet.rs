//! A folder of tiles on one page.

use std::path::Path;

use crate::error::Result;
use crate::export::{self, SheetTile, TilePicture};
use crate::output::write_file;
use crate::tileset::{Tile, TileFolder};

/// Draws up to `count` tiles, spread evenly in order of their salt, and the histogram of coverage; whole or not at all.
///
/// # Errors
/// `Io`.
pub fn contact_sheet(folder: &TileFolder, count: usize, path: &Path) -> Result<()> {
    let mut order: Vec<(f64, &Tile)> = folder.tiles().iter().map(|tile| (tile.coverage(), tile)).collect();
    order.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let count = count.min(order.len());
    let chosen: Vec<&Tile> =
        (0..count).map(|k| order[k * (order.len() - 1) / (count - 1).max(1)].1).collect();
    let amplitudes: Vec<Vec<f32>> = chosen.iter().map(|tile| tile.amplitude().collect()).collect();
    let masks: Vec<Option<Vec<f32>>> = chosen.iter().map(|tile| tile.salt()).collect();
    let captions: Vec<String> = chosen.iter().map(|tile| caption(tile)).collect();
    let pictures = amplitudes.iter().zip(&masks).zip(&captions).map(|((amplitude, mask), caption)| {
        let size = folder.size();
        let picture = TilePicture { size, amplitude, label: mask.as_deref(), probability: None };
        SheetTile { picture, caption }
    });
    let summary = folder.summary();
    let title = format!(
        "{} tiles of {size} x {size}, {} with masks, mean coverage {:.1} %",
        summary.tiles,
        summary.labelled,
        100.0 * summary.mean_coverage,
        size = summary.size
    );
    let page = export::contact_sheet(&title, &summary.coverage, &pictures.collect::<Vec<_>>())?;
    write_file(path, &page)
}

fn caption(tile: &Tile) -> String {
    let coverage =
        tile.mask.as_ref().map_or_else(String::new, |_| format!(" {:.0} %", 100.0 * tile.coverage()));
    let depth = tile.depth.map_or_else(String::new, |depth| format!(" z {depth}"));
    format!("{}{coverage}{depth}", tile.id)
}
