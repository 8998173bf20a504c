//! In which order the bytes of a file's numbers are, and what revision 2's constant states.

use serde::{Deserialize, Serialize};

use super::file::SegyFile;
use crate::error::Result;

/// Order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByteOrder {
    /// Most significant byte first, the standard's own.
    Big,
    /// Least significant byte first.
    Little,
    /// Big, with the two bytes of each pair of the file exchanged.
    PairSwapped,
}

/// The byte order that revision 2's constant states, if it does.
pub(super) fn stated(file: &SegyFile) -> Result<Option<ByteOrder>> {
    let mut constant = [0; 4];
    file.read_at(&mut constant, 3296)?;
    Ok(match constant {
        [1, 2, 3, 4] => Some(ByteOrder::Big),
        [4, 3, 2, 1] => Some(ByteOrder::Little),
        [2, 1, 4, 3] => Some(ByteOrder::PairSwapped),
        _ => None,
    })
}
