//! Runs the fuzzers of `fuzz/` without cargo-fuzz: on their committed corpus, and on a fixed number of mutations of it.
//!
//! The mutations are the same in every run. `make fuzz` searches further, guided by coverage.

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use fuzz_targets::ALL;
use support::seeded::Seeded;

use crate::disorder::print_uncaptured;

/// The longest generated input, in bytes.
const MAX_BYTES: usize = 8 * 1024;
/// Tokens that often break JSON and mail parsers.
const TOKENS: [&str; 28] = [
    "null",
    "true",
    "-0",
    "1e999",
    "1E-999",
    "18446744073709551616",
    "\"\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "[]",
    "{}",
    "[",
    "{",
    "]",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    "\"event\":",
    "\"detail\":{",
    "@",
    "<a@b.c>",
    "xn--",
    "\u{130}",
    "\u{feff}",
    "\u{202e}",
    "\u{fdfa}",
];

/// The folder of the committed corpora.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// The committed inputs of a fuzzer, by name.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = folder().join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("no corpus of the fuzzer {target}"));
    let paths: BTreeSet<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Makes one to four changes to one input, some of them with parts of the others.
fn mutated(corpus: &[Vec<u8>], random: &mut Seeded) -> Vec<u8> {
    let mut input = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() + 1);
        let end = (at + random.below(40)).min(input.len());
        match random.below(8) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 if at < input.len() => input[at] = u8::try_from(random.below(256)).unwrap(),
            2 => drop(input.drain(at..end)),
            3 => {
                let copied = input[at..end].to_vec();
                let place = random.below(input.len() + 1);
                drop(input.splice(place..place, copied));
            }
            4 => {
                let repeated = input[at..end].repeat(1 + random.below(30));
                drop(input.splice(at..at, repeated));
            }
            5 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len() + 1);
                let to = (from + random.below(200)).min(other.len());
                drop(input.splice(at..end, other[from..to].iter().copied()));
            }
            _ => drop(input.splice(at..end.min(at + random.below(4)), random.pick(&TOKENS).bytes())),
        }
        input.truncate(MAX_BYTES);
    }
    input
}

/// Runs a fuzzer on its corpus and this many mutations.
fn run(name: &str, mutations: usize) {
    let target = ALL.into_iter().find(|target| target.name == name).unwrap();
    let corpus = corpus(name);
    let started = Instant::now();
    let mut random = Seeded::new(0);
    let executions = corpus.len() + mutations;
    for nth in 0..executions {
        let input = corpus.get(nth).cloned().unwrap_or_else(|| mutated(&corpus, &mut random));
        let holds = catch_unwind(|| (target.run)(&input)).is_ok();
        assert!(holds, "{name}, execution {nth}: b\"{}\"", input.escape_ascii());
    }
    let seconds = started.elapsed().as_secs_f64();
    print_uncaptured(&format!(
        "fuzzed: {name}, {executions} executions, {} of them committed, {seconds:.1} s",
        corpus.len()
    ));
}

macro_rules! fuzzed {
    ($($name:ident: $mutations:literal),+ $(,)?) => {
        /// The fuzzers that run here.
        const RUN: &[&str] = &[$(stringify!($name)),+];

        $(#[test] fn $name() { run(stringify!($name), $mutations); })+
    };
}

fuzzed! {
    address: 6_000,
    certificate: 1_000,
    changes: 2_000,
    envelope: 10_000,
    invocation: 400,
    mailjet: 1_500,
    merge: 400,
    question: 4_000,
    ses: 400,
    tencent: 2_000,
    timestamp: 6_000,
    token: 6_000,
}

#[test]
fn every_fuzzer_is_run_here_and_by_cargo_fuzz() {
    assert_eq!(ALL.map(|target| target.name), RUN);
    let manifest = std::fs::read_to_string(folder().join("../Cargo.toml")).unwrap();
    for name in RUN {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"")), "{name}");
        assert!(corpus(name).iter().all(|input| input.len() <= MAX_BYTES), "{name}");
    }
}

/// The packages of a lock as name and version.
fn locked(path: &str) -> BTreeSet<(String, String)> {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
        line.map(|line| line.trim_end_matches('"').to_owned())
    };
    lock.split("[[package]]").filter_map(|block| Some((value(block, "name")?, value(block, "version")?))).collect()
}

/// What is fuzzed is what is deployed, although cargo has a separate lock file for it.
#[test]
fn the_fuzzers_have_the_dependencies_of_the_function() {
    let (function, fuzzers) = (locked("Cargo.lock"), locked("fuzz/Cargo.lock"));
    let of_their_own = ["arbitrary", "libfuzzer-sys", "mail-feedback-fuzz"];
    let others = fuzzers.difference(&function).filter(|(name, _)| !of_their_own.contains(&name.as_str()));
    let others: Vec<_> = others.collect();
    assert!(others.is_empty(), "copy Cargo.lock to fuzz/ and run cargo metadata there: {others:?}");
    assert!(fuzzers.len() > 100);
}
