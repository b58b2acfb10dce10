//! Makes output safe for terminals and programs, whatever text from outside it contains.

use std::io::{Error, ErrorKind, Result, Write};

use crate::text::is_control;

/// The audience of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A person at a terminal: control characters become spaces.
    Person,
    /// A program, which reads JSON: control characters are escaped, and so kept.
    Program,
    /// A file whose format has its own rules: nothing is changed.
    File,
}

/// A text writer for one audience.
pub struct Sanitizer<'w> {
    out: &'w mut dyn Write,
    audience: Audience,
}

impl<'w> Sanitizer<'w> {
    /// Creates a writer that makes text safe for `audience` before it goes to `out`.
    pub fn new(out: &'w mut dyn Write, audience: Audience) -> Self {
        Self { out, audience }
    }
}

impl Write for Sanitizer<'_> {
    /// Accepts whole characters only; formatted text consists of whole characters.
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let text = str::from_utf8(bytes).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
        match self.audience {
            Audience::Person => self.out.write_all(sanitize_lines(text).as_bytes())?,
            Audience::Program => self.out.write_all(escape_controls(text).as_bytes())?,
            Audience::File => self.out.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.out.flush()
    }
}

/// Foreign text as one line, with spaces for control characters.
#[must_use]
pub fn sanitize(text: &str) -> String {
    text.chars().map(|char| if is_control(char) { ' ' } else { char }).collect()
}

/// The same for text of several lines.
#[must_use]
pub fn sanitize_lines(text: &str) -> String {
    text.chars().map(|char| if is_control(char) && char != '\n' { ' ' } else { char }).collect()
}

/// JSON with `\u` escapes for control characters that JSON itself permits; existing escapes are unchanged.
#[must_use]
pub fn escape_controls(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for char in json.chars() {
        if is_control(char) && !char.is_ascii_whitespace() {
            escaped.extend(["\\u", &format!("{:04x}", u32::from(char))]);
        } else {
            escaped.push(char);
        }
    }
    escaped
}
