"""A person keeps their id from run to run (UN-9)."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from shared.matching.model import PersonId, RecordRef

Members = frozenset[RecordRef]
NOT_KEYED: Mapping[Members, PersonId] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Identified:
    """A person: their id, their records, and every id that some of these records were found under before."""

    id: PersonId
    members: Members
    previous_ids: tuple[PersonId, ...] = ()


def identified(
    groups: Collection[Members],
    *,
    before: Mapping[PersonId, Members],
    retired: Mapping[PersonId, Members],
    new_id: Callable[[RecordRef], PersonId],
    sources: Sequence[str] = (),
    keyed: Mapping[Members, PersonId] = NOT_KEYED,
) -> Sequence[Identified]:
    """Give every group of records its id; groups share no record.

    An id goes to the group that has most of its records, and a group keeps the id that most of its records
    had. One that is left without takes back a retired id under which most of its records were known, and else
    a new one, which `new_id` names for its smallest record, and otherwise in every run. Ids in `retired`
    belong to nobody now. Of groups with equal claims the one with a record of the first of `sources` is
    before the others. The answer depends on no other order. What is `keyed` has that id, each once, and the
    id it had before is a former one.
    """
    rank = {source: place for place, source in enumerate(sources)}
    in_order = sorted(groups, key=lambda members: min((rank.get(ref.source, 0), ref) for ref in members))
    fixed = {place: keyed[members] for place, members in enumerate(in_order) if members in keyed}
    kept = _shared_out(in_order, _but(before, fixed), fixed)
    given = {**fixed, **kept}
    taken_back = _shared_out(in_order, _but(_mostly_within(in_order, retired), fixed), given)
    ids = {**given, **taken_back}
    had = _holders(before)
    return [
        _one(ids.get(place) or new_id(min(members)), members, had) for place, members in enumerate(in_order)
    ]


def _but(claims: Mapping[PersonId, Members], fixed: Mapping[int, PersonId]) -> Mapping[PersonId, Members]:
    """Leave out those ids that are given already."""
    given = set(fixed.values())
    return {person_id: members for person_id, members in claims.items() if person_id not in given}


def _shared_out(
    groups: Sequence[Members], claims: Mapping[PersonId, Members], taken: Mapping[int, PersonId]
) -> dict[int, PersonId]:
    """Give ids to groups that have none, most shared records first, each id once."""
    places = {ref: place for place, members in enumerate(groups) for ref in members}
    shared = [
        (-count, person_id, place)
        for person_id, members in claims.items()
        for place, count in Counter(places[ref] for ref in members if ref in places).items()
        if place not in taken
    ]
    given: dict[int, PersonId] = {}
    gone: set[PersonId] = set()
    for _, person_id, place in sorted(shared):
        if place not in given and person_id not in gone:
            given[place] = person_id
            gone.add(person_id)
    return given


def _mostly_within(
    groups: Sequence[Members], retired: Mapping[PersonId, Members]
) -> Mapping[PersonId, Members]:
    """Leave those ids more than half of whose records are in one group, and more than half of that group."""
    places = {ref: place for place, members in enumerate(groups) for ref in members}
    found: dict[PersonId, Members] = {}
    for person_id, members in retired.items():
        counted = Counter(places[ref] for ref in members if ref in places)
        if any(2 * n > len(members) and 2 * n > len(groups[place]) for place, n in counted.items()):
            found[person_id] = members
    return found


def _holders(before: Mapping[PersonId, Members]) -> Mapping[RecordRef, PersonId]:
    return {ref: person_id for person_id, members in before.items() for ref in members}


def _one(person_id: PersonId, members: Members, had: Mapping[RecordRef, PersonId]) -> Identified:
    others = {had[ref] for ref in members if ref in had} - {person_id}
    return Identified(person_id, members, tuple(sorted(others)))
