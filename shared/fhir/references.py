"""How one FHIR resource points at another."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_REFERENCE = re.compile(
    r"(?P<base>https?://.+/)?(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/(?P<version>[A-Za-z0-9\-.]{1,64}))?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a literal reference names; `base` is empty for one within the same server."""

    type: str
    id: str
    version: str | None = None
    base: str = ""

    @property
    def text(self) -> str:
        return f"{self.type}/{self.id}"


def reference_of(text: str, *, home: str = "") -> Reference | None:
    """Read `Type/id`, with or without a server before it and a version after it; None for anything else.

    What begins with our own address, `home`, is as good as relative.
    """
    if home and text.startswith(f"{home}/"):
        text = text[len(home) + 1 :]
    parts = _REFERENCE.fullmatch(text)
    if parts is None:
        return None
    return Reference(parts["type"], parts["id"], parts["version"], (parts["base"] or "").rstrip("/"))


def referring_otherwise(resource: Any, change: Callable[[str], str | None]) -> Any:
    """Give the resource with every `reference` changed for which `change` has another text.

    The original stays as it was; narrative and attachments are left alone.
    """
    if isinstance(resource, list):
        return [referring_otherwise(item, change) for item in cast("list[Any]", resource)]
    if isinstance(resource, dict):
        parts = cast("dict[str, Any]", resource)
        return {
            name: _changed(name, value, change)
            if isinstance(value, dict | list) or name == "reference"
            else value
            for name, value in parts.items()
        }
    return resource


def _changed(name: str, value: Any, change: Callable[[str], str | None]) -> Any:
    if name == "reference" and isinstance(value, str):
        return change(value) or value
    return referring_otherwise(value, change)
