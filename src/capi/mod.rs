//! The C ABI: a thin skin over the public Rust API, described for C programmers in `include/diapir/diapir.h`.
//!
//! Each exported function is one call into the Rust API between three borders: what comes in is checked
//! (`text`, `options`, `handle`, `callbacks`), what goes wrong becomes a status and an error object
//! (`failure`, `guard`, `status`, `error`), and what goes out is written only on success. No algorithm lives
//! here.
//!
//! What the ABI promises: status numbers and enum values are permanent; structs grow at the end and carry
//! their size; every build has every function, and one that lacks a Cargo feature answers
//! `DIAPIR_STATUS_UNSUPPORTED`; nothing unwinds into the caller; nothing is printed.
//!
//! Names are those of C, so that the header, this folder and the C tests can be searched with one word: a
//! function is in the file whose name its own begins with. `tests/capi_header.rs` generates the header from
//! these files and compares it with the one checked in.
#![allow(unsafe_code, reason = "the border to C is made of raw pointers; each use says why it is sound")]
#![allow(non_camel_case_types, reason = "the names of C")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the Thread, Owns and Fails lines and the header's overview are the contract"
)]
#![allow(clippy::too_many_arguments, reason = "flat arguments are C's way")]
#![cfg_attr(
    not(all(feature = "torch", feature = "gdal")),
    allow(dead_code, unused_imports, reason = "used by the build with all features")
)]

#[cfg(panic = "abort")]
compile_error!("the C ABI catches panics at its border: build with panic = \"unwind\"");

mod blend_predictions;
mod block;
mod c_text;
mod callbacks;
mod cross_validate;
mod device;
mod error;
mod evaluate;
mod evaluate_tiles;
mod export_live_map;
mod export_maps;
mod export_section;
mod failure;
mod features;
mod finish_survey;
mod finish_tiles;
mod guard;
mod handle;
mod labelled_survey;
mod log;
mod memory;
mod model;
mod mosaic;
mod needs;
mod options;
mod predict;
mod predict_blocks;
mod predict_report;
mod predict_section;
mod predict_survey;
mod predict_tiles;
mod predict_volume;
mod recipe;
mod report_tiles;
mod results;
mod stack_predictions;
mod status;
mod survey;
mod survey_read;
mod survey_report;
mod synth;
mod test_rates;
mod text;
mod tileset;
mod train;
mod train_system;
mod version;
mod weights;

pub use blend_predictions::*;
pub use block::*;
pub use callbacks::*;
pub use cross_validate::*;
pub use device::*;
pub use error::{
    diapir_error, diapir_error_byte, diapir_error_free, diapir_error_message, diapir_error_path,
    diapir_error_status,
};
pub use evaluate::*;
pub use evaluate_tiles::*;
pub use export_live_map::*;
pub use export_maps::*;
pub use export_section::*;
pub use features::*;
pub use finish_survey::*;
pub use finish_tiles::*;
pub use labelled_survey::diapir_labelled_survey;
pub use log::diapir_log_set;
pub use model::*;
pub use mosaic::*;
pub use options::StructLayout;
pub use predict::*;
pub use predict_blocks::*;
pub use predict_report::*;
pub use predict_section::*;
pub use predict_survey::*;
pub use predict_tiles::*;
pub use predict_volume::*;
pub use recipe::*;
pub use report_tiles::*;
pub use stack_predictions::*;
pub use status::*;
pub use survey::*;
pub use survey_read::*;
pub use survey_report::*;
pub use synth::*;
pub use test_rates::*;
pub use tileset::*;
pub use train::*;
pub use train_system::*;
pub use version::*;
pub use weights::*;

/// The layouts of all structs that begin with `struct_size`, to compare with what a C compiler makes of the
/// header.
pub fn layouts() -> Vec<StructLayout> {
    use options::layout_of;
    vec![
        layout_of::<diapir_callbacks>(),
        layout_of::<diapir_survey_options>(),
        layout_of::<diapir_survey_info>(),
        layout_of::<diapir_block>(),
        layout_of::<diapir_synth_options>(),
        layout_of::<diapir_model_options>(),
        layout_of::<diapir_train_options>(),
        layout_of::<diapir_train_report>(),
        layout_of::<diapir_cross_validate_report>(),
        layout_of::<diapir_tileset_options>(),
        layout_of::<diapir_mosaic_options>(),
        layout_of::<diapir_mosaic_report>(),
        layout_of::<diapir_predict_tiles_options>(),
        layout_of::<diapir_predict_tiles_report>(),
        layout_of::<diapir_finish_tiles_options>(),
        layout_of::<diapir_finish_tiles_report>(),
        layout_of::<diapir_weights_options>(),
        layout_of::<diapir_weights_report>(),
        layout_of::<diapir_predict_options>(),
        layout_of::<diapir_predict_survey_output>(),
        layout_of::<diapir_predict_report>(),
        layout_of::<diapir_section>(),
        layout_of::<diapir_volume>(),
        layout_of::<diapir_host_volume>(),
        layout_of::<diapir_evaluate_report>(),
        layout_of::<diapir_evaluate_tiles_report>(),
        layout_of::<diapir_export_maps_options>(),
        layout_of::<diapir_export_section_options>(),
    ]
}
