//! A range test of the learning rate.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::labelled_survey::{Data, Surveys, diapir_labelled_survey};
use super::memory;
use super::needs::with_torch;
use super::status::diapir_status;
use super::text;
use super::tileset::diapir_tileset;
use super::train::{TrainChoice, diapir_train_options};
use crate::control::Control;

/// Trains a network of the recipe for `steps` steps (10 to 100000) with a learning rate that grows by the
/// same factor at each, from `from` to `to`, until the loss explodes; nothing is kept of it but the file
/// `table`, CSV with the columns step, rate, loss, smoothed. Exactly one of `surveys` (`count` of them) and
/// `tileset` is given, the other is NULL. `steepest` gets the rate at which the smoothed loss falls fastest,
/// `lowest` that at which it is lowest; both 0 where it never falls. Of `options` the recipe, the device, the
/// precision and the initial model count. `options`, `callbacks`, `steepest` and `lowest` may be NULL.
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
        let surveys = Surveys::borrow(surveys, count, "surveys")?;
        let data = match handle::borrow_optional(tileset, "tileset")? {
            Some(tileset) if surveys.is_empty() => Data::Tiles(tileset),
            None if !surveys.is_empty() => Data::Surveys(surveys),
            _ => return Err(Failure::invalid("give either labelled surveys or a tileset".to_owned())),
        };
        let table = text::path(table, "table")?;
        let choice = TrainChoice::read(options)?;
        let range = Range { from, to, steps: memory::size(steps, "steps")? };
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        let found: Found = with_torch!("training", test_rates, &data, &choice, &range, table, &control)?;
        for (place, rate) in [(steepest, found.steepest), (lowest, found.lowest)] {
            if !place.is_null() {
                place.write(rate);
            }
        }
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_test_rates", error, body) }
}

/// The rates to test.
struct Range {
    from: f64,
    to: f64,
    steps: usize,
}

/// 0 where the loss never falls.
struct Found {
    steepest: f64,
    lowest: f64,
}

#[cfg(feature = "torch")]
fn test_rates(
    data: &Data<'_>,
    choice: &TrainChoice<'_>,
    &Range { from, to, steps }: &Range,
    table: &Path,
    control: &Control<'_>,
) -> Result<Found, Failure> {
    let (options, range) = (choice.resolve()?, crate::train::RateRange { from, to, steps });
    let found = data.with(|data| crate::fit::test_rates(data, &options, &range, table, control))?;
    Ok(Found { steepest: found.steepest.unwrap_or(0.0), lowest: found.lowest.unwrap_or(0.0) })
}
