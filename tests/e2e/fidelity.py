"""Corrects the emulator where it differs from AWS in ways that matter here, one function per difference."""

import datetime
import json
import os
import time
import uuid
from pathlib import Path

import authority


def complete(folder: Path) -> None:
    """Applies all corrections; `folder` is the authority's."""
    sign_messages(authority.Signer.of(folder))
    deliver_asynchronously()
    let_ses_put_events()
    honour_alias_destinations()
    keep_expired_items()
    provide_certificates(folder / authority.ROOT)
    move_parked_messages()
    judge_actions_of_queues()
    judge_mail_by_its_sender()
    judge_secrets_by_their_version()
    read_numbers_of_parameters()
    repeat_failed_records_of_streams()


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def sign_messages(signer: authority.Signer) -> None:
    """SNS signs messages according to the topic's SignatureVersion; the emulator writes FAKE."""
    from ministack.services import sns

    def build_envelope(topic_arn, message_id, message, subject, attributes, raw):
        if raw:
            return message
        topic = sns._topic_by_arn_any_scope(topic_arn) or {}
        version = (topic.get("attributes") or {}).get("SignatureVersion", "1")
        region = topic_arn.split(":")[3]
        envelope = {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": topic_arn,
            "Message": message,
            "Timestamp": now(),
            "UnsubscribeURL": f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={topic_arn}:0",
        }
        if subject:
            envelope["Subject"] = subject
        if attributes:
            envelope["MessageAttributes"] = {
                key: {"Type": value.get("DataType", "String"), "Value": value.get("StringValue", "")}
                for key, value in attributes.items()
            }
        return json.dumps(signer.sign(envelope, version))

    sns._build_envelope = build_envelope


def deliver_asynchronously() -> None:
    """SNS invokes a function asynchronously, so failures are retried and reach its destination.

    The record has the field names that Lambda gives it.
    """
    from ministack.services import lambda_svc, sns

    def deliver(endpoint, envelope, topic_arn, subscription_arn, *_):
        fields = {key.replace("URL", "Url"): value for key, value in json.loads(envelope).items()}
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription_arn,
            "Sns": {"Subject": None, "MessageAttributes": {}} | fields,
        }
        function, config, name = lambda_svc._get_func_record_for_ref(endpoint)
        if not function or not config:
            sns.logger.warning("SNS: there is no function %s", name)
            return
        invocation = lambda_svc._execution_record_for_config(function, config | {"FunctionArn": endpoint})
        lambda_svc.invoke_async_with_retry(invocation, {"Records": [record]})

    sns._deliver_to_lambda = deliver


def let_ses_put_events() -> None:
    """SES puts events on the bus, under a source that nobody else may use. Here, the source `played.ses` becomes it.

    Like SNS, EventBridge invokes a function asynchronously.
    """
    from ministack.services import eventbridge, lambda_svc

    put = eventbridge._put_events

    def put_events(data, allow_aws_source=False):
        entries = data.get("Entries", [])
        played = [entry | {"Source": "aws.ses"} for entry in entries if entry.get("Source") == "played.ses"]
        return put({"Entries": played}, True) if played else put(data, allow_aws_source)

    def dispatch(endpoint, payload):
        function, config, name = lambda_svc._get_func_record_for_ref(endpoint)
        if not function or not config:
            eventbridge.logger.warning("EventBridge: there is no function %s", name)
            return
        invocation = lambda_svc._execution_record_for_config(function, config | {"FunctionArn": endpoint})
        lambda_svc.invoke_async_with_retry(invocation, json.loads(payload))

    eventbridge._put_events = put_events
    eventbridge._dispatch_to_lambda = dispatch


def honour_alias_destinations() -> None:
    """An asynchronous invocation through an alias follows the alias's own configuration."""
    from ministack.services import lambda_svc

    invoke = lambda_svc.invoke_async_with_retry

    def by_qualifier(function, event):
        _, _, _, _, _, _, name, *qualifier = function["config"]["FunctionArn"].split(":")
        configured = (lambda_svc._functions.get(name) or {}).get("event_invoke_configs") or {}
        if qualifier and qualifier[0] in configured:
            function = function | {"event_invoke_config": configured[qualifier[0]]}
        invoke(function, event)

    lambda_svc.invoke_async_with_retry = by_qualifier


def keep_expired_items() -> None:
    """DynamoDB removes expired items within days, the emulator within a minute; the samples are old."""
    from ministack.core.responses import AccountRegionScopedDict
    from ministack.services import dynamodb

    class Unswept(AccountRegionScopedDict):
        def all_items(self):
            return []

    dynamodb._ttl_settings = Unswept()


