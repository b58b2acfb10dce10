//! The lines of a list. A thread of its own reads them, since a terminal or a pipe may make it wait, and Ctrl-C must not.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::mpsc::{Receiver, channel};

use super::failure::Failure;

/// The longest line that is read, in bytes; a row is far shorter.
pub(super) const MAX_LINE_BYTES: u64 = 65_536;
/// How many lines are read ahead.
const AHEAD: usize = 256;

/// One line of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Its bytes, perhaps with the line break.
    Bytes(Vec<u8>),
    /// It is longer than [`MAX_LINE_BYTES`].
    TooLong,
}

impl Line {
    /// Its bytes with the line break; of one that is too long, the least.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::TooLong => MAX_LINE_BYTES.saturating_add(1),
        }
    }

    /// Two lines as one.
    pub(super) fn joined(self, next: Self) -> Self {
        match (self, next) {
            (Self::Bytes(one), Self::Bytes(two)) => Self::Bytes([one, two].concat()),
            _ => Self::TooLong,
        }
    }
}

/// The lines of a list, in order.
pub(super) struct Lines {
    /// How many lines the list has; `None` if only its end will tell.
    pub(super) count: Option<usize>,
    lines: Receiver<io::Result<Line>>,
    path: Option<PathBuf>,
}

impl Lines {
    /// Opens a file, or standard input.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self { count: None, lines: read_on_a_thread(io::stdin())?, path: None });
        };
        let opened = File::open(path).and_then(|mut file| Ok((count(&mut file)?, read_on_a_thread(file)?)));
        let (count, lines) = opened.map_err(|error| failed(Some(path), &error))?;
        Ok(Self { count, lines, path: Some(path.to_owned()) })
    }

    /// The lines of bytes in memory.
    #[cfg(test)]
    pub(super) fn of(bytes: Vec<u8>) -> io::Result<Self> {
        Ok(Self { count: None, lines: read_on_a_thread(io::Cursor::new(bytes))?, path: None })
    }

    /// The next line; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Line>, Failure> {
        self.lines.recv().await.transpose().map_err(|error| failed(self.path.as_deref(), &error))
    }
}

fn failed(path: Option<&Path>, error: &io::Error) -> Failure {
    Failure::new(path.map_or_else(|| format!("standard input: {error}"), |path| format!("{}: {error}", path.display())))
}

/// The number of lines in a file; `None` for a pipe, which can be read only once.
fn count(file: &mut File) -> io::Result<Option<usize>> {
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut input = BufReader::new(&mut *file);
    let mut count = 0_usize;
    while next_line(&mut input)?.is_some() {
        count = count.saturating_add(1);
    }
    file.rewind()?;
    Ok(Some(count))
}

/// Reads lines until the end, an error, or until nobody receives them any more.
fn read_on_a_thread(input: impl Read + Send + 'static) -> io::Result<Receiver<io::Result<Line>>> {
    let (sender, receiver) = channel(AHEAD);
    let read = move || {
        let mut input = BufReader::new(input);
        while let Some(line) = next_line(&mut input).transpose() {
            let is_last = line.is_err();
            if sender.blocking_send(line).is_err() || is_last {
                break;
            }
        }
    };
    thread::Builder::new().spawn(read)?;
    Ok(receiver)
}

/// Reads a line, and of a long one no more than needed.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let read = input.by_ref().take(MAX_LINE_BYTES.saturating_add(1)).read_until(b'\n', &mut line)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > MAX_LINE_BYTES && !line.ends_with(b"\n") {
        input.skip_until(b'\n')?;
        return Ok(Some(Line::TooLong));
    }
    Ok((read > 0).then_some(Line::Bytes(line)))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Line, MAX_LINE_BYTES, next_line};

    #[test]
    fn a_long_line_is_skipped_and_the_last_may_have_no_break() -> io::Result<()> {
        let longest = "x".repeat(usize::try_from(MAX_LINE_BYTES).unwrap_or_default());
        let text = format!("a\n\n{longest}\n{longest}y\n{longest}yyy\nb\r\nc");
        let mut input = text.as_bytes();
        let bytes = |text: &str| Some(Line::Bytes(text.as_bytes().to_vec()));
        for expected in [
            bytes("a\n"),
            bytes("\n"),
            bytes(&format!("{longest}\n")),
            Some(Line::TooLong),
            Some(Line::TooLong),
            bytes("b\r\n"),
            bytes("c"),
            None,
        ] {
            assert_eq!(next_line(&mut input)?, expected);
        }
        Ok(())
    }
}
