//! The function table: every function of the header, resolved once at load.

#![allow(unsafe_code, reason = "symbols of a shared library have no type but the one we give them")]

use std::ffi::{c_char, c_void};
use std::mem::ManuallyDrop;
use std::path::Path;

use libloading::Library;

use crate::abi::*;
use crate::failure::HostError;

/// Declares [`Api`] and how it is resolved; each function is `diapir_<name>` in C. `build.rs` makes its
/// argument of the header.
macro_rules! functions {
    ($( fn $name:ident($($parameter:ty),* $(,)?) $(-> $answer:ty)?; )+) => {
        /// The functions of a loaded library. The library is never closed: libtorch keeps threads and exit
        /// handlers whose code must stay where it is.
        #[allow(dead_code, reason = "this program does not call every function")]
        pub(crate) struct Api {
            $( pub(crate) $name: unsafe extern "C" fn($($parameter),*) $(-> $answer)?, )+
            _library: ManuallyDrop<Library>,
        }

        impl Api {
            fn resolve(library: Library, path: &Path) -> Result<Self, HostError> {
                Ok(Self {
                    $( $name: {
                        let symbol = concat!("diapir_", stringify!($name));
                        // SAFETY: the ABI version is checked; build.rs has read this type in the header of
                        // that version.
                        *unsafe { library.get(symbol.as_bytes()) }.map_err(|error| missing(symbol, path, &error))?
                    }, )+
                    _library: ManuallyDrop::new(library),
                })
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/functions.rs"));

impl Api {
    /// Loads the library at `path` (a bare name is looked up by the system's loader), checks its ABI version
    /// before anything else, then resolves every function.
    ///
    /// # Errors
    /// When it cannot be loaded, has another ABI, or lacks a function.
    pub(crate) fn load(path: &Path) -> Result<Self, HostError> {
        // SAFETY: libdiapir does no work in static constructors (its ABI contract).
        let library = unsafe { Library::new(path) }
            .map_err(|error| HostError::load(format!("cannot be loaded: {error}")).at(path))?;
        let found = abi_version(&library, path)?;
        if !compatible(found, HOST_ABI) {
            return Err(HostError::load(format!(
                "its ABI is {}, this program was made for {}; use a library of version {}",
                dotted(found),
                dotted(HOST_ABI),
                wanted(HOST_ABI)
            ))
            .at(path));
        }
        Self::resolve(library, path)
    }
}

/// Loads the shared library at `path` for the rest of the process, so that a library loaded later finds it.
///
/// # Errors
/// When it cannot be loaded.
pub(crate) fn preload(path: &Path) -> Result<(), HostError> {
    // SAFETY: the user named this folder as libtorch's; its libraries are made to be loaded.
    let library = unsafe { Library::new(path) }
        .map_err(|error| HostError::load(format!("cannot be loaded: {error}")).at(path))?;
    std::mem::forget(library);
    Ok(())
}

fn abi_version(library: &Library, path: &Path) -> Result<u32, HostError> {
    let symbol = "diapir_abi_version";
    // SAFETY: this function has this type in every version of the ABI.
    let version = unsafe { library.get::<unsafe extern "C" fn() -> u32>(symbol.as_bytes()) }
        .map_err(|error| missing(symbol, path, &error))?;
    // SAFETY: it takes nothing and never fails.
    Ok(unsafe { version() })
}

fn missing(symbol: &str, path: &Path, error: &libloading::Error) -> HostError {
    HostError::load(format!("is not a libdiapir that this program can use: no function {symbol} ({error})"))
        .at(path)
}

/// The ABI that this host was made for: the version that it shares with the library through the workspace.
pub(crate) const HOST_ABI: u32 = number(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
    + number(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
    + number(env!("CARGO_PKG_VERSION_PATCH"));

const fn number(text: &str) -> u32 {
    let (bytes, mut value, mut at) = (text.as_bytes(), 0, 0);
    while at < bytes.len() {
        value = value * 10 + (bytes[at] - b'0') as u32;
        at += 1;
    }
    value
}

/// Same major number (while it is 0: same minor number too), and the library not older than the host.
fn compatible(library: u32, host: u32) -> bool {
    let family =
        |version: u32| if version < 1_000_000 { version / 1_000 } else { version / 1_000_000 * 1_000 };
    family(library) == family(host) && library >= host
}

/// A version number as people write it.
pub(crate) fn dotted(version: u32) -> String {
    format!("{}.{}.{}", version / 1_000_000, version / 1_000 % 1_000, version % 1_000)
}

fn wanted(host: u32) -> String {
    match host {
        host if host < 1_000_000 => format!("0.{}.{} or a later 0.{0}", host / 1_000, host % 1_000),
        host => format!("{} or a later {}", dotted(host), host / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fit_as_semver_says() {
        for (library, host, fits) in [
            (1_000, 1_000, true),
            (1_003, 1_000, true),
            (1_000, 1_003, false),
            (2_000, 1_000, false),
            (1_000_000, 1_000, false),
            (1_002_000, 1_000_005, true),
            (1_000_004, 1_000_005, false),
            (2_000_000, 1_000_005, false),
        ] {
            assert_eq!(compatible(library, host), fits, "library {library}, host {host}");
        }
        assert_eq!(dotted(2_034_005), "2.34.5");
        assert_eq!(wanted(1_000), "0.1.0 or a later 0.1");
    }
}
