//! Unsubscribe tokens, forms and pages: what is read fits its limits, only its own key verifies it, and nothing panics.

use mail_feedback::suppression::Scope;
use mail_feedback::unsubscribe::{
    Form, HEADER_BYTES, Key, KeyId, Language, Link, LinkScope, Page, Sender, UnverifiedToken, headers, verified_undo,
};

use super::address;

/// Checks a text as a token, as the scope and the address of a link, as a body, and on a page.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    form(&text);
    let [key, other] = ["k", "o"].map(|char| Key::new(&char.repeat(Key::MIN_BYTES)).expect("a key"));
    if let Some(token) = UnverifiedToken::parse(&text) {
        assert!(KeyId::parse(token.key_id().as_str()).is_some());
        assert!(token.verify(&other).is_none(), "nobody has this key");
    }
    let id = KeyId::parse("k1").expect("an id");
    let mut lines = text.splitn(2, '\n');
    let (first, rest) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let Some(scope) = LinkScope::parse(first) else { return };
    let made_at = super::world::NOW.minus_days(1);
    let Ok(link) = Link::new(rest, scope, made_at) else { return };
    address::check(link.address());
    assert!(link.scope().scope().as_str().len() <= Scope::MAX_BYTES);
    let token = link.token(&id, &key);
    let read = UnverifiedToken::parse(&token).expect("a token");
    assert_eq!(read.verify(&key).as_ref(), Some(&link), "a link is what its token says");
    let read = UnverifiedToken::parse(&token).expect("a token");
    assert!(read.verify(&other).is_none());
    if let Ok(fields) = headers("u.example.com", &link, &id, &key) {
        assert!(fields.list_unsubscribe.len() <= HEADER_BYTES && fields.list_unsubscribe.is_ascii());
    }
    page(&link, rest);
}

/// Reads a text as a body in both encodings, and as a header.
fn form(text: &str) {
    let key = Key::new(&"f".repeat(Key::MIN_BYTES)).expect("a key");
    for content_type in [None, Some("multipart/form-data; boundary=b"), Some(text)] {
        if let Some(Form::Undo(value)) = Form::read(content_type, text) {
            assert!(verified_undo(&value, &key).is_none(), "nobody has this key");
        }
    }
    assert!(Language::ALL.contains(&Language::preferred(Some(text))));
}

/// Foreign texts add no tag and no attribute to a page, and the address is not on it.
fn page(link: &Link, text: &str) {
    let tags = |html: &str| (html.matches('<').count(), html.matches('>').count(), html.matches('"').count());
    let plain = Sender { name: "a".to_owned(), url: Some("https://a.example/".to_owned()) };
    let foreign = Sender { name: text.to_owned(), url: Some(format!("https://a.example/{text}")) };
    for (safe, hostile) in [
        (Page::Ask(link).html(Language::English, &plain), Page::Ask(link).html(Language::English, &foreign)),
        (
            Page::Done(link, Some("a".to_owned())).html(Language::Japanese, &plain),
            Page::Done(link, Some(text.to_owned())).html(Language::Japanese, &foreign),
        ),
    ] {
        assert_eq!(tags(&safe), tags(&hostile));
        let address = link.address().as_str();
        assert!(!safe.contains(address) || address.starts_with('\u{2022}'), "the address is half hidden");
    }
}
