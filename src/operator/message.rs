//! `message`: what happened to a message?

use super::cli::MessageArgs;
use super::failure::Failure;
use super::sanitize::sanitize;
use super::show::event_lines;
use super::tables::Tables;
use super::{Console, Outcome};
use crate::lookup::item::{text, to_json};

/// Prints the events of a message in order, page by page: a campaign has many.
pub(super) async fn run(args: &MessageArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let message = format!("{}:{}", args.provider, args.id);
    let mut start = None;
    let mut any = false;
    loop {
        let (indexed, next) = tables.events_of_message(&message, start).await?;
        for item in tables.whole(indexed).await? {
            any = true;
            if console.json {
                writeln!(console.out, "{}", to_json(&item))?;
            } else {
                let address = text(&item, "address").map(sanitize).unwrap_or_default();
                writeln!(console.out, "{address}\n  {}", event_lines(&item).replace('\n', "\n  "))?;
            }
        }
        start = next;
        if start.is_none() {
            break;
        }
    }
    if !any {
        writeln!(
            console.err,
            "nothing is known about {message}; check the id, and that the event has not expired (EVENT_RETENTION_DAYS)"
        )?;
        return Ok(Outcome::Incomplete);
    }
    Ok(Outcome::Done)
}
