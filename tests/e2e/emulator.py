"""Starts the emulator of AWS with what the function's checks need and the emulator lacks: genuine signatures.

Run as a program, with the folder of an authority as its argument and the emulator's settings in the environment. It
leads a process group of its own and ends that whole group when its standard input closes, so that no function process
outlives the tests, however they end.
"""

import datetime
import json
import os
import signal
import sys
import threading
from pathlib import Path

from authority import Signer


def end_with_parent() -> None:
    """Standard input is a pipe from the tests; it closes with them, even when they are killed."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def sign_messages(signer: Signer) -> None:
    """Lets SNS sign by the topic's SignatureVersion, and spell the fields as each kind of subscriber gets them."""
    from ministack.services import sns

    def build_envelope(topic_arn, message_id, message, subject, attributes, raw):
        if raw:
            return message
        topic = sns._topic_by_arn_any_scope(topic_arn) or {}
        version = (topic.get("attributes") or {}).get("SignatureVersion", "1")
        envelope = {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": topic_arn,
            "Message": message,
            "Timestamp": now(),
            "UnsubscribeURL": unsubscribe_url(topic_arn),
        }
        if subject:
            envelope["Subject"] = subject
        if attributes:
            envelope["MessageAttributes"] = {
                key: {"Type": value.get("DataType", "String"), "Value": value.get("StringValue", "")}
                for key, value in attributes.items()
            }
        return json.dumps(signer.sign(envelope, version))

    deliver = sns._deliver_to_lambda

    def deliver_to_lambda(endpoint, envelope, *rest):
        fields = json.loads(envelope)
        fields = {key.replace("URL", "Url"): value for key, value in fields.items()}
        deliver(endpoint, json.dumps({"Subject": None, "MessageAttributes": {}} | fields), *rest)

    sns._build_envelope = build_envelope
    sns._deliver_to_lambda = deliver_to_lambda


def unsubscribe_url(topic_arn: str) -> str:
    region = topic_arn.split(":")[3]
    return f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={topic_arn}:unsubscribe"


def keep_expired_items() -> None:
    """DynamoDB removes expired items within days, the emulator within a minute; the samples grow old."""
    from ministack.core.responses import AccountRegionScopedDict
    from ministack.services import dynamodb

    class Unswept(AccountRegionScopedDict):
        def all_items(self):
            return []

    dynamodb._ttl_settings = Unswept()


def main() -> None:
    end_with_parent()
    import ministack.app

    sign_messages(Signer.of(Path(sys.argv.pop(1))))
    keep_expired_items()
    ministack.app.main()


if __name__ == "__main__":
    main()
