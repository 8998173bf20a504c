//! Neighbours to mosaics.

use std::collections::HashSet;

use super::links::{Link, Seam};

/// One tile of a mosaic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Number of the tile.
    pub tile: usize,
    /// From 0, downwards.
    pub row: usize,
    /// From 0, to the right.
    pub column: usize,
}

/// Tiles at their places, at least two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mosaic {
    /// Row by row.
    pub cells: Vec<Cell>,
}

impl Mosaic {
    /// Rows and columns that it extends over.
    pub fn extent(&self) -> [usize; 2] {
        let most = |side: fn(&Cell) -> usize| self.cells.iter().map(side).max().map_or(0, |last| last + 1);
        [most(|cell| cell.row), most(|cell| cell.column)]
    }
}

/// All mosaics.
#[derive(Debug, Clone, PartialEq)]
pub struct Assembly {
    /// The largest first.
    pub mosaics: Vec<Mosaic>,
    /// Links that contradict more certain ones: two tiles on one place, or one tile on two.
    pub refused: Vec<Link>,
}

/// A part of a mosaic while it grows: tiles with their rows and columns from the first tile's.
type Piece = Vec<(usize, [i64; 2])>;

/// Puts `tiles` tiles together along the links, in the order of the links; a link that would put two tiles on one place, or that
/// disagrees with where its tiles lie already, is refused.
pub fn assemble(tiles: usize, links: &[Link]) -> Assembly {
    let mut pieces: Vec<Piece> = (0..tiles).map(|tile| vec![(tile, [0, 0])]).collect();
    // Which piece a tile belongs to, and its place there.
    let mut piece_of: Vec<usize> = (0..tiles).collect();
    let mut place_of = vec![[0i64; 2]; tiles];
    let mut refused = Vec::new();
    for link in links {
        let step = match link.seam {
            Seam::Below => [1, 0],
            Seam::Right => [0, 1],
        };
        let [first, second] = [link.first, link.second].map(|tile| (piece_of[tile], place_of[tile]));
        // What moves the second's piece to where the link wants it.
        let shift = [0, 1].map(|axis| first.1[axis] + step[axis] - second.1[axis]);
        if first.0 == second.0 {
            if shift != [0, 0] {
                refused.push(*link);
            }
            continue;
        }
        if overlap(&pieces[first.0], &pieces[second.0], shift) {
            refused.push(*link);
            continue;
        }
        for (tile, place) in std::mem::take(&mut pieces[second.0]) {
            let place = [place[0] + shift[0], place[1] + shift[1]];
            piece_of[tile] = first.0;
            place_of[tile] = place;
            pieces[first.0].push((tile, place));
        }
    }
    let mut mosaics: Vec<Mosaic> =
        pieces.into_iter().filter(|piece| piece.len() > 1).map(|piece| mosaic(&piece)).collect();
    mosaics
        .sort_by_key(|mosaic| (std::cmp::Reverse(mosaic.cells.len()), mosaic.cells.first().map(|c| c.tile)));
    Assembly { mosaics, refused }
}

/// Whether a tile of `moved`, shifted, would lie on one of `still`.
fn overlap(still: &Piece, moved: &Piece, shift: [i64; 2]) -> bool {
    let taken: HashSet<[i64; 2]> = still.iter().map(|&(_, place)| place).collect();
    moved.iter().any(|(_, place)| taken.contains(&[place[0] + shift[0], place[1] + shift[1]]))
}

fn mosaic(piece: &Piece) -> Mosaic {
    let least = |axis: usize| piece.iter().map(|(_, place)| place[axis]).min().unwrap_or(0);
    let origin = [least(0), least(1)];
    let mut cells: Vec<Cell> = piece
        .iter()
        .map(|&(tile, place)| Cell {
            tile,
            row: (place[0] - origin[0]) as usize,
            column: (place[1] - origin[1]) as usize,
        })
        .collect();
    cells.sort_by_key(|cell| (cell.row, cell.column));
    Mosaic { cells }
}
