//! The body of a POST: what a mail client or the page sends.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::ONE_CLICK;

/// The field of the page's form that undoes an unsubscribe.
pub const UNDO_FIELD: &str = "undo";

/// What somebody asks for.
#[derive(Clone, PartialEq, Eq)]
pub enum Form {
    /// `List-Unsubscribe=One-Click`.
    OneClick,
    /// The value of [`UNDO_FIELD`].
    Undo(String),
}

impl fmt::Debug for Form {
    /// Hides the value, which is valid for an hour: a debug print may reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneClick => "OneClick",
            Self::Undo(_) => "Undo",
        })
    }
}

impl Form {
    /// Reads a body, as `multipart/form-data` if its content type says so, else as a URL-encoded form (RFC 8058, section
    /// 3.2, admits both); `None` if it asks for nothing known.
    #[must_use]
    pub fn read(content_type: Option<&str>, body: &str) -> Option<Self> {
        let fields = match content_type.and_then(boundary) {
            Some(boundary) => multipart(&boundary, body),
            None => url_encoded(body),
        };
        fields.into_iter().find_map(|(name, value)| Self::of_field(&name, value))
    }

    fn of_field(name: &str, value: String) -> Option<Self> {
        if name == UNDO_FIELD {
            return Some(Self::Undo(value));
        }
        format!("{name}={value}").eq_ignore_ascii_case(ONE_CLICK).then_some(Self::OneClick)
    }
}

type Fields = Vec<(String, String)>;

fn url_encoded(body: &str) -> Fields {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().trim().to_owned();
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// The boundary of `multipart/form-data; boundary=…`; `None` for any other content type.
fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    let is_multipart = kind.trim().eq_ignore_ascii_case("multipart/form-data");
    parameter(parameters, "boundary").filter(|boundary| is_multipart && !boundary.is_empty())
}

/// The fields of a body whose parts are separated by `--<boundary>` (RFC 7578).
fn multipart(boundary: &str, body: &str) -> Fields {
    let delimiter = format!("--{boundary}");
    let parts = body.split(delimiter.as_str()).skip(1).take_while(|part| !part.starts_with("--"));
    parts.filter_map(field).collect()
}

/// The name and the value of a part; some clients send bare line feeds.
fn field(part: &str) -> Option<(String, String)> {
    let part = part.replace("\r\n", "\n");
    let (headers, value) = part.split_once("\n\n")?;
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    Some((parameter(disposition, "name")?, value.trim().to_owned()))
}

/// A parameter of a header value, with or without quotes.
fn parameter(text: &str, name: &str) -> Option<String> {
    text.split(';').find_map(|part| {
        let (known, value) = part.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::Form;

    const MULTIPART: &str = "multipart/form-data; boundary=\"---=_1\"";

    #[test]
    fn both_encodings_are_read() {
        let part = "Content-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n";
        let body = format!("-----=_1\r\n{part}-----=_1--\r\n");
        let bare = body.replace("\r\n", "\n").replace("\"List-Unsubscribe\"", "List-Unsubscribe");
        for (content_type, body) in [
            (None, "List-Unsubscribe=One-Click"),
            (Some("application/x-www-form-urlencoded"), "List-Unsubscribe=One-Click"),
            (Some("application/x-www-form-urlencoded; charset=UTF-8"), "a=b&list-unsubscribe=one-click&c"),
            (Some("text/plain"), "List%2DUnsubscribe=One-Click\r\n"),
            (Some(MULTIPART), body.as_str()),
            (Some("Multipart/Form-Data;charset=utf-8;Boundary=---=_1"), body.as_str()),
            (Some(MULTIPART), bare.as_str()),
        ] {
            assert_eq!(Form::read(content_type, body), Some(Form::OneClick), "{content_type:?} {body:?}");
        }
        let undo = body.replace("List-Unsubscribe", "undo").replace("One-Click", "a.b");
        assert_eq!(Form::read(Some(MULTIPART), &undo), Some(Form::Undo("a.b".to_owned())));
        assert_eq!(Form::read(None, "undo=a.b"), Some(Form::Undo("a.b".to_owned())));
    }

    #[test]
    fn anything_else_asks_for_nothing() {
        for (content_type, body) in [
            (None, ""),
            (None, "List-Unsubscribe"),
            (None, "List-Unsubscribe="),
            (None, "List-Unsubscribe=yes"),
            (None, "{\"List-Unsubscribe\":\"One-Click\"}"),
            (Some("multipart/form-data"), "--\r\n"),
            (Some("multipart/form-data; boundary="), "--\r\n"),
            (Some(MULTIPART), "List-Unsubscribe=One-Click"),
            (Some(MULTIPART), "-----=_1\r\nContent-Disposition: form-data\r\n\r\nOne-Click\r\n-----=_1--"),
            (Some(MULTIPART), "-----=_1\r\nList-Unsubscribe=One-Click\r\n-----=_1--"),
        ] {
            assert_eq!(Form::read(content_type, body), None, "{content_type:?} {body:?}");
        }
    }
}
