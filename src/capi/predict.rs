//! Prediction: how to predict, and what it came to.

use super::enums::diapir_sections;
use super::error::{Failure, diapir_error};
use super::guard::guard;
use super::handle::{self, InUse};
use super::memory;
use super::model::diapir_model;
use super::options::{self, Place, versioned};
use super::status::diapir_status;

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
    /// Samples and traces of a tile: 0: the model's; a number from there to 16384: squares of that many; -1: whole sections; -2: 229, or the
    /// model's where that is larger or its padding made for no other.
    pub tile: i32,
    /// Samples by which neighbouring tiles overlap; -1: 32, or half the tile where that is less.
    pub overlap: i32,
    /// What tiles do at the borders of a section: a diapir_edge.
    pub edge: i32,
    /// How overlapping tiles are weighted: a diapir_window.
    pub window: i32,
    /// 1: average with the prediction of the mirrored tile, at twice the time; 0: do not.
    pub flip: i32,
    /// Passes per network with channels dropped as in training (Monte Carlo dropout), at as many times the time; 0: one pass without.
    pub dropout_passes: i32,
    /// 1: bring sections to the sample interval and trace spacing that the model was trained at, and the result back; 0: predict them as they are.
    pub resample: i32,
    /// 1: predict tiles with nothing to see too (water, mutes: all samples within 1/255 of the amplitude range); 0: their probability is 0.
    pub predict_blank: i32,
    /// More models, whose predictions are averaged with those of the one that the call names; NULL for none. Tiles must be of one size.
    pub more_models: *const *const diapir_model,
    /// Number of `more_models`.
    pub more_model_count: usize,
    /// Of a survey to a file: sample format code of the output: 5 (IEEE float), 1 (IBM float), 3 (2-byte integer, probability times
    /// 32767) or 8 (1-byte integer, probability times 127); 0: 5.
    pub sample_format: i32,
    /// Of a survey to a file: 1: write NAME-uncertainty.sgy beside NAME.sgy too: the standard deviation of all predictions of each sample, by all
    /// tiles that cover it, directions, models, mirrored images and passes with dropout (0 to 0.5).
    pub uncertainty: i32,
    /// Of a survey to a file: 1: write NAME-mask.sgy too: 1-byte integers, 1 where the probability exceeds mask_threshold, else 0.
    pub mask: i32,
    /// Probability above which the mask is 1; negative: the model's own.
    pub mask_threshold: f32,
    /// Of a survey to a file: 1: write NAME-report.html too: sections, maps, histogram, seams, times.
    pub report: i32,
    /// Of a survey to a file: 1: go on with what an earlier run of the same prediction left, and leave it in the hidden folder .NAME.sgy.work when
    /// stopped; 0: begin anew, leave nothing. In several parts always 1.
    pub resume: i32,
    /// Of a survey to a file: which part of the work to do, from 1 to part_count. Parts may be done by any processes on machines that share the file system;
    /// diapir_finish_survey after the last.
    pub part: i32,
    /// In how many parts the work is done; 1: at once.
    pub part_count: i32,
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
        sample_format,
        uncertainty,
        mask,
        mask_threshold,
        report,
        resume,
        part,
        part_count,
    },
    sections: diapir_sections::Inline as i32,
    overlap: -1,
    mask_threshold: -1.0,
    part: 1,
    part_count: 1
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

/// Sets what a diapir_quality stands for: tile, overlap and flip, and for DIAPIR_QUALITY_BEST both directions, of `options`, which diapir_predict_options_init has filled.
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
        set_quality(&mut given, quality)?;
        Place::optional(options, "options")?.fill(given);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_options_set_quality", error, body) }
}

