"""Keep a journey as its maker wants it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.fhir.elements import ELEMENTS, is_path_in
from shared.journeys.definitions import drafted
from shared.journeys.documents import CURRENT, journey_partition, version_id
from shared.journeys.model import (
    Journey,
    JourneyChangedMeanwhile,
    JourneyDraft,
    JourneyIsThere,
    OnAppointment,
    OnCustomTrigger,
    OnlyIfStep,
    OnSegment,
    SendMessageStep,
)
from shared.kernel.documents import Change, Create, Document, Documents, as_seen, replacing
from shared.kernel.refusals import Conflict, Nonsense
from shared.messaging.documents import template_of
from shared.segments.documents import CURRENT as CURRENT_SEGMENT
from shared.segments.documents import segment_partition
from shared.segments.rules import Segment
from shared.triggers.custom import CustomTrigger
from shared.triggers.custom_documents import CURRENT as CURRENT_CUSTOM
from shared.triggers.custom_documents import custom_partition
from shared.triggers.documents import DEFINITION, trigger_partition
from shared.triggers.model import TriggerDefinition


class JourneyIsOver(Conflict):
    """A journey that was completed or stopped stays so; make a new one from it."""


class JourneyHasBegun(Conflict):
    """A journey that has been live is no draft any more; pause or stop it."""


@dataclass(frozen=True, slots=True)
class KeptJourney:
    """The journey as kept, with the etag to change it by."""

    journey: Journey
    etag: str


@dataclass(frozen=True, slots=True)
class PutJourney:
    """Writes the journey as it now is and, when those who enter shall meet something else, its next version.

    Nobody under way notices: they finish the version they began. One that is there is changed only by whoever
    has seen it. Only a draft may speak of a trigger, a segment or templates that are not there yet (LC-7).
    """

    documents: Documents

    def __call__(
        self, draft: JourneyDraft, *, journey_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptJourney:
        """Keep it, or raise `Nonsense`, or what `_refuse` raises."""
        partition = journey_partition(journey_id)
        before = self.documents.look(partition, CURRENT, Journey)
        _refuse(before, draft, if_match)
        journey = drafted(journey_id, draft, before.body if before else None)
        missing = list(self._missing(draft)) if draft.state != "draft" else []
        if missing:
            raise Nonsense(*missing)
        write = replacing(before, journey) if before else Create(CURRENT, journey)
        changes: list[Change] = [write]
        if before is None or before.body.version != journey.version:
            changes.append(Create(version_id(journey.version), journey))
        told = audited(write, what="put_journey", subject=f"journey/{journey_id}", who=caller.who, now=now)
        etags = self.documents.commit(partition, changes=changes, announcements=[told])
        return KeptJourney(journey, etags[CURRENT])

    def _missing(self, draft: JourneyDraft) -> Iterator[tuple[str, str]]:
        """Name what a journey needs before it can be live, and does not find."""
        yield from self._missing_to_start(draft)
        for number, step in enumerate(draft.steps):
            if isinstance(step, SendMessageStep):
                template = template_of(self.documents, step.template_id)
                if template is None:
                    yield f"steps.{number}.template_id", "no such template"
                elif all(variant.channel != step.channel for variant in template.body.content.variants):
                    yield f"steps.{number}.channel", "not among the template's"

    def _missing_to_start(self, draft: JourneyDraft) -> Iterator[tuple[str, str]]:
        match draft.starts_on:
            case OnAppointment():
                return
            case OnSegment(segment_id=named):
                if self.documents.look(segment_partition(named), CURRENT_SEGMENT, Segment) is None:
                    yield "starts_on.segment_id", "no such segment"
            case OnCustomTrigger(trigger_id=named):
                yield from self._missing_of_event(named, draft)
            case named:
                if self.documents.look(trigger_partition(named), DEFINITION, TriggerDefinition) is None:
                    yield "starts_on", "no such trigger"

    def _missing_of_event(self, named: str, draft: JourneyDraft) -> Iterator[tuple[str, str]]:
        found = self.documents.look(custom_partition(named), CURRENT_CUSTOM, CustomTrigger)
        if found is None or found.body.state == "draft":
            yield "starts_on.trigger_id", "no such custom trigger that is ready to use"
            return
        for number, step in enumerate(draft.steps):
            if isinstance(step, OnlyIfStep) and not _is_path_of(found.body, step.path):
                yield f"steps.{number}.path", "nothing that such an event says, or refers to"


def _is_path_of(trigger: CustomTrigger, path: str) -> bool:
    name, _, rest = path.partition(".")
    one = next((each for each in trigger.attributes if each.name == name), None)
    if one is None or one.of is None:
        return one is not None and not rest
    return one.of not in ELEMENTS or is_path_in(one.of, rest)


def _refuse(before: Document[Journey] | None, draft: JourneyDraft, if_match: str | None) -> None:
    """Raise `JourneyIsThere`, `JourneyChangedMeanwhile`, `JourneyIsOver` or `JourneyHasBegun`."""
    as_seen(before, if_match, is_there=JourneyIsThere, changed=JourneyChangedMeanwhile)
    state = before.body.state if before else "draft"
    if state in {"completed", "stopped"} and draft.state != state:
        raise JourneyIsOver
    if state != "draft" and draft.state == "draft":
        raise JourneyHasBegun
