//! The formats in which suppressions are exported and imported.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::csv::{self, Formulas};
use super::header_row::{self, COLUMNS, Renamed};
use super::lines::{Line, MAX_LINE_BYTES};
use crate::event::Reason;
use crate::timestamp::Timestamp;

/// A format of suppressions, one per line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// address,scope,reason,since,at,until,provider,code
    Csv,
    /// the same columns, as one JSON object per line
    Ndjson,
    /// the bulk import of the SES account suppression list: address,BOUNCE|COMPLAINT
    Ses,
    /// an exclusion list of Mailjet: one address per line
    Mailjet,
}

impl Format {
    /// Whether a quoted field may contain line breaks (RFC 4180, section 2). The other formats have one row per line.
    pub(super) const fn has_quotes(self) -> bool {
        match self {
            Self::Csv | Self::Mailjet => true,
            Self::Ndjson | Self::Ses => false,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// One suppression of a list, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    /// The address.
    pub address: String,
    /// The sends it applies to.
    #[serde(default = "everything")]
    pub scope: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Since when.
    #[serde(default)]
    pub since: Option<String>,
    /// The latest event that confirmed it, if not the first.
    #[serde(default)]
    pub at: Option<String>,
    /// When it expires.
    #[serde(default)]
    pub until: Option<String>,
    /// Who reported it.
    #[serde(default)]
    pub provider: Option<String>,
    /// The provider's code.
    #[serde(default)]
    pub code: Option<String>,
    /// The address as reported, which SES matches exactly.
    #[serde(skip)]
    pub spelling: Option<String>,
}

fn everything() -> String {
    "*".to_owned()
}

/// A line of the SES bulk import; also an entry in the answer of `list-suppressed-destinations`.
#[derive(Serialize, Deserialize)]
struct SesRow {
    #[serde(rename = "emailAddress", alias = "EmailAddress")]
    email_address: String,
    #[serde(rename = "reason", alias = "Reason")]
    reason: String,
    #[serde(default, rename = "lastUpdateTime", alias = "LastUpdateTime", skip_serializing)]
    last_update_time: Option<String>,
}

/// The CSV line of a row.
pub(super) fn csv_line(row: &Row) -> String {
    let Row { address, scope, reason, since, at, until, provider, code, .. } = row;
    let rest = [since, at, until, provider, code].map(|field| field.as_deref().unwrap_or_default());
    csv::join([address, scope, reason].map(String::as_str).into_iter().chain(rest), Formulas::Defused)
}

/// The line for SES from the rows of one address: SES knows only bounces and complaints, one reason per address and no
/// expiry, so suppressions that expire are omitted.
pub(super) fn ses_line(rows: &[Row], json: bool) -> Option<String> {
    let reason_of = |row: &Row| match row.reason.as_str() {
        "complaint" => Some("COMPLAINT"),
        "hard_bounce" | "invalid_address" => Some("BOUNCE"),
        _ => None,
    };
    let concerned = rows.iter().filter(|row| matches!(row.scope.as_str(), "*" | "provider:ses") && row.until.is_none());
    // `COMPLAINT` is the greater one, and no later delivery disproves it.
    let (reason, row) =
        concerned.filter_map(|row| Some((reason_of(row)?, row))).max_by(|one, other| one.0.cmp(other.0))?;
    let address = row.spelling.as_ref().unwrap_or(&row.address).clone();
    if !json {
        return Some(csv::join([address.as_str(), reason], Formulas::Kept));
    }
    let line = SesRow { email_address: address, reason: reason.to_owned(), last_update_time: None };
    serde_json::to_string(&line).ok()
}

/// The line for an exclusion list from the rows of one address, if one of them blocks all mail through Mailjet forever.
pub(super) fn mailjet_line(rows: &[Row]) -> Option<String> {
    let concerns = |row: &&Row| matches!(row.scope.as_str(), "*" | "provider:mailjet") && row.until.is_none();
    let row = rows.iter().find(concerns)?;
    Some(csv::join([row.spelling.as_ref().unwrap_or(&row.address).as_str()], Formulas::Kept))
}

/// Why a line gives no row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    /// The row is rejected; the next one may be valid.
    Row(String),
    /// The first line shows that the list has another format.
    List(String),
}

impl From<String> for ReadError {
    fn from(text: String) -> Self {
        Self::Row(text)
    }
}

/// Reads lines of one format, in order.
pub(super) struct Reader<'r> {
    format: Format,
    renamed: &'r [Renamed],
    /// Whether a row without a time has one anyway.
    is_dated: bool,
    /// The reason of a row without one.
    reason: Option<Reason>,
    columns: Option<Vec<&'static str>>,
    /// Whether a line has been read: only the first may be a header row.
    begun: bool,
}

