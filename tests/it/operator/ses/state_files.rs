//! The file of the state belongs to one list and one table.

use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};

use super::*;

/// Somebody with credentials of the account that STS names.
fn caller(api: &SesApi) -> Caller {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(api.endpoint());
    Caller::Credentials(aws_sdk_sts::Client::from_conf(config.build()))
}

#[tokio::test]
async fn the_file_of_another_account_table_or_tenant_is_refused() {
    let (mut world, api) = world().await;
    world.tables.caller = caller(&api);
    api.state().list("Acme");
    let state = StatePath::new();
    world.run_ok(&sync_args(&state, &[])).await;
    let before = (state.text(), api.state().requests.len());
    let about = format!(
        "{}: it is about account 123456789012, region us-east-1, table {SUPPRESSIONS}, no tenant, not about ",
        state.0
    );
    let tenant = world.run(&sync_args(&state, &["--tenant", "Acme"])).await.outcome.unwrap_err();
    let expected = format!(
        "{about}account 123456789012, region us-east-1, table {SUPPRESSIONS}, tenant Acme; give another file with --state"
    );
    assert_eq!(tenant, expected);
    api.state().account = "210987654321".to_owned();
    let account = world.run(&sync_args(&state, &["--from-start"])).await.outcome.unwrap_err();
    assert!(account.starts_with(&format!("{about}account 210987654321, ")), "{account}");
    api.state().account = "123456789012".to_owned();
    world.tables.suppression_table = "other".to_owned();
    let table = world.run(&sync_args(&state, &[])).await.outcome.unwrap_err();
    assert!(table.contains(", not about account 123456789012, region us-east-1, table other, no tenant; "), "{table}");
    assert_eq!((state.text(), api.state().requests.len()), before);
    world.tables.suppression_table = SUPPRESSIONS.to_owned();
    world.run_ok(&sync_args(&state, &[])).await;
}

#[tokio::test]
async fn without_an_account_nothing_is_read() {
    let (mut world, api) = world().await;
    let nowhere = "http://127.0.0.1:9";
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(nowhere);
    world.tables.caller = Caller::Credentials(aws_sdk_sts::Client::from_conf(config.build()));
    let state = StatePath::new();
    let failure = world.run(&sync_args(&state, &[])).await.outcome.unwrap_err();
    assert_eq!(failure, "STS did not name the account; check the network and the credentials");
    assert!(api.state().requests.is_empty() && state.text().is_empty());
}

/// Such files were written before the list was part of them.
#[tokio::test]
async fn a_file_that_names_no_list_begins_anew() {
    let (world, api) = world().await;
    api.state().add("", "ann@example.com", "BOUNCE", NOVEMBER);
    let done = "{\"done\":{\"mark\":\"2026-11-19T12:00:00.000Z\",\"entries\":1}}\n{\"seen\":\"\"}\n";
    let begun = "{\"begun\":{\"at\":\"2026-11-20T11:00:00.000Z\",\"since\":null,\"apply\":null}}\n";
    let page = "{\"page\":{\"next\":\"1-ff\",\"seen\":\"\",\"lifted\":[{\"spelling\":\"fay@example.com\",\
                \"reason\":\"BOUNCE\",\"at\":\"2026-11-01T00:00:00.000Z\"}],\"tally\":{\"compared\":9}}}\n";
    for old in [done.to_owned(), format!("{done}{begun}{page}"), format!("{begun}{page}{{\"page\":")] {
        let state = StatePath::new();
        std::fs::write(&state.0, &old).unwrap();
        let ran = world.run(&sync_args(&state, &[])).await;
        assert_eq!(ran.outcome, Ok(Outcome::Done));
        let said =
            format!("{} does not say which list it is about; this run reads SES's list from its beginning\n", state.0);
        assert_eq!(ran.err, said);
        assert!(ran.out.contains("account: 1 entry\n  1 only at SES\n"), "{}", ran.out);
        assert!(!state.text().contains('@'), "{}", state.text());
        let again = world.run(&sync_args(&state, &[])).await;
        assert_eq!((again.outcome, again.err.as_str()), (Ok(Outcome::Done), ""));
        assert!(again.out.contains("account: 0 entries changed since"), "{}", again.out);
    }
}
