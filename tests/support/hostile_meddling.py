"""Another house at the same record, and quicker: what this one has just read is old before it is kept."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Resource, Write
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.kernel.refusals import NotFound
from shared.patients.model import ProjectChange
from shared.wiring.composition import Application

OVERTAKEN = 0.04
"""Of all that is read one by one."""
NO_TRIGGERS = ("other-", "moved-", "erased-", "visited-", "identified-", "visit-", "patient-")
"""What no trigger concerns: what becomes of these is nobody's firing."""


@dataclass
class Heard(Publisher):
    """Remembers what it was told to publish."""

    contents: list[object] = field(default_factory=list[object])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.contents += [one.content for one in announcements]


@dataclass
class Overtaken:
    """Does all that `whole` does; but now and then, between an answer and what is done about it, others act.

    They change the result or the person, take that in and keep it: no news of it is left for this house.
    """

    whole: Any
    app: Application
    record: SqliteRecord
    documents: Documents
    chance: random.Random
    often: float

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def read(self, resource_type: str, id_: str) -> Resource:
        answer: Resource = self.whole.read(resource_type, id_)
        if id_.startswith(NO_TRIGGERS) and self.chance.random() < self.often:
            self._meanwhile(resource_type, id_)
        return answer

    def _meanwhile(self, resource_type: str, id_: str) -> None:
        try:
            resource = self.record.read(resource_type, id_)
        except NotFound:
            return
        now = self.app.clock.now()
        self.record.transaction([self._changed(resource)])
        told = self.record.events(0, 10)
        self.record.forget_events(told[-1][0])
        heard = Heard()
        take_in = replace(self.app.take_in_changes, publisher=heard)
        assert take_in([event for _, event in told], now=now) == [None] * len(told)
        project = replace(self.app.project_change, record=self.record, documents=self.documents)
        for change in heard.contents:
            assert isinstance(change, ProjectChange)
            project(change, now=now)

    def _changed(self, resource: Resource) -> Write:
        kind, id_ = str(resource["resourceType"]), str(resource["id"])
        number = self.chance.randrange(40)
        changed = [
            {"birthDate": f"19{10 + number}-02-28"}
            if kind == "Patient"
            else {"subject": {"reference": f"Patient/patient-{number}"}},
            {"valueQuantity": {"value": 5.0 + number / 10, "unit": "%"}} if kind == "Observation" else None,
            None,
        ]
        over = self.chance.choice(changed)
        return Write("DELETE", kind, id_) if over is None else Write("PUT", kind, id_, {**resource, **over})