impl<'r> Reader<'r> {
    /// A reader before the first line; `is_dated`: rows need no time of their own.
    pub(super) const fn new(format: Format, renamed: &'r [Renamed], is_dated: bool, reason: Option<Reason>) -> Self {
        Self { format, renamed, is_dated, reason, columns: None, begun: false }
    }

    /// Reads a line; `None` if it is empty, or the header row.
    pub(super) fn read(&mut self, line: &Line) -> Result<Option<Row>, ReadError> {
        let line = self.text(line)?.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            return Ok(None);
        }
        let first = !std::mem::replace(&mut self.begun, true);
        if first && self.format != Format::Csv && !self.fits(line) {
            let format = self.format;
            return Err(ReadError::List(format!("not a list in the format {format}; {}", header_row::found(line))));
        }
        if first && self.format == Format::Ses && !self.is_dated && !line.starts_with('{') {
            let advice = "give the time of its rows with --at <time>";
            return Err(ReadError::List(format!(
                "a list of address,BOUNCE or address,COMPLAINT has no times; {advice}"
            )));
        }
        match self.format {
            Format::Csv if first => self.begin_csv(line),
            Format::Csv => self.csv(line),
            Format::Ndjson if first => {
                let row = json(line).map_err(|why| not_a_row(&why))?;
                self.with_reason(row).map(Some).map_err(ReadError::List)
            }
            Format::Ndjson => Ok(Some(self.with_reason(json(line)?)?)),
            Format::Ses if first && line.starts_with('{') => ses_row(line).map_err(|why| not_a_row(&why)),
            Format::Ses => Ok(ses_row(line)?),
            Format::Mailjet => Ok(mailjet(&csv::split(line, Formulas::Kept)?, first)),
        }
    }

    fn text<'l>(&self, line: &'l Line) -> Result<&'l str, ReadError> {
        let text = match line {
            Line::TooLong => Err(format!("longer than {MAX_LINE_BYTES} bytes")),
            Line::Bytes(bytes) if self.begun => str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned()),
            Line::Bytes(bytes) => header_row::text(bytes),
        };
        text.map_err(if self.begun { ReadError::Row } else { ReadError::List })
    }

    /// Whether a line can be the first of a list in a format with fixed columns.
    fn fits(&self, line: &str) -> bool {
        let fields = csv::split(line, Formulas::Kept).unwrap_or_default();
        let is_address = |field: &String| field.contains('@');
        match (self.format, fields.as_slice()) {
            (Format::Csv, _) => true,
            (Format::Ndjson | Format::Ses, _) if line.starts_with('{') => true,
            (Format::Ses, [address, _]) => is_ses_header(address) || is_address(address),
            (Format::Mailjet, _) if header_row::is_separated(line) => false,
            (Format::Mailjet, [address, ..]) if is_address(address) => true,
            (Format::Mailjet, fields) => mailjet(fields, true).is_none(),
            (Format::Ndjson | Format::Ses, _) => false,
        }
    }

    fn begin_csv(&mut self, line: &str) -> Result<Option<Row>, ReadError> {
        let other = |why: String| ReadError::List(format!("{why}; {}", header_row::found(line)));
        let fields = csv::split(line, Formulas::Defused).map_err(other)?;
        self.columns = header_row::columns(&fields, self.renamed, self.reason.is_none()).map_err(other)?;
        match &self.columns {
            Some(columns) if !self.is_dated && !header_row::has_times(columns) => {
                Err(ReadError::List(header_row::without_times(line)))
            }
            Some(_) => Ok(None),
            None => self.csv(line),
        }
    }

    fn csv(&self, line: &str) -> Result<Option<Row>, ReadError> {
        let columns = self.columns.as_deref().unwrap_or(&COLUMNS);
        let row = csv_row(columns, &csv::split(line, Formulas::Defused)?)?;
        Ok(Some(self.with_reason(row)?))
    }

    /// A row whose reason is its own, or that of all rows without one.
    fn with_reason(&self, row: Row) -> Result<Row, String> {
        if !row.reason.is_empty() {
            return Ok(row);
        }
        let reason = self.reason.ok_or("no reason; fill the column reason, or give --reason")?;
        Ok(Row { reason: reason.as_str().to_owned(), ..row })
    }
}

