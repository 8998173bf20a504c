//! What the tests of the C ABI share: the built shared library, the header, C compilers, scratch folders.
#![allow(dead_code, reason = "each test program uses a part")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `libdiapir.so` of this build. Cargo makes it together with the rlib that the tests are linked to, and puts
/// it beside them; builds with other features use the same file name, so its features are asked for.
pub(crate) fn shared_library() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let library = tests.with_file_name("libdiapir.so");
    assert!(library.exists(), "{} is missing: cargo builds it with the tests", library.display());
    // SAFETY: our own library; its functions are called as they are declared.
    #[allow(unsafe_code)]
    let features = unsafe {
        let opened = libloading::Library::new(&library).unwrap();
        let features = opened.get::<unsafe extern "C" fn() -> u32>(b"diapir_features").unwrap()();
        std::mem::forget(opened);
        features
    };
    let wanted = u32::from(cfg!(feature = "torch")) + 2 * u32::from(cfg!(feature = "gdal"));
    assert_eq!(
        features,
        wanted,
        "{} is from a build with other features: touch src/lib.rs and test again",
        library.display()
    );
    library
}

/// The names of the functions that the header declares.
pub(crate) fn declared_functions() -> Vec<String> {
    let header = std::fs::read_to_string(root().join("include/diapir/diapir.h")).unwrap();
    let declares = |line: &&str| {
        line.starts_with(|c: char| c.is_ascii_alphabetic())
            && !line.starts_with("typedef")
            && line.contains('(')
    };
    let name = |line: &str| line.split('(').next().unwrap().rsplit([' ', '*']).next().unwrap().to_owned();
    header.lines().filter(declares).map(name).collect()
}

/// A C or C++ compiler: `CC` or `CXX` of the environment, else `cc` or `c++`, if it is there.
pub(crate) fn compiler(cpp: bool) -> Option<String> {
    let (variable, usual) = if cpp { ("CXX", "c++") } else { ("CC", "cc") };
    let name = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
    let works = Command::new(&name).arg("--version").output().is_ok_and(|output| output.status.success());
    if !works {
        println!("SKIPPED {name}: not on PATH");
    }
    works.then_some(name)
}

/// Warnings that no program and no header of ours may cause.
pub(crate) const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// Compiles `source` (a path below the repository) against the header and the shared library of this build.
/// `None` when there is no compiler.
pub(crate) fn compile(source: &str, standard: &str, into: &Path) -> Option<PathBuf> {
    let cpp = source.ends_with(".cc");
    let compiler = compiler(cpp)?;
    let library = shared_library();
    let folder = library.parent().unwrap();
    let program = into.join(Path::new(source).file_stem().unwrap());
    let output = Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(STRICT)
        .args(["-g", "-pthread", "-I"])
        .arg(root().join("include"))
        .arg("-I")
        .arg(into)
        .arg(root().join(source))
        .arg("-o")
        .arg(&program)
        .arg(&library)
        .arg(format!("-Wl,-rpath,{}", folder.display()))
        .arg("-lm")
        .output()
        .unwrap();
    assert!(output.status.success(), "{source}:\n{}", String::from_utf8_lossy(&output.stderr));
    Some(program)
}

/// What a program printed; it must succeed and print nothing to stderr, where a library must not write.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    assert!(err.is_empty(), "{command:?} wrote to stderr:\n{err}");
    out.into_owned()
}

/// The names in a folder, hidden ones too.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
