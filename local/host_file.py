"""What `host.json` says about how many at once, and where routes begin."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class HostFile:
    """The part of `host.json` that the local host follows; absent values are the platform's defaults."""

    route_prefix: str
    most_calls: int
    most_sessions: int


def read_host_file(file: Path) -> HostFile:
    """Read `host.json`."""
    extensions: dict[str, Any] = json.loads(file.read_text()).get("extensions", {})
    service_bus = extensions.get("serviceBus", {})
    return HostFile(
        route_prefix=extensions.get("http", {}).get("routePrefix", "api"),
        most_calls=service_bus.get("maxConcurrentCalls", 16),
        most_sessions=service_bus.get("maxConcurrentSessions", 8),
    )
