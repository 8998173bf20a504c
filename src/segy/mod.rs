//! SEG-Y in and out: 3-D post-stack volumes on a regular grid, with missing traces.
//!
//! Headers are kept as raw bytes with typed views on top, so that what is not understood survives a round trip.
//! Reading opens with one bounded-memory pass over the trace headers ([`scan`]), which gives the grid, the live traces and a
//! table from grid position to trace number; samples are read on demand. Writing copies a template
//! trace for trace, or makes a new file with valid revision 1 headers.

mod header;
mod layout;
mod map;
mod options;
mod read;
mod sample;
mod scan;
mod table;
mod text;
mod write;

pub use layout::{ByteOrder, Layout};
pub use options::{HeaderBytes, OpenOptions, WriteOptions};
pub use read::{SegyVolume, Summary};
pub use sample::SampleFormat;
pub use table::Sorting;
pub use write::SegyWriter;
