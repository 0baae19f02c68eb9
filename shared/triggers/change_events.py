"""Change events as they come in: from Event Grid, in its own schema and as CloudEvents 1.0 (FH-2), and ours.

Ours is `ResourceChanged`: what a hook was told, or a look at the record has found.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from shared.kernel.refusals import Nonsense
from shared.triggers.model import Happened

HAPPENED: dict[str, Happened] = {
    "Microsoft.HealthcareApis.FhirResourceCreated": "created",
    "Microsoft.HealthcareApis.FhirResourceUpdated": "updated",
    "Microsoft.HealthcareApis.FhirResourceDeleted": "deleted",
}
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_VERSION = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """That a resource changed; no patient, no content, at least once and in any order (D7).

    A hint may know neither what happened nor the version; `source` is who gave it. `account` is what Event
    Grid calls the FHIR server.
    """

    id: str
    happened: Happened | None
    resource_type: str
    resource_id: str
    version: int | None
    at: datetime
    account: str = ""
    source: str | None = None

    @property
    def is_first(self) -> bool:
        """Whether it tells of the beginning of a life, on which nothing can stand yet."""
        return self.happened == "created" and self.version == 1

    @property
    def reference(self) -> tuple[str, str]:
        return self.resource_type, self.resource_id


def change_event(event: Any) -> ChangeEvent:
    """Read one event of either schema; raise `Nonsense` with field paths, never with values."""
    if not isinstance(event, Mapping):
        raise Nonsense(("body", "not an object"))
    envelope = cast("Mapping[str, Any]", event)
    if "resource_type" in envelope:
        return _hint(envelope)
    kind, at = ("type", "time") if "specversion" in envelope else ("eventType", "eventTime")
    data: Any = envelope.get("data")
    if not isinstance(data, Mapping):
        raise Nonsense(("data", "missing"))
    return ChangeEvent(
        id=_text(envelope, "id"),
        happened=_happened(envelope, kind),
        resource_type=_matching(data, _TYPE, "resourceType", "fhirResourceType"),
        resource_id=_matching(data, _ID, "resourceFhirId", "fhirResourceId"),
        version=int(_matching(data, _VERSION, "resourceVersionId", "fhirResourceVersionId")),
        at=_instant(envelope, at),
        account=_account(data),
    )


def _hint(told: Mapping[str, Any]) -> ChangeEvent:
    version, happened = told.get("version"), told.get("happened")
    return ChangeEvent(
        id="",
        happened=happened if happened in HAPPENED.values() else None,
        resource_type=_spelt(told, _TYPE, "resource_type"),
        resource_id=_spelt(told, _ID, "resource_id"),
        version=None if version is None else int(_spelt(told, _VERSION, "version")),
        at=_instant(told, "at"),
        source=_text(told, "source"),
    )


def _account(data: Any) -> str:
    """Give the account, which says only whose event it is: one that is not told is nobody's."""
    account = data.get("resourceFhirAccount", data.get("fhirServiceHostName"))
    return account if isinstance(account, str) else ""


def _text(envelope: Mapping[str, Any], field: str) -> str:
    value = envelope.get(field)
    if not isinstance(value, str) or not value:
        raise Nonsense((field, "missing"))
    return value


def _happened(envelope: Mapping[str, Any], field: str) -> Happened:
    happened = HAPPENED.get(_text(envelope, field))
    if happened is None:
        raise Nonsense((field, "not a change of a FHIR resource"))
    return happened


def _matching(data: Any, pattern: re.Pattern[str], field: str, newer: str) -> str:
    """Read a field under either of its names."""
    return _spelt(data, pattern, field if field in data else newer, told_as=f"data.{field}")


def _spelt(held: Any, pattern: re.Pattern[str], field: str, *, told_as: str = "") -> str:
    """Read a field that must be spelt so; numbers may come as text and the other way round."""
    value = held.get(field)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise Nonsense((told_as or field, "missing or malformed"))
    return text


def _instant(envelope: Mapping[str, Any], field: str) -> datetime:
    try:
        read = datetime.fromisoformat(_text(envelope, field))
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):  # before year 1 or after 9999 once it is in UTC
        raise Nonsense((field, "not an instant")) from None
