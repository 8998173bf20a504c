//! From sections to network input and back: contract, tile plan, extraction, windows, stitching.
//!
//! A section is cut by a [`TilePlan`], each tile becomes network input by [`extract`], predictions are cut
//! back to tile size by [`crop`], and a [`Stitcher`] blends them, giving away traces as soon as they are finished:
//!
//! ```
//! # use diapir::tiling::*;
//! # use diapir::volume::{AmplitudeStats, SampleAxis, SampleUnit};
//! # fn main() -> diapir::Result<()> {
//! # let contract = InputContract {
//! #     tile: 101, padded: 128, padding: Padding::Reflect, channels: vec![Channel::Amplitude],
//! #     scaling: AmplitudeScaling { low_share: 0.01, high_share: 0.99 }, depth_range: [0.0, 1000.0],
//! #     depth_unit: SampleUnit::Milliseconds, sample_interval: None, trace_spacing: None, window: None };
//! # let axis = SampleAxis::new(0.0, 4.0, 150, SampleUnit::Milliseconds)?;
//! # let section = Section::new(axis, vec![true; 200], (0..30_000).map(|k| (k as f32).sin()).collect())?;
//! # let map = AmplitudeMap::new(&AmplitudeStats { samples: 1, not_finite: 0, low: -1.0, high: 1.0 });
//! # let options = TilingOptions::default();
//! # let mut result = Vec::new();
//! let plan = TilePlan::new(section.traces(), section.samples(), contract.tile, &options)?;
//! let mut stitcher = Stitcher::new(plan.traces(), plan.samples(), plan.tile(), options.window)?;
//! let mut input = vec![0.0; contract.channels.len() * contract.padded * contract.padded];
//! let mut tile = vec![0.0; contract.tile * contract.tile];
//! for position in plan.tiles(&section) {
//!     if let Some((traces, slab)) = stitcher.take_finished(position.first_trace()) {
//!         result.extend(slab); // or written to a sink, as `Section::block(grid, direction, index, traces)`
//! #       let _ = traces;
//!     }
//!     extract(&section, position, &contract, &map, &mut input)?;
//!     let prediction = &input; // a network that does nothing
//!     crop(prediction, &contract, &mut tile)?;
//!     stitcher.add(position, &tile)?;
//! }
//! result.extend(stitcher.finish().map(|(_, slab)| slab).unwrap_or_default());
//! assert!(result.iter().zip(section.data()).all(|(a, b)| (a - b).abs() < 1e-5));
//! # Ok(())
//! # }
//! ```

mod border;
mod channels;
mod contract;
mod empty;
mod extract;
mod frame;
mod inpaint;
mod pad;
mod place;
mod plan;
mod resample;
mod section;
mod stitch;
mod transpose;
mod window;

pub use border::Border;
pub use channels::{TileDepth, fill_channel};
pub use contract::{AmplitudeMap, AmplitudeScaling, Channel, InputContract, Padding};
pub use empty::clear_empty;
pub use extract::{cut, extract, extract_label, extract_loose};
pub use frame::{Extent, Frame};
pub use inpaint::Inpainting;
pub use pad::{crop, pad, pad_from};
pub use place::margins;
pub use plan::{EdgeRule, TilePlan, TilePosition, TilingOptions};
pub use resample::{Scale, resample_back};
pub use section::Section;
pub use stitch::Stitcher;
pub use window::Window;
