//! Checks before a send whether an address may be mailed: code to copy into a sender in Rust.
//!
//! `SUPPRESSION_TABLE=<SuppressionTableName> cargo run --example check -- jane@example.com`

#![allow(clippy::print_stdout, reason = "a program for people at a terminal")]

use aws_config::BehaviorVersion;
use mail_feedback::address::Address;
use mail_feedback::store::Suppressions;
use mail_feedback::suppression::{Context, SoftBounceRules};
use mail_feedback::timestamp::Timestamp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("give an address")?;
    let address = Address::parse(&address).ok_or("that is not an e-mail address")?;
    let table = std::env::var("SUPPRESSION_TABLE").map_err(|_| "set SUPPRESSION_TABLE")?;

    // Once per process.
    let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let suppressions = Suppressions::new(aws_sdk_dynamodb::Client::new(&sdk), table, SoftBounceRules::default());

    // Once per send.
    let send = Context {
        provider: Some("ses".to_owned()),
        sender_domain: Some("example.com".to_owned()),
        lists: vec!["Newsletter".to_owned()],
        tenant: None,
        stream: Some("marketing".to_owned()),
    };
    let verdict = suppressions.check(&address, &send.scopes()?, Timestamp::now()).await?;
    for block in &verdict.blocks {
        println!("blocked: {} {} since {}", block.scope, block.reason, block.since);
    }
    if verdict.is_allowed() {
        println!("allowed");
    }
    Ok(())
}
