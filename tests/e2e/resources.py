"""Template properties that the emulator's CloudFormation reads otherwise than AWS, set right here, one a function."""

import string


def complete() -> None:
    """Applies everything."""
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
    """A boolean of a template, which a parameter makes a text."""
    return str(value).lower() == "true"


def name_secrets_by_arn(handlers: dict) -> None:
    """`Ref` of a secret is its ARN, which policies need, and ExcludePunctuation is heeded."""
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
    """Without the property SNS signs with SHA-1; the emulator drops it."""
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
    """`Enabled: !Ref` of a parameter is a text, and the emulator takes the text "false" for true."""
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
    """A view is enough for a stream; the emulator wants StreamEnabled, too, which CloudFormation does not know."""
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
    """An alarm over an expression stands for its first metric, since the emulator knows none; it never fires here."""
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
    """The targets that a target group names are registered with it."""
    from ministack.services import alb

    create = handlers["create"]

    def created(logical_id, properties, stack):
        arn, attributes = create(logical_id, properties, stack)
        targets = [(target["Id"], target.get("Port")) for target in properties.get("Targets") or []]
        alb.set_targets_for_group(arn, targets)
        return arn, attributes

    handlers["create"] = created


def stand_in() -> dict:
    """Handlers of a resource that is recorded and does nothing: an alias moves to its new version at once."""

    def created(logical_id, _properties, stack):
        return f"{stack}-{logical_id}", {}

    def updated(identity, *_):
        return identity, {}

    def deleted(*_):
        return None

    return {"create": created, "update": updated, "delete": deleted}
