//! Where results go: checked before long work, so that it is not lost at the end.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::abi;
use crate::failure::HostError;

/// Refuses a path whose folder is not there, a folder, and a path that is one of `inputs`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(output: &Path, inputs: &[&Path]) -> Result<(), HostError> {
    let folder = match output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(HostError::status(abi::DIAPIR_STATUS_NOT_FOUND, "the folder to write to does not exist")
            .at(folder));
    }
    if output.is_dir() {
        return Err(HostError::usage("is a folder; name a file to write").at(output));
    }
    let same = |input: &&Path| match (output.canonicalize(), input.canonicalize()) {
        (Ok(output), Ok(input)) => output == input,
        _ => false,
    };
    if inputs.iter().any(same) {
        return Err(
            HostError::usage("is an input too and would be overwritten; name another file").at(output)
        );
    }
    Ok(())
}

/// Writes a small file whole or not at all.
///
/// # Errors
/// What the system refuses.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), HostError> {
    let on = |error: std::io::Error| HostError::io(&error, "write", path);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let temporary = path.with_file_name(name);
    let written = std::fs::File::create(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    });
    written.map_err(|error| {
        // The first failure is the one to report.
        let _removed = std::fs::remove_file(&temporary);
        on(error)
    })
}

/// Folders made for results; those that are still empty when this is dropped are taken away again.
#[derive(Debug)]
pub(crate) struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    /// Makes a folder and its parents, as far as they are not there.
    ///
    /// # Errors
    /// What the system refuses.
    pub(crate) fn create(folder: &Path) -> Result<Self, HostError> {
        let missing: Vec<_> = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .map(Path::to_owned)
            .collect();
        let folders = Self(missing);
        std::fs::create_dir_all(folder).map_err(|error| HostError::io(&error, "make the folder", folder))?;
        Ok(folders)
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // Refused for a folder that holds something, which is the point.
            let _removed = std::fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_and_empty_folders_are_taken_away() {
        let place = tempfile::tempdir().unwrap();
        let deep = place.path().join("a/b");
        drop(NewFolders::create(&deep).unwrap());
        assert!(!place.path().join("a").exists() && place.path().exists());
        let folders = NewFolders::create(&deep).unwrap();
        write(&place.path().join("a/kept"), "x").unwrap();
        drop(folders);
        assert!(!deep.exists() && place.path().join("a/kept").exists());
        assert_eq!(
            std::fs::read_dir(place.path().join("a")).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[test]
    fn outputs_that_would_be_lost_or_do_harm_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let input = place.path().join("input.sgy");
        write(&input, "x").unwrap();
        assert!(check(&place.path().join("output.sgy"), &[&input]).is_ok());
        assert!(check(&place.path().join("./input.sgy"), &[&input]).is_err());
        assert!(check(place.path(), &[]).is_err());
        assert!(check(&place.path().join("no/output.sgy"), &[]).is_err());
    }
}
