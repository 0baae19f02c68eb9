"""Give everybody who was found their id, what they were found under before, and whom they live with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from shared.kernel.documents import Document
from shared.matching.definitions import MatchingDraft
from shared.matching.documents import Run
from shared.matching.households import household_fields, household_key
from shared.matching.keyed_ids import KeyedIds, spelt_for_comparing
from shared.matching.model import PersonId
from shared.matching.persons import Before, Person, as_before, kept, made_of, new_person_id
from shared.matching.ports import Former, Placed
from shared.matching.retiring import former_ids
from shared.matching.stable_ids import Members, identified
from shared.matching.unifying import Found


@dataclass(slots=True)
class Known:
    """Those there is an id for, as they stand, and what they were before this run."""

    run_id: str
    persons: dict[PersonId, Document[Person]] = field(default_factory=dict[PersonId, Document[Person]])
    before: dict[PersonId, Members] = field(default_factory=dict[PersonId, Members])
    retired: dict[PersonId, Members] = field(default_factory=dict[PersonId, Members])

    def add(self, found: Document[Person]) -> None:
        """Take somebody in, who may have been written by this run when it was stopped half-way."""
        person = found.body
        self.persons[person.id] = found
        was = as_before(person, self.run_id)
        if was.records is not None:
            (self.retired if was.standing == "retired" else self.before)[person.id] = frozenset(was.records)

    def as_before(self, person_id: PersonId) -> Before:
        found = self.persons.get(person_id)
        return as_before(found.body, self.run_id) if found else Before(None)


def named_persons(
    run: Run,
    draft: MatchingDraft,
    found: Iterable[Found],
    known: Known,
    keyed_ids: KeyedIds,
    *,
    look_for: Callable[[Iterable[PersonId]], None] = lambda _: None,
) -> Mapping[PersonId, Person]:
    """Give them by their ids, without their household; `look_for` is told all ids before they are used."""
    groups = {frozenset(record.ref for record in one.records): one for one in found}
    records = {members: kept(one.records) for members, one in groups.items()}
    named = identified(
        groups,
        before=known.before,
        retired=known.retired,
        new_id=lambda first: new_person_id(run.matching_id, run.id, first),
        sources=[source.id for source in draft.sources],
        keyed=keyed_ids(run.matching_id, draft, records),
    )
    look_for(one.id for one in named)
    persons: dict[PersonId, Person] = {}
    for one in named:
        before = known.as_before(one.id)
        persons[one.id] = made_of(
            one.id,
            run.matching_id,
            draft,
            records[one.members],
            links=groups[one.members].links,
            previous_ids=(*former_ids(before, one.members), *one.previous_ids),
            done_by=run.id,
            before=before,
        )
    return persons


def household_keys(draft: MatchingDraft, persons: Mapping[PersonId, Person]) -> Mapping[PersonId, str | None]:
    """Give what everybody has in common with whom they live with."""
    fields = household_fields(draft)
    return {person.id: household_key(draft, fields, person.values.value) for person in persons.values()}


def living_in(
    persons: Mapping[PersonId, Person], households: Mapping[PersonId, str]
) -> Mapping[PersonId, Person]:
    """Say of everybody in which household they live."""
    return {
        person_id: replace(person, household=households.get(person_id))
        for person_id, person in persons.items()
    }


def id_key(draft: MatchingDraft, values: Mapping[str, str]) -> str | None:
    """Spell what an id of the house's choosing is made of; None where there is none or a field is missing."""
    spelt = spelt_for_comparing(draft, draft.id_fields, values) if draft.id_fields else None
    return "\x1f".join(spelt) if spelt is not None else None


def placed(draft: MatchingDraft, person: Person, key: str | None) -> Placed:
    """Give a person as the next run looks for them."""
    of_several = person.standing == "several"
    return Placed(person.id, of_several, key, person.household, id_key(draft, person.values.value))


def former(person: Person) -> Former:
    """Give an id that is nobody's as the next run looks for it."""
    return Former(person.id, person.refs, person.merged_into)
