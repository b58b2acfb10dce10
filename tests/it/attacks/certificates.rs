//! Cases 32 to 50: the certificate.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use mail_feedback::intake::sns::TrustStore;
use mail_feedback::timestamp::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
};
use support::authority::{AUTHORITY, Authority, Request, issue, rsa_key};

use super::world::{Host, World, signed};

/// The certificate is refused at both doors, after one fetch: the refusal is remembered.
async fn refused(pem: &str) {
    let host = Host::serving(200, pem);
    let world = World::at(&host).await;
    world.refuses(&signed(|_| {}), "certificate").await;
    assert_eq!(host.requests(), 1, "{pem:.80}");
}

fn named(names: &[&str]) -> Request {
    Request { names: names.iter().map(|&name| name.to_owned()).collect(), ..Request::default() }
}

#[tokio::test]
async fn case_32_wrapped_in_an_answer_of_the_api() {
    let leaf = &AUTHORITY.leaf;
    refused(&format!("<GetEndpointAttributesResponse><value>\n{leaf}</value></GetEndpointAttributesResponse>\n")).await;
}

#[tokio::test]
async fn case_33_two_certificates() {
    refused(&format!("{}{}", AUTHORITY.leaf, AUTHORITY.root)).await;
    refused(&format!("{0}{0}", AUTHORITY.leaf)).await;
}

#[tokio::test]
async fn case_34_text_around_it() {
    refused(&format!("hello\n{}", AUTHORITY.leaf)).await;
    refused(&format!("{}hello\n", AUTHORITY.leaf)).await;
    refused(&format!("\n{}", AUTHORITY.leaf)).await;
}

#[tokio::test]
async fn case_35_other_labels_and_headers() {
    refused(&AUTHORITY.key.serialize_pem()).await;
    refused(&AUTHORITY.key.public_key_pem()).await;
    refused(&AUTHORITY.leaf.replace("CERTIFICATE", "TRUSTED CERTIFICATE")).await;
    refused(&AUTHORITY.leaf.replacen("-----\n", "-----\nProc-Type: 4,ENCRYPTED\n\n", 1)).await;
    refused(&AUTHORITY.leaf.replacen("-----\n", "-----\r\nProc-Type: 4,ENCRYPTED\r\n\r\n", 1)).await;
}

#[tokio::test]
async fn case_36_cut_empty_or_no_text() {
    refused("").await;
    refused(&AUTHORITY.leaf[..400]).await;
    refused(&AUTHORITY.leaf.replacen("MII", "MI\u{cf}", 1)).await;
    refused("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n").await;
    refused("0\u{82}\u{3}binary").await;
}

#[tokio::test]
async fn case_37_expired() {
    refused(&AUTHORITY.certificate(&Request { years: (2020, 2021), ..Request::default() })).await;
}

#[tokio::test]
async fn case_38_not_yet_valid() {
    refused(&AUTHORITY.certificate(&Request { years: (2080, 2090), ..Request::default() })).await;
}

#[tokio::test]
async fn case_39_issued_to_another_host() {
    refused(&AUTHORITY.certificate(&named(&["evil.example"]))).await;
    refused(&AUTHORITY.certificate(&named(&["sns.s3-us-west-2.amazonaws.com"]))).await;
    refused(&AUTHORITY.certificate(&named(&["sns.amazonaws.com.evil.example"]))).await;
}

/// The common name of all these certificates is right, but it does not count.
#[tokio::test]
async fn case_40_the_name_as_common_name_only() {
    refused(&AUTHORITY.certificate(&named(&[]))).await;
}

#[tokio::test]
async fn case_41_a_wildcard() {
    refused(&AUTHORITY.certificate(&named(&["*.amazonaws.com"]))).await;
}

#[tokio::test]
async fn case_42_of_another_region() {
    let names = ["sns-signing.af-south-1.amazonaws.com", "sns.af-south-1.amazonaws.com"];
    refused(&AUTHORITY.certificate(&named(&names))).await;
}

#[tokio::test]
async fn case_43_self_signed() {
    let mut params = CertificateParams::new(["sns.amazonaws.com".to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    refused(&params.self_signed(&AUTHORITY.key).unwrap().pem()).await;
}

#[tokio::test]
async fn case_44_of_another_root() {
    refused(&Authority::new().leaf).await;
}

#[tokio::test]
async fn case_45_of_a_forged_intermediate_with_amazons_name() {
    let mut params = CertificateParams::default();
    for (part, value) in
        [(DnType::CountryName, "US"), (DnType::OrganizationName, "Amazon"), (DnType::CommonName, "Amazon RSA 2048 M01")]
    {
        params.distinguished_name.push(part, value);
    }
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    refused(&issue(&Issuer::new(params, rsa_key()), &AUTHORITY.key, &Request::default())).await;
}

#[tokio::test]
async fn case_46_that_may_issue_certificates_itself() {
    refused(&AUTHORITY.certificate(&Request { is_ca: true, ..Request::default() })).await;
    refused(&AUTHORITY.root).await;
}

#[tokio::test]
async fn case_47_for_clients() {
    let usage = ExtendedKeyUsagePurpose::ClientAuth;
    refused(&AUTHORITY.certificate(&Request { usage, ..Request::default() })).await;
}

#[tokio::test]
async fn case_48_with_a_key_of_1024_bits() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/weak");
    let root = std::fs::read_to_string(fixtures.join("root.pem")).unwrap();
    let leaf = std::fs::read_to_string(fixtures.join("rsa-1024.pem")).unwrap();
    let host = Host::serving(200, &leaf);
    let world = World::changed(&host, |config, _| config.sns.trust = TrustStore::new(&root, "").unwrap()).await;
    world.refuses(&signed(|_| {}), "certificate").await;
}

#[tokio::test]
async fn case_49_with_another_kind_of_key() {
    refused(&AUTHORITY.certificate_for(&KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap())).await;
}

/// A good certificate is used without another request, over HTTPS until it expires.
#[tokio::test]
async fn case_50_that_expires_while_it_is_remembered() {
    static NOW: AtomicI64 = AtomicI64::new(0);
    let set = |text: &str| NOW.store(Timestamp::parse(text).unwrap().millis(), Ordering::Relaxed);
    let leaf = AUTHORITY.certificate(&Request { years: (2020, 2027), ..Request::default() });
    let host = Host::serving(200, &leaf);
    let world = World::with_clock(&host, || Timestamp::from_millis(NOW.load(Ordering::Relaxed)).unwrap()).await;
    let envelope = signed(|envelope| envelope["Timestamp"] = "2026-12-31T23:50:00.000Z".into());
    set("2026-12-31T23:59:00.000Z");
    assert_eq!(world.lambda(&envelope).await, "ok");
    assert_eq!(world.https(&envelope).await, 200);
    set("2027-01-01T00:01:00.000Z");
    assert_eq!(world.https(&envelope).await, 403);
    assert_eq!(host.requests(), 1);
}
