//! `unsubscribe-link`: the header fields of one mail.

use std::io::Read;

use serde_json::json;

use super::cli::UnsubscribeLinkArgs;
use super::failure::Failure;
use super::{Console, Outcome};
use crate::unsubscribe::{Headers, Key, KeyId, Keys, Link, headers};

/// Prints both fields as a mail has them, or with `--json` as one object.
pub fn run(args: &UnsubscribeLinkArgs, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let keys = read(args)?;
    let (id, key) = chosen(&keys, args.key_id.as_ref())?;
    let link = Link::new(args.address.as_str(), args.scope.clone(), console.now);
    let fields = link.and_then(|link| headers(&args.host, &link, id, key));
    let Headers { list_unsubscribe, list_unsubscribe_post } =
        fields.map_err(|error| Failure::new(error.to_string()))?;
    if console.json {
        let object = json!({"List-Unsubscribe": list_unsubscribe, "List-Unsubscribe-Post": list_unsubscribe_post});
        writeln!(console.out, "{object}")?;
    } else {
        writeln!(console.out, "List-Unsubscribe: {list_unsubscribe}")?;
        writeln!(console.out, "List-Unsubscribe-Post: {list_unsubscribe_post}")?;
    }
    Ok(Outcome::Done)
}

/// The keys in the file or on standard input. A failure never quotes them.
fn read(args: &UnsubscribeLinkArgs) -> Result<Keys, Failure> {
    let mut text = String::new();
    if let Some(path) = &args.keys {
        text = std::fs::read_to_string(path)?;
    } else {
        std::io::stdin().read_to_string(&mut text)?;
    }
    let demand = format!("no keys; give a JSON object from ids to texts of at least {} bytes", Key::MIN_BYTES);
    Keys::parse(&text).ok_or_else(|| Failure::new(demand))
}

fn chosen<'k>(keys: &'k Keys, id: Option<&'k KeyId>) -> Result<(&'k KeyId, &'k Key), Failure> {
    match id {
        Some(id) => {
            let key = keys.get(id).map(|key| (id, key));
            key.ok_or_else(|| Failure::new("there is no usable key of that id; check --key-id and the keys"))
        }
        None => keys.only().ok_or_else(|| Failure::new("there are several keys; give --key-id")),
    }
}
