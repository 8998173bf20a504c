//! How to predict.

use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle::{self, InUse};
use super::memory;
use super::model::diapir_model;
use super::needs::with_torch;
use super::options::{self, Place, choice, versioned};
use super::status::diapir_status;
use crate::tiling::{EdgeRule, Window};
use crate::volume::Direction;
#[cfg(feature = "torch")]
use crate::{
    infer::{Ensemble, PredictOptions, Quality, TileSize},
    predict::{Fusion, Sections},
};

/// Which vertical sections the network sees.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_sections {
    /// Those of the inlines.
    Inline = 0,
    /// Those of the crosslines.
    Crossline = 1,
    /// Both, and what they say is fused; twice the time. A direction whose sections have fewer than 8 traces
    /// is left out.
    Both = 2,
}

/// How the predictions along inlines and along crosslines become one.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_fusion {
    /// Their mean.
    Mean = 0,
    /// The larger: salt where one direction sees some.
    Max = 1,
    /// The smaller: salt where both see some.
    Min = 2,
    /// The square root of their product.
    Geometric = 3,
}

/// What tiles do at the borders of a section.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_edge {
    /// They hang over by half the overlap; what hangs over is mirrored.
    Extend = 0,
    /// They stay inside the section.
    Inside = 1,
}

/// How the predictions of overlapping tiles are weighted by the place in the tile.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_window {
    /// Raised cosine.
    Cosine = 0,
    /// All pixels alike.
    Flat = 1,
    /// Gaussian with a standard deviation of an eighth of the tile.
    Gaussian = 2,
}

/// How much time to spend on accuracy; benchmarks/ says what each costs and gives.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_quality {
    /// A first look.
    Draft = 0,
    /// The defaults.
    Normal = 1,
    /// What gives more accuracy, whatever the time.
    Best = 2,
}

/// Of a tile's size: the one that the model asks for, which is its window or the size that it was trained with.
pub const DIAPIR_TILE_OF_MODEL: i32 = 0;

/// Of a tile's size: one tile for a whole section.
pub const DIAPIR_TILE_SECTION: i32 = -1;

/// Of a tile's size: 229 samples and traces, or the model's where that is larger, a window, or its padding
/// made for no other.
pub const DIAPIR_TILE_WIDE: i32 = -2;

/// Of an overlap: 32 samples, or of models with windows half the size that they were trained with; half the
/// tile where that is less.
pub const DIAPIR_OVERLAP_OF_TILE: i32 = -1;

/// Of the borders of a section: windows of models that have them stay inside, other tiles hang over.
pub const DIAPIR_EDGE_OF_MODEL: i32 = -1;

/// How to predict. Filled by diapir_predict_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_predict_options {
    /// Size of this struct in bytes; set by diapir_predict_options_init.
    pub struct_size: u32,
    /// Which sections the network sees: a diapir_sections.
    pub sections: i32,
    /// How both directions become one: a diapir_fusion.
    pub fusion: i32,
    /// Samples and traces of a tile, from the model's least to 16384, or DIAPIR_TILE_OF_MODEL,
    /// DIAPIR_TILE_SECTION or DIAPIR_TILE_WIDE.
    pub tile: i32,
    /// Samples by which neighbouring tiles overlap, or DIAPIR_OVERLAP_OF_TILE.
    pub overlap: i32,
    /// What tiles do at the borders of a section: a diapir_edge, or DIAPIR_EDGE_OF_MODEL.
    pub edge: i32,
    /// How overlapping tiles are weighted: a diapir_window.
    pub window: i32,
    /// 1: average with the prediction of the mirrored tile, at twice the time; 0: do not.
    pub flip: i32,
    /// Passes per network with channels dropped as in training (Monte Carlo dropout), at as many times the
    /// time; 0: one pass without.
    pub dropout_passes: i32,
    /// 1: bring sections to the sample interval and trace spacing that the model was trained at, and the
    /// result back; 0: predict them as they are.
    pub resample: i32,
    /// 1: predict tiles with nothing to see too (water, mutes: all samples within 1/255 of the amplitude
    /// range); 0: their probability is 0.
    pub predict_blank: i32,
    /// More models, whose predictions are averaged with those of the one that the call names; NULL for none.
    /// Tiles must be of one size.
    pub more_models: *const *const diapir_model,
    /// Number of `more_models`.
    pub more_model_count: usize,
}

