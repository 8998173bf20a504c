//! What leaves for people and maps: georeferenced rasters and pictures.

mod colour;
#[cfg(feature = "gdal")]
mod gdal_scope;
mod geotiff;
mod live_map;
mod section_picture;
mod section_png;

pub use geotiff::write_geotiff;
pub use live_map::live_map_png;
pub use section_picture::SectionPicture;
pub use section_png::{SectionPngOptions, section_png};