/// What a prediction came to. The caller sets struct_size with diapir_predict_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_predict_report {
    /// Size of this struct in bytes; set by diapir_predict_report_init.
    pub struct_size: u32,
    /// Tiles that went through the network.
    pub tiles: i64,
    /// Tiles that were passed over because there is nothing to see in them.
    pub blank_tiles: i64,
    /// Samples predicted.
    pub samples: i64,
    /// Live traces predicted.
    pub live_traces: i64,
    /// Most resident memory of the process, in bytes, that was expected before the work began; 0 where the system does not tell.
    pub memory_bound: i64,
    /// Most resident memory of the process until the end of the work, in bytes; 0 where the system does not tell.
    pub memory_peak: i64,
    /// How visible the tile borders are in the result; 1: not at all.
    pub seam: f64,
    /// Seconds spent on amplitude statistics. Stages overlap in time: their sum may exceed the total.
    pub seconds_statistics: f64,
    /// Seconds spent reading.
    pub seconds_read: f64,
    /// Seconds spent cutting and scaling tiles.
    pub seconds_tile: f64,
    /// Seconds spent bringing tiles to the device and probabilities back.
    pub seconds_copy: f64,
    /// Seconds spent in the network.
    pub seconds_forward: f64,
    /// Seconds spent putting tiles together.
    pub seconds_stitch: f64,
    /// Seconds spent writing.
    pub seconds_write: f64,
    /// Wall-clock seconds: statistics and prediction; of a survey to a file, of all runs but those that were killed.
    pub seconds_total: f64,
}

versioned!(diapir_predict_report {
    struct_size,
    tiles,
    blank_tiles,
    samples,
    live_traces,
    memory_bound,
    memory_peak,
    seam,
    seconds_statistics,
    seconds_read,
    seconds_tile,
    seconds_copy,
    seconds_forward,
    seconds_stitch,
    seconds_write,
    seconds_total,
});

/// Prepares `report` to be filled. `size` is `sizeof *report`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_report_init(
    report: *mut diapir_predict_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Options of which all that does not need libtorch is checked.
pub(super) struct Choice {
    #[cfg_attr(not(feature = "torch"), allow(dead_code, reason = "read by the build with torch"))]
    given: diapir_predict_options,
    /// The models that the options name.
    #[cfg_attr(not(feature = "torch"), allow(dead_code, reason = "read by the build with torch"))]
    more: Vec<InUse<'static, diapir_model>>,
}

