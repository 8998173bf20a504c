//! SEG-Y in and out: 3-D post-stack volumes on a regular grid, with missing traces.
//!
//! Headers are kept as raw bytes with typed views on top, so that what is not understood survives a round trip.
//! Reading opens with one bounded-memory pass over the trace headers ([`scan`]), which gives the grid, the live traces and a
//! table from grid position to trace number; samples are read on demand. Writing copies a template
//! trace for trace, or makes a new file with valid headers of revision 1 or 2.
//!
//! ```text
//! file ─> layout ─> scan ─> geometry ─> read      open puts them together; evidence, guess and index help it
//! ```

mod byte_order;
mod conformance;
mod create;
mod evidence;
mod file;
mod geometry;
mod guess;
mod header;
mod index;
mod layout;
mod open;
mod options;
mod read;
mod sample;
mod scan;
mod summary;
mod table;
mod text;
mod write;

pub use byte_order::ByteOrder;
pub use conformance::Violation;
pub use geometry::Sorting;
pub use layout::Layout;
pub use options::{Duplicates, Field, FieldKind, HeaderBytes, NamedBytes, OpenOptions, WriteOptions};
pub use read::SegyVolume;
pub use sample::SampleFormat;
pub use summary::{Summary, TraceSummary};
pub use write::SegyWriter;
