"""A person as found among many records, and as it was before the run that last touched it (UN-9)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from shared.kernel.identity import derived
from shared.kernel.sensitive import Sensitive
from shared.matching.comparing import SourceRecord
from shared.matching.definitions import MatchingDraft
from shared.matching.merging import golden
from shared.matching.model import Link, PersonId, RecordRef

Standing = Literal["several", "single", "retired"]
"""Of several records, of a single one, or nobody's id any more."""


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record as its source had it when it was last read."""

    ref: RecordRef
    values: Sensitive[dict[str, str]]
    updated: str | None = None

    @property
    def as_read(self) -> SourceRecord:
        return SourceRecord(self.ref, self.values.value, self.updated)


@dataclass(frozen=True, slots=True)
class Before:
    """What there was before a run: `records` is None where there was nobody."""

    records: tuple[RecordRef, ...] | None
    standing: Standing = "single"
    previous_ids: tuple[PersonId, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Who the records of one person are, which values hold of them, and why they are thought to be one.

    `listed_in` is the matching and the standing. Of a retired id the records are those it had last, and
    `merged_into` whose they are now. `done_by` is the run or review that wrote this, `before` what it found.
    With `names_records` each record has a document beside this one by which it is found (`RecordOfPerson`).
    """

    id: PersonId
    matching_id: str
    listed_in: str
    records: tuple[KeptRecord, ...]
    values: Sensitive[dict[str, str]]
    links: tuple[Link, ...]
    household: str | None
    previous_ids: tuple[PersonId, ...]
    merged_into: PersonId | None
    done_by: str
    before: Before
    names_records: bool = False

    @property
    def refs(self) -> tuple[RecordRef, ...]:
        return tuple(one.ref for one in self.records)

    @property
    def standing(self) -> Standing:
        return _STANDINGS[self.listed_in.rpartition("/")[2]]


STANDINGS: tuple[Standing, ...] = ("several", "single", "retired")
_STANDINGS: Mapping[str, Standing] = {one: one for one in STANDINGS}


def listed(matching_id: str, standing: Standing) -> str:
    return f"{matching_id}/{standing}"


def kept(records: Iterable[SourceRecord]) -> tuple[KeptRecord, ...]:
    return tuple(KeptRecord(one.ref, Sensitive(dict(one.values)), one.updated) for one in records)


def made_of(  # noqa: PLR0913  # a person has this many sides
    person_id: PersonId,
    matching_id: str,
    draft: MatchingDraft,
    records: Sequence[KeptRecord],
    *,
    links: tuple[Link, ...],
    previous_ids: Iterable[PersonId],
    done_by: str,
    before: Before,
) -> Person:
    """Make a person of records; the household is not known yet."""
    standing: Standing = "several" if len(records) > 1 else "single"
    return Person(
        id=person_id,
        matching_id=matching_id,
        listed_in=listed(matching_id, standing),
        records=tuple(records),
        values=Sensitive(dict(golden(draft, [one.as_read for one in records]))),
        links=links,
        household=None,
        previous_ids=tuple(sorted(set(previous_ids) - {person_id})),
        merged_into=None,
        done_by=done_by,
        before=before,
        names_records=True,
    )


def retired(person: Person, merged_into: PersonId | None, done_by: str) -> Person:
    """Make a person's id nobody's; it keeps the records by which it may be given back."""
    return replace(
        person,
        listed_in=listed(person.matching_id, "retired"),
        links=(),
        household=None,
        merged_into=merged_into,
        done_by=done_by,
        before=as_before(person, done_by),
        names_records=True,
    )


def as_before(person: Person, done_by: str) -> Before:
    """Give what a person was before a run or review, which may have stopped half-way and come again."""
    if person.done_by == done_by:
        return person.before
    return Before(person.refs, person.standing, person.previous_ids)


def new_person_id(matching_id: str, done_by: str, first: RecordRef) -> PersonId:
    return PersonId(derived("person", matching_id, done_by, first.source, first.key))


def is_as_it_was(person: Person, other: Person) -> bool:
    """Say whether two differ in nothing but who wrote them."""
    return _content(person) == _content(other)


def _content(person: Person) -> tuple[object, ...]:
    return (
        person.listed_in,
        person.records,
        person.values,
        person.links,
        person.household,
        person.previous_ids,
        person.merged_into,
        person.names_records,
    )
