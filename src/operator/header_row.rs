//! The first line of a list: the columns that it names, or why the list has another format.

use super::sanitize::sanitize;
use crate::address::Address;
use crate::event::Reason;
use crate::text::clip;

/// The columns of CSV, in order.
pub(super) const COLUMNS: [&str; 8] = ["address", "scope", "reason", "since", "at", "until", "provider", "code"];
/// The columns that every row needs, the latter unless the command line gives the reason.
const NEEDED: [&str; 2] = ["address", "reason"];
/// The separators of other lists.
const SEPARATORS: [(char, &str); 3] = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];
/// What to do about an unknown header row.
const ADVICE: &str = "name the columns, as --column address=email, or give another --format";
/// What to do about a header row without times.
const TIME_ADVICE: &str = "name the column, as --column since=date, or give the time of all rows, as --at 2026-01-01";
/// What to do about a list that is not text.
const TEXT_ADVICE: &str = "save the list as text in UTF-8";
/// What to do about lines that do not end as they should.
const LINE_ADVICE: &str = "save the list with line feeds, as on Linux, or with both, as on Windows";
/// What files begin with that are not text in UTF-8.
const SIGNATURES: [(&[u8], &str); 5] = [
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"PK\x03\x04", "a spreadsheet or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet"),
    (b"\x1f\x8b", "a gzip archive"),
];
/// How much of a header row is shown, in bytes.
const SHOWN_BYTES: usize = 120;

/// The name of a column in the header row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The column.
    pub column: &'static str,
    /// Its name in the header row.
    pub name: String,
}

impl Renamed {
    /// Reads `address=email`.
    ///
    /// # Errors
    /// The column does not exist, or the name is empty.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (column, name) = text.split_once('=').unwrap_or((text, ""));
        let known = COLUMNS.into_iter().find(|known| *known == column);
        match (known, name.trim()) {
            (Some(column), name) if !name.is_empty() => Ok(Self { column, name: name.to_owned() }),
            (Some(column), _) => Err(format!("no name; give the name in the header row, such as {column}=name")),
            (None, _) => Err(format!("no such column; the columns are {}", COLUMNS.join(", "))),
        }
    }
}

/// The first line as text.
///
/// # Errors
/// The list is not text in UTF-8; the error says what it is instead, and quotes no address.
pub(super) fn text(line: &[u8]) -> Result<&str, String> {
    let known = SIGNATURES.iter().find(|(signature, _)| line.starts_with(signature)).map(|(_, name)| *name);
    if let Some(name) = known.or_else(|| line.contains(&0).then_some("zero bytes, as in UTF-16,")) {
        return Err(format!("found {name} instead of text in UTF-8; {TEXT_ADVICE}"));
    }
    // Within a quoted field, both may end a line.
    let is_alone = |pair: &[u8]| pair.first() == Some(&b'\r') && pair.get(1) != Some(&b'\n');
    if line.trim_ascii_end().windows(2).any(is_alone) {
        return Err(format!("found carriage returns as line ends; {LINE_ADVICE}"));
    }
    str::from_utf8(line)
        .map_err(|_| format!("not UTF-8; {}; {TEXT_ADVICE}", shown(String::from_utf8_lossy(line).trim())))
}

/// Whether rows with these columns can have a time.
pub(super) fn has_times(columns: &[&str]) -> bool {
    columns.contains(&"since") || columns.contains(&"at")
}

/// Why a header row without times is refused.
pub(super) fn without_times(line: &str) -> String {
    format!("no column since or at, and no --at; {}; {TIME_ADVICE}", shown(line))
}

/// The column in each place of a header row, an empty text for an unknown one; `None` if the line is already a row.
/// Without `needs_reason`, a list may have no reasons of its own.
///
/// # Errors
/// The line is neither a header row nor a row.
pub(super) fn columns(
    fields: &[String],
    renamed: &[Renamed],
    needs_reason: bool,
) -> Result<Option<Vec<&'static str>>, String> {
    let name = |column: &'static str| {
        renamed.iter().find(|one| one.column == column).map_or(column, |renamed| renamed.name.as_str())
    };
    let column = |field: &String| {
        COLUMNS.into_iter().find(|column| name(column).eq_ignore_ascii_case(field.trim())).unwrap_or_default()
    };
    let columns: Vec<&'static str> = fields.iter().map(column).collect();
    if renamed.is_empty() && !columns.contains(&"address") && is_row(fields) {
        return Ok(None);
    }
    let is_needed = |column: &&str| NEEDED.contains(column) && (needs_reason || *column != "reason");
    let renamed = renamed.iter().map(|one| one.column).filter(|column| !is_needed(column));
    let needed = NEEDED.into_iter().filter(is_needed).chain(renamed);
    let missing: Vec<&str> = needed.filter(|column| !columns.contains(column)).map(name).collect();
    if missing.is_empty() {
        return Ok(Some(columns));
    }
    let plural = if missing.len() == 1 { "" } else { "s" };
    Err(format!("no column{plural} {}", missing.join(" and ")))
}

/// Whether fields can be a row in the order of the columns.
fn is_row(fields: &[String]) -> bool {
    let [address, _, reason, ..] = fields else { return false };
    fields.len() <= COLUMNS.len() && Address::parse(address).is_some() && Reason::from_label(reason).is_some()
}

/// Whether the fields of a line are separated by something other than commas.
pub(super) fn is_separated(line: &str) -> bool {
    separator(line).is_some()
}

/// The name of a separator that is not a comma. Before the `@`, it may be part of an address.
fn separator(line: &str) -> Option<&'static str> {
    let rest = line.rsplit('@').next().unwrap_or_default();
    let found = SEPARATORS.into_iter().find(|(separator, _)| !line.contains(',') && rest.contains(*separator));
    found.map(|(_, name)| name)
}

/// What a first line contains instead, and what to do; quotes no address.
pub(super) fn found(line: &str) -> String {
    if let Some(name) = separator(line) {
        return format!("found {name} instead of commas; save the list with commas");
    }
    format!("{}; {ADVICE}", shown(line))
}

/// What a line contains; quotes no address.
fn shown(line: &str) -> String {
    if line.contains('@') {
        let fields = line.split(',').count();
        let plural = if fields == 1 { "" } else { "s" };
        return format!("found {fields} field{plural}, an address among them");
    }
    let shown = sanitize(clip(line, SHOWN_BYTES));
    let rest = if shown.len() < line.len() { " …" } else { "" };
    format!("found: {shown}{rest}")
}
