"""What the gateway says before it is spelled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """A status, a body that becomes JSON, and what it cost."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    charge: float = 0.0
    documents: int = 0
    looked_at: int = 0
