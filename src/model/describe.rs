//! What a network is made of, stage by stage: shapes, parameters, operations, receptive field.

use std::cell::RefCell;

use serde::Serialize;
use tch::Tensor;

use crate::error::Result;

/// The square of input pixels that one output pixel sees through convolutions and pooling; what global
/// pooling adds (squeeze and excitation) is the whole tile and not counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Field {
    /// Its side, in input pixels.
    pub size: f64,
    /// Input pixels from one pixel to the next.
    pub jump: f64,
}

impl Field {
    /// An input pixel sees itself.
    pub(super) const INPUT: Self = Self { size: 1.0, jump: 1.0 };

    /// After a kernel of `size` pixels with this stride.
    pub(super) fn through(self, size: i64, stride: i64) -> Self {
        Self { size: self.size + (size - 1) as f64 * self.jump, jump: self.jump * stride as f64 }
    }

    /// After doubling the image by a transposed kernel of `size` pixels: an output pixel sees half of them.
    pub(super) fn doubled(self, size: i64) -> Self {
        let seen = ((size + 1) / 2) as f64;
        Self { size: self.size + (seen - 1.0) * self.jump, jump: self.jump / 2.0 }
    }

    /// At the input's size, by interpolation between two neighbours.
    pub(super) fn enlarged(self) -> Self {
        let more = if self.jump > 1.0 { self.jump } else { 0.0 };
        Self { size: self.size + more, jump: 1.0 }
    }

    /// Where two ways meet at the resolution of the first.
    pub(super) fn join(self, other: Self) -> Self {
        Self { size: self.size.max(other.size), jump: self.jump }
    }
}

/// One row of a network's table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageRow {
    /// Its place in the network.
    pub name: String,
    /// Channels, rows, columns of what it gives.
    pub shape: [i64; 3],
    /// Trainable values in it.
    pub parameters: u64,
    /// Floating-point operations of its convolutions for one tile; a multiplication with its addition counts as two.
    pub flops: u64,
    /// Side of the square of input pixels that one of its pixels sees through convolutions and pooling.
    pub receptive_field: i64,
}

/// Counts during a forward pass.
#[derive(Debug)]
pub(super) struct Recorder {
    /// Pixels of the input along a side of one that the encoder sees.
    fold: i64,
    counts: RefCell<(u64, u64)>,
    rows: RefCell<Vec<StageRow>>,
}

impl Recorder {
    pub(super) fn new(fold: i64) -> Self {
        Self { fold, counts: RefCell::default(), rows: RefCell::default() }
    }

    /// Adds a layer to the stage under way.
    pub(super) fn layer(&self, parameters: usize, flops: i64) {
        let mut counts = self.counts.borrow_mut();
        counts.0 += parameters as u64;
        counts.1 += flops as u64;
    }

    /// Ends a stage, whose result is `output` (n, c, h, w).
    pub(super) fn stage(&self, name: String, output: &Tensor, field: Field) -> Result<()> {
        let (_, channels, rows, columns) = output.size4()?;
        let (parameters, flops) = std::mem::take(&mut *self.counts.borrow_mut());
        let shape = [channels, rows, columns];
        let receptive_field = self.fold * field.size.ceil() as i64;
        self.rows.borrow_mut().push(StageRow { name, shape, parameters, flops, receptive_field });
        Ok(())
    }

    /// The rows so far.
    pub(super) fn rows(&self) -> Vec<StageRow> {
        self.rows.borrow().clone()
    }
}
