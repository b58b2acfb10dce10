//! Who decides, if the command line names no actor.

use aws_config::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::*;

const ARN: &str = "arn:aws:sts::123456789012:assumed-role/Support/jane.doe";

/// An STS that knows the caller's identity, or refuses.
#[derive(Clone, Debug)]
struct Sts(Option<String>);

impl HttpConnector for Sts {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = match &self.0 {
            Some(arn) => (
                200,
                format!(
                    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                     <Arn>{arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
                ),
            ),
            None => (403, "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>".to_owned()),
        };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))))
    }
}

impl HttpClient for Sts {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// A deployment whose operator's credentials belong to an identity, or are refused.
async fn world(arn: Option<&str>) -> World {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(aws_sdk_sts::config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_sts::config::Credentials::new("local", "local", None, None, "local"))
        .http_client(Sts(arn.map(str::to_owned)))
        .build();
    let mut world = World::new().await;
    world.tables.caller = Caller::Credentials(aws_sdk_sts::Client::from_conf(config));
    world
}

#[tokio::test]
async fn the_actor_is_the_identity_of_the_credentials() {
    let world = world(Some(ARN)).await;
    let shown = world.run_ok(&["suppress", "jane@example.com"]).await;
    assert!(shown.starts_with(&format!("jane@example.com  suppressed manual * by {ARN}\n")), "{shown}");
    world.run_ok(&["lift", "jane@example.com", "--reason", "manual"]).await;
    world.run_ok(&["forget", "jane@example.com", "--yes"]).await;
    let events = world.database.scan(EVENTS).await;
    let actors: Vec<_> = events.values().map(|event| text(event, "actor")).collect();
    assert_eq!(actors, [ARN; 3]);
}

#[tokio::test]
async fn a_name_on_the_command_line_comes_first() {
    let world = world(None).await;
    assert!(world.run_ok(&["suppress", "jane@example.com", "--actor", "ops"]).await.contains(" by ops\n"));
}

#[tokio::test]
async fn without_an_identity_nothing_is_decided() {
    let far = "x".repeat(300);
    for arn in [None, Some(far.as_str())] {
        let world = world(arn).await;
        for args in [&["suppress", "jane@example.com"][..], &["forget", "jane@example.com", "--yes"]] {
            let failure = world.run(args).await.outcome.unwrap_err();
            assert!(failure.ends_with("name the person who decides with --actor NAME"), "{failure}");
        }
        assert!(world.database.scan(EVENTS).await.is_empty());
    }
}
