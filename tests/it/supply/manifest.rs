//! The contents of the manifests, the lock files and the script that installs tools, as the page must present them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The function's default target, which may differ from the machine of the test.
const TARGET: &str = "aarch64-unknown-linux-gnu";

/// The folders with a list and a lock file for npm.
pub const NPM: [&str; 2] = [".ci/node", ".ci/browser"];

/// What a dependency is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The function.
    Function,
    /// Features of the package, without those that they enable.
    Features(&'static [&'static str]),
    /// Tests, benchmarks and examples.
    Tests,
}

/// The dependencies in the function's manifest: name, version, features, licence and home page.
///
/// Those of the tests come from several manifests; for a crate that the function also has, they are the additional
/// features.
pub fn of_the_function(kind: Kind) -> BTreeSet<String> {
    let metadata = metadata("Cargo.toml", &["--all-features", "--filter-platform", TARGET]);
    let package = function(&metadata);
    let is_linked = |dependency: &&Value| dependency["kind"].is_null() && dependency["optional"] == false;
    let mut requested = Requested::default();
    match kind {
        Kind::Function => requested.add(dependencies(package).filter(is_linked)),
        Kind::Features(names) => {
            let enabled: BTreeSet<String> = names.iter().flat_map(|name| enabled(package, name)).collect();
            let is_enabled =
                |dependency: &&Value| dependency["kind"].is_null() && enabled.contains(text(&dependency["name"]));
            requested.add(dependencies(package).filter(is_enabled));
        }
        Kind::Tests => {
            let mut linked = Requested::default();
            linked.add(dependencies(package).filter(is_linked));
            requested.add(dependencies(package).filter(|dependency| dependency["kind"] == "dev"));
            for member in ["mail-feedback-test-support", "mail-feedback-test-harness", "mail-feedback-fuzz-targets"] {
                requested.add(dependencies(named(&metadata, member)));
            }
            requested = requested.beside(&linked);
        }
    }
    let of =
        |name: &str, version: &str, features| format!("{}. {}", head(name, version, features), origin(&metadata, name));
    requested.0.iter().map(|(name, (version, features))| of(name, version, features)).collect()
}

/// The dependencies in the fuzzing manifest, except for its targets: name, version and features.
pub fn fuzzing() -> BTreeSet<String> {
    let metadata = metadata("fuzz/Cargo.toml", &["--no-deps"]);
    let mut requested = Requested::default();
    requested.add(dependencies(&metadata["packages"][0]));
    requested.0.iter().map(|(name, (version, features))| head(name, version, features)).collect()
}

/// Crates by name, with the version and the features that manifests request.
#[derive(Default)]
struct Requested(BTreeMap<String, (String, BTreeSet<String>)>);

impl Requested {
    /// Adds dependencies, except for this project's own crates.
    fn add<'d>(&mut self, dependencies: impl Iterator<Item = &'d Value>) {
        for dependency in dependencies.filter(|dependency| dependency["path"].is_null()) {
            let (name, version) = (text(&dependency["name"]), text(&dependency["req"]).trim_start_matches('^'));
            let (known, features) =
                self.0.entry(name.to_owned()).or_insert_with(|| (version.to_owned(), BTreeSet::new()));
            assert_eq!(known, version, "{name} is asked for in two versions");
            let default = dependency["uses_default_features"].as_bool().expect("a boolean").then_some("default");
            features.extend(array(&dependency["features"]).iter().map(text).chain(default).map(str::to_owned));
        }
    }

    /// What is requested in addition to others: other crates, and further features.
    fn beside(self, others: &Self) -> Self {
        let further = self.0.into_iter().filter_map(|(name, (version, features))| {
            let Some((known, others)) = others.0.get(&name) else { return Some((name, (version, features))) };
            assert_eq!(*known, version, "{name} is asked for in two versions");
            let features: BTreeSet<_> = features.difference(others).cloned().collect();
            (!features.is_empty()).then_some((name, (version, features)))
        });
        Self(further.collect())
    }
}

/// The features of the function's manifest, by name.
pub fn features() -> BTreeSet<String> {
    let metadata = metadata("Cargo.toml", &["--no-deps"]);
    function(&metadata)["features"].as_object().expect("features").keys().cloned().collect()
}

