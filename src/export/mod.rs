//! What leaves for people and maps: georeferenced rasters and pictures.

mod colour;
mod contact_sheet;
#[cfg(feature = "gdal")]
mod gdal_scope;
mod geotiff;
mod live_map;
mod mosaic_picture;
mod salt_maps;
mod section_picture;
mod section_png;
mod tile_picture;
mod value_map;

pub use contact_sheet::{SheetTile, contact_sheet};
pub use geotiff::write_geotiff;
pub use live_map::live_map_png;
pub use mosaic_picture::{PlacedTile, mosaic_png};
#[cfg(feature = "torch")]
pub(crate) use salt_maps::largest;
pub use salt_maps::{SaltMaps, salt_maps};
pub use section_picture::SectionPicture;
pub use section_png::{SectionPngOptions, section_png, section_png_bytes};
pub use tile_picture::TilePicture;
pub use value_map::value_map_png;
