//! Replays a case and describes the differences, in words that a list of deviations can match.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::case::{Case, Expected, Neutral, PeerRequest, Step};
use super::certificates::Certificates;
use super::policy;
use super::records;
use super::request::{Prepared, postponed, prepare};
use super::state::History;
use super::verdict::{SendQuery, Suppressions, latest_event};
use super::world::{Reply, Setup, World};

/// The differences between the peer's expectation and the result; empty if there are none.
///
/// # Errors
/// The case is not understood.
pub(crate) async fn replay(case: &Case, certificates: &Certificates) -> Result<Vec<String>, String> {
    match case.content.kind.as_str() {
        "request" => single(case, certificates).await,
        "policy" => policy_case(case, certificates).await,
        "sequence" => sequence(case, certificates).await,
        "policy-sequence" => policy::sequence(case, certificates).await,
        "policy-check" => policy::check(case, certificates).await,
        other => Err(format!("the kind {other} is not understood")),
    }
}

/// One request: status, cause of a refusal, fetches and records.
async fn single(case: &Case, certificates: &Certificates) -> Result<Vec<String>, String> {
    deliver(case, certificates).await.map(|(differences, _)| differences)
}

/// One request, and the peer's verdict on its recipient.
async fn policy_case(case: &Case, certificates: &Certificates) -> Result<Vec<String>, String> {
    let (mut differences, world) = deliver(case, certificates).await?;
    let [outcome] = case.content.expected.neutral.as_deref().unwrap_or_default() else {
        return Err("a policy about several recipients is not understood".to_owned());
    };
    let suppressions = Suppressions::of(&world.database).await;
    let at = latest_event(&world.database).await;
    let suppressed = !suppressions.blocking(&SendQuery::LikeReported, at).is_empty();
    let Neutral { peer_suppresses, counts_toward_threshold, .. } = outcome;
    differences.extend(difference("suppressed", *peer_suppresses, suppressed));
    differences.extend(difference("counted", *counts_toward_threshold, suppressions.soft_bounces > 0));
    Ok(differences)
}

/// Delivers the request of a case to its own handler, and compares the results.
async fn deliver(case: &Case, certificates: &Certificates) -> Result<(Vec<String>, World), String> {
    let request = case.content.request.as_ref().ok_or("a request without a request is not understood")?;
    let expected = &case.content.expected;
    let prepared = prepare(case, request, certificates)?;
    let world = World::start(&prepared.setup, certificates).await?;
    let reply = world.invoke(&prepared.invocation).await?;
    let mut differences = answered(expected, &prepared, &reply);
    differences.extend(fetched(expected, &prepared, &world));
    if let Some(neutral) = &expected.neutral {
        differences.extend(records::differences(neutral, &case.content.provider, &world.database).await);
    }
    Ok((differences, world))
}

/// Runs the requests of a sequence on one pair of tables, and compares the final state.
///
/// If the state is checked after each step, the steps are a day apart: the corpus gives them all one time, and asks
/// receivers that use the event time to space them.
async fn sequence(case: &Case, certificates: &Certificates) -> Result<Vec<String>, String> {
    let steps = case.content.sequence.as_deref().unwrap_or_default();
    let spaced = steps.iter().all(|step| step.after.is_some());
    let world = World::start(&Setup::default(), certificates).await?;
    let mut history = History::default();
    let mut differences = Vec::new();
    for (number, step) in (1_u32..).zip(steps) {
        let days = if spaced { number } else { 0 };
        let (step_case, request) = step_request(case, step, days)?;
        let step_case = step_case.as_ref().unwrap_or(case);
        let prepared = prepare(step_case, &request, certificates)?;
        let reply = world.invoke(&prepared.invocation).await?;
        let mut found = answered(&step_case.content.expected, &prepared, &reply);
        let suppressed = history.look(&world.database).await;
        found.extend(difference("suppressed", step.after.as_ref().map(|after| after.suppressed), suppressed));
        differences.extend(found.into_iter().map(|difference| format!("step {number}: {difference}")));
    }
    differences.extend(difference("fetches", Some(0), world.fetched().len()));
    let expected = &case.content.expected;
    if let Some(neutral) = &expected.neutral {
        differences.extend(records::differences(neutral, &case.content.provider, &world.database).await);
    }
    if let Some(end) = &expected.end {
        differences.extend(history.differences(end, &world.database).await?);
    }
    Ok(differences)
}

/// The request of a step, and the case it comes from if that is another one.
fn step_request(case: &Case, step: &Step, days: u32) -> Result<(Option<Case>, PeerRequest), String> {
    if let Some(file) = &step.case {
        let mut other = case.sibling(file)?;
        let request = other.content.request.take().ok_or("a step without a request is not understood")?;
        return Ok((Some(other), request));
    }
    let body = step.body_json.as_ref().ok_or("a step without a body is not understood")?;
    let body_json = if days == 0 { body.clone() } else { postponed(body, days)? };
    let (path, headers, body) = ("/".to_owned(), BTreeMap::new(), body_json.to_string());
    Ok((None, PeerRequest { path, headers, body, body_json }))
}

/// Differences in the status, and in the cause of a refusal if the defect is known.
fn answered(expected: &Expected, prepared: &Prepared, reply: &Reply) -> Vec<String> {
    let refused = reply.status != 200;
    let status = match expected.http_status {
        Some(status) if status == reply.status => None,
        Some(status) => Some(format!("status {status} -> {}", reply.status)),
        None if expected.exception.is_some() => (!refused).then(|| format!("status refused -> {}", reply.status)),
        None => refused.then(|| format!("status 200 -> {}", reply.status)),
    };
    let cause = reply.cause.as_deref().unwrap_or("none");
    let cause = prepared.defect.filter(|_| refused).and_then(|defect| difference("cause", Some(defect.cause()), cause));
    status.into_iter().chain(cause).collect()
}

/// Nothing may be fetched except the confirmation that the peer expects: certificates are in the folder.
fn fetched(expected: &Expected, prepared: &Prepared, world: &World) -> Option<String> {
    let confirmed = prepared.confirms && expected.http_status == Some(200) && !expected.forbids_action();
    difference("fetches", Some(usize::from(confirmed)), world.fetched().len())
}

/// The difference between the expected value, if any, and the actual one.
pub(crate) fn difference<T: Copy + Display + PartialEq>(name: &str, expected: Option<T>, actual: T) -> Option<String> {
    expected.filter(|expected| *expected != actual).map(|expected| format!("{name} {expected} -> {actual}"))
}
