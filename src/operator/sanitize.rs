//! Output that steers neither a terminal nor a program, whatever text of others is in it.

use std::io::{Error, ErrorKind, Result, Write};

/// Whom an output is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A person at a terminal: what steers becomes a space.
    Person,
    /// A program, which reads JSON: what steers is escaped, and so kept.
    Program,
    /// A file whose format has its own rules: all is left as it is.
    File,
}

/// A writer of text for one of them.
pub struct Sanitizer<'w> {
    out: &'w mut dyn Write,
    audience: Audience,
}

impl<'w> Sanitizer<'w> {
    /// Writes to `out` what `audience` may get.
    pub fn new(out: &'w mut dyn Write, audience: Audience) -> Self {
        Self { out, audience }
    }
}

impl Write for Sanitizer<'_> {
    /// Takes whole characters only; formatted text always is.
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

/// Whether a character could steer a terminal (C0, DEL and C1), break a line, or turn the direction of the text after it.
#[must_use]
pub fn is_steering(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text of others on one line, with spaces for what steers.
#[must_use]
pub fn sanitize(text: &str) -> String {
    text.chars().map(|char| if is_steering(char) { ' ' } else { char }).collect()
}

/// The same for what is written with lines of its own.
#[must_use]
pub fn sanitize_lines(text: &str) -> String {
    text.chars().map(|char| if is_steering(char) && char != '\n' { ' ' } else { char }).collect()
}

/// JSON with `\u` escapes for what steers and JSON itself lets stand; its own escapes are left alone.
#[must_use]
pub fn escape_controls(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for char in json.chars() {
        if is_steering(char) && !char.is_ascii_whitespace() {
            escaped.extend(["\\u", &format!("{:04x}", u32::from(char))]);
        } else {
            escaped.push(char);
        }
    }
    escaped
}
