//! A range test of the learning rate.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::cross_validate::Data;
use super::error::{Failure, diapir_error};
use super::guard::guard;
use super::handle;
use super::memory;
use super::status::diapir_status;
use super::text;
use super::tileset::diapir_tileset;
use super::train::{Choice, diapir_labelled_survey, diapir_train_options, pairs};
use crate::control::Control;

/// Trains a network of the recipe for `steps` steps (10 to 100000) with a learning rate that grows by the same factor at each, from `from` to `to`, until the loss
/// explodes; nothing is kept of it but the file `table`, CSV with the columns step, rate, loss, smoothed. Exactly one of `surveys` (`count` of them) and `tileset` is
/// given, the other is NULL. `steepest` gets the rate at which the smoothed loss falls fastest, `lowest` that at which it is lowest; both 0 where it never falls.
/// Of `options` the recipe, the device, the precision and the initial model count. `options`, `callbacks`, `steepest` and `lowest` may be NULL.
///
/// Thread: any, concurrently; callbacks come on the calling thread.
/// Owns: nothing; surveys and tileset stay the caller's.
/// Fails: as diapir_train and diapir_train_tiles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_test_rates(
    surveys: *const diapir_labelled_survey,
    count: usize,
    tileset: *const diapir_tileset,
    options: *const diapir_train_options,
    from: f64,
    to: f64,
    steps: i64,
    table: *const c_char,
    callbacks: *const diapir_callbacks,
    steepest: *mut f64,
    lowest: *mut f64,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let surveys = pairs(surveys, count, "surveys")?;
        let tileset = handle::borrow_optional(tileset, "tileset")?;
        let data = match (&surveys[..], &tileset) {
            ([], Some(tileset)) => Data::Tiles(tileset),
            ([_, ..], None) => Data::Surveys(&surveys),
            _ => return Err(Failure::invalid("give either labelled surveys or a tileset".to_owned())),
        };
        let table = text::path(table, "table")?;
        let choice = Choice::read(options)?;
        let steps = memory::size(steps, "steps")?;
        let mut listener = HostListener::new(callbacks)?;
        let found = test_rates(&data, &choice, ([from, to], steps), table, &Control::new(&mut listener))?;
        for (place, rate) in [steepest, lowest].into_iter().zip(found) {
            if !place.is_null() {
                place.write(rate);
            }
        }
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_test_rates", error, body) }
}

#[cfg(feature = "torch")]
fn test_rates(
    data: &Data<'_, '_>,
    choice: &Choice<'_>,
    ([from, to], steps): ([f64; 2], usize),
    table: &Path,
    control: &Control<'_>,
) -> Result<[f64; 2], Failure> {
    use crate::fit;
    use crate::train::RateRange;
    let options = choice.resolve()?;
    let range = RateRange { from, to, steps };
    let found = data.with(|data| fit::test_rates(data, &options, &range, table, control))?;
    Ok([found.steepest, found.lowest].map(|rate| rate.unwrap_or(0.0)))
}

#[cfg(not(feature = "torch"))]
fn test_rates(
    _: &Data<'_, '_>,
    _: &Choice<'_>,
    _: ([f64; 2], usize),
    _: &Path,
    _: &Control<'_>,
) -> Result<[f64; 2], Failure> {
    Err(Failure::lacks("torch", "training"))
}
