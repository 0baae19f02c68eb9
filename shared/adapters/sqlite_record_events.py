"""What has changed, told as Azure Health Data Services tells it through Event Grid (fhir.md §2.1)."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from shared.fhir.instants import moment_of
from shared.kernel.identity import derived

TOPIC = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
    "/providers/Microsoft.HealthcareApis/workspaces/local"
)


def events_after(
    connection: sqlite3.Connection, after: int, limit: int, *, account: str
) -> list[tuple[int, dict[str, Any]]]:
    """Give events in the order of their commits, each with the number to go on from."""
    query = "SELECT number, change, type, id, version, at FROM event WHERE number > ? ORDER BY number LIMIT ?"
    return [(row[0], _event(row[1:], account)) for row in connection.execute(query, (after, limit))]


def forget_events(connection: sqlite3.Connection, up_to: int) -> None:
    connection.execute("DELETE FROM event WHERE number <= ?", (up_to,))


def _event(row: Sequence[Any], account: str) -> dict[str, Any]:
    change, type_, id_, version, at = row
    return {
        "id": derived("fhir event", account, type_, id_, str(version)),
        "topic": TOPIC,
        "subject": f"{account}/{type_}/{id_}",
        "eventType": f"Microsoft.HealthcareApis.FhirResource{change}",
        "eventTime": moment_of(at).strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        "data": {
            "resourceType": type_,
            "resourceFhirAccount": account,
            "resourceFhirId": id_,
            "resourceVersionId": version,
        },
        "dataVersion": str(version),
        "metadataVersion": "1",
    }
