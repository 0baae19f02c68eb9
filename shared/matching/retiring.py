"""Whose records an id that is nobody's any more leads to: as they are now, not as they were once (UN-9)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from shared.matching.model import PersonId, RecordRef
from shared.matching.persons import Before, Person, retired
from shared.matching.stable_ids import Members


def retired_by(
    run_id: str,
    known: Mapping[PersonId, Person],
    persons: Mapping[PersonId, Person],
    *,
    before: Mapping[PersonId, Members],
) -> Sequence[Person]:
    """Give those whose id has become nobody's in this run, and those whose id leads to somebody else now.

    `persons` are there after the run, `before` says whose records were whose until then. An id whose records
    have gone from their sources leads where the records went of whom it led to.
    """
    whose = {ref: person.id for person in persons.values() for ref in person.refs}
    found: list[Person] = []
    for person_id, person in known.items():
        if person_id in persons:
            continue
        holder = _holder(person.refs, whose) or _of_who_had_them(person, before, whose)
        if person.standing != "retired" or holder != person.merged_into:
            found.append(retired(person, holder, run_id))
    return found


def after_the_run(
    known: Mapping[PersonId, Person], gone: Sequence[Person], persons: Mapping[PersonId, Person]
) -> Sequence[Person]:
    """Give all ids that are nobody's after a run: those that have become so, and those that were."""
    now = {one.id for one in gone}
    still = [one for one in known.values() if one.id not in persons and one.id not in now]
    return [*gone, *still]


def former_ids(before: Before, members: Collection[RecordRef]) -> Sequence[PersonId]:
    """Give the former ids of whoever had an id, if those of now are they: a key may pass to somebody else."""
    is_same = before.records is not None and not set(before.records).isdisjoint(members)
    return before.previous_ids if is_same else ()


def _of_who_had_them(
    person: Person, before: Mapping[PersonId, Members], whose: Mapping[RecordRef, PersonId]
) -> PersonId | None:
    if person.merged_into is None or person.standing != "retired":
        return None
    return _holder(before.get(person.merged_into, ()), whose) or person.merged_into


def _holder(refs: Iterable[RecordRef], whose: Mapping[RecordRef, PersonId]) -> PersonId | None:
    return next((whose[ref] for ref in sorted(refs) if ref in whose), None)
