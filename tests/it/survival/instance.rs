//! An instance of the function, which may be killed at any time and is then replaced.

use std::sync::Arc;
use std::time::Duration;

use support::fault_proxy::{FaultProxy, Kill, ProxyEndpoint};
use support::runtime_api::{Function, Outcome};
use support::seeded::Seeded;
use tokio::sync::oneshot;

use crate::real_binary;

/// The time limit of most invocations, and one that is too short for the client's retries.
const LIMIT: Duration = Duration::from_secs(30);
const SHORT_LIMIT: Duration = Duration::from_millis(1_500);

/// How an invocation ended.
pub enum Ending {
    /// The function answered, or reported a failure.
    Answered(Outcome),
    /// It was killed before that.
    Killed,
    /// It ran into its time limit and was killed.
    TimedOut,
}

/// When an instance is killed.
enum KillTime {
    Never,
    InRequest { after: usize, takes_effect: bool },
    After(Duration),
}

/// The faults that hit invocations.
#[derive(Clone, Copy)]
pub struct InstanceFaults {
    /// The percentage of invocations in which the instance is killed, if they last long enough.
    pub kill: usize,
    /// The percentage of invocations with a short time limit.
    pub short_limit: usize,
}

/// An instance and its endpoint for the database.
pub struct Instance {
    settings: Vec<(String, String)>,
    endpoint: ProxyEndpoint,
    function: Function,
    instance_faults: InstanceFaults,
    random: Seeded,
    log: String,
}

impl Instance {
    /// Starts an instance whose requests to the database go through the proxy.
    pub async fn start(
        proxy: &Arc<FaultProxy>,
        mut settings: Vec<(String, String)>,
        instance_faults: InstanceFaults,
        random: Seeded,
    ) -> Self {
        let endpoint = proxy.open_endpoint().await;
        settings.push(("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint.url.clone()));
        let function = real_binary::start(&settings).await;
        function.until_ready().await;
        Self { settings, endpoint, function, instance_faults, random, log: String::new() }
    }

    /// Sends an invocation; with `must_kill`, the instance is killed during it.
    pub async fn invoke(&mut self, payload: &str, must_kill: bool) -> Ending {
        let (notify, notified) = oneshot::channel();
        let limit = if self.random.percent(self.instance_faults.short_limit) { SHORT_LIMIT } else { LIMIT };
        let mut deadline = limit;
        match self.kill_time(must_kill) {
            KillTime::Never => drop(notify),
            KillTime::InRequest { after, takes_effect } => {
                self.endpoint.schedule_kill(Some(Kill { after, takes_effect, notify }));
            }
            KillTime::After(time) => {
                drop(notify);
                deadline = time;
            }
        }
        let ending = tokio::select! {
            Ok(()) = notified => Ending::Killed,
            outcome = tokio::time::timeout(deadline, self.function.invoke_within(payload, limit)) => match outcome {
                Ok(Some(outcome)) => Ending::Answered(outcome),
                Err(_) if deadline < limit => Ending::Killed,
                Ok(None) | Err(_) => Ending::TimedOut,
            },
        };
        self.endpoint.schedule_kill(None);
        if !matches!(ending, Ending::Answered(_)) {
            let next = real_binary::start(&self.settings).await;
            self.log += &std::mem::replace(&mut self.function, next).stop().await;
            self.function.until_ready().await;
        }
        ending
    }

    /// Stops the instance; returns what it and its predecessors wrote.
    pub async fn stop(self) -> String {
        self.log + &self.function.stop().await
    }

    fn kill_time(&mut self, must_kill: bool) -> KillTime {
        let after = self.random.below(5);
        let takes_effect = self.random.percent(50);
        let time = Duration::from_millis(self.random.below(40) as u64);
        match (must_kill, self.random.percent(self.instance_faults.kill), self.random.percent(30)) {
            (true, _, _) => KillTime::InRequest { after: 0, takes_effect },
            (false, true, true) => KillTime::After(time),
            (false, true, false) => KillTime::InRequest { after, takes_effect },
            (false, false, _) => KillTime::Never,
        }
    }
}
