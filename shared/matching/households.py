"""Who lives together: the same surname at the same address (UN-10)."""

from collections.abc import Mapping

from shared.kernel.identity import derived
from shared.matching.definitions import MatchingDraft, meaning_of
from shared.matching.keyed_ids import spelt_for_comparing
from shared.matching.model import PersonId


def households(draft: MatchingDraft, persons: Mapping[PersonId, Mapping[str, str]]) -> Mapping[PersonId, str]:
    """Give the household of everybody who has one, alone or not.

    It is named for the first of its persons' ids, never for what they have in common: that could be guessed.
    """
    if not draft.household or any(meaning_of(draft.sources, field) is None for field in draft.household):
        return {}
    together: dict[tuple[str, ...], list[PersonId]] = {}
    for person_id in sorted(persons):
        shared = spelt_for_comparing(draft, draft.household, persons[person_id])
        if shared is not None:
            together.setdefault(shared, []).append(person_id)
    return {
        person_id: derived("household", members[0]) for members in together.values() for person_id in members
    }
