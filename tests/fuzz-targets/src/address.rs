//! Addresses: normalizing a key gives the same key, which fits its table and contains no second address.

use mail_feedback::address::{Address, addr_spec, domain_of, normalize_domain};
use mail_feedback::event::Recipient;

/// Checks a text as an address.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let spec = addr_spec(&text);
    assert!(text.contains(spec), "the address is a part of the text");
    let recipient = Recipient::parse(&text);
    assert!(recipient.spelling.len() <= 256 && spec.starts_with(&recipient.spelling));
    assert_eq!(recipient.address, Address::parse(&text));
    if let Some(domain) = domain_of(&text) {
        assert_eq!(normalize_domain(&domain).as_deref(), Some(domain.as_str()), "a domain is its own key");
    }
    let Some(address) = recipient.address else { return };
    check(&address);
    assert_eq!(Some(address.domain()), domain_of(&text).as_deref());
}

/// Checks the invariants of a key.
pub fn check(address: &Address) {
    let key = address.as_str();
    assert!(key.len() <= 254 && !key.chars().any(char::is_control), "{key:?}");
    assert_eq!(Address::parse(key).as_ref().map(Address::as_str), Some(key), "a key is its own key");
    assert_eq!(Recipient::parse(key).spelling, key);
    let (local, domain) = key.rsplit_once('@').expect("a key has two parts");
    assert!(!local.is_empty() && domain == address.domain());
    assert!(!domain.is_empty() && domain.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()));
    let quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    assert!(quoted || !local.contains(['@', ',', ';', ' ', '<', '>', '"']), "{key:?} is one address");
}
