"""Take in what is told of a custom trigger (FH-11, JO-4, JO-5)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, announcing
from shared.kernel.identity import derived
from shared.kernel.problems import Problem
from shared.kernel.refusals import AlreadyExists, Gone, LostRace, Nonsense, NotFound
from shared.kernel.sensitive import Sensitive
from shared.patients.documents import patient_partition
from shared.patients.read_own_resources import ReadOwnResources, parts_of
from shared.triggers.custom import CustomEvent, CustomTrigger, CustomTriggerIsNotReady
from shared.triggers.custom_documents import custom_trigger_at, event_id
from shared.triggers.model import CustomTriggerFired
from shared.triggers.read_event import Told, read_event

log = logging.getLogger(__name__)

MOST_EVENTS = 100
Outcome = Literal["accepted", "repeated", "contradicted", "refused"]


@dataclass(frozen=True, slots=True)
class EventsTold:
    """Events of one custom trigger: of each its `id`, its `attributes`, and `at`, if it was not just now."""

    events: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class EventTaken:
    """What came of the event at this place, counted from 0; problems name fields."""

    place: int
    outcome: Outcome
    event_id: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class EventsTaken:
    """What came of each event, in their order."""

    events: tuple[EventTaken, ...]


@dataclass(frozen=True, slots=True)
class TakeInEvents:
    """Keeps each event with its patient, once for its id, and tells the journeys of it in the same commit.

    The same again changes nothing, and another word under the same id is answered as a contradiction. What
    was erased with its patient counts as told for thirty days more, by the tombstone that the store keeps
    under its id. An
    event that cannot be read, or refers to what is not in the record or not this patient's alone, is refused
    by itself, and nothing of it is kept: which of the two it was is not said.
    """

    documents: Documents
    own_resources: ReadOwnResources

    def __call__(self, told: EventsTold, *, trigger_id: str, caller: Caller, now: datetime) -> EventsTaken:
        """Say what came of each. Raises `Nonsense`, `NoSuchCustomTrigger` or `CustomTriggerIsNotReady`."""
        if not 0 < len(told.events) <= MOST_EVENTS:
            raise Nonsense(("events", f"not from 1 to {MOST_EVENTS}"))
        trigger = custom_trigger_at(self.documents, trigger_id).body
        if trigger.state != "ready_to_use":
            raise CustomTriggerIsNotReady
        taken = tuple(
            self._taken(place, event, trigger, caller, now) for place, event in enumerate(told.events)
        )
        refused = sum(one.outcome == "refused" for one in taken)
        log.info(
            "triggers.events.taken_in",
            extra={"trigger": trigger.id, "events": len(taken), "refused": refused},
        )
        return EventsTaken(taken)

    def _taken(
        self, place: int, event: Mapping[str, Any], trigger: CustomTrigger, caller: Caller, now: datetime
    ) -> EventTaken:
        reading = read_event(event, trigger, now)
        if reading.told is None:
            return EventTaken(place, "refused", problems=reading.problems)
        named, told = event_id(trigger.id, reading.told.key), reading.told
        before = self._before(named, told)
        if before is not None:
            return EventTaken(place, before, named)
        problems = self._not_theirs(told)
        if problems:
            return EventTaken(place, "refused", problems=problems)
        self._keep(named, told, trigger, caller, now)
        return EventTaken(place, "accepted", named)

    def _before(self, named: str, told: Told) -> Outcome | None:
        """Say what it is to what was told under its id before, if anything was."""
        try:
            before = self.documents.read(patient_partition(told.patient_id), named, CustomEvent)
        except Gone:  # it was erased with its patient, and what it said is not known any more
            return "repeated"
        except NotFound:
            return None
        return "repeated" if _says(before.body, told) else "contradicted"

    def _not_theirs(self, told: Told) -> tuple[Problem, ...]:
        wanted = {name: parts_of(text) for name, text in told.references.items()}
        own = self.own_resources(told.patient_id, list(wanted.values()))
        return tuple(
            (f"attributes.{name}", "not in the record, or not this patient's alone")
            for name, reference in wanted.items()
            if reference not in own
        )

    def _keep(self, named: str, told: Told, trigger: CustomTrigger, caller: Caller, now: datetime) -> None:
        write = Create(named, _event(told, trigger, now))
        fired = CustomTriggerFired(trigger.id, told.patient_id, named, write.version, now)
        entry = audited(
            write,
            what="take_in_events",
            subject=f"custom-trigger/{trigger.id}",
            who=caller.who,
            now=now,
            patient_id=told.patient_id,
            entry_id=derived(told.patient_id, named),
        )
        announcements = [announcing(fired, of=write, named=f"{told.patient_id}~{named}"), entry]
        try:
            self.documents.commit(
                patient_partition(told.patient_id), changes=[write], announcements=announcements
            )
        except AlreadyExists:  # the same event told twice at once: read again, and find it taken
            raise LostRace from None


def _event(told: Told, trigger: CustomTrigger, now: datetime) -> CustomEvent:
    return CustomEvent(
        trigger_id=trigger.id,
        trigger_version=trigger.version,
        patient_id=told.patient_id,
        key=told.key,
        at=told.at,
        given=Sensitive(told.given),
        references=told.references,
        taken_in_at=now,
    )


def _says(before: CustomEvent, told: Told) -> bool:
    """Say whether it was told so before; by when it was nobody tells two events apart."""
    return (before.given.value, before.references) == (told.given, told.references)
