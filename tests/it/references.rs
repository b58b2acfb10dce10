//! Every rule, section and attack case that the code names exists on the project's own pages.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The pages, by the word that refers to them.
struct Pages {
    rules: BTreeSet<u32>,
    sections: BTreeSet<u32>,
    cases: BTreeSet<u32>,
}

impl Pages {
    fn read() -> Self {
        let decisions = text("src/guide/decisions.md");
        let (_, rules) = decisions.split_once("\n## General rules\n").expect("the general rules");
        let rules = rules.split("\n## ").next().unwrap_or_default();
        Self {
            rules: numbered(rules, "").collect(),
            sections: numbered(&text("src/guide/design.md"), "## ").collect(),
            cases: numbered(&text("tests/it/attacks/CASES.md"), "").collect(),
        }
    }

    /// The references in a file that no page resolves.
    fn unresolved(&self, text: &str) -> Vec<String> {
        let text = text.to_lowercase().replace("\n//! ", " ").replace("\n    /// ", " ").replace("\n/// ", " ");
        let kinds =
            [("rule ", &self.rules), ("section ", &self.sections), ("case ", &self.cases), ("cases ", &self.cases)];
        kinds.iter().flat_map(|(word, known)| missing(&text, word, known)).collect()
    }
}

/// The unknown numbers after a word, including both ends of a range. The sections of an RFC are not ours.
fn missing(text: &str, word: &str, known: &BTreeSet<u32>) -> Vec<String> {
    let mut missing = Vec::new();
    for (at, _) in text.match_indices(word) {
        let before = &text[..at];
        let of_a_standard = before.chars().rev().take(24).collect::<String>().contains("cfr");
        if of_a_standard || before.ends_with(|char: char| char.is_alphanumeric() || char == '_') {
            continue;
        }
        let mut words = text[at + word.len()..].split_whitespace();
        let first = words.next().and_then(number);
        let last = if words.next() == Some("to") { words.next().and_then(number) } else { None };
        let named = [first, last].into_iter().flatten();
        missing.extend(named.filter(|number| !known.contains(number)).map(|number| format!("{word}{number}")));
    }
    missing
}

fn number(word: &str) -> Option<u32> {
    word.trim_end_matches(|char: char| !char.is_ascii_digit()).parse().ok()
}

/// The numbers at the beginning of a page's lines, after a prefix.
fn numbered<'p>(page: &'p str, prefix: &'p str) -> impl Iterator<Item = u32> + 'p {
    let lines = page.lines().filter_map(move |line| line.strip_prefix(prefix)?.split_once(". "));
    lines.filter_map(|(number, _)| number.parse().ok())
}

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no page {}", path.display()))
}

/// The Rust files below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("references.rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_reference_in_the_code_resolves() {
    let pages = Pages::read();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches", "examples", "fuzz/fuzz_targets"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 100, "the sources were found");
    let unresolved: Vec<_> = files
        .iter()
        .flat_map(|path| {
            let text = std::fs::read_to_string(path).expect("a source");
            pages.unresolved(&text).into_iter().map(move |what| format!("{}: {what}", path.display()))
        })
        .collect();
    assert_eq!(unresolved, Vec::<String>::new());
}

#[test]
fn an_unresolved_reference_is_found() {
    let pages = Pages::read();
    assert_eq!(pages.unresolved("// General rule 7; RFC 3464, section 99; design section 4."), Vec::<String>::new());
    let text = "//! Cases 1 to 99 of the list; rule 42.\n//! See section 77.";
    assert_eq!(pages.unresolved(text), ["rule 42", "section 77", "cases 99"]);
}

#[test]
fn the_lists_are_numbered_without_a_gap() {
    let pages = Pages::read();
    for (name, numbers) in [("rules", &pages.rules), ("sections", &pages.sections), ("cases", &pages.cases)] {
        let expected: BTreeSet<u32> = (1..=u32::try_from(numbers.len()).expect("a small list")).collect();
        assert_eq!(*numbers, expected, "{name}");
    }
    assert_eq!(pages.cases.len(), 88);
}