impl Choice {
    /// # Safety
    /// `options` is NULL or valid, and so are the models that it names, until the choice is dropped.
    pub(super) unsafe fn read(options: *const diapir_predict_options) -> Result<Self, Failure> {
        // SAFETY: the same contract.
        let given = unsafe { options::read(options, "options") }?;
        if ![0, 1, 3, 5, 8].contains(&given.sample_format) {
            return Err(Failure::invalid(format!(
                "options.sample_format is {}, expected 5 (IEEE float), 1 (IBM float), 3 (2-byte integer), 8 (1-byte integer) or 0 for 5",
                given.sample_format
            )));
        }
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
mod checked {
    use super::{Choice, Failure, diapir_model, diapir_predict_options, diapir_predict_report, memory};
    use crate::capi::enums;
    use crate::infer::{Ensemble, PredictOptions, PredictReport, Quality, TileSize};
    use crate::predict::{Fusion, Part, Sections, SurveyOptions};
    use crate::segy::SampleFormat;
    use crate::tiling::{EdgeRule, Window};
    use crate::volume::Direction;

    /// Sets what a quality stands for.
    pub(in crate::capi) fn set_quality(
        given: &mut diapir_predict_options,
        quality: i32,
    ) -> Result<(), Failure> {
        let qualities = [Quality::Draft, Quality::Normal, Quality::Best];
        let options = PredictOptions::from(enums::choice(quality, &qualities, "quality", "DIAPIR_QUALITY")?);
        let number = |value: usize| i32::try_from(value).unwrap_or(i32::MAX);
        given.tile = match options.tile {
            TileSize::Model => 0,
            TileSize::Square(side) => number(side),
            TileSize::Section => -1,
            TileSize::Wide => -2,
        };
        given.overlap = options.overlap.map_or(-1, number);
        given.flip = options.flip.into();
        if quality == enums::diapir_quality::Best as i32 {
            given.sections = enums::diapir_sections::Both as i32;
        }
        Ok(())
    }

    impl Choice {
        /// The named model and those of the options.
        pub(in crate::capi) fn ensemble<'a>(
            &'a self,
            model: &'a diapir_model,
        ) -> Result<Ensemble<'a>, Failure> {
            let more = self.more.iter().map(|model| &model.predictor);
            let members: Vec<_> = std::iter::once(&model.predictor).chain(more).collect();
            Ok(Ensemble::new(&members)?)
        }

        pub(in crate::capi) fn predict(&self) -> Result<PredictOptions, Failure> {
            let given = &self.given;
            let size = |value: i32, name: &str| memory::size(i64::from(value), name);
            Ok(PredictOptions {
                tile: match given.tile {
                    0 => TileSize::Model,
                    -1 => TileSize::Section,
                    -2 => TileSize::Wide,
                    side => TileSize::Square(size(side, "options.tile")?),
                },
                overlap: match given.overlap {
                    -1 => None,
                    overlap => Some(size(overlap, "options.overlap")?),
                },
                edge: enums::choice(
                    given.edge,
                    &[EdgeRule::Extend, EdgeRule::Inside],
                    "options.edge",
                    "DIAPIR_EDGE",
                )?,
                window: enums::choice(
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

        pub(in crate::capi) fn sections(&self) -> Result<Sections, Failure> {
            let fusions = [Fusion::Mean, Fusion::Max, Fusion::Min, Fusion::Geometric];
            let fusion = enums::choice(self.given.fusion, &fusions, "options.fusion", "DIAPIR_FUSION")?;
            let sections = [
                Sections::One(Direction::Inline),
                Sections::One(Direction::Crossline),
                Sections::Both(fusion),
            ];
            enums::choice(self.given.sections, &sections, "options.sections", "DIAPIR_SECTIONS")
        }

        /// All options of a survey on disk.
        pub(in crate::capi) fn segment(&self) -> Result<SurveyOptions, Failure> {
            let given = &self.given;
            let threshold = match given.mask_threshold {
                threshold if threshold < 0.0 => None,
                threshold if threshold <= 1.0 => Some(threshold),
                threshold => {
                    return Err(Failure::invalid(format!(
                        "options.mask_threshold is {threshold}, expected 0 to 1, or -1 for the model's own"
                    )));
                }
            };
            let size = |value: i32, name: &str| memory::size(i64::from(value), name);
            Ok(SurveyOptions {
                predict: self.predict()?,
                sections: self.sections()?,
                uncertainty: given.uncertainty != 0,
                mask: given.mask != 0,
                threshold,
                format: SampleFormat::from_code(given.sample_format as u16).unwrap_or(SampleFormat::Ieee32),
                report: given.report != 0,
                resume: given.resume != 0,
                part: Part {
                    index: size(given.part, "options.part")?,
                    count: size(given.part_count, "options.part_count")?,
                },
            })
        }
    }

    impl From<PredictReport> for diapir_predict_report {
        fn from(report: PredictReport) -> Self {
            use crate::capi::options::Versioned as _;
            Self {
                tiles: report.tiles as i64,
                blank_tiles: report.blank_tiles as i64,
                samples: report.samples as i64,
                live_traces: report.live_traces as i64,
                memory_bound: report.memory_bound as i64,
                memory_peak: report.memory_peak as i64,
                seam: report.seam,
                seconds_statistics: report.seconds.statistics,
                seconds_read: report.seconds.read,
                seconds_tile: report.seconds.tile,
                seconds_copy: report.seconds.copy,
                seconds_forward: report.seconds.forward,
                seconds_stitch: report.seconds.stitch,
                seconds_write: report.seconds.write,
                seconds_total: report.seconds.total,
                ..Self::defaults()
            }
        }
    }
}
#[cfg(feature = "torch")]
use checked::set_quality;

#[cfg(not(feature = "torch"))]
fn set_quality(_: &mut diapir_predict_options, _: i32) -> Result<(), Failure> {
    Err(Failure::lacks("torch", "prediction"))
}
