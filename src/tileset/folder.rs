//! A folder of tiles, read and checked as a whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::grey::{self, UNLABELLED};
use super::summary::{FolderSummary, Problem, ProblemKind};
use super::{PredictionFile, rle, table};
use crate::control::Control;
use crate::error::{Error, ErrorKind, IoContext, Result, fail};

/// Where the parts of a folder lie, when they are not in their usual places.
#[derive(Debug, Clone, Default)]
pub struct FolderOptions {
    /// The table `id,z`; `None`: `depths.csv` in the folder or the one above, if it is there.
    pub depths: Option<PathBuf>,
    /// The table `id,rle_mask`; `None`: `train.csv` there.
    pub masks: Option<PathBuf>,
    /// A table `id,group`; tiles of one group are kept in one fold.
    pub groups: Option<PathBuf>,
    /// Grey value 0..=255 of mask pixels without a label.
    pub unlabelled: Option<u8>,
    /// Whether trainings may go on without the tiles that cannot be used.
    pub leave_out: bool,
}

/// One usable tile.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// Its id: the file's name without `.png`.
    pub id: String,
    /// Brightness 0..=255, row-major.
    pub image: Vec<u8>,
    /// 0 none, 1 salt, 2 unlabelled, row-major; `None` for a tile without a mask.
    pub mask: Option<Vec<u8>>,
    /// Its depth in the table's unit.
    pub depth: Option<f64>,
    /// The group that it belongs to.
    pub group: Option<String>,
}

impl Tile {
    /// Share of its labelled pixels that are salt; 0 without any.
    pub fn coverage(&self) -> f64 {
        let mask = self.mask.as_deref().unwrap_or_default();
        let known = mask.iter().filter(|&&label| label != UNLABELLED).count();
        let salt = mask.iter().filter(|&&label| label == 1).count();
        if known == 0 { 0.0 } else { salt as f64 / known as f64 }
    }

    /// Its amplitudes, -1..1: black is -1, white 1. Loose tiles have no scale of their own.
    pub fn amplitude(&self) -> impl Iterator<Item = f32> {
        self.image.iter().map(|&value| f32::from(value) / 127.5 - 1.0)
    }

    /// Its mask as 0 and 1; unlabelled pixels are 0.
    pub fn salt(&self) -> Option<Vec<f32>> {
        let mask = self.mask.as_deref()?;
        Some(mask.iter().map(|&label| f32::from(u8::from(label == 1))).collect())
    }

    /// Whether each pixel is labelled salt; without a mask none is.
    pub fn salt_flags(&self) -> Vec<bool> {
        self.mask.as_deref().unwrap_or_default().iter().map(|&label| label == 1).collect()
    }

    /// Whether each pixel has a label.
    pub fn labelled_flags(&self) -> Vec<bool> {
        self.mask.as_deref().unwrap_or_default().iter().map(|&label| label != UNLABELLED).collect()
    }

    /// Whether its image is of one value throughout.
    pub fn is_plain(&self) -> bool {
        self.image.iter().all(|value| Some(value) == self.image.first())
    }
}

/// All usable tiles of a folder in memory (a byte per pixel, two with masks), in order of id, and what is wrong with the others.
#[derive(Debug, Clone)]
pub struct TileFolder {
    path: PathBuf,
    tiles: Vec<Tile>,
    size: usize,
    depth_range: Option<[f64; 2]>,
    problems: Vec<Problem>,
    leave_out: bool,
    data_hash: String,
}

/// Tables beside the pictures.
struct Tables {
    depths: Option<table::Table>,
    masks: Option<table::Table>,
    groups: Option<table::Table>,
}

