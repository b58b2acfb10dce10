"""Rules for the template after SAM's transform, as CloudFormation gets it. Each rule returns its violations."""

import json

# Principals whose SourceArn may not name an account, or whose resource may pass to another account.
NAMED_BY_ACCOUNT = {"s3.amazonaws.com", "ses.amazonaws.com"}
# (logical id, Sid or action) of statements on all resources, each with its reason.
WILDCARDS = {
    ("FunctionRole", "Traces"): "X-Ray's actions do not support resources",
    ("CheckRole", "Traces"): "X-Ray's actions do not support resources",
    ("DecideRole", "Traces"): "X-Ray's actions do not support resources",
    ("UnsubscribeRole", "Traces"): "X-Ray's actions do not support resources",
    ("ChangesRole", "Traces"): "X-Ray's actions do not support resources",
    ("ChangesRole", "Streams"): "all streams of the table are the resource of the action",
    ("SupportRole", "Traces"): "X-Ray's actions do not support resources",
    ("SupportRole", "Metrics"): "CloudWatch's actions on metrics do not support resources",
}
# Statements of topic policies without a condition, each with its reason.
UNCONDITIONAL = {
    ("AlarmTopicPolicy", "RulesPublish"): "EventBridge supports no condition in the policy of a topic",
}


def of_type(template: dict, *types: str) -> dict[str, dict]:
    """The properties of all resources of some types, by logical id."""
    resources = template["Resources"].items()
    return {name: each.get("Properties", {}) for name, each in resources if each["Type"] in types}


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def statements(document: dict) -> list[dict]:
    """The statements of a policy, including both branches of a condition."""
    found = []
    for statement in as_list(document["Statement"]):
        branches = statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
        found += [branch for branch in branches if "Action" in branch]
    return found


def open_permissions(template: dict) -> list[str]:
    """Permissions to invoke the function that do not limit the source."""
    wrong = []
    for name, permission in of_type(template, "AWS::Lambda::Permission").items():
        if "SourceArn" not in permission:
            wrong.append(f"{name} has no SourceArn")
        if permission["Principal"] in NAMED_BY_ACCOUNT and "SourceAccount" not in permission:
            wrong.append(f"{name} has no SourceAccount")
        if permission["Principal"] == "*":
            wrong.append(f"{name} is for everybody")
    return wrong


def missing_permissions(template: dict) -> list[str]:
    """Services that should invoke the function but may not; the emulator admits them all."""
    subscriptions = of_type(template, "AWS::SNS::Subscription").values()
    groups = of_type(template, "AWS::ElasticLoadBalancingV2::TargetGroup").values()
    needed = {
        "sns.amazonaws.com": any(each["Protocol"] == "lambda" for each in subscriptions),
        "events.amazonaws.com": bool(of_type(template, "AWS::Events::Rule")),
        "apigateway.amazonaws.com": bool(of_type(template, "AWS::ApiGatewayV2::Integration")),
        "elasticloadbalancing.amazonaws.com": any(each.get("TargetType") == "lambda" for each in groups),
    }
    given = {permission.get("Principal") for permission in of_type(template, "AWS::Lambda::Permission").values()}
    missing = {principal for principal, is_needed in needed.items() if is_needed} - given
    return [f"{principal} may not invoke the function" for principal in sorted(missing)]


def lossy_subscriptions(template: dict) -> list[str]:
    """Subscriptions of the function that drop undeliverable messages. Mail to people has no such queue."""
    return [
        f"{name} has no RedrivePolicy"
        for name, subscription in of_type(template, "AWS::SNS::Subscription").items()
        if subscription["Protocol"] != "email" and "deadLetterTargetArn" not in subscription.get("RedrivePolicy", {})
    ]


def targets(rule: dict) -> list[dict]:
    """The targets of a rule, including those under a condition."""
    return [target.get("Fn::If", [None, target])[1] for target in rule["Targets"]]


def lossy_rules(template: dict) -> list[str]:
    """Rules whose targets drop undeliverable events. Messages to people have no such queue."""
    return [
        f"{name}: {target['Id']} has no DeadLetterConfig"
        for name, rule in of_type(template, "AWS::Events::Rule").items()
        for target in targets(rule)
        if "DeadLetterConfig" not in target and "Alarm" not in json.dumps(target["Arn"])
    ]


def invoked(template: dict, reference: dict) -> str:
    """The function behind a reference to its alias."""
    return of_type(template, "AWS::Lambda::Alias")[reference["Ref"]]["FunctionName"]["Ref"]


def reads_stream(mapping: dict) -> bool:
    """Whether a mapping reads the stream of a table, not a queue."""
    return "StartingPosition" in mapping


def lossy_streams(template: dict) -> list[str]:
    """Mappings of streams that lose records in silence, repeat more than they must, or keep the stream waiting too long."""
    wrong = []
    for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping").items():
        if not reads_stream(mapping):
            continue
        if not mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"):
            wrong.append(f"{name} drops records")
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            wrong.append(f"{name} repeats whole batches")
        if mapping.get("BisectBatchOnFunctionError") is not True:
            wrong.append(f"{name} drops a whole batch for one record")
        if not 0 < mapping.get("MaximumRecordAgeInSeconds", -1) <= 21600:
            wrong.append(f"{name} waits for the stream's own end")
        if mapping["StartingPosition"] != "TRIM_HORIZON":
            wrong.append(f"{name} misses what is written while it is made")
    return wrong


