//! Safe owners over the function table. Nothing outside this folder and `api` touches a pointer.
//!
//! [`Plugin`] is the loaded library; [`Survey`], [`Tileset`] and [`Model`] end their handles when dropped;
//! [`Options`] are the library's structs with its defaults. Each call turns the library's error object into a
//! [`HostError`](crate::failure::HostError).

mod call;
mod handle;
mod listener;
mod model;
mod mosaic;
mod options;
mod results;
mod survey;
mod synth;
mod tile_predictions;
mod tileset;
mod train;
mod weights;

pub(crate) use handle::Plugin;
pub(crate) use listener::{Level, Listener};
pub(crate) use model::{BUILTIN, Model, SectionInput};
pub(crate) use options::Options;
pub(crate) use results::{MapPaths, Over};
pub(crate) use survey::Survey;
pub(crate) use tileset::Tileset;
pub(crate) use train::{LabelledSurvey, RateRange, Rates, TrainingData};

/// Lets libtorch's threads sleep while they wait for each other, unless the environment says otherwise.
///
/// The OpenMP runtime's default is to spin. Alone on the machine that is a little faster, beside any other
/// load many times slower, because the waiting thread keeps the working one from its core.
#[allow(unsafe_code, reason = "setting an environment variable is unsafe")]
pub(crate) fn wait_passively() {
    let told = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"].iter().any(|name| std::env::var_os(name).is_some());
    if !told {
        // SAFETY: main calls this first, there is no other thread that could read the environment.
        unsafe { std::env::set_var("OMP_WAIT_POLICY", "PASSIVE") };
    }
}
