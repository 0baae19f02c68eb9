"""Write persons, each in one commit with what leads to them from their records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.kernel.documents import (
    MOST_OPERATIONS,
    Change,
    Commit,
    Create,
    Document,
    Documents,
    deleting,
    replacing,
)
from shared.kernel.refusals import AlreadyExists
from shared.matching.documents import (
    PERSON,
    RecordOfPerson,
    person_partition,
    record_id_of,
    record_named,
)
from shared.matching.persons import Person, is_as_it_was

There = Mapping[str, Document[RecordOfPerson]]


@dataclass(frozen=True, slots=True)
class WritePersons:
    """Writes those who are not as they were found; a person and what leads to them change together.

    Whoever has too many records for one commit is led to first, and written then.
    """

    documents: Documents

    def __call__(self, persons: Sequence[tuple[Person, Document[Person] | None]]) -> int:
        """Give how many were written. Raises `LostRace` where somebody else has written one of them."""
        changed = [
            (one, found) for one, found in persons if found is None or not is_as_it_was(found.body, one)
        ]
        commits = [self._usual(one, found) for one, found in changed]
        at_once = [commit for commit in commits if len(commit.changes) <= MOST_OPERATIONS]
        outcomes = iter(self.documents.commit_many(at_once))
        for (one, found), commit in zip(changed, commits, strict=True):
            outcome = next(outcomes) if len(commit.changes) <= MOST_OPERATIONS else AlreadyExists()
            if isinstance(outcome, AlreadyExists):
                self._step_by_step(one, found)
            elif outcome is not None:
                raise outcome
        return len(changed)

    def _usual(self, person: Person, found: Document[Person] | None) -> Commit:
        """Change what has to be, supposing that what leads to the person was written with them or never."""
        names = _names(person)
        there: There = {}
        led: set[str] = set()
        if found is not None and found.body.names_records:
            led = {record_id_of(person.id, ref) for ref in found.body.refs}
            if not led <= names.keys():
                there = self._there(person)
                led = set(there)
        changes = [*_led_to(names, led), *_led_no_more(names, there), _written(person, found)]
        return Commit(person_partition(person.id), changes)

    def _step_by_step(self, person: Person, found: Document[Person] | None) -> None:
        """Do it where there are many records, or where some lead to the person already."""
        partition, names, there = person_partition(person.id), _names(person), self._there(person)
        creations = list(_led_to(names, set(there)))
        while creations:
            self.documents.commit(partition, changes=creations[:MOST_OPERATIONS])
            creations = creations[MOST_OPERATIONS:]
        too_many = list(_led_no_more(names, there))
        self.documents.commit(partition, changes=[_written(person, found), *too_many[: MOST_OPERATIONS - 1]])
        while too_many := too_many[MOST_OPERATIONS - 1 :]:
            self.documents.commit(partition, changes=too_many[: MOST_OPERATIONS - 1])

    def _there(self, person: Person) -> There:
        return {found.id: found for found in self._all(person_partition(person.id))}

    def _all(self, partition: str) -> Iterator[Document[RecordOfPerson]]:
        after: str | None = None
        while True:
            page = self.documents.list(partition, "record", RecordOfPerson, after=after)
            yield from page.items
            after = page.next
            if after is None:
                return


def _names(person: Person) -> Mapping[str, RecordOfPerson]:
    return {
        record_id_of(person.id, ref): RecordOfPerson(
            record_named(person.matching_id, ref.source, ref.key), person.matching_id, person.id
        )
        for ref in person.refs
    }


def _led_to(names: Mapping[str, RecordOfPerson], there: set[str]) -> Iterator[Create]:
    return (Create(named, body) for named, body in names.items() if named not in there)


def _led_no_more(names: Mapping[str, RecordOfPerson], there: There) -> Iterator[Change]:
    return (deleting(found) for named, found in there.items() if named not in names)


def _written(person: Person, found: Document[Person] | None) -> Change:
    return replacing(found, person) if found else Create(PERSON, person)