impl TileFolder {
    /// Reads `path`: PNG files in `images/` (or `train/images/`, or the folder itself), masks of the same names in `masks/` beside it.
    ///
    /// # Errors
    /// `NotFound`, `Io`; `Dataset` when there is no tile at all; `Malformed` for a broken table; `Cancelled`. What is wrong with
    /// single tiles is no error but in [`TileFolder::problems`].
    pub fn open(path: &Path, options: &FolderOptions, control: &Control<'_>) -> Result<Self> {
        let (images, masks) = places(path)?;
        let tables = Tables::read(path, options)?;
        let pictures = pngs(&images)?;
        let with_masks = if masks.is_dir() { Some(pngs(&masks)?) } else { None };
        let mut found = Self {
            path: path.to_owned(),
            tiles: Vec::new(),
            size: 0,
            depth_range: None,
            problems: Vec::new(),
            leave_out: options.leave_out,
            data_hash: String::new(),
        };
        found.depth_range = tables.depths.as_ref().and_then(range);
        for id in with_masks.iter().flat_map(BTreeMap::keys).filter(|id| !pictures.contains_key(*id)) {
            let detail = format!("there is a mask, but no {}", images.join(format!("{id}.png")).display());
            found.problem(id, ProblemKind::MissingImage, detail);
        }
        let reader = Reader {
            pictures: &pictures,
            masks: with_masks.as_ref().map(|pictures| (&*masks, pictures)),
            tables: &tables,
            options,
        };
        let names: Vec<&String> = pictures.keys().collect();
        for (part, ids) in names.chunks(256).enumerate() {
            control.step("read tiles", (part * 256) as u64, names.len() as u64)?;
            let read: Vec<_> = ids.par_iter().map(|id| reader.tile(id)).collect();
            for (id, tile) in ids.iter().zip(read) {
                match tile {
                    Ok((tile, size)) => found.add(tile, size),
                    Err((kind, error)) if error.kind() != ErrorKind::Io => {
                        found.problem(id, kind, error.to_string())
                    }
                    Err((_, error)) => return Err(error),
                }
            }
        }
        control.step("read tiles", names.len() as u64, names.len() as u64)?;
        if found.tiles.is_empty() {
            let first =
                found.problems.first().map_or_else(String::new, |problem| format!(": {}", problem.detail));
            fail!(Dataset, "{} holds no usable tile{first}", path.display());
        }
        found.data_hash = found.hash();
        Ok(found)
    }

    fn problem(&mut self, id: &str, kind: ProblemKind, detail: String) {
        self.problems.push(Problem { id: id.to_owned(), kind, detail });
    }

    fn add(&mut self, tile: Tile, [height, width]: [usize; 2]) {
        if self.size == 0 {
            self.size = width;
        }
        if (height, width) != (self.size, self.size) {
            let detail = format!("{height} rows of {width}, expected {0} x {0}", self.size);
            return self.problem(&tile.id, ProblemKind::WrongSize, detail);
        }
        if tile.is_plain() {
            let detail = format!("every pixel is {}", tile.image.first().copied().unwrap_or_default());
            self.problem(&tile.id, ProblemKind::EmptyImage, detail);
        }
        self.tiles.push(tile);
    }

    fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for tile in &self.tiles {
            hash.update(tile.id.as_bytes());
            hash.update(&tile.image);
            hash.update(tile.mask.as_deref().unwrap_or_default());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The usable tiles, in order of id.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// The numbers of those that have a mask.
    pub fn labelled(&self) -> Vec<usize> {
        (0..self.tiles.len()).filter(|&number| self.tiles[number].mask.is_some()).collect()
    }

    /// Rows and columns of each.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Shallowest and deepest of the whole table of depths.
    pub fn depth_range(&self) -> Option<[f64; 2]> {
        self.depth_range
    }

    /// What is wrong with tiles.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// SHA-256 over ids, images and masks of the usable tiles, in hexadecimal.
    pub fn data_hash(&self) -> &str {
        &self.data_hash
    }

    /// The same and the depths, for what depends on them.
    pub fn depth_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.data_hash.as_bytes());
        for tile in &self.tiles {
            hash.update(tile.depth.unwrap_or(f64::NAN).to_le_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Some of its tiles, with these masks (0 none, 1 salt, 2 unlabelled, row-major) instead of their own.
    ///
    /// # Errors
    /// `InvalidArgument` for a number that no tile has, or a mask of another size.
    pub fn labelled_as(&self, masks: Vec<(usize, Vec<u8>)>) -> Result<Self> {
        let mut tiles = Vec::with_capacity(masks.len());
        for (number, mask) in masks {
            let Some(tile) = self.tiles.get(number).filter(|_| mask.len() == self.size * self.size) else {
                fail!(InvalidArgument, "a mask of {} pixels for tile number {number}", mask.len());
            };
            tiles.push(Tile { mask: Some(mask), ..tile.clone() });
        }
        Ok(self.with(tiles))
    }

    /// Its tiles and then those of another folder.
    ///
    /// # Errors
    /// `Dataset` when they differ in size.
    pub fn joined(&self, other: &Self) -> Result<Self> {
        if self.size != other.size {
            fail!(
                Dataset,
                "the tiles of {} have {} pixels each way, those of {} {}",
                self.path.display(),
                self.size,
                other.path.display(),
                other.size
            );
        }
        Ok(self.with(self.tiles.iter().chain(&other.tiles).cloned().collect()))
    }

    /// The tiles with these numbers.
    pub fn part(&self, numbers: &[usize]) -> Self {
        self.with(numbers.iter().filter_map(|&number| self.tiles.get(number).cloned()).collect())
    }

    /// The same folder with other tiles.
    fn with(&self, tiles: Vec<Tile>) -> Self {
        let mut folder =
            Self { tiles, problems: Vec::new(), path: self.path.clone(), data_hash: String::new(), ..*self };
        folder.data_hash = folder.hash();
        folder
    }

    /// Refuses a folder with tiles that had to be left out, unless that was allowed.
    ///
    /// # Errors
    /// `Dataset`, naming the first three.
    pub fn check(&self) -> Result<()> {
        let left_out: Vec<&Problem> =
            self.problems.iter().filter(|problem| problem.kind.excludes()).collect();
        if left_out.is_empty() || self.leave_out {
            return Ok(());
        }
        let first: Vec<String> =
            left_out.iter().take(3).map(|problem| format!("{}: {}", problem.id, problem.detail)).collect();
        fail!(
            Dataset,
            "{}: {} tiles cannot be used ({}{}); mend or remove them (`diapir dataset info` lists all), or allow them to be left out",
            self.path.display(),
            left_out.len(),
            first.join("; "),
            if left_out.len() > 3 { "; .." } else { "" }
        );
    }

    /// Refuses a folder whose tiles have another size than predictions.
    ///
    /// # Errors
    /// `Dataset`.
    pub fn check_size(&self, predictions: &PredictionFile) -> Result<()> {
        let size = predictions.head().size;
        if self.size != size {
            fail!(
                Dataset,
                "the tiles of {} have {} pixels each way, the predictions of {} {size}",
                self.path.display(),
                self.size,
                predictions.path().display()
            );
        }
        Ok(())
    }

    /// Its figures.
    pub fn summary(&self) -> FolderSummary {
        let mut coverage = vec![0; 11];
        let (mut labelled, mut full, mut sum) = (0, 0, 0.0);
        for tile in self.tiles.iter().filter(|tile| tile.mask.is_some()) {
            let share = tile.coverage();
            labelled += 1;
            sum += share;
            full += usize::from(share == 1.0);
            coverage[((share * 10.0).ceil() as usize).min(10)] += 1;
        }
        FolderSummary {
            tiles: self.tiles.len(),
            labelled,
            size: self.size,
            empty: coverage[0],
            full,
            mean_coverage: if labelled > 0 { sum / labelled as f64 } else { 0.0 },
            coverage,
            depth_range: self.depth_range,
            data_hash: self.data_hash.clone(),
            problems: self.problems.clone(),
        }
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

/// Reads single tiles, on any thread.
struct Reader<'a> {
    pictures: &'a BTreeMap<String, PathBuf>,
    masks: Option<(&'a Path, &'a BTreeMap<String, PathBuf>)>,
    tables: &'a Tables,
    options: &'a FolderOptions,
}

type Trouble = (ProblemKind, Error);

impl Reader<'_> {
    /// The tile, its rows and columns.
    fn tile(&self, id: &str) -> std::result::Result<(Tile, [usize; 2]), Trouble> {
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
        let Some((folder, pictures)) = self.masks else {
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
            mask.labels(self.options.unlabelled).map_err(|error| (ProblemKind::NotBinary, error.at(path)))?;
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

fn trouble(kind: ProblemKind, detail: &str) -> Trouble {
    (kind, Error::new(ErrorKind::Dataset, detail))
}
