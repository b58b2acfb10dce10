"""SNS messages that the tests sign themselves, genuine and forged."""

import json
import uuid

from authority import Signer
from samples import ALL
from stack import timestamp


def bounce(address: str) -> str:
    """The message text of a permanent bounce of an address, with its own feedback id."""
    sample = ALL["ses/bounce-permanent-general"].notification()["Message"]
    text = sample.replace("bounce-permanent-general@example.com", address)
    report = json.loads(text)
    report["bounce"]["feedbackId"] = str(uuid.uuid4())
    return json.dumps(report)


def notification(signer: Signer, topic: str, message: str, **fields: str | None) -> dict:
    """A signed message of a topic, as delivered over HTTPS."""
    envelope = {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": topic,
        "Subject": "Amazon SES Email Event Notification",
        "Message": message,
        "Timestamp": timestamp(),
    }
    return signer.sign(envelope | fields)


def lambda_event(envelope: dict) -> dict:
    """The same message as SNS passes it to a function."""
    record = {key.replace("URL", "Url"): value for key, value in envelope.items()}
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": f"{envelope['TopicArn']}:{uuid.uuid4()}",
                "Sns": {"MessageAttributes": {}} | record,
            }
        ]
    }


def headers(envelope: dict) -> dict[str, str]:
    """What SNS sends along with an HTTPS delivery."""
    return {
        "Content-Type": "text/plain; charset=UTF-8",
        "User-Agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": envelope["Type"],
        "x-amz-sns-message-id": envelope["MessageId"],
        "x-amz-sns-topic-arn": envelope["TopicArn"],
        "x-amz-sns-subscription-arn": f"{envelope['TopicArn']}:{uuid.uuid4()}",
    }
