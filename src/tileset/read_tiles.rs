//! Single tiles read and checked: a picture, its mask, its lines in the tables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::grey::{self, UNLABELLED};
use super::summary::ProblemKind;
use super::{FolderOptions, Tile, rle, table};
use crate::error::{Error, ErrorKind, IoContext, Result};

/// Reads the tiles of one folder, on any thread.
pub(super) struct TileReader {
    images: PathBuf,
    pictures: BTreeMap<String, PathBuf>,
    /// Their folder, and the pictures there.
    masks: Option<(PathBuf, BTreeMap<String, PathBuf>)>,
    tables: Tables,
    unlabelled: Option<u8>,
}

/// Tables beside the pictures.
struct Tables {
    depths: Option<table::Table>,
    masks: Option<table::Table>,
    groups: Option<table::Table>,
}

type Trouble = (ProblemKind, Error);

impl TileReader {
    /// Finds the pictures of a folder and reads the tables beside them.
    pub(super) fn new(path: &Path, options: &FolderOptions) -> Result<Self> {
        let (images, masks) = places(path)?;
        let tables = Tables::read(path, options)?;
        let pictures = pngs(&images)?;
        let masks = if masks.is_dir() { Some((masks.clone(), pngs(&masks)?)) } else { None };
        Ok(Self { images, pictures, masks, tables, unlabelled: options.unlabelled })
    }

    /// The ids of all pictures, in order.
    pub(super) fn ids(&self) -> Vec<&String> {
        self.pictures.keys().collect()
    }

    /// Ids of masks without a picture, and what is missing.
    pub(super) fn without_picture(&self) -> impl Iterator<Item = (&String, String)> {
        let masks = self.masks.iter().flat_map(|(_, masks)| masks.keys());
        masks.filter(|id| !self.pictures.contains_key(*id)).map(|id| {
            let picture = self.images.join(format!("{id}.png"));
            (id, format!("there is a mask, but no {}", picture.display()))
        })
    }

    /// Shallowest and deepest of the whole table of depths.
    pub(super) fn depth_range(&self) -> Option<[f64; 2]> {
        self.tables.depths.as_ref().and_then(range)
    }

    /// The tile, its rows and columns.
    pub(super) fn tile(&self, id: &str) -> std::result::Result<(Tile, [usize; 2]), Trouble> {
        let tables = [&self.tables.depths, &self.tables.masks, &self.tables.groups];
        if tables.into_iter().flatten().any(|table| table.repeated.iter().any(|repeated| repeated == id)) {
            return Err(trouble(ProblemKind::DuplicateId, "comes more than once in a table"));
        }
        let unreadable = |error| (ProblemKind::Unreadable, error);
        let image = self.pictures.get(id).map_or_else(
            || Err(Error::new(ErrorKind::Internal, format!("no picture of {id}"))),
            |path| grey::read(path),
        );
        let image = image.map_err(unreadable)?;
        let size = [image.height, image.width];
        let mask = self.mask(id, size)?;
        let depth = match &self.tables.depths {
            None => None,
            Some(table) => match table.values.get(id).and_then(|text| text.parse::<f64>().ok()) {
                Some(depth) if depth.is_finite() => Some(depth),
                _ => {
                    let found = table.values.get(id).map_or("nothing".to_owned(), |text| format!("{text:?}"));
                    let detail = format!("the table of depths has {found} for it, expected a number");
                    return Err(trouble(ProblemKind::MissingDepth, &detail));
                }
            },
        };
        let group = self.tables.groups.as_ref().and_then(|table| table.values.get(id).cloned());
        let group = group.filter(|group| !group.trim().is_empty());
        Ok((Tile { id: id.to_owned(), image: image.bytes(), mask, depth, group }, size))
    }

    fn mask(&self, id: &str, size: [usize; 2]) -> std::result::Result<Option<Vec<u8>>, Trouble> {
        let code = self.tables.masks.as_ref().and_then(|table| table.values.get(id));
        let coded = code.map(|code| {
            let mask =
                rle::decode(code, size[0], size[1]).map_err(|error| (ProblemKind::Unreadable, error))?;
            Ok(mask.into_iter().map(u8::from).collect::<Vec<u8>>())
        });
        let coded = coded.transpose()?;
        let Some((folder, pictures)) = &self.masks else {
            return Ok(coded);
        };
        let Some(path) = pictures.get(id) else {
            let path = folder.join(format!("{id}.png"));
            return Err(trouble(ProblemKind::MissingMask, &format!("there is no {}", path.display())));
        };
        let mask = grey::read(path).map_err(|error| (ProblemKind::Unreadable, error))?;
        if [mask.height, mask.width] != size {
            let detail = format!(
                "a mask of {} x {} for an image of {} x {}",
                mask.height, mask.width, size[0], size[1]
            );
            return Err(trouble(ProblemKind::WrongSize, &detail));
        }
        let labels =
            mask.labels(self.unlabelled).map_err(|error| (ProblemKind::NotBinary, error.at(path)))?;
        if let Some(coded) = coded
            && let differing = labels.iter().zip(&coded).filter(|(a, b)| **a != UNLABELLED && a != b).count()
            && differing > 0
        {
            let detail = format!("{differing} pixels of the mask differ from its run-length code");
            return Err(trouble(ProblemKind::MaskDiffers, &detail));
        }
        Ok(Some(labels))
    }
}

impl Tables {
    fn read(path: &Path, options: &FolderOptions) -> Result<Self> {
        let usual = |name: &str| {
            let above = path.parent().map(|parent| parent.join(name));
            [Some(path.join(name)), above].into_iter().flatten().find(|path| path.is_file())
        };
        let read = |given: &Option<PathBuf>, usual: Option<PathBuf>, column: &str| {
            given.clone().or(usual).map(|path| table::read(&path, column)).transpose()
        };
        Ok(Self {
            depths: read(&options.depths, usual("depths.csv"), "z")?,
            masks: read(&options.masks, usual("train.csv"), "rle_mask")?,
            groups: read(&options.groups, None, "group")?,
        })
    }
}

/// The folders of images and of masks.
fn places(path: &Path) -> Result<(PathBuf, PathBuf)> {
    std::fs::metadata(path).on("open the folder", path)?;
    let candidates = [path.join("images"), path.join("train").join("images")];
    let images = candidates.into_iter().find(|folder| folder.is_dir()).unwrap_or_else(|| path.to_owned());
    let masks = images.parent().unwrap_or(path).join("masks");
    Ok(if images == path { (images, path.join("masks")) } else { (images, masks) })
}

/// The PNG files of a folder by id.
fn pngs(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut pictures = BTreeMap::new();
    for entry in std::fs::read_dir(folder).on("list the folder", folder)? {
        let path = entry.on("list the folder", folder)?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
            && let Some(id) = path.file_stem().and_then(|stem| stem.to_str())
        {
            pictures.insert(id.to_owned(), path.clone());
        }
    }
    Ok(pictures)
}

fn range(table: &table::Table) -> Option<[f64; 2]> {
    let depths = table.values.values().filter_map(|text| text.parse::<f64>().ok()).filter(|z| z.is_finite());
    let ends = depths.map(|z| [z, z]).reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]);
    ends.filter(|[shallow, deep]| shallow < deep)
}

fn trouble(kind: ProblemKind, detail: &str) -> Trouble {
    (kind, Error::new(ErrorKind::Dataset, detail))
}
