"""The processed template follows the rules, and each rule finds a mistake planted for it."""

import copy

import pytest
import translated

MISTAKES = {
    "open_permissions": ("AWS::Lambda::Permission", "SourceArn"),
    "missing_permissions": ("AWS::Lambda::Permission", "Principal"),
    "lossy_subscriptions": ("AWS::SNS::Subscription", "RedrivePolicy"),
    "lossy_rules": ("AWS::Events::Rule", "DeadLetterConfig"),
    "endless_queues": ("AWS::Lambda::EventSourceMapping", "FunctionResponseTypes"),
    "lossy_streams": ("AWS::Lambda::EventSourceMapping", "DestinationConfig"),
    "public_policies": ("AWS::SQS::QueuePolicy", "Condition"),
    "alarms_off_target": ("AWS::CloudWatch::Alarm", "Dimensions"),
    "mute_alarms": ("AWS::CloudWatch::Alarm", "AlarmActions"),
}


@pytest.fixture(scope="module")
def processed(deployment) -> dict:
    return deployment.processed


@pytest.mark.parametrize("rule", translated.RULES, ids=lambda rule: rule.__name__)
def test_the_template_keeps(processed, rule):
    assert rule(processed) == []


@pytest.mark.parametrize("rule", translated.RULES, ids=lambda rule: rule.__name__)
def test_a_mistake_is_found_by(processed, rule):
    broken = copy.deepcopy(processed)
    if rule is translated.wide_statements:
        document = next(document for _, document in translated.identity_policies(broken))
        document["Statement"][0]["Action"] = "dynamodb:*"
    elif rule is translated.unprotected_tables:
        del broken["Resources"]["EventTable"]["DeletionPolicy"]
    elif rule is translated.mortal_versions:
        (version,) = [name for name in translated.of_type(broken, "AWS::Lambda::Version") if name.startswith("FunctionV")]
        broken["Resources"][version]["DeletionPolicy"] = "Delete"
    else:
        kind, key = MISTAKES[rule.__name__]
        for properties in translated.of_type(broken, kind).values():
            remove(properties, key)
    assert rule(broken)


def remove(value, key: str) -> None:
    """Removes a key at any depth."""
    if isinstance(value, dict):
        value.pop(key, None)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            remove(each, key)


def test_no_exception_is_out_of_date(processed):
    """Every exception in WILDCARDS is in use."""
    found = {
        (name, statement.get("Sid", statement["Action"]))
        for name, document in translated.identity_policies(processed)
        for statement in translated.statements(document)
    }
    assert translated.WILDCARDS.keys() <= found


def past_the_intake_queue(target):
    """Where a rule's events end up: IntakeQueue, if they go there, has a mapping of its own among the doors."""
    condition, queue, otherwise = target.get("Fn::If", (None, None, target))
    if condition != "FillsIntakeQueue":
        return target
    assert queue == {"Fn::GetAtt": ["IntakeQueue", "Arn"]}
    return otherwise


def test_every_door_leads_to_the_same(processed):
    """To the alias of its function if there is one, else to the function: a door that bypasses the alias would skip gradual updates."""
    aliases = translated.of_type(processed, "AWS::Lambda::Alias").items()

    def allowed(door: str) -> list[dict]:
        owner = next((owner for owner in ("Unsubscribe", "Changes") if door.startswith(owner)), "")
        function = f"{owner}Function"
        named = [{"Ref": name} for name, alias in aliases if alias["FunctionName"] == {"Ref": function}]
        return named or [{"Ref": function}, {"Fn::GetAtt": [function, "Arn"]}]

    doors = {
        "AWS::Lambda::Permission": "FunctionName",
        "AWS::Lambda::EventSourceMapping": "FunctionName",
        "AWS::ApiGatewayV2::Integration": "IntegrationUri",
    }
    targets = {
        name: properties[key]
        for kind, key in doors.items()
        for name, properties in translated.of_type(processed, kind).items()
    }
    for name, properties in translated.of_type(processed, "AWS::SNS::Subscription").items():
        if properties["Protocol"] == "lambda":
            targets[name] = properties["Endpoint"]
    for name, properties in translated.of_type(processed, "AWS::Events::Rule").items():
        found = translated.targets(properties)
        of_functions = [target for target in found if "Alarm" not in target["Arn"].get("Ref", "")]
        targets |= {f"{name}: {target['Id']}": past_the_intake_queue(target["Arn"]) for target in of_functions}
    assert {name: target for name, target in targets.items() if target not in allowed(name)} == {}
    assert len(targets) >= 8
