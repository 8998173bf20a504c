//! One value per trace position.

use super::SurveyGrid;

/// A map over the grid's inlines and crosslines.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyMap {
    /// Number of inlines.
    pub inlines: usize,
    /// Number of crosslines.
    pub crosslines: usize,
    /// One value per position, inline slowest; NaN where there is none.
    pub values: Vec<f32>,
    /// What it shows.
    pub name: String,
    /// Unit of the values; empty for pure numbers.
    pub unit: String,
}

impl SurveyMap {
    /// A map of a survey on which nothing has a value yet.
    pub fn blank(grid: &SurveyGrid, name: &str, unit: &str) -> Self {
        Self {
            inlines: grid.inlines.count,
            crosslines: grid.crosslines.count,
            values: vec![f32::NAN; grid.bin_count()],
            name: name.to_owned(),
            unit: unit.to_owned(),
        }
    }
}
