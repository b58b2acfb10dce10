//! Dependencies between the modules of `src/` point one way: a module uses its own layer or an earlier layer, and there
//! are no cycles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The layers, the earliest first, each with its modules: the files and folders directly below `src/`.
const LAYERS: &[(&str, &[&str])] = &[
    ("ground", &["address", "error", "label", "lenient", "text", "timestamp"]),
    ("event", &["event"]),
    ("intake", &["intake"]),
    ("provider", &["provider"]),
    ("policy and suppression", &["policy", "suppression"]),
    ("store", &["store"]),
    ("configuration", &["config"]),
    ("questions, answers, links and change events", &["api", "changes", "lookup", "unsubscribe"]),
    ("telemetry and handler", &["handler", "telemetry"]),
    ("pages for support", &["view"]),
    ("functions and the other programs", &["functions", "local", "operator"]),
    ("programs", &["bin", "main"]),
];

/// How paths to a module of the crate begin.
const ROOTS: [&str; 2] = ["crate::", "mail_feedback::"];

/// The dependencies, each with a file that shows it.
type Arrows = BTreeMap<(String, String), String>;

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, modules)| modules.contains(&module))
}

/// The module that a file belongs to; `lib.rs` only declares them.
fn module_of(path: &Path) -> Option<String> {
    let first = path.components().next().expect("a path").as_os_str().to_string_lossy();
    let module = first.trim_end_matches(".rs");
    (module != "lib").then(|| module.to_owned())
}

/// The modules that a file mentions, in code and in documentation links.
fn named(path: &Path, text: &str) -> BTreeSet<String> {
    let to_the_root = format!("\nuse {}", "super::".repeat(path.components().count()));
    let mut found = BTreeSet::new();
    for root in ROOTS.into_iter().chain([to_the_root.as_str()]) {
        for (at, _) in text.match_indices(root) {
            let is_a_path = !text[..at].ends_with(|char: char| char.is_alphanumeric() || matches!(char, '_' | '$'));
            let rest = &text[at + root.len()..];
            let names = rest.strip_prefix('{').map_or(vec![rest], |group| split_group(group));
            found.extend(names.into_iter().filter(|_| is_a_path).map(identifier));
        }
    }
    found.retain(|name| name.starts_with(char::is_lowercase));
    found
}

/// The parts of `a, b::{c, d}}…`, up to the brace that ends the group.
fn split_group(group: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                parts.push(group[start..at].trim());
                start = at + 1;
                if char == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    parts
}

fn identifier(path: &str) -> String {
    path.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
}

/// The dependencies of files, given by their paths below `src/` and their texts.
fn arrows<'f>(files: impl IntoIterator<Item = (&'f Path, &'f str)>) -> Arrows {
    let mut arrows = Arrows::new();
    for (path, text) in files {
        let Some(from) = module_of(path) else { continue };
        for to in named(path, text).into_iter().filter(|to| *to != from) {
            arrows.entry((from.clone(), to)).or_insert_with(|| path.display().to_string());
        }
    }
    arrows
}

/// Every dependency on a later layer, every cycle and every module without a layer.
fn faults(arrows: &Arrows) -> Vec<String> {
    let mut faults = Vec::new();
    for ((from, to), file) in arrows {
        match (layer_of(from), layer_of(to)) {
            (Some(own), Some(used)) if own < used => {
                let (own, used) = (LAYERS[own].0, LAYERS[used].0);
                faults.push(format!("src/{file}: {from} ({own}) uses {to} ({used}), which is not an earlier layer"));
            }
            (Some(_), Some(_)) => {}
            (None, _) => faults.push(format!("src/{file}: {from} has no layer; give it one in {}", file!())),
            (_, None) => faults.push(format!("src/{file}: {to} has no layer; give it one in {}", file!())),
        }
    }
    let modules: BTreeSet<&String> = arrows.keys().map(|(from, _)| from).collect();
    let in_circles = modules.into_iter().filter(|module| reached(arrows, module).contains(*module));
    faults.extend(in_circles.map(|module| format!("{module} uses itself through other modules")));
    faults
}

/// The modules that one uses, directly or indirectly.
fn reached(arrows: &Arrows, module: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next = vec![module];
    while let Some(from) = next.pop() {
        for (_, to) in arrows.keys().filter(|(known, _)| known == from) {
            if found.insert(to.clone()) {
                next.push(to);
            }
        }
    }
    found
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    files.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

fn of_the_crate() -> Arrows {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&root).into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).expect("a source");
        (path.strip_prefix(&root).expect("below src").to_owned(), text)
    });
    let files: Vec<_> = files.collect();
    arrows(files.iter().map(|(path, text)| (path.as_path(), text.as_str())))
}

fn faults_of(files: &[(&str, &str)]) -> Vec<String> {
    faults(&arrows(files.iter().map(|(path, text)| (Path::new(*path), *text))))
}

#[test]
fn dependencies_point_one_way() {
    let arrows = of_the_crate();
    for expected in [("functions", "handler"), ("store", "suppression"), ("provider", "event")] {
        assert!(arrows.keys().any(|(from, to)| (from.as_str(), to.as_str()) == expected), "{expected:?} was found");
    }
    assert_eq!(faults(&arrows), Vec::<String>::new());
}

#[test]
fn a_dependency_on_a_later_layer_is_found() {
    let later = faults_of(&[("event/id.rs", "use crate::provider::normalize_sns;")]);
    assert_eq!(later, ["src/event/id.rs: event (event) uses provider (provider), which is not an earlier layer"]);
    let grouped = faults_of(&[("store.rs", "use crate::{event::{Kind, Reason}, handler};")]);
    assert_eq!(grouped.len(), 1, "{grouped:?}");
    let linked = faults_of(&[("event.rs", "//! See [`crate::store::Recorder`].")]);
    assert_eq!(linked.len(), 1, "{linked:?}");
    let relative = faults_of(&[("store/fit.rs", "\nuse super::super::handler::Handler;")]);
    assert_eq!(relative.len(), 1, "{relative:?}");
    let unknown = faults_of(&[("main.rs", "use mail_feedback::elsewhere::Thing;")]);
    assert_eq!(unknown.len(), 1, "{unknown:?}");
}

#[test]
fn a_dependency_cycle_is_found() {
    let circle = [("error.rs", "use crate::label::labelled;"), ("label.rs", "use crate::error::Error;")];
    let found = faults_of(&circle);
    assert_eq!(found, ["error uses itself through other modules", "label uses itself through other modules"]);
    assert_eq!(faults_of(&circle[..1]), Vec::<String>::new());
}
