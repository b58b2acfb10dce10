//! The parts of a stack that a redrive needs, found by the stack's name.

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use super::super::call::{Call, code};
use super::super::failure::Failure;
use super::super::stack::StackDescription;
use super::checks::Checks;
use super::cloud::Cloud;
use super::depth::{Depth, Depths};
use super::queue::{Kind, Limits};
use crate::timestamp::Timestamp;

/// A stack, as CloudFormation and SQS describe it.
pub struct Deployment {
    /// Its name.
    pub name: String,
    /// What CloudFormation is doing with it.
    pub status: String,
    /// Whether its parameter keeps the redrive on.
    pub is_always_on: bool,
    /// The alias that every source invokes.
    pub alias: String,
    /// The warning if the stack has another version than this program.
    pub version_warning: Option<String>,
    /// The three queues of failed messages, in the order of [`Kind::ALL`].
    pub queues: Vec<Queue>,
    /// The queue of SES reports, if there is one.
    pub intake: Option<Intake>,
}

/// One of its queues.
pub struct Queue {
    /// Which one.
    pub kind: Kind,
    /// Its URL.
    pub url: String,
    /// Its ARN.
    pub arn: String,
    /// The attributes of the queue.
    pub limits: Limits,
}

/// The queue of SES reports, in a stack whose `SesIntake` is not `direct`.
pub struct Intake {
    /// Its URL.
    pub url: String,
    /// Its ARN.
    pub arn: String,
}

impl Deployment {
    /// Finds the parts of a stack.
    pub async fn find(cloud: &Cloud, name: &str) -> Result<Self, Failure> {
        let stack = StackDescription::find(cloud, name).await?;
        let mut queues = Vec::new();
        for kind in Kind::ALL {
            queues.push(Queue::find(cloud, kind, stack.required(kind.output())?.to_owned()).await?);
        }
        Ok(Self {
            name: name.to_owned(),
            status: stack.status(),
            is_always_on: stack.parameter("RedriveEnabled") == Some("true"),
            alias: stack.required("FunctionAliasArn")?.to_owned(),
            version_warning: stack.version_warning(),
            queues,
            intake: Intake::of(&stack),
        })
    }

    /// Fails while CloudFormation is updating the stack, which may switch the redrive, too.
    pub fn check_settled(&self) -> Result<(), Failure> {
        if self.status.ends_with("_IN_PROGRESS") {
            let why = format!("the stack {} is being changed ({}); wait until that is over", self.name, self.status);
            return Err(Failure::new(why));
        }
        Ok(())
    }

    /// A queue.
    pub fn queue(&self, kind: Kind) -> Result<&Queue, Failure> {
        let found = self.queues.iter().find(|queue| queue.kind == kind);
        found.ok_or_else(|| Failure::new(format!("the stack {} has no {}", self.name, kind.as_str())))
    }

    /// How long a failed attempt hides a message, in seconds.
    pub fn visibility_s(&self) -> u32 {
        let open = self.queues.iter().filter(|queue| Kind::OPEN.contains(&queue.kind));
        open.map(|queue| queue.limits.visibility_s).max().unwrap_or_default()
    }

    /// How many messages each queue holds.
    pub async fn depths(&self, cloud: &Cloud) -> Result<Depths, Failure> {
        let mut depths = Depths::default();
        for queue in &self.queues {
            let depth = queue.depth(cloud).await?;
            match queue.kind {
                Kind::Undelivered => depths.undelivered = depth,
                Kind::Failed => depths.failed = depth,
                Kind::Parked => depths.parked = depth,
            }
        }
        Ok(depths)
    }

    /// The checks of the version that the alias names, with its variables; none without permission to read them.
    pub async fn checks(&self, cloud: &Cloud) -> Checks {
        match cloud.lambda.get_function_configuration().function_name(&self.alias).send().await {
            Ok(configuration) => {
                let variables = configuration.environment.and_then(|environment| environment.variables);
                let variables = variables.unwrap_or_default();
                Checks::of_environment(|name| variables.get(name).cloned())
            }
            Err(error) => Checks::none(format!(
                "the settings of the function cannot be read ({})",
                code(&error).unwrap_or("no answer")
            )),
        }
    }
}

impl Intake {
    /// The queue of a stack, if it has one.
    fn of(stack: &StackDescription) -> Option<Self> {
        let output = |key| stack.output(key).map(str::to_owned);
        Some(Self { url: output("IntakeQueueUrl")?, arn: output("IntakeQueueArn")? })
    }
}

impl Queue {
    async fn find(cloud: &Cloud, kind: Kind, url: String) -> Result<Self, Failure> {
        let attributes = attributes(cloud, &url, &[QueueAttributeName::All]).await?;
        let text = |name| attributes(name);
        let number = |name| text(name).and_then(|value: String| value.parse().ok()).unwrap_or_default();
        let policy = text(QueueAttributeName::RedrivePolicy);
        Ok(Self {
            kind,
            arn: text(QueueAttributeName::QueueArn).unwrap_or_default(),
            limits: Limits {
                receives: policy.as_deref().and_then(max_receives),
                retention_s: number(QueueAttributeName::MessageRetentionPeriod),
                visibility_s: number(QueueAttributeName::VisibilityTimeout),
            },
            url,
        })
    }

    /// How many messages the queue holds.
    pub async fn depth(&self, cloud: &Cloud) -> Result<Depth, Failure> {
        depth(cloud, &self.url).await
    }
}

/// How many messages a queue holds.
pub(super) async fn depth(cloud: &Cloud, url: &str) -> Result<Depth, Failure> {
    let names = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    ];
    let attributes = attributes(cloud, url, &names).await?;
    let [waiting, delayed, hidden] =
        names.map(|name| attributes(name).and_then(|value| value.parse::<u64>().ok()).unwrap_or_default());
    Ok(Depth { waiting: waiting.saturating_add(delayed), hidden })
}

/// The attributes of a queue, by name.
async fn attributes(
    cloud: &Cloud,
    url: &str,
    names: &[QueueAttributeName],
) -> Result<impl Fn(QueueAttributeName) -> Option<String> + use<>, Failure> {
    let call = cloud.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
    let output = call.send().await;
    let output = output.map_err(|error| Call { right: "sqs:GetQueueAttributes", on: url }.failure(&error))?;
    let found = output.attributes.unwrap_or_default();
    Ok(move |name| found.get(&name).cloned())
}

/// The receive limit of a redrive policy, which may be a number or text.
fn max_receives(policy: &str) -> Option<u32> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let limit = policy.get("maxReceiveCount")?;
    limit.as_str().map_or_else(|| limit.as_u64()?.try_into().ok(), |text| text.parse().ok())
}

/// A time in the format of SQS.
pub(super) fn time(millis: &str) -> Option<Timestamp> {
    Timestamp::from_millis(millis.parse().ok()?)
}