versioned!(
    diapir_predict_options {
        struct_size,
        sections,
        fusion,
        tile,
        overlap,
        edge,
        window,
        flip,
        dropout_passes,
        resample,
        predict_blank,
        more_models,
        more_model_count,
    },
    sections: diapir_sections::Inline as i32,
    fusion: diapir_fusion::Mean as i32,
    tile: DIAPIR_TILE_OF_MODEL,
    overlap: DIAPIR_OVERLAP_OF_TILE,
    edge: DIAPIR_EDGE_OF_MODEL,
    window: diapir_window::Cosine as i32
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_options_init(
    options: *mut diapir_predict_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// Sets what a diapir_quality stands for: tile, overlap and flip, and for DIAPIR_QUALITY_BEST both
/// directions, of `options`, which diapir_predict_options_init has filled.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_options_set_quality(
    options: *mut diapir_predict_options,
    quality: i32,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: NULL or the caller's struct, as documented.
    let body = || unsafe {
        let mut given = options::read_required(options.cast_const(), "options")?;
        with_torch!("prediction", set_quality, &mut given, quality)?;
        Place::optional(options, "options")?.fill(given);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_options_set_quality", error, body) }
}

/// Sets what a quality stands for.
#[cfg(feature = "torch")]
fn set_quality(given: &mut diapir_predict_options, quality: i32) -> Result<(), Failure> {
    let qualities = [Quality::Draft, Quality::Normal, Quality::Best];
    let options = PredictOptions::from(choice(quality, &qualities, "quality", "DIAPIR_QUALITY")?);
    let number = |value: usize| i32::try_from(value).unwrap_or(i32::MAX);
    given.tile = match options.tile {
        TileSize::Model => DIAPIR_TILE_OF_MODEL,
        TileSize::Square(side) => number(side),
        TileSize::Section => DIAPIR_TILE_SECTION,
        TileSize::Wide => DIAPIR_TILE_WIDE,
    };
    given.overlap = options.overlap.map_or(DIAPIR_OVERLAP_OF_TILE, number);
    given.flip = options.flip.into();
    if quality == diapir_quality::Best as i32 {
        given.sections = diapir_sections::Both as i32;
    }
    Ok(())
}

/// Options of which all that does not need libtorch is checked.
pub(super) struct PredictChoice {
    given: diapir_predict_options,
    /// The models that the options name.
    more: Vec<InUse<'static, diapir_model>>,
}

impl PredictChoice {
    /// # Safety
    /// `options` is NULL or valid, and so are the models that it names, until the choice is dropped.
    pub(super) unsafe fn read(options: *const diapir_predict_options) -> Result<Self, Failure> {
        // SAFETY: the same contract.
        let given = unsafe { options::read(options, "options") }?;
        // SAFETY: the same contract.
        let models =
            unsafe { memory::input(given.more_models, given.more_model_count, "options.more_models") }?;
        let more = models
            .iter()
            .enumerate()
            // SAFETY: the same contract, for each model.
            .map(|(at, &model)| unsafe { handle::borrow(model, &format!("options.more_models[{at}]")) })
            .collect::<Result<_, _>>()?;
        Ok(Self { given, more })
    }
}

#[cfg(feature = "torch")]
impl PredictChoice {
    /// The named model and those of the options.
    pub(super) fn ensemble<'a>(&'a self, model: &'a diapir_model) -> Result<Ensemble<'a>, Failure> {
        let more = self.more.iter().map(|model| &model.predictor);
        let members: Vec<_> = std::iter::once(&model.predictor).chain(more).collect();
        Ok(Ensemble::new(&members)?)
    }

    pub(super) fn predict(&self) -> Result<PredictOptions, Failure> {
        let given = &self.given;
        let size = |value: i32, name: &str| memory::size(i64::from(value), name);
        Ok(PredictOptions {
            tile: match given.tile {
                DIAPIR_TILE_OF_MODEL => TileSize::Model,
                DIAPIR_TILE_SECTION => TileSize::Section,
                DIAPIR_TILE_WIDE => TileSize::Wide,
                side => TileSize::Square(size(side, "options.tile")?),
            },
            overlap: match given.overlap {
                DIAPIR_OVERLAP_OF_TILE => None,
                overlap => Some(size(overlap, "options.overlap")?),
            },
            edge: match given.edge {
                DIAPIR_EDGE_OF_MODEL => None,
                edge => {
                    Some(choice(edge, &[EdgeRule::Extend, EdgeRule::Inside], "options.edge", "DIAPIR_EDGE")?)
                }
            },
            window: choice(
                given.window,
                &[Window::Cosine, Window::Flat, Window::Gaussian],
                "options.window",
                "DIAPIR_WINDOW",
            )?,
            flip: given.flip != 0,
            dropout_passes: size(given.dropout_passes, "options.dropout_passes")?,
            resample: given.resample != 0,
            skip_blank: given.predict_blank == 0,
        })
    }

    pub(super) fn sections(&self) -> Result<Sections, Failure> {
        let fusions = [Fusion::Mean, Fusion::Max, Fusion::Min, Fusion::Geometric];
        let fusion = choice(self.given.fusion, &fusions, "options.fusion", "DIAPIR_FUSION")?;
        let sections =
            [Sections::One(Direction::Inline), Sections::One(Direction::Crossline), Sections::Both(fusion)];
        choice(self.given.sections, &sections, "options.sections", "DIAPIR_SECTIONS")
    }
}
