//! What all parts of a spec refuse.

use crate::error::{Result, fail};

/// Refuses numbers of channels that are not 1..=8192.
pub(super) fn check_widths(name: &str, widths: &[i64]) -> Result<()> {
    match widths.iter().find(|width| !(1..=8192).contains(*width)) {
        Some(width) => fail!(InvalidArgument, "{name} has {width} channels, expected 1..=8192"),
        None => Ok(()),
    }
}

/// Refuses shares that are not 0..1.
pub(super) fn check_share(name: &str, share: f64) -> Result<()> {
    if !(0.0..1.0).contains(&share) {
        fail!(InvalidArgument, "{name} is {share}, expected 0..1");
    }
    Ok(())
}
