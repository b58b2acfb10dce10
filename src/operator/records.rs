//! The rows of a list: a line each, except that a quoted field of CSV may contain line breaks (RFC 4180, section 2).

use std::collections::VecDeque;

use super::csv::Place;
use super::failure::Failure;
use super::lines::{Line, Lines, MAX_LINE_BYTES};

/// A row, and how many lines it has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) line: Line,
    pub(super) lines: u64,
}

/// The rows of a list, in order.
pub(super) struct Records {
    lines: Lines,
    has_quotes: bool,
    /// Lines that were read ahead in search of the end of a quoted field.
    ahead: VecDeque<Line>,
}

impl Records {
    /// The rows of these lines; without `has_quotes`, each line is one.
    pub(super) const fn new(lines: Lines, has_quotes: bool) -> Self {
        Self { lines, has_quotes, ahead: VecDeque::new() }
    }

    /// The next row; `None` at the end.
    ///
    /// A row whose quotes do not close properly within [`MAX_LINE_BYTES`] is its first line only, so that a slip spoils one
    /// row and not the rest of the list.
    pub(super) async fn next(&mut self) -> Result<Option<Record>, Failure> {
        let Some(first) = self.line().await? else { return Ok(None) };
        let mut place = match &first {
            Line::Bytes(bytes) if self.has_quotes => Place::default().after(bytes),
            Line::Bytes(_) | Line::TooLong => Place::Plain,
        };
        let mut bytes = first.len();
        let mut more = VecDeque::new();
        while place == Place::Quoted {
            let Some(line) = self.line().await? else { break };
            bytes = bytes.saturating_add(line.len());
            place = match &line {
                Line::Bytes(line) if bytes <= MAX_LINE_BYTES => place.after(line),
                Line::Bytes(_) | Line::TooLong => Place::Torn,
            };
            more.push_back(line);
        }
        if matches!(place, Place::Quoted | Place::Torn) {
            more.append(&mut self.ahead);
            self.ahead = more;
            return Ok(Some(Record { line: first, lines: 1 }));
        }
        let lines = u64::try_from(more.len()).unwrap_or(u64::MAX).saturating_add(1);
        Ok(Some(Record { line: more.into_iter().fold(first, Line::joined), lines }))
    }

    async fn line(&mut self) -> Result<Option<Line>, Failure> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Records};
    use crate::operator::lines::Lines;

    /// The rows of a text, and how many lines each has.
    async fn rows(text: &str) -> Result<Vec<(String, u64)>, &'static str> {
        let mut records = Records::new(Lines::of(text.as_bytes().to_vec()).map_err(|_| "a thread")?, true);
        let mut rows = Vec::new();
        while let Some(record) = records.next().await.map_err(|_| "a row")? {
            let Line::Bytes(bytes) = record.line else { return Err("a line") };
            rows.push((String::from_utf8(bytes).map_err(|_| "text")?, record.lines));
        }
        Ok(rows)
    }

    #[tokio::test]
    async fn a_quoted_field_may_contain_line_breaks() -> Result<(), &'static str> {
        for whole in [
            "a,b\n",
            "a,\"b\nc\"\n",
            "a,\"b\r\n\r\nc\" ,d\r\n",
            "a,\"b \"\"x\"\"\nc\"",
            "\u{feff}\"a\nb\",c\n",
            " \"\n\"\n",
            "a\"b,c\n",
        ] {
            let lines = u64::try_from(whole.lines().count()).unwrap_or_default();
            let expected = vec![(whole.to_owned(), lines), ("next\n".to_owned(), 1)];
            let end = if whole.ends_with('\n') { "" } else { "\n" };
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(row, lines)| if row == whole { (row + end, lines) } else { (row, lines) })
                .collect();
            assert_eq!(rows(&format!("{whole}{end}next\n")).await?, expected, "{whole:?}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_quote_that_does_not_close_spoils_one_row() -> Result<(), &'static str> {
        let long = format!("\"{}\n", "x".repeat(60_000));
        for text in ["\"a\nb\nc\n", "a,\"b\nc\nd,\"e\"\n", &format!("a,{long}b\n{}c\"\n", &long[1..])] {
            let expected: Vec<_> = text.split_inclusive('\n').map(|line| (line.to_owned(), 1)).collect();
            assert_eq!(rows(text).await?, expected);
        }
        Ok(())
    }
}
