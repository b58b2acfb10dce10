"""Snapshots of both tables, and their differences in the short form of events/expected.json."""

from dataclasses import dataclass

from boto3.dynamodb.types import TypeDeserializer
from stack import Stack

EVENT_FIELDS = ("address", "kind", "permanence", "cause", "tenant", "stream")
SUPPRESSION_FIELDS = ("address", "scope", "reason", "state")


@dataclass(frozen=True)
class Effect:
    """New or changed records in short form, sorted."""

    events: list[tuple]
    suppressions: list[tuple]
    soft_bounces: list[str]

    @classmethod
    def expected(cls, row: dict) -> "Effect":
        """The effect that an expected row describes."""
        return cls(
            sorted(tuple(event.get(field, "") for field in EVENT_FIELDS) for event in row["events"]),
            sorted(tuple(entry[field] for field in SUPPRESSION_FIELDS) for entry in row["suppressions"]),
            sorted(row.get("soft_bounces", [])),
        )


NOTHING = Effect([], [], [])


@dataclass(frozen=True)
class Snapshot:
    """All items by key."""

    events: dict[tuple, dict]
    suppressions: dict[str, dict]

    @classmethod
    def take(cls, stack: Stack) -> "Snapshot":
        events = scan(stack, stack.outputs["EventTableName"])
        suppressions = scan(stack, stack.outputs["SuppressionTableName"])
        return cls(
            {(item["address"], item["event"]): item for item in events},
            {item["address"]: item for item in suppressions},
        )

    def since(self, before: "Snapshot") -> Effect:
        """What is new or changed; for a changed suppression record, all its entries."""
        events = [item for key, item in self.events.items() if before.events.get(key) != item]
        records = [item for key, item in self.suppressions.items() if before.suppressions.get(key) != item]
        return Effect(
            sorted(event_row(item) for item in events),
            sorted(row for item in records for row in suppression_rows(item)),
            sorted(item["address"] for item in records for _ in soft_bounces(item)),
        )


def scan(stack: Stack, table: str) -> list[dict]:
    read = TypeDeserializer().deserialize
    pages = stack.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [{key: read(value) for key, value in item.items()} for page in pages for item in page["Items"]]


def event_row(item: dict) -> tuple:
    address, *rest = (item.get(field, "") for field in EVENT_FIELDS)
    return ("unattributed" if address.startswith("unattributed#") else address, *rest)


def suppression_rows(item: dict) -> list[tuple]:
    return [
        (item["address"], scope, reason, entry["state"])
        for scope, reasons in item.get("suppressions", {}).items()
        for reason, entry in reasons.items()
    ]


def soft_bounces(item: dict) -> list:
    return item.get("soft_bounces", {}).get("bounces", [])
