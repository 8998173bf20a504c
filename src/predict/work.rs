//! What the steps of a prediction have in common.

use super::job::Prepared;
use super::options::OutputNames;
use crate::control::Control;
use crate::segy::SegyVolume;

/// A survey whose folder of unfinished files is laid out.
pub(super) struct Work<'a, 'c> {
    pub(super) survey: &'a SegyVolume,
    pub(super) prepared: &'a Prepared,
    pub(super) names: &'a OutputNames,
    pub(super) control: &'a Control<'c>,
}
