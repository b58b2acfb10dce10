"""The function's role, with one of its statements removed temporarily; the credentials of a role; and users with few permissions."""

import contextlib
import json

from stack import Stack


def role(stack: Stack) -> str:
    return stack.configuration()["Role"].rpartition("/")[2]


def policy(stack: Stack) -> tuple[str, dict]:
    """Name and document of the role's one inline policy."""
    iam = stack.cloud.client("iam")
    (name,) = iam.list_role_policies(RoleName=role(stack))["PolicyNames"]
    return name, iam.get_role_policy(RoleName=role(stack), PolicyName=name)["PolicyDocument"]


@contextlib.contextmanager
def without(stack: Stack, sid: str):
    """Removes one statement from the function's role for the duration of the block."""
    name, document = policy(stack)
    statements = document["Statement"]
    rest = [statement for statement in statements if statement["Sid"] != sid]
    assert len(rest) == len(statements) - 1, f"no statement {sid}"

    def put(content: dict) -> None:
        stack.cloud.client("iam").put_role_policy(
            RoleName=role(stack), PolicyName=name, PolicyDocument=json.dumps(content)
        )

    put(document | {"Statement": rest})
    try:
        yield
    finally:
        put(document)


def assumed(stack: Stack, role_arn: str) -> dict[str, str]:
    """The credentials that a function with this role has."""
    session = stack.cloud.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    return {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }


def new_user(stack: Stack, name: str, *statements: dict) -> dict[str, str]:
    """The credentials of a new user with only these permissions."""
    iam = stack.cloud.client("iam")
    iam.create_user(UserName=name)
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="permissions", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
