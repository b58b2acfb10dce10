//! The pages for support: what they say, what they change, and that texts from outside stay texts.

mod binary;
mod deciding;
mod failing;
mod hostile;
mod local;
mod metrics;
mod pages;
mod ses_lists;
pub mod world;