def endless_queues(template: dict) -> list[str]:
    """Queues that would deliver a bad message to the function forever, or again while it is being processed."""
    queues = of_type(template, "AWS::SQS::Queue")
    functions = of_type(template, "AWS::Lambda::Function")
    wrong = []
    for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping").items():
        if reads_stream(mapping):
            continue
        timeout = functions[invoked(template, mapping["FunctionName"])]["Timeout"]
        queue = mapping["EventSourceArn"]["Fn::GetAtt"][0]
        if not queues[queue].get("RedrivePolicy", {}).get("maxReceiveCount"):
            wrong.append(f"{queue}, which {name} reads, has no maxReceiveCount")
        if queues[queue].get("VisibilityTimeout", 30) < 6 * timeout:
            wrong.append(f"{queue} has a VisibilityTimeout under six times the function's timeout")
        if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []):
            wrong.append(f"{name} repeats whole batches")
    return wrong


def identity_policies(template: dict):
    """All policies of roles, as (logical id, document)."""
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            yield name, policy["PolicyDocument"]
    for name, policy in of_type(template, "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy").items():
        yield name, policy["PolicyDocument"]


def wide_statements(template: dict) -> list[str]:
    """Statements that allow everything, or something everywhere."""
    wrong = []
    for name, document in identity_policies(template):
        for statement in statements(document):
            sid = statement.get("Sid", statement["Action"])
            if any("*" in action for action in as_list(statement["Action"])):
                wrong.append(f"{name}: {sid} allows {statement['Action']}")
            if "NotAction" in statement or "NotResource" in statement:
                wrong.append(f"{name}: {sid} allows by exclusion")
            everywhere = any(ends_wide(resource) for resource in as_list(statement["Resource"]))
            if everywhere and (name, sid) not in WILDCARDS:
                wrong.append(f"{name}: {sid} is for {statement['Resource']}")
    return wrong


def ends_wide(resource) -> bool:
    """`*`, or an ARN text with a wildcard in it."""
    return "*" in json.dumps(resource)


def public_policies(template: dict) -> list[str]:
    """Queue and topic policies that admit anybody, or a service on anybody's behalf; and topics without a policy."""
    exists = {name: resource.get("Condition") for name, resource in template["Resources"].items()}
    policies = of_type(template, "AWS::SNS::TopicPolicy").items()
    governed = {topic["Ref"]: exists[name] for name, policy in policies for topic in policy["Topics"]}
    topics = of_type(template, "AWS::SNS::Topic")
    wrong = [f"{name} is not always governed" for name in topics if governed.get(name, "never") != exists[name]]
    for name, properties in of_type(template, "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy").items():
        for statement in statements(properties["PolicyDocument"]):
            if statement["Effect"] != "Allow":
                continue
            condition = json.dumps(statement.get("Condition", {}))
            bounded = "aws:SourceArn" in condition or "aws:SourceAccount" in condition
            if not bounded and (name, statement.get("Sid")) not in UNCONDITIONAL:
                wrong.append(f"{name}: {statement.get('Sid')} has no condition on the source")
    return wrong


def alarms_off_target(template: dict) -> list[str]:
    """Alarms on the function's own metrics whose dimensions are not those it reports with."""
    wrong = []
    for name, properties in of_type(template, "AWS::CloudWatch::Alarm").items():
        queries = [query.get("Fn::If", [None, query])[1] for query in properties.get("Metrics", [])]
        queries = [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query]
        for metric in queries or [properties]:
            if metric.get("Namespace") != "mail-feedback":
                continue
            by_version = metric.get("MetricName") in ("failures", "malformed")
            names = ["function", "version"] if by_version else ["function"]
            dimensions = metric.get("Dimensions", [])
            owner = next((owner for owner in ("Check", "Unsubscribe") if name.startswith(owner)), "")
            function = {"Name": "function", "Value": {"Ref": f"{owner}Function"}}
            if [each["Name"] for each in dimensions] != names or function not in dimensions:
                wrong.append(f"{name}: {metric.get('MetricName')} has dimensions {dimensions}")
    return wrong


def mute_alarms(template: dict) -> list[str]:
    """Alarms that notify nobody, or do not define how to treat missing data."""
    return [
        f"{name} has no {key}"
        for name, properties in of_type(template, "AWS::CloudWatch::Alarm").items()
        for key in ("AlarmDescription", "AlarmActions", "TreatMissingData")
        if key not in properties
    ]


def unprotected_tables(template: dict) -> list[str]:
    """Tables that would be deleted with the stack."""
    return [
        f"{name}: {policy} is not Retain"
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
        for policy in ("DeletionPolicy", "UpdateReplacePolicy")
        if resource.get(policy) != "Retain"
    ]


def mortal_versions(template: dict) -> list[str]:
    """Versions that are deleted while Lambda may hold events for them, or stay after their update was rolled back."""
    return [
        f"{name}: {policy} is not {meant}"
        for name, resource in template["Resources"].items()
        # The other functions are only invoked synchronously, so nothing needs its old versions.
        if resource["Type"] == "AWS::Lambda::Version" and name.startswith("FunctionVersion")
        for policy, meant in (("DeletionPolicy", "RetainExceptOnCreate"), ("UpdateReplacePolicy", "Retain"))
        if resource.get(policy) != meant
    ]


RULES = (
    open_permissions,
    missing_permissions,
    lossy_subscriptions,
    lossy_rules,
    endless_queues,
    lossy_streams,
    wide_statements,
    public_policies,
    alarms_off_target,
    mute_alarms,
    unprotected_tables,
    mortal_versions,
)
