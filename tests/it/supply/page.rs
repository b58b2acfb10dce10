//! The page on dependencies: sections with entries, each of a heading and a reason.

use std::collections::BTreeSet;
use std::path::Path;

/// The page.
pub struct Page(String);

impl Page {
    /// Reads the page.
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/dependencies.md");
        Self(std::fs::read_to_string(path).expect("a page on dependencies"))
    }

    /// The whole page.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The entries of a section: the first line, and the rest joined into one line.
    pub fn entries(&self, section: &str) -> Vec<(String, String)> {
        let start = format!("\n## {section}\n");
        let (_, rest) = self.0.split_once(&start).unwrap_or_else(|| panic!("no section {section}"));
        let text = rest.split("\n## ").next().unwrap_or_default();
        let items = text.split("\n- ").skip(1).map(|item| item.split("\n\n").next().unwrap_or_default());
        items.map(|item| item.split_once('\n').unwrap_or((item, ""))).map(entry).collect()
    }

    /// The first lines of the entries of a section.
    pub fn heads(&self, section: &str) -> BTreeSet<String> {
        let entries = self.entries(section);
        let heads: BTreeSet<_> = entries.iter().map(|(head, _)| head.clone()).collect();
        assert_eq!(heads.len(), entries.len(), "{section} names something twice");
        heads
    }
}

fn entry((head, reason): (&str, &str)) -> (String, String) {
    (head.to_owned(), reason.split_whitespace().collect::<Vec<_>>().join(" "))
}
