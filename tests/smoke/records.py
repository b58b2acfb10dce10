"""The records of one address in both tables."""

from dataclasses import dataclass

from boto3.dynamodb.conditions import Key

from .account import Account


@dataclass(frozen=True)
class Found:
    """What stands under an address."""

    events: list[dict]
    suppression: dict | None

    @property
    def kinds(self) -> set[str]:
        return {event["kind"] for event in self.events}

    @property
    def suppressed(self) -> set[tuple[str, str]]:
        """Scope and reason of each suppression that holds."""
        scopes = (self.suppression or {}).get("suppressions", {})
        return {
            (scope, reason)
            for scope, reasons in scopes.items()
            for reason, entry in reasons.items()
            if entry["state"] == "suppressed"
        }

    @property
    def sns_messages(self) -> set[str]:
        """Ids of the SNS messages that brought the events."""
        return {event["sns_message_id"] for event in self.events if "sns_message_id" in event}


class Records:
    """Both tables; only addresses of this test are ever read or erased."""

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
        """How many event and suppression records of the address are gone now."""
        found = self.of(address)
        for event in found.events:
            self.events.delete_item(Key={"address": address, "event": event["event"]})
        if found.suppression:
            self.suppressions.delete_item(Key={"address": address})
        return len(found.events), int(found.suppression is not None)
