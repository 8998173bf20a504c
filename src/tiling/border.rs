//! Which pixel stands for one beyond the border.

/// How an axis goes on beyond its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// Mirrored at the border pixel, which is not repeated (`reflect` of numpy and PyTorch).
    Reflect,
    /// The border pixel repeated.
    Edge,
}

impl Border {
    /// The index within `0..len` that stands for `index`, which may lie anywhere. `len` is at least 1.
    ///
    /// `Reflect` is numpy's: the border is not repeated (`2 1 | 0 1 2 3 | 2 1 0`), longer ways bounce to and fro,
    /// and an axis of length 1 repeats. `Edge` stays at the border.
    pub fn source(self, index: isize, len: usize) -> usize {
        let last = len.saturating_sub(1) as isize;
        match self {
            Self::Edge => index.clamp(0, last) as usize,
            Self::Reflect if last == 0 => 0,
            Self::Reflect => {
                let within = index.rem_euclid(2 * last);
                within.min(2 * last - within) as usize
            }
        }
    }

    /// The sources of `start .. start + count` on an axis of `len`.
    pub fn index_map(self, start: isize, count: usize, len: usize) -> Vec<usize> {
        (0..count).map(|k| self.source(start.saturating_add_unsigned(k), len)).collect()
    }
}
