"""When the smoke test cannot start: one line that says why, exit code 2, and no traceback."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from sam import REPOSITORY
from smoke import account

SESSION = SimpleNamespace(region_name="eu-west-1")
WHOLE = {
    "StackStatus": "CREATE_COMPLETE",
    "Outputs": [{"OutputKey": name, "OutputValue": name} for name in account.OUTPUTS],
    "Parameters": [{"ParameterKey": name, "ParameterValue": "1"} for name in account.PARAMETERS],
}
NO_LOGIN = """[profile sso]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = smoke
"""


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "Unable to locate credentials"),
        ({"AWS_PROFILE": "absent"}, "absent"),
        ({"AWS_PROFILE": "sso"}, "SSO"),
        ({"AWS_REGION": "no region"}, "region"),
    ],
)
def test_without_a_login_it_says_so_in_a_line(tmp_path, settings, told):
    (tmp_path / "config").write_text(NO_LOGIN)
    usual = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    own = {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "absent"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "eu-west-1",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(REPOSITORY / "tests"),
    }
    command = [sys.executable, "-B", "-m", "smoke", "--stack", "any", "--notes", str(tmp_path / "notes")]
    ran = subprocess.run(command, env=usual | own | settings, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (2, ""), ran.stderr
    (line,) = ran.stderr.splitlines()
    assert told in line


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"StackStatus": "ROLLBACK_COMPLETE", "Outputs": None}, "ROLLBACK_COMPLETE, without EventTableName"),
        ({"Outputs": [{"OutputKey": "TopicArn", "OutputValue": "another"}]}, "is not a working mail-feedback stack"),
        ({"Parameters": []}, "without EngagementRetentionDays SesEventTypes"),
        ({"StackStatus": "UPDATE_IN_PROGRESS"}, "wait for the end"),
    ],
)
def test_another_stack_is_refused(other, told):
    description = {key: value for key, value in (WHOLE | other).items() if value is not None}
    with pytest.raises(account.Refused, match=told):
        account.Account.described(SESSION, "any", description)


def test_a_stack_of_this_template_is_taken():
    assert account.Account.described(SESSION, "any", WHOLE).outputs["TopicArn"] == "TopicArn"
