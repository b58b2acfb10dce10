"""The records of one address in both tables."""

from dataclasses import dataclass
from datetime import datetime

from boto3.dynamodb.conditions import Key

from .account import Account

# The kind of an event and its time in Unix milliseconds.
Report = tuple[str, int | None]


@dataclass(frozen=True)
class Found:
    """The records of an address."""

    events: list[dict]
    suppression: dict | None

    @property
    def kinds(self) -> set[str]:
        return {event["kind"] for event in self.events}

    @property
    def suppressed(self) -> set[tuple[str, str]]:
        """Scope and reason of each active suppression."""
        scopes = (self.suppression or {}).get("suppressions", {})
        return {
            (scope, reason)
            for scope, reasons in scopes.items()
            for reason, entry in reasons.items()
            if entry["state"] == "suppressed"
        }

    @property
    def reports(self) -> list[Report]:
        """The reports that came in SNS messages."""
        brought = [event for event in self.events if "sns_message_id" in event]
        return [(event["kind"], millis(event["occurred_at"]) if "occurred_at" in event else None) for event in brought]


def millis(time: str) -> int:
    """Unix milliseconds of a time as the function writes it, in UTC with a fraction."""
    return round(datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() * 1000)


class Records:
    """Both tables; the test reads and erases only its own addresses."""

    def __init__(self, account: Account):
        self.events = account.table("EventTableName")
        self.suppressions = account.table("SuppressionTableName")

    def of(self, address: str) -> Found:
        request = {"KeyConditionExpression": Key("address").eq(address), "ConsistentRead": True}
        events = []
        while True:
            page = self.events.query(**request)
            events += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        record = self.suppressions.get_item(Key={"address": address}, ConsistentRead=True).get("Item")
        return Found(events, record)

    def erase(self, address: str) -> tuple[int, int]:
        """Erases the records of the address; returns how many events and suppression records there were."""
        found = self.of(address)
        for event in found.events:
            self.events.delete_item(Key={"address": address, "event": event["event"]})
        if found.suppression:
            self.suppressions.delete_item(Key={"address": address})
        return len(found.events), int(found.suppression is not None)
