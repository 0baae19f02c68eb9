"""Ids made of what a house takes for a person's key: a client number, or name and birth date (UN-9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.matching.definitions import Condition, MatchingDraft, spelling_of
from shared.matching.merging import golden
from shared.matching.model import PersonId, RecordRef
from shared.matching.normalising import normalised
from shared.matching.persons import KeptRecord
from shared.matching.stable_ids import Members
from shared.patients.contact_keys import ContactKeys


@dataclass(frozen=True, slots=True)
class KeyedIds:
    """Names persons for the values of the definition's `id_fields`, as they are spelt for comparing.

    The name is a keyed digest: nobody can guess from it whose it is. Who lacks one of the fields has none.
    """

    keys: ContactKeys

    def __call__(
        self, matching_id: str, draft: MatchingDraft, groups: Mapping[Members, Sequence[KeptRecord]]
    ) -> Mapping[Members, PersonId]:
        """Give those that have all; of two groups with the same values the one with the first record."""
        if not draft.id_fields:
            return {}
        rank = {source.id: place for place, source in enumerate(draft.sources)}
        found: dict[tuple[str, ...], Members] = {}
        for members in sorted(groups, key=lambda one: _first(one, rank)):
            values = golden(draft, [record.as_read for record in groups[members]])
            spelt = spelt_for_comparing(draft, draft.id_fields, values)
            if spelt is not None:
                found.setdefault(spelt, members)
        return {members: self._named(matching_id, draft, spelt) for spelt, members in found.items()}

    def _named(self, matching_id: str, draft: MatchingDraft, spelt: Sequence[str]) -> PersonId:
        told = "\x1f".join((matching_id, *draft.id_fields, *spelt))
        return PersonId(self.keys.handle("person", told))


def spelt_for_comparing(
    draft: MatchingDraft, fields: Sequence[str], values: Mapping[str, str]
) -> tuple[str, ...] | None:
    """Give the values of some fields as they are compared, or None where one is missing."""
    spelt = [normalised(values.get(one), spelling_of(draft.sources, Condition(one))) for one in fields]
    found = tuple(value for value in spelt if value is not None)
    return found if len(found) == len(fields) else None


def _first(members: Members, rank: Mapping[str, int]) -> tuple[int, RecordRef]:
    return min((rank.get(ref.source, 0), ref) for ref in members)
