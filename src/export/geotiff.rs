//! Maps as GeoTIFF in the survey's own rotated grid.

use std::path::Path;

use crate::error::{Result, fail};
use crate::volume::{SurveyGrid, SurveyMap};

/// Writes a float32 GeoTIFF whose rows are inlines and whose columns are crosslines, with the survey's affine map
/// (pixel corners half a bin before bin centres), its reference system if known, and NaN for no data; whole or not at all.
///
/// # Errors
/// `Geometry` when the survey has no map position; `InvalidArgument` for a reference system that GDAL does not know or a map of
/// another size; `Io`; `Backend` with GDAL's text; `Unsupported` in a build without the `gdal` feature.
pub fn write_geotiff(path: &Path, map: &SurveyMap, grid: &SurveyGrid) -> Result<()> {
    let Some(georef) = &grid.georef else {
        fail!(
            Geometry,
            "the survey has no map position (its trace headers have no usable coordinates): a GeoTIFF cannot be placed"
        );
    };
    if [map.inlines, map.crosslines] != [grid.inlines.count, grid.crosslines.count]
        || map.values.len() != grid.bin_count()
    {
        fail!(
            InvalidArgument,
            "the map is {} x {}, the survey {} x {}",
            map.inlines,
            map.crosslines,
            grid.inlines.count,
            grid.crosslines.count
        );
    }
    write(path, map, georef)
}

#[cfg(not(feature = "gdal"))]
fn write(_: &Path, _: &SurveyMap, _: &crate::volume::GeoReference) -> Result<()> {
    fail!(Unsupported, "this build lacks the gdal feature: GeoTIFF is not written")
}

#[cfg(feature = "gdal")]
fn write(path: &Path, map: &SurveyMap, georef: &crate::volume::GeoReference) -> Result<()> {
    let output = crate::output::OutputFile::create(path)?;
    let _quiet = super::gdal_scope::QuietErrors::new();
    fill(output.temporary_path(), map, georef).map_err(|error| error.at(path))?;
    output.commit()
}

#[cfg(feature = "gdal")]
fn fill(path: &Path, map: &SurveyMap, georef: &crate::volume::GeoReference) -> Result<()> {
    use gdal::Metadata;
    use gdal::raster::{Buffer, RasterCreationOptions};

    use crate::error::{Error, ErrorKind};

    let backend = |error: gdal::errors::GdalError| Error::new(ErrorKind::Backend, format!("GDAL: {error}"));
    let driver = gdal::DriverManager::get_driver_by_name("GTiff").map_err(backend)?;
    let options = RasterCreationOptions::from_iter(["COMPRESS=DEFLATE", "PREDICTOR=3"]);
    let size = (map.crosslines, map.inlines);
    let mut dataset = driver
        .create_with_band_type_with_options::<f32, _>(path, size.0, size.1, 1, &options)
        .map_err(backend)?;
    dataset.set_geo_transform(&georef.gdal_transform()).map_err(backend)?;
    if let Some(crs) = &georef.crs {
        let reference = gdal::spatial_ref::SpatialRef::from_definition(crs).map_err(|error| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("the reference system {crs:?} is not one that GDAL knows ({error}); name it like EPSG:32631"),
            )
        })?;
        dataset.set_spatial_ref(&reference).map_err(backend)?;
    }
    let mut band = dataset.rasterband(1).map_err(backend)?;
    band.set_description(&map.name).map_err(backend)?;
    band.set_no_data_value(Some(f64::NAN)).map_err(backend)?;
    let mut buffer = Buffer::new(size, map.values.clone());
    band.write((0, 0), size, &mut buffer).map_err(backend)?;
    dataset.flush_cache().map_err(backend)?;
    dataset.close().map_err(backend)
}
