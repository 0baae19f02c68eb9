"""Let the lake follow the record."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from shared.fhir.ports import Changes, ClinicalRecord, MarkNotKnown, Resource
from shared.kernel.identity import PatientId
from shared.segments.facts import (
    IDENTIFIER,
    OTHERS,
    TABLES,
    WHOSE,
    Facts,
    LinkFacts,
    OtherFacts,
    ProfileFacts,
    RecordFacts,
    ValueFacts,
    gone,
)
from shared.segments.in_fhir import patients_in, profile_facts, record_facts
from shared.segments.links_in_fhir import link_facts, other_facts, ref_of
from shared.segments.ports import Lake, LakeState
from shared.segments.rules import OtherType, ResourceType
from shared.segments.sql.whose import shared_by_several
from shared.segments.values_in_fhir import value_facts

log = logging.getLogger(__name__)

TYPES = ("Patient", *TABLES, *OTHERS)
TOGETHER = 5000
"""Changes in one write."""


@dataclass(frozen=True, slots=True)
class BringLakeUpToDate:
    """Writes what has changed in the record since the lake's mark, deletions included, page after page.

    Of what names its patient by an identifier it writes that identifier, and whoever asks finds whose it is
    then: one that is given to somebody, or taken away, moves no record. One that several patients have is
    nobody's, and is logged, by the number of those who share any, after a write that may have made it so.
    Killed on the way it goes on from the last page. Where the record does not know the mark, being another
    than the lake has followed, all is written anew.
    """

    record: ClinicalRecord
    lake: Lake
    together: int = TOGETHER

    def __call__(self, *, now: datetime, told: Callable[[int], None] | None = None) -> int:
        """Give how many resources were written; `told` hears it after every page.

        Raises `LostRace` when somebody else is doing the same.
        """
        written, state, may_be_shared = 0, self.lake.state(), False
        while True:
            after, changes = self._changes(state.mark)
            complete_up_to = now if changes.is_all else state.complete_up_to if after else None
            state = LakeState(changes.mark, complete_up_to)
            facts = _facts(changes, anew=after is None)
            self.lake.write(facts, after=after, state=state)
            may_be_shared = may_be_shared or any(map(_names_by_identifier, facts))
            written += len(changes.resources) + len(changes.gone)
            if told is not None:
                told(written)
            if changes.is_all:
                break
        if may_be_shared:
            self._tell_of_shared(now)
        return written

    def _tell_of_shared(self, now: datetime) -> None:
        sharing = self.lake.population(shared_by_several(), as_of=now)
        if sharing:
            log.warning("segments.lake.identifiers_shared", extra={"patients": len(sharing)})

    def _changes(self, mark: str | None) -> tuple[str | None, Changes]:
        """Give the next changes, and the mark they follow on: None where they begin anew."""
        try:
            return mark, self.record.changes(mark, types=TYPES, limit=self.together)
        except MarkNotKnown:
            log.warning("segments.lake.begun_anew")
            return None, self.record.changes(None, types=TYPES, limit=self.together)


def _names_by_identifier(facts: Facts) -> bool:
    """Say whether it may have made an identifier ambiguous by which records name their patient."""
    if isinstance(facts, ValueFacts):
        return facts.name in (IDENTIFIER, WHOSE)
    return isinstance(facts, RecordFacts) and facts.whose is not None


def _facts(changes: Changes, *, anew: bool) -> Sequence[Facts]:
    facts = [one for resource in changes.resources for one in _with_all_of_it(resource, anew=anew)]
    for type_, id_ in changes.gone:
        ref = f"{type_}/{id_}"
        facts += [_gone(type_, id_), LinkFacts(ref, deleted=True), ValueFacts(ref, deleted=True)]
    return facts


def _with_all_of_it(resource: Resource, *, anew: bool) -> Iterator[Facts]:
    """Give its rows, those of what it refers to, of what does not count none, and of what it is known by."""
    facts, ref = list(_facts_of(resource)), ref_of(resource)
    yield from facts
    counts = not any(one.deleted for one in facts)
    links = list(link_facts(resource)) if counts else []
    values = list(value_facts(resource, counts=counts))
    yield from links
    yield from values
    if anew:
        return  # nothing is there that an empty row would take away
    if not links:
        yield LinkFacts(ref, deleted=True)
    if not values:
        yield ValueFacts(ref, deleted=True)


def _facts_of(resource: Resource) -> Iterator[Facts]:
    """Give a row for each patient whom a resource is about; what counts for nobody is as good as gone.

    What refers to no patient, but names one otherwise, has one row.
    """
    found: list[Facts | None]
    if resource["resourceType"] in OTHERS:
        found = [other_facts(resource)]
    elif resource["resourceType"] == "Patient":
        found = [profile_facts(resource)]
    else:
        found = [record_facts(resource, patient_id) for patient_id in patients_in(resource) or (None,)]
    counting = [one for one in found if one is not None]
    yield from counting or [_gone(resource["resourceType"], resource["id"])]


def _gone(type_: str, id_: str) -> Facts:
    if type_ == "Patient":
        return ProfileFacts(PatientId(id_), deleted=True)
    if type_ in OTHERS:
        return OtherFacts(cast("OtherType", type_), id_, deleted=True)
    return gone(cast("ResourceType", type_), id_, PatientId(""), 0)
