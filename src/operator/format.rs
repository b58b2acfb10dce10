//! The formats in which suppressions are exported and imported.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::csv::{self, Formulas};

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

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// The columns of CSV, in order.
pub(super) const COLUMNS: [&str; 8] = ["address", "scope", "reason", "since", "at", "until", "provider", "code"];

/// One suppression of a list, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    /// The address.
    pub address: String,
    /// The sends it applies to.
    #[serde(default = "everything")]
    pub scope: String,
    /// Why.
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

/// Reads lines of one format, in order.
pub(super) struct Reader {
    format: Format,
    columns: Option<Vec<String>>,
    /// Whether a line has been read: only the first may be a heading.
    begun: bool,
}

impl Reader {
    /// A reader before the first line.
    pub(super) const fn new(format: Format) -> Self {
        Self { format, columns: None, begun: false }
    }

    /// Reads a line; `None` if it is empty, or the heading.
    pub(super) fn read(&mut self, line: &str) -> Result<Option<Row>, String> {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            return Ok(None);
        }
        let first = !std::mem::replace(&mut self.begun, true);
        match self.format {
            Format::Csv => self.csv(&csv::split(line, Formulas::Defused)?),
            Format::Ndjson => json(line).map(Some),
            Format::Ses if line.starts_with('{') => json(line).and_then(ses).map(Some),
            Format::Ses => match csv::split(line, Formulas::Kept)?.as_slice() {
                [address, _] if address.eq_ignore_ascii_case("emailAddress") => Ok(None),
                [address, reason] => {
                    let (email_address, reason) = (address.clone(), reason.clone());
                    ses(SesRow { email_address, reason, last_update_time: None }).map(Some)
                }
                _ => Err("not of the form address,BOUNCE or address,COMPLAINT".to_owned()),
            },
            Format::Mailjet => Ok(mailjet(&csv::split(line, Formulas::Kept)?, first)),
        }
    }

    fn csv(&mut self, fields: &[String]) -> Result<Option<Row>, String> {
        let columns = match &self.columns {
            Some(columns) => columns,
            None if fields.iter().any(|field| field == "address") => {
                self.columns = Some(fields.to_vec());
                return Ok(None);
            }
            None => self.columns.insert(COLUMNS.map(str::to_owned).to_vec()),
        };
        if fields.len() > columns.len() {
            return Err(format!("{} fields instead of {}", fields.len(), columns.len()));
        }
        let field = |name: &str| {
            let found = columns.iter().zip(fields).find(|(column, _)| *column == name);
            found.map(|(_, field)| field.clone()).filter(|field| !field.is_empty())
        };
        Ok(Some(Row {
            address: field("address").ok_or("no address")?,
            scope: field("scope").unwrap_or_else(everything),
            reason: field("reason").ok_or("no reason")?,
            since: field("since"),
            at: field("at"),
            until: field("until"),
            provider: field("provider"),
            code: field("code"),
            spelling: None,
        }))
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
    let is_heading = first && !address.contains('@') && address.to_ascii_lowercase().contains("mail");
    (!is_heading).then(|| Row {
        address: address.clone(),
        scope: "provider:mailjet".to_owned(),
        reason: "provider_block".to_owned(),
        provider: Some("mailjet".to_owned()),
        ..Row::default()
    })
}
