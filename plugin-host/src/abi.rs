//! `repr(C)` twins of what `include/diapir/diapir.h` declares, field by field under the same names.
//! `tests/header.rs` compares both texts. What the values mean is documented in the header.

#![allow(non_camel_case_types, reason = "the names of the C header")]

use std::ffi::{c_char, c_void};

use serde::Serialize;

/// `diapir_status`; the numbers are permanent.
pub(crate) type diapir_status = i32;

/// The statuses that this host knows, by number and name.
pub(crate) const STATUSES: [(diapir_status, &str); 23] = [
    (OK, "OK"),
    (INVALID_ARGUMENT, "INVALID_ARGUMENT"),
    (2, "NULL_ARGUMENT"),
    (3, "BUFFER_TOO_SMALL"),
    (OUT_OF_RANGE, "OUT_OF_RANGE"),
    (UNSUPPORTED, "UNSUPPORTED"),
    (6, "POISONED"),
    (NOT_FOUND, "NOT_FOUND"),
    (IO, "IO"),
    (MALFORMED, "MALFORMED"),
    (TRUNCATED, "TRUNCATED"),
    (GEOMETRY, "GEOMETRY"),
    (DATASET, "DATASET"),
    (200, "MODEL_MALFORMED"),
    (201, "MODEL_VERSION"),
    (MODEL_MISMATCH, "MODEL_MISMATCH"),
    (DIVERGED, "DIVERGED"),
    (OUT_OF_MEMORY, "OUT_OF_MEMORY"),
    (DEVICE_UNAVAILABLE, "DEVICE_UNAVAILABLE"),
    (302, "BACKEND"),
    (CANCELLED, "CANCELLED"),
    (PANIC, "PANIC"),
    (INTERNAL, "INTERNAL"),
];
pub(crate) const OK: diapir_status = 0;
pub(crate) const INVALID_ARGUMENT: diapir_status = 1;
pub(crate) const OUT_OF_RANGE: diapir_status = 4;
pub(crate) const UNSUPPORTED: diapir_status = 5;
pub(crate) const NOT_FOUND: diapir_status = 100;
pub(crate) const IO: diapir_status = 101;
pub(crate) const MALFORMED: diapir_status = 102;
pub(crate) const TRUNCATED: diapir_status = 103;
pub(crate) const GEOMETRY: diapir_status = 104;
pub(crate) const DATASET: diapir_status = 105;
pub(crate) const MODEL_MISMATCH: diapir_status = 202;
pub(crate) const DIVERGED: diapir_status = 203;
pub(crate) const OUT_OF_MEMORY: diapir_status = 300;
pub(crate) const DEVICE_UNAVAILABLE: diapir_status = 301;
pub(crate) const CANCELLED: diapir_status = 400;
pub(crate) const PANIC: diapir_status = 900;
pub(crate) const INTERNAL: diapir_status = 901;

/// Bits of `diapir_features`.
pub(crate) const FEATURE_TORCH: u32 = 1;
pub(crate) const FEATURE_GDAL: u32 = 2;

/// An opaque type of the library.
macro_rules! opaque {
    ($($name:ident),+) => {$(
        #[repr(C)]
        pub(crate) struct $name {
            _private: [u8; 0],
        }
    )+};
}
opaque!(diapir_error, diapir_survey, diapir_tileset, diapir_model);

pub(crate) type diapir_log_fn =
    Option<unsafe extern "C" fn(userdata: *mut c_void, level: i32, message: *const c_char)>;

pub(crate) type diapir_progress_fn =
    Option<unsafe extern "C" fn(userdata: *mut c_void, stage: *const c_char, done: u64, total: u64) -> bool>;

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_callbacks {
    pub(crate) struct_size: u32,
    pub(crate) userdata: *mut c_void,
    pub(crate) log: diapir_log_fn,
    pub(crate) progress: diapir_progress_fn,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_survey_options {
    pub(crate) struct_size: u32,
    pub(crate) inline_byte: i32,
    pub(crate) crossline_byte: i32,
    pub(crate) x_byte: i32,
    pub(crate) y_byte: i32,
    pub(crate) scalar_byte: i32,
    pub(crate) byte_order: i32,
    pub(crate) sample_unit: i32,
    pub(crate) sample_interval: f64,
    pub(crate) crs: *const c_char,
    pub(crate) header_fields: *const c_char,
    pub(crate) no_guess: i32,
    pub(crate) duplicates: i32,
    pub(crate) choose_offset: i32,
    pub(crate) offset: i32,
    pub(crate) use_index: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Serialize)]
