//! Where salt begins and ends along a line of pixels.

/// The stretches of salt on a line: beginnings and ends, `begin..end`, in order. A stretch that touches the line's start begins at 0, one
/// that touches its end ends at its length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) begins: Vec<usize>,
    pub(super) ends: Vec<usize>,
}

impl Edge {
    pub(super) fn of(line: impl IntoIterator<Item = bool>) -> Self {
        let mut edge = Self { begins: Vec::new(), ends: Vec::new() };
        let mut before = false;
        let mut length = 0;
        for (at, salt) in line.into_iter().enumerate() {
            match (before, salt) {
                (false, true) => edge.begins.push(at),
                (true, false) => edge.ends.push(at),
                _ => {}
            }
            before = salt;
            length = at + 1;
        }
        if before {
            edge.ends.push(length);
        }
        edge
    }

    pub(super) fn is_empty(&self) -> bool {
        self.begins.is_empty()
    }
}

/// One row of a mask.
pub(super) fn row(mask: &[bool], size: usize, row: usize) -> Edge {
    Edge::of(mask[row * size..(row + 1) * size].iter().copied())
}

/// One column of a mask.
pub(super) fn column(mask: &[bool], size: usize, column: usize) -> Edge {
    Edge::of((0..size).map(|row| mask[row * size + column]))
}
