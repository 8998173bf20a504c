//! Which file of a crate uses which: paths of `use` and in code, followed through what `mod.rs` files pass on.

use std::collections::{BTreeMap, BTreeSet};

/// A module by its names below the crate's root.
type Module = Vec<String>;

/// The files of one crate.
pub(super) struct Sources {
    /// By their module, with name and text.
    files: BTreeMap<Module, (String, String)>,
    /// Of each module, the names that its file brings in, as paths from the root.
    brought: BTreeMap<Module, BTreeMap<String, Module>>,
}

impl Sources {
    /// From names below the crate's `src`, and texts without comments.
    pub(super) fn new(files: Vec<(String, String)>) -> Self {
        let by_module = |(name, text): (String, String)| (module_of(&name), (name, text));
        let files: BTreeMap<Module, (String, String)> = files.into_iter().map(by_module).collect();
        let mut sources = Self { files, brought: BTreeMap::new() };
        for (module, (_, text)) in &sources.files {
            let paths = statements(text).0.into_iter().flat_map(|(_, tree)| expand(&tree));
            let paths = paths.filter_map(|path| sources.absolute(module, &path));
            let named = paths.filter_map(|path| Some((path.last()?.clone(), path))).collect();
            sources.brought.insert(module.clone(), named);
        }
        sources
    }

    /// Circles of files that use each other, each in order of name. What a `mod.rs` passes on (`pub use`) is no use of it.
    pub(super) fn circles(&self) -> Vec<Vec<&str>> {
        let edges = self.edges();
        let reach: BTreeMap<&str, BTreeSet<&str>> =
            edges.keys().map(|&from| (from, reached(&edges, from))).collect();
        let mut circles = BTreeSet::new();
        for (&file, there) in &reach {
            let back = |other: &&&str| reach.get(**other).is_some_and(|reached| reached.contains(file));
            let circle: Vec<&str> = there.iter().filter(back).copied().collect();
            if !circle.is_empty() {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    /// The files that each file uses, but for the crate's root.
    pub(super) fn edges(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (module, (name, text)) in self.files.iter().filter(|(module, _)| !module.is_empty()) {
            let (uses, code) = statements(text);
            let uses =
                uses.into_iter().filter(|(passed_on, _)| !passed_on).flat_map(|(_, tree)| expand(&tree));
            for path in uses.chain(written_out(&code)) {
                let found = self.absolute(module, &path).map(|path| self.file_of(path, 0));
                if let Some(other) = found.filter(|other| !other.is_empty() && other != module) {
                    edges.entry(name).or_default().insert(&self.files[&other].0);
                }
            }
        }
        edges
    }

    /// From the root; `None` for what is not of this crate.
    fn absolute(&self, module: &Module, path: &str) -> Option<Module> {
        let mut names: Vec<&str> = path.split("::").map(str::trim).collect();
        let mut here = match names[0] {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => module[..module.len().saturating_sub(1)].to_vec(),
            child if self.files.contains_key(&[module.as_slice(), &[child.to_owned()]].concat()) => {
                names.insert(0, "self");
                module.clone()
            }
            _ => return None,
        };
        for name in &names[1..] {
            match *name {
                "super" => drop(here.pop()),
                "self" => {}
                name => here.push(name.to_owned()),
            }
        }
        Some(here)
    }

    /// The module whose file holds what a path names.
    fn file_of(&self, path: Module, depth: usize) -> Module {
        let mut module = path.clone();
        while !self.files.contains_key(&module) && !module.is_empty() {
            module.pop();
        }
        let brought = path.get(module.len()).and_then(|name| self.brought.get(&module)?.get(name));
        match brought {
            Some(origin) if depth < 8 => {
                self.file_of([origin.as_slice(), &path[module.len() + 1..]].concat(), depth + 1)
            }
            _ => module,
        }
    }
}

fn module_of(name: &str) -> Module {
    let mut names: Module = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        names.pop();
    }
    names
}

fn reached<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&str> = edges.get(from).into_iter().flatten().copied().collect();
    while let Some(file) = next.pop() {
        if found.insert(file) {
            next.extend(edges.get(file).into_iter().flatten());
        }
    }
    found
}

/// The trees of `use` statements, each with whether it is passed on, and the text without them.
fn statements(text: &str) -> (Vec<(bool, String)>, String) {
    let (mut uses, mut code) = (Vec::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (visibility, tree) = match line.trim_start().split_once("use ") {
            Some((before, tree))
                if before.is_empty() || before.starts_with("pub") && !before.contains("fn") =>
            {
                (before, tree)
            }
            _ => {
                code.push_str(line);
                code.push('\n');
                continue;
            }
        };
        let mut tree = tree.to_owned();
        while !tree.contains(';') {
            let Some(line) = lines.next() else { break };
            tree.push_str(line.trim());
        }
        uses.push((!visibility.is_empty(), tree.split(';').next().unwrap_or_default().to_owned()));
    }
    (uses, code)
}

/// The paths of a tree such as `a::{b, c::{d, e as f}}`.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in inner.chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        match (letter, depth, parts.last_mut()) {
            (',', 0, _) => parts.push(String::new()),
            (_, _, Some(part)) => part.push(letter),
            _ => {}
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| expand(part)).map(|path| format!("{}{path}", head.trim())).collect()
}

/// Paths that code names from the root, its own module or the one above.
fn written_out(code: &str) -> Vec<String> {
    let of_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = code.split(|letter: char| !of_path(letter));
    let paths =
        words.filter(|word| ["crate::", "super::", "self::"].iter().any(|root| word.starts_with(root)));
    paths.map(|path| path.trim_end_matches(':').to_owned()).collect()
}
