"""The contents of a stack's queues."""

import json

from stack import Stack


def depth(stack: Stack, output: str) -> int:
    """The number of messages in a queue, visible or being processed."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = stack.cloud.client("sqs").get_queue_attributes(QueueUrl=stack.outputs[output], AttributeNames=names)
    return sum(int(attributes["Attributes"][name]) for name in names)


def peek(stack: Stack, output: str) -> list[dict]:
    """The bodies of up to ten messages, which stay in the queue."""
    answer = stack.cloud.client("sqs").receive_message(
        QueueUrl=stack.outputs[output], MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def send(stack: Stack, output: str, body: str) -> None:
    stack.cloud.client("sqs").send_message(QueueUrl=stack.outputs[output], MessageBody=body)


def set_visibility_timeout(stack: Stack, output: str, seconds: int) -> None:
    """Sets how long a failed message stays hidden."""
    stack.cloud.client("sqs").set_queue_attributes(
        QueueUrl=stack.outputs[output], Attributes={"VisibilityTimeout": str(seconds)}
    )


def purge(stack: Stack) -> None:
    """Empties all three queues."""
    for output in ("UndeliveredQueueUrl", "FailedQueueUrl", "ParkedQueueUrl"):
        stack.cloud.client("sqs").purge_queue(QueueUrl=stack.outputs[output])


def park(stack: Stack, output: str) -> None:
    """Makes SQS park the messages of a queue by receiving them too often."""
    client, url = stack.cloud.client("sqs"), stack.outputs[output]
    policy = client.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    strict = json.dumps(json.loads(policy) | {"maxReceiveCount": 1})
    client.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": strict})
    peek(stack, output)
    peek(stack, output)
    client.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
