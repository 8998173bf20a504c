//! The header's types, by hand: a host in another language would do the same. `include/diapir/diapir.h` is their
//! documentation; each struct is filled or prepared by the library's `_init` function, which refuses a wrong size.
#![allow(missing_docs)]

use std::ffi::{c_char, c_void};

#[repr(C)]
pub(crate) struct Error(c_void);
#[repr(C)]
pub(crate) struct Survey(c_void);
#[repr(C)]
pub(crate) struct Model(c_void);

pub(crate) type LogFn = unsafe extern "C" fn(*mut c_void, i32, *const c_char);
pub(crate) type ProgressFn = unsafe extern "C" fn(*mut c_void, *const c_char, u64, u64) -> bool;

/// Declares a struct of the ABI whose all-zero value is valid.
macro_rules! structs {
    ($($name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        #[repr(C)]
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name { pub struct_size: u32, $(pub $field: $type),* }
    )*};
}

structs! {
    Callbacks { userdata: *mut c_void, log: Option<LogFn>, progress: Option<ProgressFn> }
    SurveyOptions {
        inline_byte: i32, crossline_byte: i32, x_byte: i32, y_byte: i32, scalar_byte: i32,
        byte_order: i32, sample_unit: i32, sample_interval: f64, crs: *const c_char,
    }
    SynthOptions { seed: u64, inlines: i64, crosslines: i64, samples: i64, sample_interval_ms: f64 }
    TrainOptions { recipe: *const c_char, device: *const c_char, precision: *const c_char, resume: i32 }
    TrainReport {
        epochs: i64, steps: i64, tiles: i64, validation_tiles: i64,
        loss: f64, validation_iou: f64, validation_score: f64, seconds: f64,
    }
    ModelOptions { device: *const c_char, precision: *const c_char, batch: i32 }
    PredictOptions { direction: i32, overlap: i32, flip: i32, sample_format: i32 }
    PredictReport {
        tiles: i64, samples: i64, live_traces: i64, seam: f64,
        seconds_statistics: f64, seconds_read: f64, seconds_tile: f64, seconds_forward: f64,
        seconds_stitch: f64, seconds_write: f64, seconds_total: f64,
    }
    Evaluation {
        voxel_iou: f64, voxel_dice: f64, tile_score: f64, best_threshold: f64, best_iou: f64,
        samples: i64, tiles: i64,
    }
    MapOptions { threshold: f32, min_thickness: i32 }
    PictureOptions { direction: i32, line: i32, threshold: f32, title: *const c_char }
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct LabelledSurvey {
    pub seismic: *const Survey,
    pub label: *const Survey,
}
