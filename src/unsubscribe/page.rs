//! The pages behind a link, as HTML.
//!
//! The texts that come from outside are the sender's name and site, the address and the value of a field. Four insertions
//! need no template library; [`Escaped`] is safe in texts and in quoted attributes.

mod language;
mod texts;

use std::fmt::{self, Write};
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use language::Language;
use texts::{Sentence, texts};

use super::{Link, ONE_CLICK, UNDO_FIELD};

/// Who sends the mail, for its recipients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The name that they know.
    pub name: String,
    /// A page of the sender's, as an `https` URL.
    pub url: Option<String>,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page<'p> {
    /// Asks whether to unsubscribe.
    Ask(&'p Link),
    /// The address is unsubscribed; with the value of the field that undoes it.
    Done(&'p Link, Option<String>),
    /// The unsubscribe was undone.
    Undone(&'p Link),
    /// The unsubscribe can no longer be undone.
    Late(&'p Link),
    /// The link is not valid. It says nothing about the link.
    Refused,
    /// Something is temporarily unavailable.
    Unavailable,
}

/// One column that fits the narrowest screens, in the colours that the system is set to. Text and button have a contrast
/// of at least 7 to 1 in both.
const STYLE: &str = "\
:root{color-scheme:light dark;--text:#1b1b1f;--back:#fff;--button:#0b4a8f;--on:#fff}\
@media(prefers-color-scheme:dark){:root{--text:#ececf1;--back:#16161a;--button:#a8ceff;--on:#0c1a2b}}\
body{margin:0;background:var(--back);color:var(--text);font:1.125rem/1.6 system-ui,sans-serif}\
main{max-width:34rem;margin:0 auto;padding:10vh 1.25rem 2rem;overflow-wrap:anywhere}\
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}\
a{color:inherit}\
button{font:inherit;font-weight:600;min-height:3rem;padding:.6rem 1.4rem;border:2px solid var(--button);\
border-radius:.5rem;background:var(--button);color:var(--on);cursor:pointer;max-width:100%}\
button.quiet{background:transparent;color:var(--button)}\
a:focus-visible,button:focus-visible{outline:3px solid var(--text);outline-offset:3px}";

/// The value of `Content-Security-Policy`: nothing but the page's own style, and forms to its own host.
pub static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

impl Page<'_> {
    /// The whole page. Its forms post to the URL it was requested with.
    #[must_use]
    pub fn html(&self, language: Language, sender: &Sender) -> String {
        let texts = texts(language);
        let (title, sentence) = match self {
            Self::Ask(_) => (texts.ask_title, texts.ask),
            Self::Done(..) => (texts.done_title, texts.done),
            Self::Undone(_) => (texts.undone_title, texts.undone),
            Self::Late(_) => (texts.late_title, texts.late),
            Self::Refused => (texts.refused_title, texts.refused),
            Self::Unavailable => (texts.unavailable_title, texts.unavailable),
        };
        let address = self.link().map_or_else(String::new, |link| half_hidden(link.spelling()));
        let fill = |sentence| Filled { sentence, sender: &sender.name, address: &address };
        let mut html = String::with_capacity(3 * 1024);
        // Writing to a String cannot fail.
        let _ = write!(
            html,
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <main>\n<h1>{title}</h1>\n<p>{}</p>\n",
            fill(sentence),
        );
        match self {
            Self::Ask(_) => {
                let (name, value) = ONE_CLICK.split_once('=').unwrap_or_default();
                html.push_str(&form(name, value, texts.ask_button, ""));
            }
            Self::Done(_, Some(undo)) => {
                let _ = writeln!(html, "<p>{}</p>", texts.mistake);
                html.push_str(&form(UNDO_FIELD, undo, texts.mistake_button, " class=\"quiet\""));
            }
            Self::Done(_, None) | Self::Undone(_) | Self::Late(_) | Self::Refused | Self::Unavailable => {}
        }
        if let Some(url) = &sender.url {
            let _ = writeln!(html, "<p><a href=\"{}\" rel=\"noreferrer\">{}</a></p>", Escaped(url), fill(texts.back));
        }
        html.push_str("</main>\n</body>\n</html>\n");
        html
    }

    const fn link(&self) -> Option<&Link> {
        match self {
            Self::Ask(link) | Self::Done(link, _) | Self::Undone(link) | Self::Late(link) => Some(link),
            Self::Refused | Self::Unavailable => None,
        }
    }
}

/// A form with one hidden field and one button.
fn form(name: &str, value: &str, button: &str, attributes: &str) -> String {
    format!(
        "<form method=\"post\">\n<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n\
         <button{attributes}>{button}</button>\n</form>\n",
        Escaped(value)
    )
}

/// An address of which its owner recognizes the rest: at most half of the local part, and no more than two characters.
fn half_hidden(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or_default();
    let shown = local.chars().count().checked_div(2).unwrap_or_default().min(2);
    let shown: String = local.chars().take(shown).collect();
    format!("{shown}\u{2022}\u{2022}\u{2022}@{domain}")
}

/// A sentence with the sender's name and the address, each isolated: their direction must not turn the sentence around.
struct Filled<'f> {
    sentence: Sentence,
    sender: &'f str,
    address: &'f str,
}

impl fmt::Display for Filled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.sentence;
        while let Some((before, tail)) = rest.split_once('{') {
            let (name, after) = tail.split_once('}').unwrap_or_default();
            let value = if name == "address" { self.address } else { self.sender };
            write!(f, "{before}<bdi>{}</bdi>", Escaped(value))?;
            rest = after;
        }
        f.write_str(rest)
    }
}

/// A text whose characters mean nothing in HTML, neither between tags nor in a quoted attribute.
struct Escaped<'e>(&'e str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            char => f.write_char(char),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, Page, Sender, half_hidden};
    use crate::timestamp::Timestamp;
    use crate::unsubscribe::{Link, LinkScope};

    #[test]
    fn an_address_is_half_hidden() {
        for (address, expected) in [
            ("jane.doe@example.com", "ja\u{2022}\u{2022}\u{2022}@example.com"),
            ("joe@example.com", "j\u{2022}\u{2022}\u{2022}@example.com"),
            ("j@example.com", "\u{2022}\u{2022}\u{2022}@example.com"),
            ("\u{e9}\u{e9}\u{e9}\u{e9}@example.com", "\u{e9}\u{e9}\u{2022}\u{2022}\u{2022}@example.com"),
        ] {
            assert_eq!(half_hidden(address), expected);
        }
    }

    #[test]
    fn foreign_texts_are_text() -> Result<(), &'static str> {
        let scope = LinkScope::parse("stream:news").ok_or("a scope")?;
        let link = Link::new("\"<b>'\"@example.com", scope, Timestamp::MAX).or(Err("a link"))?;
        let sender = Sender { name: "<i>\"&{address}".to_owned(), url: Some("https://a.example/?\"'><b>".to_owned()) };
        for language in Language::ALL {
            let done = Page::Done(&link, Some("\"><b>".to_owned()));
            for page in [Page::Ask(&link), done, Page::Undone(&link), Page::Late(&link)] {
                let html = page.html(*language, &sender);
                assert!(!html.contains("<b>") && !html.contains("<i>") && !html.contains("=\"\">"), "{html}");
                assert!(html.contains("<bdi>&lt;i&gt;&quot;&amp;{address}</bdi>"), "{html}");
                assert!(html.contains("href=\"https://a.example/?&quot;&#39;&gt;&lt;b&gt;\""), "{html}");
            }
        }
        Ok(())
    }
}
