//! The optional parts of this build.

/// Optional parts of a build, as bits of diapir_features. Every build has every function; what needs a
/// missing part answers DIAPIR_STATUS_UNSUPPORTED.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_feature {
    /// Training and prediction through libtorch.
    Torch = 1,
    /// Georeferenced rasters through GDAL.
    Gdal = 2,
}

/// The optional parts of this build: the sum of DIAPIR_FEATURE_TORCH and DIAPIR_FEATURE_GDAL, as they are
/// there.
///
/// Thread: any, concurrently.
/// Owns: nothing.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_features() -> u32 {
    let torch = if cfg!(feature = "torch") { diapir_feature::Torch as u32 } else { 0 };
    let gdal = if cfg!(feature = "gdal") { diapir_feature::Gdal as u32 } else { 0 };
    torch | gdal
}
