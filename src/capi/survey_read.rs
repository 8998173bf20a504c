//! The samples of a survey, into the caller's arrays.

use super::block::{checked_block, diapir_block};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::memory::{self, Output, Scattered};
use super::options;
use super::status::diapir_status;
use super::survey::diapir_survey;
use crate::error::{Error, ErrorKind};
use crate::volume::{Block, Direction, LineAxis, SurveyGrid, VolumeSource as _};

/// Which trace positions hold live data: 1 or 0 for each of `count` = inline_count * crossline_count
/// positions, inline slowest.
///
/// Thread: any, concurrently on one survey.
/// Owns: nothing; `live` is the caller's.
/// Fails: INVALID_ARGUMENT for another count, NULL_ARGUMENT, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_read_live_mask(
    survey: *const diapir_survey,
    live: *mut u8,
    count: usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        let output = Output::new(live, count, survey.grid().bin_count(), "live")?;
        let flags = survey.volume.live().of_block(&Block::whole(survey.grid()));
        output.fill(&flags.into_iter().map(u8::from).collect::<Vec<_>>());
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_read_live_mask", error, body) }
}

/// Reads the section of the inline with this number: `count` = crossline_count * sample_count samples, sample
/// fastest; 0 where no live trace is.
///
/// Thread: any, concurrently on one survey.
/// Owns: nothing; `samples` is the caller's.
/// Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for another count, NULL_ARGUMENT,
/// POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_read_inline(
    survey: *const diapir_survey,
    number: i32,
    samples: *mut f32,
    count: usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        let block = section(survey.grid(), Direction::Inline, number)?;
        read(&survey, &block, samples, count)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_read_inline", error, body) }
}

/// Reads the section of the crossline with this number: `count` = inline_count * sample_count samples, sample
/// fastest; 0 where no live trace is.
///
/// Thread: any, concurrently on one survey.
/// Owns: nothing; `samples` is the caller's.
/// Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for another count, NULL_ARGUMENT,
/// POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_read_crossline(
    survey: *const diapir_survey,
    number: i32,
    samples: *mut f32,
    count: usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        let block = section(survey.grid(), Direction::Crossline, number)?;
        read(&survey, &block, samples, count)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_read_crossline", error, body) }
}

/// Reads the horizontal slice of one sample index: `count` = inline_count * crossline_count samples, inline
/// slowest; 0 where no live trace is.
///
/// Thread: any, concurrently on one survey.
/// Owns: nothing; `samples` is the caller's.
/// Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for another count, NULL_ARGUMENT,
/// POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_read_slice(
    survey: *const diapir_survey,
    sample: i64,
    samples: *mut f32,
    count: usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        let [inlines, crosslines, _] = survey.grid().shape();
        let given = diapir_block {
            struct_size: 0,
            inline_start: 0,
            inline_count: inlines as i64,
            crossline_start: 0,
            crossline_count: crosslines as i64,
            sample_start: sample,
            sample_count: 1,
        };
        read(&survey, &checked_block(&given, survey.grid())?, samples, count)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_read_slice", error, body) }
}

/// Reads a box of samples: `count` = inline_count * crossline_count * sample_count of the block, sample
/// fastest, inline slowest; 0 where no live trace is.
///
/// Thread: any, concurrently on one survey.
/// Owns: nothing; `samples` is the caller's.
/// Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for another count, NULL_ARGUMENT,
/// POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_read_block(
    survey: *const diapir_survey,
    block: *const diapir_block,
    samples: *mut f32,
    count: usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        let block = checked_block(&options::read_required(block, "block")?, survey.grid())?;
        read(&survey, &block, samples, count)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_read_block", error, body) }
}

/// Reads a box of samples into memory of any layout: the sample at indices i, x, s of the block goes to
/// `samples[i * inline_stride + x * crossline_stride + s * sample_stride]`; `count` is the number of elements
/// of `samples`. No two samples may have one place. Elements between are left alone.
///
/// Thread: any, concurrently on one survey.
/// Owns: nothing; `samples` is the caller's.
/// Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for strides that lead out of
/// `samples`, NULL_ARGUMENT, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_read_strided(
    survey: *const diapir_survey,
    block: *const diapir_block,
    inline_stride: i64,
    crossline_stride: i64,
    sample_stride: i64,
    samples: *mut f32,
    count: usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        let block = checked_block(&options::read_required(block, "block")?, survey.grid())?;
        let strides = [
            memory::size(inline_stride, "inline_stride")?,
            memory::size(crossline_stride, "crossline_stride")?,
            memory::size(sample_stride, "sample_stride")?,
        ];
        let output = Scattered::new(samples, count, block.shape(), strides)?;
        let mut data = memory::zeros(block.len())?;
        survey.volume.read_block(&block, &mut data)?;
        output.fill(&data);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_read_strided", error, body) }
}

/// Reads samples `sample_start` and on, `sample_count` of them, of the traces at `position_count` positions,
/// given by inline and crossline index (not number), in any order, also repeated: a polyline, a well path.
/// `count` = position_count * sample_count, sample fastest; 0 where no live trace is.
///
/// Thread: any, concurrently on one survey.
/// Owns: nothing; all arrays are the caller's.
/// Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for another count, NULL_ARGUMENT,
/// POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_read_positions(
    survey: *const diapir_survey,
    inlines: *const i64,
    crosslines: *const i64,
    position_count: usize,
    sample_start: i64,
    sample_count: i64,
    samples: *mut f32,
    count: usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        let inlines = memory::input(inlines, position_count, "inlines")?;
        let crosslines = memory::input(crosslines, position_count, "crosslines")?;
        let positions = inlines
            .iter()
            .zip(crosslines)
            .map(|(&i, &x)| Ok((memory::size(i, "inlines")?, memory::size(x, "crosslines")?)))
            .collect::<Result<Vec<_>, Failure>>()?;
        let start = memory::size(sample_start, "sample_start")?;
        let length = memory::size(sample_count, "sample_count")?;
        let expected = position_count.saturating_mul(length);
        let output = Output::new(samples, count, expected, "samples")?;
        let mut data = memory::zeros(count)?;
        survey.volume.read_positions(&positions, start..start.saturating_add(length), &mut data)?;
        output.fill(&data);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_read_positions", error, body) }
}

/// # Safety
/// `samples` is NULL or valid for writes of `count` samples.
unsafe fn read(
    survey: &diapir_survey,
    block: &Block,
    samples: *mut f32,
    count: usize,
) -> Result<(), Failure> {
    // SAFETY: the same contract.
    let output = unsafe { Output::new(samples, count, block.len(), "samples") }?;
    let mut data = memory::zeros(count)?;
    survey.volume.read_block(block, &mut data)?;
    output.fill(&data);
    Ok(())
}

/// The block of one line, found by its number.
fn section(grid: &SurveyGrid, direction: Direction, number: i32) -> Result<Block, Failure> {
    let (name, axis): (_, &LineAxis) = match direction {
        Direction::Inline => ("inline", &grid.inlines),
        Direction::Crossline => ("crossline", &grid.crosslines),
    };
    let index = axis.index(number).ok_or_else(|| {
        let (first, last, step) = (axis.first, axis.last(), axis.step);
        let message =
            format!("there is no {name} {number}; the survey has {first} to {last} in steps of {step}");
        Error::new(ErrorKind::OutOfRange, message)
    })?;
    Ok(Block::section(grid, direction, index))
}
