//! The tiles of a mosaic at their places.

/// One tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardTile {
    /// Salt or not, row-major.
    pub mask: Vec<bool>,
    /// Its mask is a label: rules lean on it and never change it.
    pub known: bool,
    /// A rule has changed its mask.
    pub(super) corrected: bool,
}

impl BoardTile {
    /// A tile as it is before the rules.
    pub fn new(mask: Vec<bool>, known: bool) -> Self {
        Self { mask, known, corrected: false }
    }

    pub(super) fn count(&self) -> usize {
        self.mask.iter().filter(|&&salt| salt).count()
    }

    /// Changes the mask by a rule.
    pub(super) fn correct(&mut self, mask: Vec<bool>) {
        self.mask = mask;
        self.corrected = true;
    }
}

/// Rows of places, some of which hold a tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    size: usize,
    columns: usize,
    places: Vec<Option<BoardTile>>,
}

impl Board {
    /// An empty board of `rows` x `columns` places for tiles of `size` x `size` pixels.
    pub fn new(size: usize, [rows, columns]: [usize; 2]) -> Self {
        Self { size, columns, places: vec![None; rows * columns] }
    }

    /// Lays a tile down; a place beyond the board, or a mask of another size, is passed over.
    pub fn put(&mut self, row: usize, column: usize, tile: BoardTile) {
        if column < self.columns
            && tile.mask.len() == self.size * self.size
            && let Some(place) = self.places.get_mut(row * self.columns + column)
        {
            *place = Some(tile);
        }
    }

    /// The tile at a place, if there is one.
    pub fn tile(&self, row: usize, column: usize) -> Option<&BoardTile> {
        if column >= self.columns {
            return None;
        }
        self.places.get(row * self.columns + column)?.as_ref()
    }

    pub(super) fn tile_mut(&mut self, row: usize, column: usize) -> Option<&mut BoardTile> {
        self.places.get_mut(row * self.columns + column)?.as_mut()
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn rows(&self) -> usize {
        self.places.len() / self.columns.max(1)
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn count(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Whether salt begins within the tile: less than half as much on its top edge as on its bottom edge.
    pub(super) fn is_terminal(&self, tile: &BoardTile) -> bool {
        let salt = |row: usize| {
            tile.mask[row * self.size..(row + 1) * self.size].iter().filter(|&&salt| salt).count()
        };
        2 * salt(0) < salt(self.size - 1)
    }

    /// The first row that holds a terminal tile with more than a twentieth of salt; 0 without one.
    pub(super) fn level(&self) -> usize {
        let begins = |tile: &BoardTile| self.is_terminal(tile) && 20 * tile.count() > tile.mask.len();
        (0..self.rows())
            .find(|&row| (0..self.columns).filter_map(|column| self.tile(row, column)).any(begins))
            .unwrap_or(0)
    }
}
