//! Prediction of a volume that the host reads and writes by functions of its own.

use std::ffi::c_void;

use super::block::diapir_block;
use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::memory;
use super::model::diapir_model;
use super::needs::with_torch;
use super::options::{self, Place, versioned};
use super::predict::{PredictChoice, diapir_predict_options};
use super::predict_report::diapir_predict_report;
use super::status::diapir_status;
use super::survey::{diapir_sample_unit, known_sample_unit};
use crate::control::Control;
use crate::error::fail;
use crate::volume::{
    Block, LineAxis, LiveMask, SampleAxis, SurveyGrid, VolumeSink, VolumeSource, clear_dead,
};

/// Fills `samples` with a block, inline slowest, sample fastest; what is not live may be anything. Returns 0,
/// or a number of the host's that the error message will name. Must return normally: no exception, no
/// longjmp.
pub type diapir_read_block_fn =
    Option<unsafe extern "C" fn(userdata: *mut c_void, block: *const diapir_block, samples: *mut f32) -> i32>;

/// Takes a block, inline slowest, sample fastest, 0 on traces that are not live; `volume` is 0 for the
/// probability, 1 for the uncertainty. Returns 0, or a number of the host's that the error message will name.
/// Must return normally: no exception, no longjmp.
pub type diapir_write_block_fn = Option<
    unsafe extern "C" fn(
        userdata: *mut c_void,
        volume: i32,
        block: *const diapir_block,
        samples: *const f32,
    ) -> i32,
>;

/// A volume that the host reads and writes. Filled by diapir_host_volume_init, then by the caller. Its
/// functions are called on the thread that called diapir_predict_blocks only, one at a time.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_host_volume {
    /// Size of this struct in bytes; set by diapir_host_volume_init.
    pub struct_size: u32,
    /// Passed to the functions as it is.
    pub userdata: *mut c_void,
    /// Reads a block; all inlines are asked for first, for the statistics of amplitudes, then the lines that
    /// are predicted.
    pub read: diapir_read_block_fn,
    /// Takes a block of the result: a whole line, each once.
    pub write: diapir_write_block_fn,
    /// Number of inlines.
    pub inline_count: i64,
    /// Number of crosslines.
    pub crossline_count: i64,
    /// Samples of each trace.
    pub sample_count: i64,
    /// One byte per trace, inline slowest, non-zero for live; NULL: all are.
    pub live: *const u8,
    /// Time or depth of the first sample, in `sample_unit`.
    pub sample_first: f64,
    /// Sample interval in `sample_unit`; greater than 0.
    pub sample_interval: f64,
    /// A diapir_sample_unit; by default milliseconds.
    pub sample_unit: i32,
    /// 1: the standard deviation of all predictions of each sample is written too; 0: the probability alone.
    pub uncertainty: i32,
}

versioned!(
    diapir_host_volume {
        struct_size,
        userdata,
        read,
        write,
        inline_count,
        crossline_count,
        sample_count,
        live,
        sample_first,
        sample_interval,
        sample_unit,
        uncertainty,
    },
    sample_unit: diapir_sample_unit::Milliseconds as i32
);

/// Empties `volume`, for the caller to fill. `size` is `sizeof *volume`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_host_volume_init(
    volume: *mut diapir_host_volume,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(volume, size) }
}

