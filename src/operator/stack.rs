//! A stack of mail-feedback, as CloudFormation describes it.

use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::Stack;

use super::call::{Call, code};
use super::cli::VERSION;
use super::failure::Failure;
use super::redrive::Cloud;

/// CloudFormation's description of a stack.
pub(super) struct StackDescription {
    name: String,
    stack: Stack,
}

impl StackDescription {
    /// Looks up a stack by its name.
    pub(super) async fn find(cloud: &Cloud, name: &str) -> Result<Self, Failure> {
        let missing = || {
            let region = &cloud.region;
            Failure::new(format!("there is no stack {name} in {region}; check --stack, AWS_REGION and the account"))
        };
        let call = Call { right: "cloudformation:DescribeStacks", on: name };
        let stack = match cloud.cloudformation.describe_stacks().stack_name(name).send().await {
            Ok(output) => output.stacks.unwrap_or_default().into_iter().next().ok_or_else(missing)?,
            Err(error) => {
                let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
                let is_missing = code(&error) == Some("ValidationError") && message.contains("not exist");
                return Err(if is_missing { missing() } else { call.failure(&error) });
            }
        };
        Ok(Self { name: name.to_owned(), stack })
    }

    /// What CloudFormation is doing with it.
    pub(super) fn status(&self) -> String {
        self.stack.stack_status().map_or_else(String::new, |status| status.as_str().to_owned())
    }

    /// One of its outputs.
    pub(super) fn output(&self, key: &str) -> Option<&str> {
        self.stack.outputs().iter().find(|output| output.output_key() == Some(key))?.output_value()
    }

    /// An output that every stack of mail-feedback must have.
    pub(super) fn required(&self, key: &str) -> Result<&str, Failure> {
        self.output(key).ok_or_else(|| {
            let name = &self.name;
            Failure::new(format!("the stack {name} has no output {key}; give the name of a stack of mail-feedback"))
        })
    }

    /// One of its parameters.
    pub(super) fn parameter(&self, key: &str) -> Option<&str> {
        self.stack.parameters().iter().find(|parameter| parameter.parameter_key() == Some(key))?.parameter_value()
    }

    /// The warning if the stack has another version than this program, whose checks may then differ.
    pub(super) fn version_warning(&self) -> Option<String> {
        let other = match self.output("Version") {
            Some(VERSION) => return None,
            Some(version) => format!("version {version}"),
            None => "a version before 0.2.0".to_owned(),
        };
        Some(format!(
            "warning: the stack {} has {other}, and this program is version {VERSION}; use the program of that version",
            self.name
        ))
    }
}
