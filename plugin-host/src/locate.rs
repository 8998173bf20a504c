//! Where the library is looked for.

use std::env;
use std::path::{Path, PathBuf};

use crate::api::{self, Api};
use crate::failure::HostError;

/// Names the library file.
const LIBRARY: &str = "DIAPIR_LIBRARY";
/// Names a folder with libtorch's libraries, to be loaded before ours.
const LIBTORCH: &str = "DIAPIR_LIBTORCH";
/// libtorch's libraries, each before those that need it: once they are in the process, the system's loader
/// takes them for the libraries of the same name that libdiapir asks for.
const LIBTORCH_PARTS: [&str; 3] = ["c10", "torch_cpu", "torch"];

/// Loads the library from `named`, else from `DIAPIR_LIBRARY`, else from beside this program, from `../lib`
/// or from where the system's loader looks.
///
/// # Errors
/// When it is nowhere (the message lists what was tried), or the first one found cannot be used: another
/// library than the one in the expected place would be a surprise.
pub(crate) fn load(named: Option<&Path>) -> Result<(Api, PathBuf), HostError> {
    if let Some(folder) = variable(LIBTORCH) {
        load_libtorch(&folder)?;
    }
    if let Some(path) = named.map(Path::to_owned).or_else(|| variable(LIBRARY)) {
        if !path.exists() {
            return Err(HostError::load("does not exist").at(&path));
        }
        return Api::load(&absolute(&path)).map(|api| (api, path));
    }
    let name = file_name("diapir");
    let beside = beside(&name);
    if let Some(path) = beside.iter().find(|path| path.exists()) {
        return Api::load(path).map(|api| (api, path.clone()));
    }
    let bare = PathBuf::from(&name);
    Api::load(&bare).map(|api| (api, bare)).map_err(|error| {
        let tried: Vec<_> = beside.iter().map(|path| format!("\n  {}", path.display())).collect();
        HostError::load(format!(
            "{name} was not found; tried{}\n  {name}, as the system's loader finds it ({})",
            tried.concat(),
            error.message()
        ))
    })
}

fn load_libtorch(folder: &Path) -> Result<(), HostError> {
    for part in LIBTORCH_PARTS {
        let path = folder.join(file_name(part));
        if !path.exists() {
            return Err(HostError::load(format!(
                "does not exist; {LIBTORCH} names the folder that holds it"
            ))
            .at(&path));
        }
        api::preload(&absolute(&path))?;
    }
    Ok(())
}

/// `libdiapir.so`, or what this system calls it.
fn file_name(library: &str) -> String {
    format!("{}{library}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX)
}

/// The places relative to this program.
fn beside(name: &str) -> Vec<PathBuf> {
    let program = env::current_exe().ok();
    let Some(folder) = program.as_deref().and_then(Path::parent) else { return Vec::new() };
    vec![folder.join(name), folder.join("..").join("lib").join(name)]
}

/// A path that the system's loader does not take for a bare name to search for.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// An environment variable that is set and not empty.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