/// Predicts the salt probability (0 to 1) of each sample of a volume that the host reads and writes, line by
/// line, in memory that does not grow with it. Of the options, sections are inlines or crosslines. `options`,
/// `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently on one model; the volume's functions and the callbacks come on the calling
/// thread.
/// Owns: nothing.
/// Fails: INVALID_ARGUMENT, NULL_ARGUMENT, IO when a function of the volume does not return 0,
/// MODEL_MISMATCH, GEOMETRY, OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_blocks(
    model: *const diapir_model,
    volume: *const diapir_host_volume,
    options: *const diapir_predict_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_predict_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let model = handle::borrow(model, "model")?;
        let given = options::read_required(volume, "volume")?;
        let choice = PredictChoice::read(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let source = HostVolume::new(&given)?;
        let control = Control::new(&mut listener);
        place.fill(with_torch!("prediction", predict, &model, &source, &choice, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_blocks", error, body) }
}

/// The host's functions as a source and a sink.
struct HostVolume {
    userdata: *mut c_void,
    read: unsafe extern "C" fn(*mut c_void, *const diapir_block, *mut f32) -> i32,
    write: unsafe extern "C" fn(*mut c_void, i32, *const diapir_block, *const f32) -> i32,
    grid: SurveyGrid,
    live: LiveMask,
    uncertainty: bool,
}

// SAFETY: prediction reads and writes on the calling thread only; no other thread gets to see this.
unsafe impl Send for HostVolume {}
// SAFETY: as above.
unsafe impl Sync for HostVolume {}

impl HostVolume {
    /// # Safety
    /// The functions and `live` of `given` are as documented, until this is dropped.
    unsafe fn new(given: &diapir_host_volume) -> Result<Self, Failure> {
        let (Some(read), Some(write)) = (given.read, given.write) else {
            return Err(Failure::null("volume.read and volume.write"));
        };
        let line = |count: i64, name: &str| match memory::size(count, name)? {
            0 => Err(Failure::invalid(format!("{name} is 0, expected 1 or more"))),
            count => Ok(LineAxis { first: 1, step: 1, count }),
        };
        let unit = known_sample_unit(given.sample_unit, "volume.sample_unit")?;
        let samples = memory::size(given.sample_count, "volume.sample_count")?;
        let grid = SurveyGrid {
            inlines: line(given.inline_count, "volume.inline_count")?,
            crosslines: line(given.crossline_count, "volume.crossline_count")?,
            samples: SampleAxis::new(given.sample_first, given.sample_interval, samples, unit)?,
            georef: None,
        };
        let crosslines = grid.crosslines.count;
        let countable = |count: &usize| *count <= isize::MAX as usize / size_of::<f32>();
        let bins = grid.inlines.count.checked_mul(crosslines);
        let all = bins.and_then(|bins| bins.checked_mul(samples)).filter(countable);
        let (Some(bins), Some(_)) = (bins, all) else {
            return Err(Failure::invalid(format!(
                "volume has {} x {crosslines} x {samples} samples, more than can be counted",
                grid.inlines.count
            )));
        };
        // SAFETY: the same contract.
        let flags = unsafe { memory::live_flags(given.live, bins) }?;
        let mut live = LiveMask::empty(&grid);
        for (trace, &flag) in flags.iter().enumerate() {
            live.set(trace / crosslines, trace % crosslines, flag);
        }
        let uncertainty = given.uncertainty != 0;
        Ok(Self { userdata: given.userdata, read, write, grid, live, uncertainty })
    }

    fn give(&self, volume: i32, block: &Block, data: &[f32]) -> crate::Result<()> {
        block.check(&self.grid, data.len())?;
        let asked = diapir_block::from(block);
        // SAFETY: the host's function, called as its type says.
        match unsafe { (self.write)(self.userdata, volume, &raw const asked, data.as_ptr()) } {
            0 => Ok(()),
            code => fail!(Io, "the host's write function gave {code} for {asked:?}"),
        }
    }
}

impl VolumeSource for HostVolume {
    fn grid(&self) -> &SurveyGrid {
        &self.grid
    }

    fn live(&self) -> &LiveMask {
        &self.live
    }

    fn read_block(&self, block: &Block, out: &mut [f32]) -> crate::Result<()> {
        block.check(&self.grid, out.len())?;
        let asked = diapir_block::from(block);
        // SAFETY: the host's function, called as its type says, with room for the block.
        match unsafe { (self.read)(self.userdata, &raw const asked, out.as_mut_ptr()) } {
            0 => {}
            code => fail!(Io, "the host's read function gave {code} for {asked:?}"),
        }
        let live = self.live.of_block(block);
        clear_dead(out, &live, block.samples.len());
        Ok(())
    }
}

/// One of the results.
struct OneResult<'a>(&'a HostVolume, i32);

impl VolumeSink for OneResult<'_> {
    fn write_block(&mut self, block: &Block, data: &[f32]) -> crate::Result<()> {
        self.0.give(self.1, block, data)
    }
}

#[cfg(feature = "torch")]
fn predict(
    model: &diapir_model,
    volume: &HostVolume,
    choice: &PredictChoice,
    control: &Control<'_>,
) -> Result<diapir_predict_report, Failure> {
    use crate::predict::{Sections, Sinks, predict_blocks};
    let (ensemble, options) = (choice.ensemble(model)?, choice.predict()?);
    let Sections::One(direction) = choice.sections()? else {
        return Err(Failure::invalid(
            "options.sections is DIAPIR_SECTIONS_BOTH: the result would have to be read back; predict each direction and fuse them"
                .to_owned(),
        ));
    };
    let (mut probability, mut uncertainty) = (OneResult(volume, 0), OneResult(volume, 1));
    let mut sinks = Sinks::probability(&mut probability);
    if volume.uncertainty {
        sinks.deviation = Some(&mut uncertainty);
    }
    let how = (direction, &options);
    Ok(predict_blocks(&ensemble, volume, &mut sinks, how, control)?.into())
}
