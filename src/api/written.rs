//! Answers as JSON, within what Lambda returns.

use std::io::{self, Write};

use serde_json::value::RawValue;

use super::{Answers, Flaw};

/// The longest answer, in bytes: Lambda returns at most 6 MB, and fails the invocation otherwise.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
pub const MAX_ANSWER_BYTES: usize = 5_900_000;

/// Bytes up to a limit.
#[derive(Default)]
struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) > MAX_ANSWER_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Answers {
    /// The answers as JSON, written once.
    ///
    /// # Errors
    /// They are longer than [`MAX_ANSWER_BYTES`].
    pub fn to_json(&self) -> Result<Box<RawValue>, Flaw> {
        let mut json = Limited::default();
        serde_json::to_writer(&mut json, self).map_err(|_| Flaw::Size)?;
        let json = String::from_utf8(json.0).map_err(|_| Flaw::Size)?;
        RawValue::from_string(json).map_err(|_| Flaw::Size)
    }
}
