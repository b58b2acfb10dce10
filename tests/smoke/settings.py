"""Whether changed parameters reach the version that the alias names."""

from dataclasses import dataclass

from common.waiting import until

from .account import Account, describe
from .line import Line, failed, ok
from .undo import Undo

QUESTION = "Does the alias have the stack's settings?"
CHANGE_QUESTION = "Does a changed setting take over?"
# Parameters that the function gets unchanged, and their environment variables.
VARIABLES = {
    "SnsMaxAgeSeconds": "SNS_MAX_AGE_SECONDS",
    "SesAccountIds": "SES_ACCOUNT_IDS",
    "StreamTag": "STREAM_TAG",
    "ComplaintScope": "COMPLAINT_SCOPE",
    "HardBounceDays": "HARD_BOUNCE_DAYS",
    "SoftBounceThreshold": "SOFT_BOUNCE_THRESHOLD",
    "SoftBounceWindowDays": "SOFT_BOUNCE_WINDOW_DAYS",
    "SoftBounceMinDays": "SOFT_BOUNCE_MIN_DAYS",
    "SoftBounceCooldownDays": "SOFT_BOUNCE_COOLDOWN_DAYS",
    "EventRetentionDays": "EVENT_RETENTION_DAYS",
    "DeliveryRetentionDays": "DELIVERY_RETENTION_DAYS",
    "EngagementRetentionDays": "ENGAGEMENT_RETENTION_DAYS",
}
# The change with the least effect: opened and clicked events are kept a day longer.
CHANGED = "EngagementRetentionDays"
# A gradual update takes six minutes by default; a longer one may be configured.
UPDATED_WITHIN = 3600
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def variables(function: dict) -> dict[str, str]:
    return function.get("Environment", {}).get("Variables", {})


def differences(parameters: dict[str, str], environment: dict[str, str]) -> list[str]:
    """Parameters whose value differs at the function."""
    return [
        f"{name} is {parameters[name]!r} in the stack and {environment.get(variable)!r} at the alias"
        for name, variable in VARIABLES.items()
        if name in parameters and parameters[name] != environment.get(variable)
    ]


def judge(parameters: dict[str, str], function: dict) -> Line:
    """The answer without a deployment."""
    differ = differences(parameters, variables(function))
    evidence = f"version {function['Version']}, {function.get('Description') or 'without a description'}"
    if differ:
        return failed(QUESTION, "no", f"{evidence}; {'; '.join(differ)}")
    return ok(QUESTION, "yes", f"{evidence}; {len(VARIABLES)} parameters compared")


@dataclass(frozen=True)
class Change:
    """One parameter of the stack, changed by an update and restored by another."""

    account: Account

    def ask(self, undo: Undo) -> Line:
        """Changes it, looks at the alias, and restores it."""
        old, before = self.account.parameters[CHANGED], self.account.function()["Version"]
        new = str(int(old) + 1)
        step = undo.later(f"{CHANGED} {old}", lambda: self.put_back(old))
        status, function = self.update(new), self.account.function()
        line = judge_change(before, status, function, new)
        put_back = undo.now(step)
        return put_back if put_back and line.answer == "yes" else line

    def put_back(self, old: str) -> Line | None:
        """Restores the value; if an update is in progress, waits for it first."""
        description = self.settled()
        values = {each["ParameterKey"]: each.get("ParameterValue") for each in description["Parameters"]}
        if values[CHANGED] != old:
            self.update(old)
        found = variables(self.account.function()).get(VARIABLES[CHANGED])
        return None if found == old else failed(CHANGE_QUESTION, "no", f"{CHANGED} was not restored, it is {found}")

    def update(self, value: str) -> str:
        """Updates the stack and waits; returns its status."""
        others = [
            {"ParameterKey": name, "UsePreviousValue": True} for name in self.account.parameters if name != CHANGED
        ]
        self.account.client("cloudformation").update_stack(
            StackName=self.account.stack,
            UsePreviousTemplate=True,
            Capabilities=CAPABILITIES,
            Parameters=[*others, {"ParameterKey": CHANGED, "ParameterValue": value}],
        )
        return self.settled()["StackStatus"]

    def settled(self) -> dict:
        client = self.account.client("cloudformation")

        def description() -> dict | None:
            found = describe(client, self.account.stack)
            return None if found["StackStatus"].endswith("IN_PROGRESS") else found

        return until("the end of the update", description, seconds=UPDATED_WITHIN, pause=5)


def judge_change(before: str, status: str, function: dict, value: str) -> Line:
    """The result of an update to a value; `before` is the earlier version of the alias."""
    found = variables(function).get(VARIABLES[CHANGED])
    versions = f"version {before} before and {function['Version']} after"
    evidence = f"{CHANGED} set to {value}: {status}, {versions}, its value {found}"
    if status == "UPDATE_COMPLETE" and found == value and function["Version"] != before:
        return ok(CHANGE_QUESTION, "yes", evidence)
    return failed(CHANGE_QUESTION, "no", evidence)
