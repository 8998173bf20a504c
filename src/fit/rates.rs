//! A range test of a recipe's learning rate on labelled data.

use std::path::Path;

use super::cross_validate::LabelledData;
use super::options::FitOptions;
use super::surveys::whole_surveys;
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result, fail};
use crate::output::write_file;
use crate::train::{LooseTiles, RateRange, RateTest, RateTestSetup, rate_test};

/// Tests the rates of `range` on all labelled data, and writes `step,rate,loss,smoothed` to the file `table`. Of the options the recipe, the device, the precision
/// and the initial weights count.
///
/// # Errors
/// As [`rate_test`]; `Dataset` for data that do not fit the recipe; `Io`.
pub fn test_rates(
    data: LabelledData<'_>,
    options: &FitOptions,
    range: &RateRange,
    table: &Path,
    control: &Control<'_>,
) -> Result<RateTest> {
    let place = options.place()?;
    let training = &options.recipe.training;
    let initial = options.initial.as_deref();
    let setup = RateTestSetup { training, initial, device: place.device, kind: place.kind };
    let found = match data {
        LabelledData::Surveys(surveys) => {
            let tiles = whole_surveys(surveys, training, control)?;
            rate_test(&setup, &tiles, range, control)
        }
        LabelledData::Tiles(folder) => {
            folder.check()?;
            let mut numbers = folder.labelled();
            numbers.retain(|&number| !training.drop_plain || !folder.tiles()[number].is_plain());
            if numbers.is_empty() {
                fail!(Dataset, "{}: no tile has a mask to learn from", folder.path().display());
            }
            let tiles = LooseTiles::new(folder, numbers, &training.input)?;
            rate_test(&setup, &tiles, range, control)
        }
    }?;
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Internal, format!("cannot encode a table: {error}"))
    };
    let mut rows = csv::Writer::from_writer(Vec::new());
    for point in &found.points {
        rows.serialize(point).map_err(|error| failed(&error))?;
    }
    write_file(table, &rows.into_inner().map_err(|error| failed(&error))?)?;
    Ok(found)
}
