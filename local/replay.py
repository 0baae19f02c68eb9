"""A history of results, lived through again: each written when it was measured, in business time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.narrator import Narrator
from local.own_host import OwnHost
from local.progress import Progress
from shared.fhir.ports import Resource

TRIGGER = "a1c_over_7"


@dataclass(frozen=True, slots=True)
class Replay:
    """Writes the results live, one after another, and compares what started with an independent count."""

    host: OwnHost
    narrator: Narrator
    data: Path
    token: str

    def play(self, results: Sequence[Resource]) -> None:
        """Write them in the order of their measuring; raise `BrokenPromise` when the starts disagree."""
        self.narrator.scene(f"{len(results):,} real HbA1c results happen again, each at its own time")
        progress = Progress("results")
        for number, result in enumerate(sorted(results, key=_measured_at), 1):
            self._live_through(result)
            progress.at(number, number / len(results))
        self.host.until_idle()
        progress.finish(len(results))
        self._compare(results)

    def _live_through(self, result: Resource) -> None:
        """Go to the moment of the measurement, when nothing is under way any more, and write the result."""
        self.host.until_idle()
        self.host.travel_to(_measured_at(result))
        self.host.put_resource(result)

    def _compare(self, results: Sequence[Resource]) -> None:
        people = sorted({result["subject"]["reference"].removeprefix("Patient/") for result in results})
        enrolments = {person: self._enrolments(person) for person in people}
        starts = sum(map(len, enrolments.values()))
        enrolled = sum(1 for found in enrolments.values() if found)
        self.narrator.say(f"{starts} journeys started, of {enrolled} people.")
        expected = self._expected()
        if expected is None:
            self.narrator.say("Nobody has counted this folder before, so there is nothing to compare with.")
            return
        self.narrator.promise(
            (starts, enrolled) == (expected["starts"], expected["patients"]),
            f"An independent count of the same history says {expected['starts']} starts of "
            f"{expected['patients']} people ({expected['definition']}, "
            f"again after {expected['reentry_days']} days).",
        )

    def _enrolments(self, patient_id: str) -> list[Any]:
        headers = {"Authorization": f"Bearer {self.token}", "X-Reason": "counts who was enrolled"}
        answer = self.host.http.get(f"/api/patients/{patient_id}/enrolments?limit=100", headers=headers)
        return answer.raise_for_status().json()["enrolments"]

    def _expected(self) -> dict[str, Any] | None:
        counted = self.data.parent / "expected" / f"{self.data.name}.counts.json"
        return json.loads(counted.read_text())["triggers"][TRIGGER] if counted.exists() else None


def _measured_at(result: Resource) -> datetime:
    instant = datetime.fromisoformat(result["effectiveDateTime"])
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
