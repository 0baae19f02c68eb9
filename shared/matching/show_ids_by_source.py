"""Show on a patient's page under which keys other sources know them (UN-15)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.matching.definitions import Matching
from shared.matching.documents import (
    LAST,
    MATCHINGS,
    PERSON,
    RECORDS,
    LastRun,
    RecordOfPerson,
    everything_found,
    matching_partition,
    person_partition,
    record_named,
    version_id,
)
from shared.matching.model import PersonId, RecordRef
from shared.matching.persons import Person
from shared.patients.ports import ShowsIdsBySource
from shared.patients.tiles import MOST_ON_A_TILE, IdsBySourceTile, PersonOnTile, SourceId

MOST_MATCHINGS = 20
MOST_FORMER = 100
"""Ids under which one record stands or stood; more is nobody's history."""


@dataclass(frozen=True, slots=True)
class ShowIdsBySource(ShowsIdsBySource):
    """Gives, of each matching, who has one of these records as its last run to come to its end left them.

    Sources that have been taken out of the definition since are not shown. A matching that was never run has
    found nobody.
    """

    documents: Documents

    def __call__(self, records: Sequence[PatientId], *, most: int) -> IdsBySourceTile:
        page = self.documents.find(MATCHINGS, Matching, limit=MOST_MATCHINGS)
        unsettled: list[str] = []
        found: list[tuple[Matching, LastRun, Person]] = []
        for matching in (one.body for one in page.items):
            last = self.documents.look(matching_partition(matching.id), LAST, LastRun)
            if last is None:
                continue
            if last.body.is_whole and last.body.names_records:
                found += ((matching, last.body, one) for one in self._who(matching, last.body, records))
            else:
                unsettled.append(matching.id)
        has_more = page.next is not None or len(found) > MOST_ON_A_TILE
        persons: list[PersonOnTile] = []
        for matching, last, person in found[:MOST_ON_A_TILE]:
            refs = _refs_of(matching, person)
            has_more |= len(refs) > most or len(person.previous_ids) > MOST_ON_A_TILE
            persons.append(_on_tile(matching, last, person, refs[:most]))
            most -= len(persons[-1].ids)
        return IdsBySourceTile("shown", tuple(persons), tuple(unsettled), has_more)

    def _who(self, matching: Matching, last: LastRun, records: Sequence[PatientId]) -> Sequence[Person]:
        """Give those who have one of the records now, in order of their ids."""
        own = {RecordRef(source, key) for source in self._of_record(matching, last) for key in records}
        places = [(person_partition(one), PERSON) for one in sorted(set(self._led_to(matching.id, own)))]
        persons = (one.body for one in self.documents.look_many(places, Person) if one is not None)
        return [one for one in persons if one.standing != "retired" and not own.isdisjoint(one.refs)]

    def _of_record(self, matching: Matching, last: LastRun) -> Collection[str]:
        """Give the sources whose keys are patients' ids, in the last run and now."""
        now = _reading_the_record(matching)
        if last.version == matching.version:
            return now
        ran = self.documents.read(matching_partition(matching.id), version_id(last.version), Matching)
        return now & _reading_the_record(ran.body)

    def _led_to(self, matching_id: str, refs: Collection[RecordRef]) -> Iterator[PersonId]:
        for ref in refs:
            named = record_named(matching_id, ref.source, ref.key)
            led = everything_found(self.documents, RECORDS, RecordOfPerson, named)
            yield from (one.body.person_id for one in islice(led, MOST_FORMER))


def _reading_the_record(matching: Matching) -> set[str]:
    """Give the sources whose keys are patients' ids."""
    return {one.id for one in matching.sources if one.reads == "record"}


def _refs_of(matching: Matching, person: Person) -> Sequence[RecordRef]:
    """Give a person's records in sources that the definition still has, the most believed first."""
    rank = {source.id: place for place, source in enumerate(matching.sources)}
    there = (ref for ref in person.refs if ref.source in rank)
    return sorted(there, key=lambda ref: (rank[ref.source], ref.key))


def _on_tile(matching: Matching, last: LastRun, person: Person, refs: Sequence[RecordRef]) -> PersonOnTile:
    return PersonOnTile(
        matching_id=matching.id,
        name=matching.draft.name,
        as_of=last.asked_at,
        id=person.id,
        ids=tuple(SourceId(ref.source, ref.key) for ref in refs),
        previous_ids=person.previous_ids[:MOST_ON_A_TILE],
        household=person.household,
    )
