//! What was found in a file, and what had to be assumed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::geometry::Sorting;
use super::layout::Layout;
use super::options::HeaderBytes;
use crate::volume::SurveyGrid;

/// What was found in a file, and what had to be assumed.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The file.
    pub path: PathBuf,
    /// Its structure.
    pub layout: Layout,
    /// Axes and map position.
    pub grid: SurveyGrid,
    /// What the trace headers say.
    #[serde(flatten)]
    pub traces: TraceSummary,
    /// Whether the geometry came from the index file of an earlier opening.
    pub from_index: bool,
    /// The 40 lines of the textual header.
    pub text: Vec<String>,
    /// Lines of the extended textual headers.
    pub extended_text: Vec<String>,
}

/// What the trace headers say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TraceSummary {
    /// Where line numbers and coordinates were read.
    pub bytes: HeaderBytes,
    /// Order of the traces.
    pub sorting: Sorting,
    /// Traces that hold data.
    pub live: u64,
    /// Positions of the grid without a trace.
    pub missing: u64,
    /// Traces marked dead or dummy.
    pub dead: u64,
    /// Traces left out because another one is at their position.
    pub duplicates: u64,
    /// Least and largest source-receiver offset (bytes 37-40).
    pub offsets: Option<[i32; 2]>,
    /// What the headers leave open or say wrongly, and what was taken instead, one sentence each.
    pub assumptions: Vec<String>,
    /// What a person should look at, one sentence each.
    pub warnings: Vec<String>,
}