/// The crates linked into the function, by name, without itself; derive macros run only at build time.
pub fn crates_linked() -> Vec<String> {
    let edges = ["tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--target", TARGET];
    let tree = cargo(&edges);
    let crates: BTreeSet<_> = tree.lines().skip(1).map(|line| line.trim_end_matches(" (*)")).collect();
    crates.iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// The optional dependencies that a feature enables.
fn enabled(package: &Value, feature: &str) -> BTreeSet<String> {
    let switched_on = array(&package["features"][feature]).iter().map(text);
    switched_on.filter_map(|name| name.strip_prefix("dep:")).map(str::to_owned).collect()
}

fn function(metadata: &Value) -> &Value {
    named(metadata, "mail-feedback")
}

fn named<'m>(metadata: &'m Value, name: &str) -> &'m Value {
    let found = array(&metadata["packages"]).iter().find(|package| package["name"] == name);
    found.unwrap_or_else(|| panic!("no package {name}"))
}

/// The tools that `.ci/tools` installs: name and version.
pub fn tools() -> BTreeSet<String> {
    let script = read(".ci/tools");
    let mut tools = BTreeSet::new();
    for line in script.lines() {
        let words: Vec<_> = line.split_whitespace().skip_while(|word| *word != "pip_list").collect();
        if let ["pip_list", _, list, ..] = words.as_slice()
            && let Some(names) = line.split('\'').nth(1)
        {
            let pins = pins(&format!(".ci/python/{list}.txt"));
            for name in names.split(' ') {
                let version = pins.get(name).unwrap_or_else(|| panic!("{list} lacks {name}"));
                tools.insert(format!("`{name}` {version}"));
            }
        }
        let words: Vec<_> = line.split_whitespace().skip_while(|word| *word != "cargo_program").collect();
        if let ["cargo_program", name, version, ..] = words.as_slice() {
            tools.insert(format!("`{name}` {version}"));
        }
    }
    tools.extend(pins("tests/e2e/requirements.txt").iter().map(|(name, version)| format!("`{name}` {version}")));
    for folder in NPM {
        let requested = json(&format!("{folder}/package.json"));
        let requested = requested["dependencies"].as_object().expect("dependencies");
        tools.extend(requested.iter().map(|(name, version)| format!("`{name}` {}", text(version))));
    }
    tools
}

/// The packages in a pip list, with their exact versions.
pub fn pins(list: &str) -> BTreeMap<String, String> {
    let text = read(list);
    let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once("=="));
    lines.map(|(name, version)| (name.to_owned(), version.trim_end_matches(" \\").to_owned())).collect()
}

/// The names of the pip lists.
pub fn lists() -> Vec<String> {
    let files = std::fs::read_dir(root().join(".ci/python")).expect("lists");
    files.map(|file| format!(".ci/python/{}", file.expect("a list").file_name().to_string_lossy())).collect()
}

/// A JSON file.
pub fn json(name: &str) -> Value {
    serde_json::from_str(&read(name)).expect("JSON")
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    array(&package["dependencies"]).iter()
}

/// Name, version and features of a dependency.
fn head(name: &str, version: &str, features: &BTreeSet<String>) -> String {
    let features = features.iter().map(|feature| format!("`{feature}`")).collect::<Vec<_>>().join(", ");
    let features = if features.is_empty() { "no features" } else { &features };
    format!("`{name}` {version}: {features}")
}

/// Licence and home page of a dependency, as resolved for this project.
fn origin(metadata: &Value, name: &str) -> String {
    let nodes = array(&metadata["resolve"]["nodes"]);
    let members = array(&metadata["workspace_members"]);
    let ours = nodes.iter().filter(|node| members.contains(&node["id"]));
    let resolved: Vec<_> = ours.flat_map(|node| array(&node["deps"])).map(|dep| &dep["pkg"]).collect();
    let mut packages = array(&metadata["packages"]).iter();
    let found = packages.find(|package| package["name"] == name && resolved.contains(&&package["id"]));
    let package = found.unwrap_or_else(|| panic!("{name} is not resolved"));
    let home = text(&package["repository"]).trim_start_matches("https://github.com/").trim_end_matches('/');
    format!("{}, {home}.", text(&package["license"]))
}

fn array(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn metadata(manifest: &str, arguments: &[&str]) -> Value {
    let fixed = ["metadata", "--locked", "--format-version", "1", "--manifest-path", manifest];
    serde_json::from_str(&cargo(&[&fixed, arguments].concat())).expect("metadata")
}

/// The output of the cargo that runs the tests.
fn cargo(arguments: &[&str]) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program).args(arguments).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A file of the repository.
pub fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|_| panic!("no file {name}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
