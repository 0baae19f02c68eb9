"""What a queue was asked to be, read from a file in the shape that the deployment reads."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stand_ins.service_bus.refusals import WrongWish

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """One queue; durations in seconds."""

    name: str
    requires_session: bool = False
    lock_duration: float = 60.0
    max_delivery_count: int = 10
    detects_duplicates_for: float | None = None
    time_to_live: float | None = None
    dead_letters_what_expires: bool = False


def settings_from(wish: Mapping[str, Any]) -> QueueSettings:
    """Read one queue. Raises `WrongWish` for what Service Bus would refuse to create."""
    lock = seconds(wish.get("lockDuration", "PT1M"))
    if not 0 < lock <= 300:
        raise WrongWish(wish["name"], "lockDuration")
    window = seconds(wish.get("duplicateDetectionHistoryTimeWindow", "PT10M"))
    life = wish.get("defaultMessageTimeToLive")
    return QueueSettings(
        name=wish["name"],
        requires_session=bool(wish.get("requiresSession", False)),
        lock_duration=lock,
        max_delivery_count=int(wish.get("maxDeliveryCount", 10)),
        detects_duplicates_for=window if wish.get("requiresDuplicateDetection") else None,
        time_to_live=seconds(life) if life else None,
        dead_letters_what_expires=bool(wish.get("deadLetteringOnMessageExpiration", False)),
    )


def settings_in(file: Path) -> list[QueueSettings]:
    """Read all queues of a file."""
    return [settings_from(wish) for wish in json.loads(file.read_text())]


def seconds(duration: str) -> float:
    """Read an ISO 8601 duration of days and less."""
    found = _DURATION.fullmatch(duration)
    if not found or not any(found.groups()):
        raise WrongWish(duration)
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest
