"""A full run: all records are compared with all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.kernel.documents import Documents
from shared.matching.comparing import mark_of
from shared.matching.definitions import MatchingDraft
from shared.matching.documents import Run, persons_of
from shared.matching.households import households
from shared.matching.keyed_ids import KeyedIds
from shared.matching.model import PersonId, RecordRef
from shared.matching.name_persons import Known, former, household_keys, living_in, named_persons, placed
from shared.matching.outcome import Outcome
from shared.matching.persons import STANDINGS, Person
from shared.matching.ports import Comparisons, LinkEngine, Marked
from shared.matching.retiring import after_the_run, retired_by
from shared.matching.reviewing import Sayings
from shared.matching.unifying import ReadRecords, unified


@dataclass(frozen=True, slots=True)
class CompareAll:
    """Finds everybody anew, and keeps what was compared for the next run."""

    documents: Documents
    engine: LinkEngine
    comparisons: Comparisons
    keyed_ids: KeyedIds

    def __call__(
        self, run: Run, draft: MatchingDraft, said: Sayings, read: ReadRecords, *, keep_as: str
    ) -> Outcome:
        found = unified(draft, said, read, engine=self.engine, keep_as=keep_as)
        known = self._known(run)
        persons = named_persons(run, draft, found.persons, known, self.keyed_ids)
        keys = household_keys(draft, persons)
        persons = living_in(persons, households(keys))
        were = {person_id: document.body for person_id, document in known.persons.items()}
        gone = retired_by(run.id, were, persons, before=known.before)
        nobody = after_the_run(were, gone, persons)
        unnamed = [replace(one, names_records=True) for one in nobody if not one.names_records]
        return Outcome(
            persons=persons,
            retired=[*gone, *unnamed],
            known=known,
            proposals=found.proposals,
            of_all=len(persons),
            of_several=found.groups,
            rules=found.rules,
            sources=found.sources,
            compared=len(read.records),
            keep=lambda: self._keep(keep_as, draft, read, persons, keys, nobody),
        )

    def _known(self, run: Run) -> Known:
        known = Known(run.id)
        for standing in STANDINGS:
            for found in persons_of(self.documents, run.matching_id, standing):
                known.add(found)
        return known

    def _keep(  # all that a run knows
        self,
        name: str,
        draft: MatchingDraft,
        read: ReadRecords,
        persons: Mapping[PersonId, Person],
        keys: Mapping[PersonId, str | None],
        retired: Sequence[Person],
    ) -> None:
        whose: Mapping[RecordRef, PersonId] = {
            ref: person.id for person in persons.values() for ref in person.refs
        }
        records = (Marked(one.ref, mark_of(one), whose.get(one.ref)) for one in read.records)
        everybody = (placed(draft, person, keys[person.id]) for person in persons.values())
        self.comparisons.keep(name, records, everybody, (former(one) for one in retired))
