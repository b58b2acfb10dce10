//! Cases 1 to 22: the URL of the certificate.

use serde_json::{Value, json};
use support::authority::CERTIFICATE_ID;
use support::envelope::{certificate_url, lambda_event};

use super::world::{Host, MESSAGE, World, signed, tampered};
use crate::real_binary::invoke_both;

/// Each URL is refused at both doors, and nothing is fetched.
async fn refused(urls: impl IntoIterator<Item = String>) {
    let host = Host::genuine();
    let world = World::at(&host).await;
    for url in urls {
        world.refuses(&signed(|envelope| envelope["SigningCertURL"] = url.as_str().into()), "certificate_url").await;
    }
    assert_eq!(host.requests(), 0);
}

/// The genuine URL with a part replaced.
fn with(from: &str, to: &str) -> String {
    let url = certificate_url().replace(from, to);
    assert_ne!(url, certificate_url(), "{from} is no part of the URL");
    url
}

const HOST: &str = "sns.us-east-1.amazonaws.com";

#[tokio::test]
async fn case_01_plain_http() {
    refused([with("https://", "http://")]).await;
}

#[tokio::test]
async fn case_02_upper_case() {
    refused([with("https", "HTTPS"), with("sns.us", "SNS.us"), with("amazonaws.com", "amazonaws.COM")]).await;
}

#[tokio::test]
async fn case_03_another_host() {
    refused([with(HOST, "evil.example")]).await;
}

#[tokio::test]
async fn case_04_a_host_that_only_starts_like_it() {
    refused([with(HOST, "sns.us-east-1.amazonaws.com.evil.example")]).await;
}

#[tokio::test]
async fn case_05_a_host_that_only_ends_like_it() {
    refused([with(HOST, "evilsns.us-east-1.amazonaws.com")]).await;
}

#[tokio::test]
async fn case_06_a_bucket_named_sns_in_a_regional_s3() {
    refused([with(HOST, "sns.s3-us-west-2.amazonaws.com")]).await;
}

#[tokio::test]
async fn case_07_a_bucket_named_sns_in_other_s3_hosts() {
    let hosts = ["sns.s3-accelerate.amazonaws.com", "sns.s3-external-1.amazonaws.com", "sns.s3.amazonaws.com"];
    refused(hosts.map(|host| with(HOST, host))).await;
}

#[tokio::test]
async fn case_08_a_bucket_with_the_right_path() {
    refused([with(HOST, "bucket.s3.us-east-1.amazonaws.com")]).await;
}

#[tokio::test]
async fn case_09_another_region_than_the_topic() {
    refused([with("us-east-1", "eu-west-1")]).await;
}

#[tokio::test]
async fn case_10_another_partition_than_the_topic() {
    refused([with("amazonaws.com", "amazonaws.com.cn"), with("amazonaws.com", "amazonaws.eu")]).await;
}

#[tokio::test]
async fn case_11_other_endpoints_of_sns() {
    refused([with(HOST, "sns-fips.us-east-1.amazonaws.com"), with(HOST, "sns.us-east-1.api.aws")]).await;
}

#[tokio::test]
async fn case_12_a_trailing_dot() {
    refused([with("amazonaws.com", "amazonaws.com.")]).await;
}

#[tokio::test]
async fn case_13_a_port() {
    refused([":443", ":8443", ":"].map(|port| with(HOST, &format!("{HOST}{port}")))).await;
}

#[tokio::test]
async fn case_14_user_information() {
    refused(["user@", "user:pw@"].map(|user| with("https://", &format!("https://{user}")))).await;
}

#[tokio::test]
async fn case_15_escapes_that_parsers_disagree_on() {
    let parts = ["\\@evil.example", "%5c@evil.example", "%2f", "%00", "\\"];
    refused(parts.map(|part| with(HOST, &format!("{HOST}{part}")))).await;
}

#[tokio::test]
async fn case_16_look_alikes() {
    let hosts = [
        "ｓｎｓ.us-east-1.amazonaws.com",
        "sns。us-east-1。amazonaws。com",
        "xn--sns-us-east-1.amazonaws.com",
        "sns.us-east-1.am\u{430}zonaws.com",
    ];
    refused(hosts.map(|host| with(HOST, host))).await;
}

#[tokio::test]
async fn case_17_another_path() {
    let base = format!("https://{HOST}");
    refused([
        format!("{base}/x.pem"),
        format!("{base}/SimpleNotificationService-.pem"),
        with(CERTIFICATE_ID, &CERTIFICATE_ID[1..]),
        with(CERTIFICATE_ID, &format!("{CERTIFICATE_ID}0")),
        with(CERTIFICATE_ID, &CERTIFICATE_ID.to_uppercase()),
        with("/Simple", "/../Simple"),
        with("/Simple", "//Simple"),
        with("SimpleNotification", "simplenotification"),
        with(".pem", ".PEM"),
    ])
    .await;
}

#[tokio::test]
async fn case_18_a_query_or_a_fragment() {
    let api = format!("https://{HOST}/?Action=GetEndpointAttributes&x=.pem");
    refused([api, with(".pem", ".pem?x"), with(".pem", ".pem#.pem"), with(".pem", "?.pem")]).await;
}

#[tokio::test]
async fn case_19_white_space() {
    let url = certificate_url();
    let padded = [format!(" {url}"), format!("{url} "), format!("\t{url}"), format!("{url}\n")];
    refused(padded.into_iter().chain([with("-1.amazonaws", "-1.\namazonaws")])).await;
}

#[tokio::test]
async fn case_20_a_long_url() {
    refused([with(CERTIFICATE_ID, &"0".repeat(256)), with(CERTIFICATE_ID, &"0".repeat(1 << 20))]).await;
}

/// Missing and mistyped fields are malformed, not refused, as the table of answers says.
#[tokio::test]
async fn case_21_a_missing_or_mistyped_url() {
    let host = Host::genuine();
    let world = World::at(&host).await;
    for value in [Value::Null, json!(5), json!([certificate_url()]), json!({})] {
        world.cannot_read(&tampered(|envelope| envelope["SigningCertURL"] = value).to_string()).await;
    }
    let missing = tampered(|envelope| drop(envelope.as_object_mut().unwrap().remove("SigningCertURL")));
    world.cannot_read(&missing.to_string()).await;
    assert_eq!(host.requests(), 0);
}

/// Both spellings at once are a duplicate field; either alone is accepted at both doors, since tools between SNS and
/// the function rename them and the spelling is not signed.
#[tokio::test]
async fn case_22_both_spellings_or_the_other_doors() {
    let host = Host::genuine();
    let world = World::at(&host).await;
    let both = tampered(|envelope| envelope["SigningCertUrl"] = envelope["SigningCertURL"].clone());
    world.cannot_read(&both.to_string()).await;
    assert_eq!(host.requests(), 0);

    let lambda_spelling = &lambda_event(&signed(|_| {}))["Records"][0]["Sns"];
    assert!(lambda_spelling.get("SigningCertUrl").is_some());
    assert_eq!(world.https(lambda_spelling).await, 200);
    let mut event = lambda_event(&signed(|_| {}));
    event["Records"][0]["Sns"] = signed(|_| {});
    assert!(invoke_both(&world.handler, &event.to_string()).await.is_ok(), "{MESSAGE}");
}