def provide_certificates(root: Path) -> None:
    """The template names the path of Lambda's CA bundle, which few other systems have; the test root replaces it."""
    from ministack.services import lambda_svc

    environment = lambda_svc._provided_worker_env

    def with_certificates(*arguments):
        values = environment(*arguments)
        if not os.path.exists(values.get("SSL_CERT_FILE", root)):
            values["SSL_CERT_FILE"] = str(root)
        return values

    lambda_svc._provided_worker_env = with_certificates


def read_numbers_of_parameters() -> None:
    """A parameter of type Number is a number in a mapping of a queue; the emulator keeps it as a text."""
    from ministack.services import lambda_svc

    concurrency = lambda_svc._sqs_esm_concurrency

    def with_numbers(mapping, *rest):
        mapping["BatchSize"] = int(mapping["BatchSize"])
        scaling = mapping.get("ScalingConfig")
        if scaling:
            mapping["ScalingConfig"] = {name: int(value) for name, value in scaling.items()}
        return concurrency(mapping, *rest)

    lambda_svc._sqs_esm_concurrency = with_numbers


def repeat_failed_records_of_streams() -> None:
    """Lambda repeats a batch of a stream from the first record that the function reports; the emulator takes it for done.

    Here, it repeats the whole batch, and gives it up when it is too old.
    """
    from ministack.services import lambda_svc

    execute = lambda_svc._execute_function

    def executed(function, event, *rest, **named):
        result = execute(function, event, *rest, **named)
        records = event.get("Records") if isinstance(event, dict) else None
        if records and records[0].get("eventSource") == "aws:dynamodb" and not result.get("error"):
            body = result.get("body")
            body = json.loads(body) if isinstance(body, (str, bytes)) and body else body
            if isinstance(body, dict) and body.get("batchItemFailures"):
                return result | {"error": True}
        return result

    lambda_svc._execute_function = executed


def move_parked_messages() -> None:
    """SQS moves messages from a dead-letter queue back to their queue, as new ones; the emulator cannot."""
    from ministack.services import sqs

    started = {}

    def start(data, _url):
        earlier = started.setdefault(data["SourceArn"], [])
        parked = sqs._queue_by_arn(data["SourceArn"])
        messages, parked["messages"] = parked["messages"], []
        for message in messages:
            origin = sqs._queue_by_arn(message["sys"]["DeadLetterQueueSourceArn"])
            fresh = {"id": str(uuid.uuid4()), "sent_at": time.time(), "visible_at": time.time(), "receive_count": 0}
            about = {"SenderId": message["sys"]["SenderId"], "SentTimestamp": str(int(time.time() * 1000))}
            fresh |= {"first_receive_at": None, "receipt_handle": None, "sys": about}
            origin["messages"].append(message | fresh)
        # Each task has its own start time, which identifies it once it has ended.
        at = max([int(time.time() * 1000), *(task["StartedTimestamp"] + 1 for task in earlier)])
        task = {"Status": "COMPLETED", "StartedTimestamp": at, "ApproximateNumberOfMessagesMoved": len(messages)}
        earlier.insert(0, task)
        return {"TaskHandle": "task"}

    def tasks(data, _url):
        return {"Results": started.get(data["SourceArn"], [])[: data.get("MaxResults", 1)]}

    sqs._HANDLERS |= {"StartMessageMoveTask": start, "ListMessageMoveTasks": tasks}


def judge_actions_of_queues() -> None:
    """Permission for the single action covers its batch, and a move task is authorized by the ARN it names."""
    from ministack.core import iam_actions

    action_of, resource_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action(service, *rest):
        found = action_of(service, *rest)
        return found.removesuffix("Batch") if found and service == "sqs" else found

    def resource(service, method, path, headers, body, *rest):
        if service == "sqs" and b'"SourceArn"' in body:
            return json.loads(body)["SourceArn"]
        return resource_of(service, method, path, headers, body, *rest)

    iam_actions.extract_iam_action, iam_actions.extract_resource_arn = action, resource


def judge_mail_by_its_sender() -> None:
    """Sending is authorized by the sending identity; the emulator names no resource."""
    from ministack.core import iam_actions

    resource_of = iam_actions._ses_v2_resource_arn

    def resource(method, path, body, region, account_id):
        if path == "/v2/email/outbound-emails":
            return f"arn:aws:ses:{region}:{account_id}:identity/{json.loads(body)['FromEmailAddress']}"
        return resource_of(method, path, body, region, account_id)

    iam_actions._ses_v2_resource_arn = resource


def judge_secrets_by_their_version() -> None:
    """A condition may name the version of a secret that a request asks for; the emulator does not know that key."""
    from ministack.core import iam_actions

    context_of = iam_actions.request_tag_context

    def context(service, action, body, *rest):
        asked = json.loads(body).get("VersionStage") if action == "secretsmanager:GetSecretValue" else None
        return context_of(service, action, body, *rest) | ({"secretsmanager:VersionStage": asked} if asked else {})

    iam_actions.request_tag_context = context
