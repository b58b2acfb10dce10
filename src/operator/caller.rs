//! Who decides, if the command line names no actor.

use super::failure::Failure;
use super::values;

/// Who runs the program.
#[derive(Debug)]
pub enum Caller {
    /// The identity of the credentials.
    Credentials(aws_sdk_sts::Client),
    /// The user of this machine, if known: `make run` has no credentials.
    Named(Option<String>),
}

/// The account of whoever runs the program without credentials.
const NO_ACCOUNT: &str = "local";

impl Caller {
    /// The actor of a decision: the given name, or else the ARN of the caller's identity.
    pub(super) async fn actor(&self, given: Option<&String>) -> Result<String, Failure> {
        if let Some(name) = given {
            return Ok(name.clone());
        }
        let found = match self {
            Self::Credentials(client) => {
                let answer = client.get_caller_identity().send().await;
                answer.ok().and_then(|identity| identity.arn)
            }
            Self::Named(name) => Some(name.clone().unwrap_or_else(|| "local".to_owned())),
        };
        found.and_then(|name| values::actor(&name).ok()).ok_or_else(|| {
            Failure::new("STS did not identify the caller; name the person who decides with --actor NAME")
        })
    }

    /// The account that the credentials belong to.
    pub(super) async fn account(&self) -> Result<String, Failure> {
        let found = match self {
            Self::Credentials(client) => {
                let answer = client.get_caller_identity().send().await;
                answer.ok().and_then(|identity| identity.account)
            }
            Self::Named(_) => Some(NO_ACCOUNT.to_owned()),
        };
        found.ok_or_else(|| Failure::new("STS did not name the account; check the network and the credentials"))
    }
}
