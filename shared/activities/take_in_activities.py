"""Take in what a source tells of patients (UN-1, UN-13)."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.access.model import Caller
from shared.activities.activity_types import ActivityType
from shared.activities.definitions import OUR_OWN
from shared.activities.documents import activity_id, entry_of, told_of, type_at
from shared.activities.model import ActivityTypeIsNotLive, Happening
from shared.activities.read_item import Problem, read_item
from shared.activities.telling import Outcome, Telling, told
from shared.audit.announced import audited
from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import Change, Commit, Create, Documents, Replace
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense
from shared.patients.documents import patient_partition

log = logging.getLogger(__name__)

MOST_ITEMS = 500
MOST_OF_A_PATIENT = 25
"""In one commit: each may be three changes."""
TOGETHER = 100


@dataclass(frozen=True, slots=True)
class ActivitiesTold:
    """Items of one source, as it spells them; the type says how to read them."""

    activity_type: str
    items: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ItemTaken:
    """What came of the item at this place, counted from 0; problems name the type's fields."""

    place: int
    outcome: Outcome | Literal["refused"]
    activity_id: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivitiesTaken:
    """What came of each item, in their order."""

    items: tuple[ItemTaken, ...]


@dataclass(frozen=True, slots=True)
class TakeInActivities:
    """Puts each item into its patient's timeline, once for each type and key.

    Being told again, wholly or in part, changes nothing. An item that cannot be read, or speaks of nobody we
    know, is refused by itself, and nothing of it is kept. Each patient's items are written by themselves.
    """

    record: ClinicalRecord
    documents: Documents

    def __call__(self, asked: ActivitiesTold, *, caller: Caller, now: datetime) -> ActivitiesTaken:
        """Say what came of each. Raises `Nonsense`, `NoSuchActivityType` or `ActivityTypeIsNotLive`."""
        if len(asked.items) > MOST_ITEMS:
            raise Nonsense(("items", f"more than {MOST_ITEMS}"))
        activity_type = type_at(self.documents, asked.activity_type).body
        if activity_type.state != "live" or activity_type.source == OUR_OWN:
            raise ActivityTypeIsNotLive
        taken: dict[int, ItemTaken] = {}
        readable: dict[int, Happening] = {}
        for place, item in enumerate(asked.items):
            reading = read_item(item, activity_type.fields)
            if reading.happening is None:
                taken[place] = ItemTaken(place, "refused", problems=reading.problems)
            else:
                readable[place] = reading.happening
        known = self._known({happening.patient_id for happening in readable.values()})
        for place, happening in readable.items():
            if happening.patient_id not in known:
                taken[place] = ItemTaken(place, "refused", problems=(("patient", "nobody we know"),))
        there = {place: one for place, one in readable.items() if place not in taken}
        for together in _rounds(there):
            taken |= self._written(together, activity_type, caller, now)
        log.info(
            "activities.items.taken_in",
            extra={
                "activity_type": activity_type.id,
                "items": len(taken),
                "refused": len(taken) - len(there),
            },
        )
        return ActivitiesTaken(tuple(taken[place] for place in sorted(taken)))

    def _known(self, patients: set[PatientId]) -> set[str]:
        asked = [("Patient", patient_id) for patient_id in sorted(patients)]
        batches = (asked[start : start + TOGETHER] for start in range(0, len(asked), TOGETHER))
        return {id_ for batch in batches for _, id_ in self.record.read_many(batch).resources}

    def _written(
        self,
        together: Mapping[PatientId, Sequence[tuple[int, Happening]]],
        activity_type: ActivityType,
        caller: Caller,
        now: datetime,
    ) -> dict[int, ItemTaken]:
        """Write one round, all patients at once; each patient's items are one commit."""
        taken: dict[int, ItemTaken] = {}
        commits: list[Commit] = []
        for patient_id, happenings in together.items():
            changes: list[Change] = []
            for place, happening in happenings:
                telling = self._telling(happening, activity_type, now)
                taken[place] = ItemTaken(place, telling.outcome, telling.activity_id)
                changes += telling.changes
            written = [change for change in changes if isinstance(change, Create | Replace)]
            if written:
                subject = f"activity-type/{activity_type.id}"
                entry = audited(
                    written[0],
                    what="take_in_activities",
                    subject=subject,
                    who=caller.who,
                    now=now,
                    patient_id=patient_id,
                    entry_id=derived(patient_id, written[0].id, str(written[0].version), now.isoformat()),
                )
                commits.append(Commit(patient_partition(patient_id), changes, announcements=[entry]))
        for refused in self.documents.commit_many(commits):
            if isinstance(refused, AlreadyExists):
                raise LostRace from None
            if refused is not None:
                raise refused
        return taken

    def _telling(self, happening: Happening, activity_type: ActivityType, now: datetime) -> Telling:
        name = activity_id(activity_type.id, happening.key)
        before = told_of(self.documents, happening.patient_id, name)
        stands = before.body.entry_id if before else None
        entry = entry_of(self.documents, happening.patient_id, stands) if stands else None
        return told(happening, activity_type, before, entry, now)


def _rounds(
    happenings: Mapping[int, Happening],
) -> Iterator[Mapping[PatientId, Sequence[tuple[int, Happening]]]]:
    """Part the items so that no round has a key twice, nor more of a patient than fits one commit."""
    left = dict(happenings)
    while left:
        together: dict[PatientId, list[tuple[int, Happening]]] = defaultdict(list)
        keys: set[tuple[PatientId, str]] = set()
        for place, happening in left.items():
            key = (happening.patient_id, happening.key)
            if key not in keys and len(together[happening.patient_id]) < MOST_OF_A_PATIENT:
                together[happening.patient_id].append((place, happening))
            keys.add(key)
        for place, _ in (one for some in together.values() for one in some):
            del left[place]
        yield together
