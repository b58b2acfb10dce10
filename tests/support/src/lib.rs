//! What tests, benchmarks and local programs share and what does not depend on mail-feedback: a test authority, signed
//! envelopes, the samples with their expected results, and the servers around the function.

pub mod authority;
pub mod calls;
pub mod client;
pub mod door;
pub mod envelope;
pub mod page;
pub mod request;
pub mod seeded;
pub mod size;

#[cfg(feature = "servers")]
pub mod cbor;
#[cfg(feature = "servers")]
pub mod database;
#[cfg(feature = "servers")]
pub mod environment;
#[cfg(feature = "servers")]
pub mod fault_batch;
#[cfg(feature = "servers")]
pub mod fault_mistake;
#[cfg(feature = "servers")]
pub mod fault_proxy;
#[cfg(feature = "servers")]
pub mod fault_schedule;
#[cfg(feature = "servers")]
pub mod http_message;
#[cfg(feature = "servers")]
pub mod invoke_api;
#[cfg(feature = "servers")]
pub mod metrics_api;
#[cfg(feature = "servers")]
pub mod proxy;
#[cfg(feature = "servers")]
pub mod runtime_api;
#[cfg(feature = "servers")]
pub mod samples;
#[cfg(feature = "servers")]
pub mod ses_api;
#[cfg(feature = "servers")]
pub mod stream;
#[cfg(feature = "servers")]
pub mod tls_host;
