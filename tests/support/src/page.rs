//! The code on a page of the guide.

/// A page, and where a failure says it is.
pub struct Page {
    path: &'static str,
    text: String,
}

impl Page {
    /// Reads a page of the repository.
    pub fn read(path: &'static str) -> Self {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
        Self { path, text: std::fs::read_to_string(file).unwrap_or_else(|_| panic!("no page {path}")) }
    }

    /// The first code block of a language in the section with a heading.
    pub fn code(&self, heading: &str, language: &str) -> String {
        let section = self.section(heading);
        let start = format!("```{language}\n");
        let found = section.split_once(&start).and_then(|(_, rest)| rest.split_once("\n```"));
        found.unwrap_or_else(|| panic!("{}: no {language} under {heading}", self.path)).0.to_owned() + "\n"
    }

    /// The text below a heading, up to the next heading of the same level.
    pub fn section(&self, heading: &str) -> &str {
        let start = format!("\n## {heading}\n");
        let (_, rest) = self.text.split_once(&start).unwrap_or_else(|| panic!("{}: no {heading}", self.path));
        rest.split("\n## ").next().unwrap_or_default()
    }
}
