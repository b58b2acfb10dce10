//! Runs the code that senders copy, against the real binary and against the library's own check: `make checks`.
//! Without `CHECKS`, the folder with the packages of the languages, this test is skipped.

#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "a program for people at a terminal")]
#![allow(unreachable_pub, reason = "a module of a program has no one to export to")]

mod ask;
mod characters;
mod hooks;
mod names;
mod programs;
mod read;
mod world;

use std::path::PathBuf;

use world::World;

/// Any reason why this program fails.
type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let Some(folder) = std::env::var_os("CHECKS").filter(|folder| !folder.is_empty()).map(PathBuf::from) else {
        println!("\nSKIPPED: the code that senders copy. It needs packages: make checks\n");
        return Ok(());
    };
    let world = World::start(folder).await?;
    read::compare(&world).await?;
    ask::run(&world).await?;
    hooks::run(&world).await
}
