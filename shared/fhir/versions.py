"""How new a resource is: by the version that its server has stamped, and by when it was written down."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.fhir.instants import moment_of, span_of

CLOCKS_DIFFER_BY = timedelta(seconds=5)


def version_of(resource: Mapping[str, Any]) -> int:
    """Give the integer version; a server that counts otherwise gives 0, which is never ahead of anything."""
    text = str(resource.get("meta", {}).get("versionId", ""))
    return int(text) if text.isdecimal() else 0


def updated_at(resource: Mapping[str, Any]) -> datetime | None:
    """Give when it was written down, by its server's clock."""
    return instant(resource.get("meta", {}).get("lastUpdated"))


def is_behind(resource: Mapping[str, Any], version: int, at: datetime) -> bool:
    """Say whether what was read is older than what was announced.

    After a hard delete versions begin again at 1, so a later `lastUpdated` outweighs a smaller version.
    """
    if version_of(resource) >= version:
        return False
    updated = updated_at(resource)
    return updated is None or at - updated > CLOCKS_DIFFER_BY


def instant(text: Any) -> datetime | None:
    """Read a FHIR date, dateTime or instant as the first moment it may mean, in UTC; None if it is none."""
    try:
        return moment_of(span_of(text).low) if isinstance(text, str) else None
    except (ValueError, OverflowError):  # no time, or one outside the years 1 to 9999 in UTC
        return None
