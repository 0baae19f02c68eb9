"""What can be asked of a code or of a measured quantity, whoever asks (the counting rules of fhir.md §5)."""

from dataclasses import dataclass
from typing import Literal

Comparison = Literal["above", "at_least", "below", "at_most"]


@dataclass(frozen=True, slots=True)
class Code:
    """A concept: system and code must both be equal. `display` is for people to read and never counts."""

    system: str
    code: str
    display: str | None = None


@dataclass(frozen=True, slots=True)
class ValueIs:
    """The measured quantity lies on one side of a threshold; in another unit than asked for it never does."""

    kind: Literal["value"]
    comparison: Comparison
    threshold: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ComponentIs:
    """The same of a component, such as the systolic pressure of a blood pressure panel."""

    kind: Literal["component"]
    codes: tuple[Code, ...]
    comparison: Comparison
    threshold: float
    unit: str | None = None
