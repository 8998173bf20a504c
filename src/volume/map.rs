//! One value per trace position.

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