pub(crate) struct diapir_survey_info {
    #[serde(skip)]
    pub(crate) struct_size: u32,
    pub(crate) sample_format: i32,
    pub(crate) inline_count: i64,
    pub(crate) crossline_count: i64,
    pub(crate) sample_count: i64,
    pub(crate) trace_count: i64,
    pub(crate) live_count: i64,
    pub(crate) inline_first: i32,
    pub(crate) inline_step: i32,
    pub(crate) crossline_first: i32,
    pub(crate) crossline_step: i32,
    pub(crate) sample_first: f64,
    pub(crate) sample_interval: f64,
    pub(crate) sample_unit: i32,
    pub(crate) byte_order: i32,
    pub(crate) sorting: i32,
    pub(crate) has_georeference: i32,
    pub(crate) origin_x: f64,
    pub(crate) origin_y: f64,
    pub(crate) inline_step_x: f64,
    pub(crate) inline_step_y: f64,
    pub(crate) crossline_step_x: f64,
    pub(crate) crossline_step_y: f64,
    pub(crate) residual: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_synth_options {
    pub(crate) struct_size: u32,
    pub(crate) seed: u64,
    pub(crate) inlines: i64,
    pub(crate) crosslines: i64,
    pub(crate) samples: i64,
    pub(crate) sample_interval_ms: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_labelled_survey {
    pub(crate) seismic: *const diapir_survey,
    pub(crate) label: *const diapir_survey,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_train_options {
    pub(crate) struct_size: u32,
    pub(crate) recipe: *const c_char,
    pub(crate) device: *const c_char,
    pub(crate) precision: *const c_char,
    pub(crate) resume: i32,
    pub(crate) initial_model: *const c_char,
    pub(crate) pseudo_predictions: *const c_char,
    pub(crate) pseudo_tiles: *const diapir_tileset,
}

#[repr(C)]
#[derive(Clone, Copy, Serialize)]
pub(crate) struct diapir_train_report {
    #[serde(skip)]
    pub(crate) struct_size: u32,
    pub(crate) epochs: i64,
    pub(crate) steps: i64,
    pub(crate) tiles: i64,
    pub(crate) validation_tiles: i64,
    pub(crate) loss: f64,
    pub(crate) validation_iou: f64,
    pub(crate) validation_score: f64,
    pub(crate) seconds: f64,
    pub(crate) best_threshold: f64,
    pub(crate) best_score: f64,
    pub(crate) calibration_error: f64,
}

#[repr(C)]
#[derive(Clone, Copy, Serialize)]
pub(crate) struct diapir_cross_validation {
    #[serde(skip)]
    pub(crate) struct_size: u32,
    pub(crate) folds: i64,
    pub(crate) mean_score: f64,
    pub(crate) score_deviation: f64,
    pub(crate) mean_iou: f64,
    pub(crate) score: f64,
    pub(crate) best_threshold: f64,
    pub(crate) best_score: f64,
    pub(crate) calibration_error: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_tileset_options {
    pub(crate) struct_size: u32,
    pub(crate) depths: *const c_char,
    pub(crate) masks: *const c_char,
    pub(crate) groups: *const c_char,
    pub(crate) unlabelled: i32,
    pub(crate) leave_out: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_mosaic_options {
    pub(crate) struct_size: u32,
    pub(crate) match_histograms: i32,
    pub(crate) max_distance: f64,
    pub(crate) min_certainty: f64,
    pub(crate) pictures: *const c_char,
    pub(crate) pictured_from: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Serialize)]
pub(crate) struct diapir_mosaic_report {
    #[serde(skip)]
    pub(crate) struct_size: u32,
    pub(crate) tiles: i64,
    pub(crate) mosaics: i64,
    pub(crate) placed: i64,
    pub(crate) largest: i64,
    pub(crate) links: i64,
    pub(crate) refused: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_tile_predict_options {
    pub(crate) struct_size: u32,
    pub(crate) device: *const c_char,
    pub(crate) precision: *const c_char,
    pub(crate) batch: i32,
    pub(crate) flip: i32,
    pub(crate) members: i32,
    pub(crate) resume: i32,
    pub(crate) pictures: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Serialize)]
pub(crate) struct diapir_tile_predict_report {
    #[serde(skip)]
    pub(crate) struct_size: u32,
    pub(crate) tiles: i64,
    pub(crate) out_of_fold: i64,
    pub(crate) models: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_finish_options {
    pub(crate) struct_size: u32,
    pub(crate) rules: *const c_char,
    pub(crate) threshold: f64,
    pub(crate) mosaics: *const c_char,
    pub(crate) submission: *const c_char,
    pub(crate) masks: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy, Serialize)]
pub(crate) struct diapir_finish_report {
    #[serde(skip)]
    pub(crate) struct_size: u32,
    pub(crate) tiles: i64,
    pub(crate) empty: i64,
    pub(crate) by_mosaics: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_model_options {
    pub(crate) struct_size: u32,
    pub(crate) device: *const c_char,
    pub(crate) precision: *const c_char,
    pub(crate) batch: i32,
    pub(crate) deterministic: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_weights_options {
    pub(crate) struct_size: u32,
    pub(crate) recipe: *const c_char,
    pub(crate) part: i32,
    pub(crate) partial: i32,
    pub(crate) names: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Serialize)]
pub(crate) struct diapir_weights_report {
    #[serde(skip)]
    pub(crate) struct_size: u32,
    pub(crate) matched: i64,
    pub(crate) adapted: i64,
    pub(crate) missing: i64,
    pub(crate) unexpected: i64,
    pub(crate) wrong_shape: i64,
    pub(crate) ignored: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_predict_options {
    pub(crate) struct_size: u32,
    pub(crate) sections: i32,
    pub(crate) fusion: i32,
    pub(crate) tile: i32,
    pub(crate) overlap: i32,
    pub(crate) edge: i32,
    pub(crate) window: i32,
    pub(crate) flip: i32,
    pub(crate) dropout_passes: i32,
    pub(crate) resample: i32,
    pub(crate) predict_blank: i32,
    pub(crate) more_models: *const *const diapir_model,
    pub(crate) more_model_count: usize,
    pub(crate) sample_format: i32,
    pub(crate) uncertainty: i32,
    pub(crate) mask: i32,
    pub(crate) mask_threshold: f32,
    pub(crate) report: i32,
    pub(crate) resume: i32,
    pub(crate) part: i32,
    pub(crate) part_count: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_section {
    pub(crate) struct_size: u32,
    pub(crate) samples: *const f32,
    pub(crate) trace_count: i64,
    pub(crate) sample_count: i64,
    pub(crate) trace_stride: i64,
    pub(crate) sample_stride: i64,
    pub(crate) live: *const u8,
    pub(crate) sample_first: f64,
    pub(crate) sample_interval: f64,
    pub(crate) sample_unit: i32,
    pub(crate) amplitude_low: f32,
    pub(crate) amplitude_high: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Serialize)]
pub(crate) struct diapir_predict_report {
    #[serde(skip)]
    pub(crate) struct_size: u32,
    pub(crate) tiles: i64,
    pub(crate) blank_tiles: i64,
    pub(crate) samples: i64,
    pub(crate) live_traces: i64,
    pub(crate) memory_bound: i64,
    pub(crate) memory_peak: i64,
    pub(crate) seam: f64,
    pub(crate) seconds_statistics: f64,
    pub(crate) seconds_read: f64,
    pub(crate) seconds_tile: f64,
    pub(crate) seconds_copy: f64,
    pub(crate) seconds_forward: f64,
    pub(crate) seconds_stitch: f64,
    pub(crate) seconds_write: f64,
    pub(crate) seconds_total: f64,
}

#[repr(C)]
#[derive(Clone, Copy, Serialize)]
pub(crate) struct diapir_evaluation {
    #[serde(skip)]
    pub(crate) struct_size: u32,
    pub(crate) voxel_iou: f64,
    pub(crate) voxel_dice: f64,
    pub(crate) tile_score: f64,
    pub(crate) best_threshold: f64,
    pub(crate) best_iou: f64,
    pub(crate) samples: i64,
    pub(crate) tiles: i64,
}

#[repr(C)]
#[derive(Clone, Copy, Serialize)]
pub(crate) struct diapir_tile_evaluation {
    #[serde(skip)]
    pub(crate) struct_size: u32,
    pub(crate) tiles: i64,
    pub(crate) score: f64,
    pub(crate) iou: f64,
    pub(crate) cross_entropy: f64,
    pub(crate) best_threshold: f64,
    pub(crate) best_score: f64,
    pub(crate) calibration_error: f64,
    pub(crate) dice: f64,
    pub(crate) two_class_iou: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_map_options {
    pub(crate) struct_size: u32,
    pub(crate) threshold: f32,
    pub(crate) min_thickness: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct diapir_picture_options {
    pub(crate) struct_size: u32,
    pub(crate) direction: i32,
    pub(crate) line: i32,
    pub(crate) threshold: f32,
    pub(crate) title: *const c_char,
}
