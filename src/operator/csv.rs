//! Lines of CSV, for spreadsheets and for programs.

/// Whether text that a spreadsheet would run as a formula is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Formulas {
    /// For people, who open the file in a spreadsheet: an apostrophe precedes each formula, and is removed when read.
    Defused,
    /// For programs, which would read an apostrophe as part of the address.
    Kept,
}

/// What a formula begins with, including full-width forms, which some spreadsheets fold; and the apostrophe itself, so
/// that removing one restores the original.
const FORMULA: [char; 9] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\''];

/// Joins fields to a line; control characters become spaces, so that each row is one line.
pub(super) fn join<'f>(fields: impl IntoIterator<Item = &'f str>, formulas: Formulas) -> String {
    fields.into_iter().map(|field| quote(field, formulas)).collect::<Vec<_>>().join(",")
}

/// Splits a row; fields with a comma are quoted, and a quote within them is doubled.
pub(super) fn split(line: &str, formulas: Formulas) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let (mut quoted, mut was_quoted) = (false, false);
    let mut chars = line.chars().peekable();
    let value = |field: &str, was_quoted| {
        // Outer space counts only within quotes.
        let field = if was_quoted { field } else { field.trim() };
        if formulas == Formulas::Defused { restore(field) } else { field.to_owned() }
    };
    while let Some(char) = chars.next() {
        match char {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted => quoted = false,
            '"' if field.trim().is_empty() => {
                field.clear();
                (quoted, was_quoted) = (true, true);
            }
            ',' if !quoted => fields.push(value(&std::mem::take(&mut field), std::mem::take(&mut was_quoted))),
            char => field.push(char),
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    fields.push(value(&field, was_quoted));
    Ok(fields)
}

/// Where the bytes so far end, with respect to quoted fields: the same grammar as [`split`], byte by byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Before a field, or in the space in front of it.
    #[default]
    Start,
    /// In a field without quotes.
    Plain,
    /// Within quotes: a line break belongs to the field.
    Quoted,
    /// Behind a quote that ends the field, or begins a doubled one.
    Closed,
    /// In a field that goes on behind its closing quote, as none does that a program wrote.
    Torn,
}

impl Place {
    /// The place behind some more bytes.
    pub(super) fn after(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |place, byte| match (place, byte) {
            (Self::Quoted, b'"') => Self::Closed,
            (Self::Quoted, _) | (Self::Start | Self::Closed, b'"') => Self::Quoted,
            (Self::Start | Self::Plain | Self::Closed, b',') => Self::Start,
            // The byte order mark of a first line.
            (Self::Start | Self::Closed, b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf) => place,
            (Self::Start | Self::Plain, _) => Self::Plain,
            (Self::Torn | Self::Closed, _) => Self::Torn,
        })
    }
}

fn quote(field: &str, formulas: Formulas) -> String {
    let field: String = field.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let field = if formulas == Formulas::Defused { defuse(&field) } else { field };
    // A byte order mark at the beginning of a line is not part of its first field.
    if field.contains([',', '"']) || field.trim() != field || field.starts_with('\u{feff}') {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field
}

/// Puts an apostrophe before each formula, including one that would begin a cell if a spreadsheet splits at semicolons.
/// No tab is left to split at.
fn defuse(field: &str) -> String {
    let mut defused = String::with_capacity(field.len());
    let mut begins = true;
    for char in field.chars() {
        if begins && FORMULA.contains(&char) {
            defused.push('\'');
        }
        defused.push(char);
        begins = begins_after(begins, char);
    }
    defused
}

/// Removes the apostrophes again.
fn restore(field: &str) -> String {
    let mut plain = String::with_capacity(field.len());
    let mut begins = true;
    let mut chars = field.chars().peekable();
    while let Some(mut char) = chars.next() {
        if begins && char == '\'' {
            char = chars.next_if(|next| FORMULA.contains(next)).unwrap_or(char);
        }
        plain.push(char);
        begins = begins_after(begins, char);
    }
    plain
}

/// Whether a cell may still begin after this character.
fn begins_after(begins: bool, char: char) -> bool {
    char == ';' || begins && (char.is_whitespace() || char == '"')
}
