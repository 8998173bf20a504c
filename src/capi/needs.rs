//! What a build without a Cargo feature answers instead: the one place where the C ABI says so.

/// Calls a function that needs libtorch. A build without it does not know the function, and answers
/// UNSUPPORTED: `what` needs it.
#[cfg(feature = "torch")]
macro_rules! with_torch {
    ($what:literal, $function:path, $($argument:expr),* $(,)?) => {
        $function($($argument),*)
    };
}

#[cfg(not(feature = "torch"))]
macro_rules! with_torch {
    ($what:literal, $function:path, $($argument:expr),* $(,)?) => {{
        let _given = ($(&$argument,)*);
        Err($crate::capi::failure::Failure::lacks("torch", $what))
    }};
}

/// The same for what needs GDAL.
#[cfg(feature = "gdal")]
macro_rules! with_gdal {
    ($what:literal, $function:path, $($argument:expr),* $(,)?) => {
        $function($($argument),*)
    };
}

#[cfg(not(feature = "gdal"))]
macro_rules! with_gdal {
    ($what:literal, $function:path, $($argument:expr),* $(,)?) => {{
        let _given = ($(&$argument,)*);
        Err($crate::capi::failure::Failure::lacks("gdal", $what))
    }};
}

pub(super) use {with_gdal, with_torch};

/// What a model is made of.
#[cfg(feature = "torch")]
pub(super) type Predictor = crate::infer::Predictor;

/// Without libtorch no model can exist, and the compiler knows.
#[cfg(not(feature = "torch"))]
pub(super) type Predictor = std::convert::Infallible;

/// The version of libtorch.
#[cfg(feature = "torch")]
pub(super) fn libtorch_version() -> &'static str {
    crate::tensor::libtorch_version()
}

#[cfg(not(feature = "torch"))]
pub(super) fn libtorch_version() -> &'static str {
    ""
}

/// The version of the GDAL in this process.
#[cfg(feature = "gdal")]
pub(super) fn gdal_version() -> String {
    gdal::version::VersionInfo::release_name()
}

#[cfg(not(feature = "gdal"))]
pub(super) fn gdal_version() -> String {
    String::new()
}
