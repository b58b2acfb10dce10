"""Unauthenticated requests change nothing, through any door; authenticated ones are recorded."""

import json

import messages
import pytest
import samples
from cloud import REGION
from common.credential import basic
from tables import Snapshot

ADDRESS = "authentication@example.com"
MAILJET = samples.ALL["mailjet/bounce-user-unknown"]
TENCENT = samples.ALL["tencent/bounce-hard"]


@pytest.fixture
def untouched(stack):
    """Both tables are unchanged after the test."""
    before = Snapshot.take(stack)
    yield
    assert Snapshot.take(stack) == before


def wrong_credentials(stack) -> dict[str, tuple[dict, str]]:
    """Headers and query without the right credential."""
    user, password = stack.credential().values()
    return {
        "none": ({}, ""),
        "another password": (basic(user, "x" * len(password)), ""),
        "another user": (basic(user + "x", password), ""),
        "a prefix": (basic(user, password[:-1]), ""),
        "no Basic": ({"Authorization": f"Bearer {password}"}, ""),
        "another token": ({}, "token=" + "x" * len(password)),
        "an empty token": ({}, "token="),
    }


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("sample", [MAILJET, TENCENT], ids=lambda sample: sample.name)
def test_a_wrong_credential_is_refused(stack, sample):
    path = sample.event["rawPath"]
    for name, (headers, query) in wrong_credentials(stack).items():
        answer = stack.post(path, sample.event["body"], headers, query)
        assert (answer.status, answer.body) == (401, b""), name
        assert answer.headers["www-authenticate"].startswith("Basic "), name


def forgeries(stack, signer) -> dict[str, dict]:
    """Messages that SNS never sent, or that are not from the stack's topic."""
    message = messages.bounce(ADDRESS)
    genuine = messages.notification(signer, stack.topic, message)
    elsewhere = stack.topic.replace(stack.account, "999999999999")
    return {
        "another text": genuine | {"Message": message.replace(ADDRESS, f"other-{ADDRESS}")},
        "another subject": genuine | {"Subject": "Another"},
        "another key": messages.notification(signer.impostor(), stack.topic, message),
        "another topic": messages.notification(signer, f"{stack.topic}-other", message),
        "another account": messages.notification(signer, elsewhere, message),
        "another topic's name": genuine | {"TopicArn": f"{stack.topic}-other"},
    }


@pytest.mark.usefixtures("untouched")
def test_a_forged_message_fails_the_invocation(stack, signer):
    for name, envelope in forgeries(stack, signer).items():
        invocation = stack.invoke(messages.lambda_event(envelope))
        assert invocation.error, name
        assert invocation.payload["errorType"] == "Unauthentic", name


@pytest.mark.usefixtures("untouched")
def test_a_forged_message_is_refused_by_the_webhook(stack, signer):
    genuine = messages.notification(signer, stack.topic, messages.bounce(ADDRESS))
    for name, envelope in (forgeries(stack, signer) | {"SHA-1": signer.sign(genuine, "1")}).items():
        answer = stack.post("/webhooks/sns", json.dumps(envelope), messages.headers(envelope))
        assert (answer.status, answer.body) == (403, b""), name


@pytest.mark.usefixtures("untouched")
def test_headers_that_contradict_the_message_are_refused(stack, signer):
    envelope = messages.notification(signer, stack.topic, messages.bounce(ADDRESS))
    for name in ("x-amz-sns-message-type", "x-amz-sns-message-id", "x-amz-sns-topic-arn"):
        headers = messages.headers(envelope) | {name: "another"}
        assert stack.post("/webhooks/sns", json.dumps(envelope), headers).status == 403, name


@pytest.mark.usefixtures("untouched")
def test_an_old_delivery_is_refused(stack, signer):
    envelope = messages.notification(
        signer, stack.topic, messages.bounce(ADDRESS), Timestamp="2020-01-01T00:00:00.000Z"
    )
    assert stack.post("/webhooks/sns", json.dumps(envelope), messages.headers(envelope)).status == 403


@pytest.mark.usefixtures("untouched")
def test_what_is_no_webhook_is_not_found(stack):
    assert stack.post("/webhooks/nobody", "{}").status == 404
    assert stack.post("/", "{}").status == 404


@pytest.mark.usefixtures("untouched")
def test_a_wrong_sender_domain_is_told(stack):
    answer = stack.post("/webhooks/mailjet/example..com", "{}")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/json")
    assert json.loads(answer.body)["error"].startswith("the sender domain in the path is not a domain")


@pytest.mark.usefixtures("untouched")
def test_a_subscription_is_not_confirmed_unasked(stack, signer):
    """Answered with success, so SNS does not repeat it; SnsAutoConfirm is off."""
    token = "0123456789abcdef" * 4
    url = f"https://sns.{REGION}.amazonaws.com/?Action=ConfirmSubscription&TopicArn={stack.topic}&Token={token}"
    fields = {"Type": "SubscriptionConfirmation", "Subject": None, "Token": token, "SubscribeURL": url}
    envelope = messages.notification(signer, stack.topic, "You have chosen to subscribe to the topic", **fields)
    envelope = {key: value for key, value in envelope.items() if value is not None}
    assert stack.post("/webhooks/sns", json.dumps(envelope), messages.headers(envelope)).status == 200
    forged = envelope | {"Token": token[::-1]}
    assert stack.post("/webhooks/sns", json.dumps(forged), messages.headers(forged)).status == 403


def test_a_genuine_delivery_is_recorded(stack, signer):
    before = Snapshot.take(stack)
    envelope = messages.notification(signer, stack.topic, messages.bounce(ADDRESS))
    answer = stack.post("/webhooks/sns", json.dumps(envelope), messages.headers(envelope))
    assert answer.status == 200
    effect = Snapshot.take(stack).since(before)
    assert [event[:4] for event in effect.events] == [(ADDRESS, "bounced", "permanent", "unknown_mailbox")]
    assert effect.suppressions == [(ADDRESS, "*", "hard_bounce", "suppressed")]


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_genuine_invocation_is_recorded(stack, signer, version):
    before = Snapshot.take(stack)
    address = f"invoked-{version}-{ADDRESS}"
    envelope = signer.sign(messages.notification(signer, stack.topic, messages.bounce(address)), version)
    invocation = stack.invoke(messages.lambda_event(envelope))
    assert invocation.error is None, invocation
    assert Snapshot.take(stack).since(before).suppressions == [(address, "*", "hard_bounce", "suppressed")]
