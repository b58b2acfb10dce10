"""Checks the deployment policy against the resources of the translated template.

usage: deploy_policy.py <translated template> <policy>

The schema of each resource type, which cfn-lint includes, lists the actions that CloudFormation needs on behalf of whoever
deploys. Each must be allowed or listed in UNUSED, and each allowed action must be needed or listed in BESIDE.
"""

import json
import sys
from fnmatch import fnmatch
from pathlib import Path

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

REGION = "us-east-1"
# The maximum number of characters of a managed policy, without whitespace.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST = 6144

# Listed in a schema for properties that the template does not set.
UNUSED = {
    "cognito-idp:*": "users that sign in at a listener",
    "dynamodb:*Item": "replicas",
    "dynamodb:*KinesisStreamingDestination": "streams to Kinesis",
    "dynamodb:*TableReplica": "replicas",
    "dynamodb:ImportTable": "imports",
    "dynamodb:PutResourcePolicy": "policies of tables",
    "dynamodb:DeleteResourcePolicy": "policies of tables",
    "dynamodb:Query": "replicas",
    "dynamodb:Scan": "replicas",
    "dynamodb:UpdateContributorInsights": "Contributor Insights",
    "codedeploy:RegisterOnPremisesInstance": "machines",
    "ec2:DescribeNetworkInterfaces": "a function in a VPC",
    "ec2:DescribeInstances": "machines",
    "elasticfilesystem:*": "file systems",
    "elasticloadbalancing:ModifyCapacityReservation": "reserved capacity",
    "elasticloadbalancing:ModifyIpPools": "pools of addresses",
    "elasticloadbalancing:SetIpAddressType": "IPv6",
    "firehose:*": "delivery of logs",
    "iam:*PermissionsBoundary": "boundaries of roles",
    "kinesis:*": "streams to Kinesis",
    "lambda:*ProvisionedConcurrencyConfig": "provisioned concurrency",
    "lambda:*ScalingConfig": "dedicated capacity",
    "lambda:PassCapacityProvider": "dedicated capacity",
    "lambda:*CodeSigningConfig": "signed code",
    "lambda:AssociateRuntimeAlias": "a chosen runtime version",
    "lambda:PutRuntimeManagementConfig": "a chosen runtime version",
    "lambda:PutFunctionRecursionConfig": "other settings for loops",
    "logs:*BearerTokenAuthentication": "tokens",
    "logs:*DataProtectionPolicy": "masking of logs",
    "logs:*IndexPolicy": "indexes of logs",
    "logs:*KmsKey": "keys of logs",
    "logs:*LogStream*": "imports of tables",
    "logs:PutLogEvents": "imports of tables",
    "logs:PutLogGroupDeletionProtection": "protection of logs",
    "s3:*": "bodies of APIs; the code has its own statement",
    "s3files:*": "file systems",
    "secretsmanager:*Region*": "replicas",
    "sns:PutDataProtectionPolicy": "masking of topics",
}

# Allowed although no schema lists it.
BESIDE = {
    "cloudformation:*": "the stack itself, its change sets, the transform",
    "s3:*": "SAM's bucket with code and template",
    "acm:*": "certificates of domain and load balancer",
}


def is_in(action: str, patterns) -> bool:
    """Whether one of the patterns covers an action; IAM ignores case."""
    return any(fnmatch(action.lower(), pattern.lower()) for pattern in patterns)


def needed(template: dict) -> dict[str, set[str]]:
    """The actions of each resource type, to create, read, update and delete it."""
    types = sorted({resource["Type"] for resource in template["Resources"].values()})
    actions = {}
    for kind in types:
        handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema.get("handlers", {})
        steps = (handlers.get(step, {}) for step in ("create", "read", "update", "delete"))
        actions[kind] = {action for step in steps for action in step.get("permissions", [])}
    return actions


def findings(template: dict, policy: dict) -> list[str]:
    """What is missing, superfluous or out of date."""
    statements = policy["Statement"]
    allowed = [action for statement in statements for action in statement["Action"]]
    by_type = needed(template)
    every = set().union(*by_type.values())
    wrong = [f"{kind}: its schema names no action" for kind, actions in by_type.items() if not actions]
    for kind, actions in by_type.items():
        missing = sorted(action for action in actions if not is_in(action, allowed) and not is_in(action, UNUSED))
        wrong += [f"{kind} needs {action}, which is neither allowed nor in UNUSED" for action in missing]
    for action in allowed:
        if not any(is_in(one, [action]) for one in every) and not is_in(action, BESIDE):
            wrong.append(f"{action} is allowed, but neither needed nor in BESIDE")
    for name, patterns, actions in (("UNUSED", UNUSED, every), ("BESIDE", BESIDE, allowed)):
        stale = [pattern for pattern in patterns if not any(is_in(action, [pattern]) for action in actions)]
        wrong += [f"{pattern} in {name} matches nothing" for pattern in stale]
    size = len("".join(json.dumps(policy, separators=(",", ":")).split()))
    if size > LARGEST:
        wrong.append(f"{size} characters; a managed policy may have {LARGEST}")
    return wrong


def main():
    template, policy = (json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:3])
    wrong = findings(template, policy)
    if wrong:
        sys.exit("\n".join(wrong))
    for kind in needed(template):
        # Proves that each type is checked: without its actions in the policy there must be a finding.
        used = [action for action in sorted(needed(template)[kind]) if not is_in(action, UNUSED)]
        service = next(action for action in used if action != "iam:PassRole").partition(":")[0]
        without = [
            statement | {"Action": [action for action in statement["Action"] if not action.startswith(f"{service}:")]}
            for statement in policy["Statement"]
        ]
        found = findings(template, policy | {"Statement": without})
        assert any(finding.startswith(f"{kind} needs {service}:") for finding in found), kind
    print(f"{sys.argv[2]} allows what {len(needed(template))} resource types need (not tested on AWS)")


main()
