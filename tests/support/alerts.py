"""The alerts that a deployment sets up, and the chapters of the runbook that say what to do about them."""

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.support.tree import ROOT

Measured = Mapping[str, Mapping[tuple[tuple[str, object], ...], float]]
"""What was measured, by name and labels, as `Told.measured` gives it."""

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One entry of the alerts' file. Its query is not run here: a drill works out what the query would."""

    name: str
    query: str
    uses: tuple[str, ...]
    operator: str
    threshold: float

    def told(self, measured: Measured, **labels: object) -> list[float]:
        """Give the values of all that the alert asks for, of those only that are labelled so."""
        return [
            value
            for name in self.uses
            for labelled, value in measured.get(name, {}).items()
            if labels.items() <= dict(labelled).items()
        ]

    def fires(self, value: float) -> bool:
        """Say whether the alert fires at this value of its measure."""
        return _COMPARISONS[self.operator](value, self.threshold)


@cache
def alerts() -> Mapping[str, Alert]:
    """Give every alert by its name."""
    written: list[dict[str, Any]] = json.loads((ROOT / "infra/observability/alerts.json").read_text())
    return {
        one["name"]: Alert(
            one["name"], one["query"], tuple(one["uses"]), one["operator"], float(one["threshold"])
        )
        for one in written
    }


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the runbook: what it says, and which tests play it."""

    title: str
    text: str
    drills: tuple[str, ...]

    @property
    def name(self) -> str:
        """Give the name by which an alert leads here."""
        return self.title.lower().replace(" ", "-")

    @property
    def routes(self) -> set[tuple[str, str]]:
        """Give the calls that it tells whoever acts to make."""
        return set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) ([^`?\s]+)`", self.text))

    @property
    def functions(self) -> set[str]:
        return set(re.findall(r"\bfunction `(\w+)`", self.text))


@cache
def chapters() -> tuple[Chapter, ...]:
    """Read the runbook."""
    parts = re.split(r"(?m)^## ", (ROOT / "docs/runbook.md").read_text())[1:]
    return tuple(_read(*part.partition("\n")[::2]) for part in parts)


def _read(title: str, text: str) -> Chapter:
    drills = re.findall(r"(?m)^\*Drill:\* (.+)$", text)
    return Chapter(title, text, tuple(name for line in drills for name in re.findall(r"`([^`]+)`", line)))
