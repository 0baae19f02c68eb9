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
from shared.activities.documents import type_at
from shared.activities.find_named import FindNamed, WhyUnplaced
from shared.activities.model import ActivityTypeIsNotLive, Happening
from shared.activities.read_item import Item, read_item
from shared.activities.retelling import retold
from shared.activities.telling import Outcome
from shared.activities.unplaced import CURRENT, Unplaced, kept, set_aside, unplaced_partition
from shared.audit.announced import audited
from shared.kernel.documents import Change, Commit, Create, Documents, Replace
from shared.kernel.identity import PatientId, derived
from shared.kernel.problems import Problem
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense
from shared.patients.documents import patient_partition

log = logging.getLogger(__name__)

MOST_ITEMS = 500
MOST_OF_A_PATIENT = 25
"""In one commit: each may be three changes."""


@dataclass(frozen=True, slots=True)
class ActivitiesTold:
    """Items of one source, as it spells them; the type says how to read them."""

    activity_type: str
    items: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ItemTaken:
    """What came of the item at this place, counted from 0; problems name the type's fields.

    One that is *waiting* names nobody whom we know, and is looked at again as long as its type says.
    """

    place: int
    outcome: Outcome | Literal["refused", "waiting"]
    activity_id: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivitiesTaken:
    """What came of each item, in their order."""

    items: tuple[ItemTaken, ...]


@dataclass(frozen=True, slots=True)
class TakeInActivities:
    """Puts each item into its patient's timeline, once for each type and key.

    Being told again, wholly or in part, changes nothing. An item that cannot be read is refused by itself,
    and nothing of it is kept; so is one that speaks of nobody we know, unless its type has such wait. Each
    patient's items are written by themselves.
    """

    documents: Documents
    find_named: FindNamed

    def __call__(self, asked: ActivitiesTold, *, caller: Caller, now: datetime) -> ActivitiesTaken:
        """Say what came of each. Raises `Nonsense`, `NoSuchActivityType` or `ActivityTypeIsNotLive`."""
        if len(asked.items) > MOST_ITEMS:
            raise Nonsense(("items", f"more than {MOST_ITEMS}"))
        activity_type = type_at(self.documents, asked.activity_type).body
        if activity_type.state != "live" or activity_type.source == OUR_OWN:
            raise ActivityTypeIsNotLive
        taken: dict[int, ItemTaken] = {}
        readable: dict[int, Item] = {}
        for place, item in enumerate(asked.items):
            reading = read_item(item, activity_type.fields, activity_type.naming)
            if reading.item is None:
                taken[place] = ItemTaken(place, "refused", problems=reading.problems)
            else:
                readable[place] = reading.item
        found = self.find_named({item.named for item in readable.values()}, activity_type.naming)
        happenings: dict[int, Happening] = {}
        for place, item in readable.items():
            whose = found[item.named]
            if whose.patient_id is not None:
                happenings[place] = item.of(whose.patient_id)
            elif whose.because is not None:
                outcome = self._unplaced(item, activity_type, whose.because, caller, now)
                taken[place] = ItemTaken(place, outcome, problems=(("patient", whose.because),))
        for together in _rounds(happenings):
            taken |= self._written(together, activity_type, caller, now)
        log.info(
            "activities.items.taken_in",
            extra={
                "activity_type": activity_type.id,
                "items": len(taken),
                "refused": sum(one.outcome == "refused" for one in taken.values()),
                "waiting": sum(one.outcome == "waiting" for one in taken.values()),
            },
        )
        return ActivitiesTaken(tuple(taken[place] for place in sorted(taken)))

    def _unplaced(
        self, item: Item, of: ActivityType, because: WhyUnplaced, caller: Caller, now: datetime
    ) -> Literal["refused", "waiting"]:
        """Set aside what is to wait for its patient; what waits already is there once, as told last."""
        if of.waits_days == 0:
            return "refused"
        one, until = set_aside(item, of, because, who=caller.who, now=now)
        partition = unplaced_partition(one.id)
        before = self.documents.look(partition, CURRENT, Unplaced)
        if before is not None and before.body.item.value.as_of >= item.as_of:
            return "waiting"
        write, told = kept(before, one, until)
        try:
            self.documents.commit(partition, changes=[write], announcements=told)
        except AlreadyExists:
            raise LostRace from None
        return "waiting"

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
                telling = retold(self.documents, happening, activity_type, now=now)
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
