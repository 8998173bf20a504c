//! IoU and Dice.
//!
//! The rule for two empty masks is here and nowhere else: they agree perfectly, so both figures are 1 (as in the
//! TGS competition). It needs no rule that one empty mask against one that is not gives 0.

use super::Confusion;

/// Intersection over union (Jaccard index), `TP / (TP + FP + FN)`, 0..1; 1 when both masks are empty.
pub fn iou(counts: &Confusion) -> f64 {
    ratio(counts.true_positive, counts.predicted() + counts.false_negative)
}

/// Dice coefficient (F1), `2 TP / (2 TP + FP + FN)`, 0..1; 1 when both masks are empty.
pub fn dice(counts: &Confusion) -> f64 {
    ratio(2 * counts.true_positive, counts.predicted() + counts.target())
}

/// The mean of the IoU of salt and that of what is no salt ("mIoU" of papers on two classes), 0..1.
pub fn two_class_iou(counts: &Confusion) -> f64 {
    let rest = ratio(counts.true_negative, counts.total() - counts.true_positive);
    0.5 * (iou(counts) + rest)
}

fn ratio(agreed: u64, all: u64) -> f64 {
    if all == 0 { 1.0 } else { agreed as f64 / all as f64 }
}
