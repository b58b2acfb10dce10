"""Corrects template properties that the emulator's CloudFormation reads differently from AWS, one per function."""

import string


def complete() -> None:
    """Applies all corrections."""
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS
    name_secrets_by_arn(handlers["AWS::SecretsManager::Secret"])
    keep_signature_versions(handlers["AWS::SNS::Topic"])
    read_switches(handlers["AWS::Lambda::EventSourceMapping"])
    register_targets(handlers["AWS::ElasticLoadBalancingV2::TargetGroup"])
    stream_tables(handlers["AWS::DynamoDB::Table"])
    admit_metric_math(provisioners)
    for kind in ("AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup"):
        handlers[kind] = stand_in()


def is_true(value) -> bool:
    """A boolean in a template, which a parameter turns into a string."""
    return str(value).lower() == "true"


def name_secrets_by_arn(handlers: dict) -> None:
    """`Ref` of a secret is its ARN, which policies need, and ExcludePunctuation is respected."""
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def without_punctuation(properties):
        generate = properties.get("GenerateSecretString") or {}
        if not is_true(generate.get("ExcludePunctuation")):
            return properties
        excluded = generate.get("ExcludeCharacters", "") + string.punctuation
        return properties | {"GenerateSecretString": generate | {"ExcludeCharacters": excluded}}

    def name(arn):
        return arn.split(":secret:")[-1].rpartition("-")[0]

    def created(logical_id, properties, stack):
        _, attributes = create(logical_id, without_punctuation(properties), stack)
        return attributes["Arn"], attributes

    def updated(arn, old, new, *rest, **named):
        _, attributes = update(name(arn), without_punctuation(old), without_punctuation(new), *rest, **named)
        return attributes["Arn"], attributes

    def deleted(arn, properties):
        delete(name(arn), properties)

    handlers |= {"create": created, "update": updated, "delete": deleted}


def keep_signature_versions(handlers: dict) -> None:
    """Without the property, SNS signs with SHA-1; the emulator drops the property."""
    from ministack.services import sns

    create, update = handlers["create"], handlers["update"]

    def keep(result, properties):
        sns._topics[result[0]]["attributes"]["SignatureVersion"] = properties.get("SignatureVersion", "1")
        return result

    def created(logical_id, properties, stack):
        return keep(create(logical_id, properties, stack), properties)

    def updated(arn, old, new, *rest, **named):
        return keep(update(arn, old, new, *rest, **named), new)

    handlers |= {"create": created, "update": updated}


def read_switches(handlers: dict) -> None:
    """`Enabled: !Ref` of a parameter is a string, and the emulator treats the string "false" as true."""
    from ministack.services import lambda_svc

    create, update = handlers["create"], handlers["update"]

    def switched(properties):
        return properties | {"Enabled": is_true(properties.get("Enabled", True))}

    def created(logical_id, properties, stack):
        identity, attributes = create(logical_id, switched(properties), stack)
        mapping = lambda_svc._esms[identity]
        mapping["State"] = "Enabled" if mapping["Enabled"] else "Disabled"
        return identity, attributes

    def updated(identity, old, new, *rest, **named):
        return update(identity, switched(old), switched(new), *rest, **named)

    handlers |= {"create": created, "update": updated}


def stream_tables(handlers: dict) -> None:
    """A view type is enough for a stream; the emulator also needs StreamEnabled, which CloudFormation does not have."""
    create, update = handlers["create"], handlers["update"]

    def streamed(properties):
        view = properties.get("StreamSpecification")
        return properties | {"StreamSpecification": view | {"StreamEnabled": True}} if view else properties

    def created(logical_id, properties, stack):
        return create(logical_id, streamed(properties), stack)

    def updated(identity, old, new, *rest, **named):
        return update(identity, streamed(old), streamed(new), *rest, **named)

    handlers |= {"create": created, "update": updated}


def admit_metric_math(provisioners) -> None:
    """The emulator has no metric math, so an alarm on an expression watches its first metric; it never fires here."""
    record = provisioners._cw_metric_alarm_record

    def recorded(name, properties):
        metrics = [query["MetricStat"] for query in properties.get("Metrics") or [] if "MetricStat" in query]
        if not metrics:
            return record(name, properties)
        first = {key: value for key, value in properties.items() if key != "Metrics"}
        metric = metrics[0]
        return record(name, first | metric["Metric"] | {"Period": metric["Period"], "Statistic": metric["Stat"]})

    provisioners._cw_metric_alarm_record = recorded


def register_targets(handlers: dict) -> None:
    """Registers the targets that a target group names."""
    from ministack.services import alb

    create = handlers["create"]

    def created(logical_id, properties, stack):
        arn, attributes = create(logical_id, properties, stack)
        targets = [(target["Id"], target.get("Port")) for target in properties.get("Targets") or []]
        alb.set_targets_for_group(arn, targets)
        return arn, attributes

    handlers["create"] = created


def stand_in() -> dict:
    """Handlers of a resource that is recorded but does nothing: an alias moves to its new version at once."""

    def created(logical_id, _properties, stack):
        return f"{stack}-{logical_id}", {}

    def updated(identity, *_):
        return identity, {}

    def deleted(*_):
        return None

    return {"create": created, "update": updated, "delete": deleted}
