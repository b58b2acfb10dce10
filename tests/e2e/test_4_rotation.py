"""A new webhook password works without a deployment, and so does the previous one."""

import json
import secrets

import samples
from common.credential import basic
from waiting import until

SAMPLE = samples.ALL["mailjet/open"]
# The function rereads the secret when a credential does not match, at most once a minute.
SEEN_WITHIN = 90


def status(stack, credential: dict) -> int:
    headers = basic(credential["username"], credential["password"])
    return stack.post(SAMPLE.event["rawPath"], SAMPLE.event["body"], headers).status


def test_a_rotated_password_is_accepted_beside_its_predecessor(cloud, stack):
    old = stack.credential()
    new = old | {"password": secrets.token_hex(24)}
    stranger = old | {"password": secrets.token_hex(24)}
    assert status(stack, old) == 200
    cloud.client("secretsmanager").put_secret_value(
        SecretId=stack.outputs["WebhookSecretArn"], SecretString=json.dumps(new)
    )
    until("the new password", lambda: status(stack, new) == 200, seconds=SEEN_WITHIN, pause=1)
    assert status(stack, old) == 200
    assert status(stack, stranger) == 401