/// Why a first line of JSON is refused: the others are no better.
fn not_a_row(why: &str) -> ReadError {
    ReadError::List(format!("{why}; write one JSON object per line, as jq --compact-output does"))
}

/// The row that a line of CSV contains.
fn csv_row(columns: &[&str], fields: &[String]) -> Result<Row, String> {
    if fields.len() > columns.len() {
        return Err(format!("{} fields instead of {}", fields.len(), columns.len()));
    }
    let field = |name: &str| {
        let found = columns.iter().zip(fields).find(|(column, _)| **column == name);
        found.map(|(_, field)| field.clone()).filter(|field| !field.is_empty())
    };
    Ok(Row {
        address: field("address").ok_or("no address")?,
        scope: field("scope").unwrap_or_else(everything),
        reason: field("reason").unwrap_or_default(),
        since: field("since"),
        at: field("at"),
        until: field("until"),
        provider: field("provider"),
        code: field("code"),
        spelling: None,
    })
}

fn is_ses_header(field: &str) -> bool {
    field.eq_ignore_ascii_case("emailAddress")
}

/// A line of the SES bulk import, or of an answer of its API.
fn ses_row(line: &str) -> Result<Option<Row>, String> {
    if line.starts_with('{') {
        return json(line).and_then(ses).map(Some);
    }
    match csv::split(line, Formulas::Kept)?.as_slice() {
        [address, _] if is_ses_header(address) => Ok(None),
        [address, reason] => {
            let (email_address, reason) = (address.clone(), reason.clone());
            ses(SesRow { email_address, reason, last_update_time: None }).map(Some)
        }
        _ => Err("not of the form address,BOUNCE or address,COMPLAINT".to_owned()),
    }
}

fn json<'l, T: Deserialize<'l>>(line: &'l str) -> Result<T, String> {
    // The parser's own message may quote the line, which contains an address.
    serde_json::from_str(line).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            format!("a field is missing or of the wrong type (column {})", error.column())
        }
        _ => format!("not JSON (column {})", error.column()),
    })
}

/// The row of an entry of SES's list, as an import has it.
pub(super) fn ses_entry(address: &str, reason: &str, at: Timestamp) -> Result<Row, String> {
    let (email_address, reason) = (address.to_owned(), reason.to_owned());
    ses(SesRow { email_address, reason, last_update_time: Some(at.to_string()) })
}

fn ses(row: SesRow) -> Result<Row, String> {
    let reason = match row.reason.trim() {
        "BOUNCE" => "hard_bounce",
        "COMPLAINT" => "complaint",
        _ => return Err("the reason is neither BOUNCE nor COMPLAINT".to_owned()),
    };
    Ok(Row {
        address: row.email_address,
        scope: everything(),
        reason: reason.to_owned(),
        since: row.last_update_time,
        provider: Some("ses".to_owned()),
        ..Row::default()
    })
}

/// An exclusion list says who, not why: it is the provider's own list and affects that provider only.
fn mailjet(fields: &[String], first: bool) -> Option<Row> {
    let address = fields.first()?;
    let is_header = first && !address.contains('@') && address.to_ascii_lowercase().contains("mail");
    (!is_header).then(|| Row {
        address: address.clone(),
        scope: "provider:mailjet".to_owned(),
        reason: "provider_block".to_owned(),
        provider: Some("mailjet".to_owned()),
        ..Row::default()
    })
}
