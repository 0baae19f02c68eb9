"""Who lives together: the same surname at the same address (UN-10)."""

from collections.abc import Mapping, Sequence

from shared.kernel.identity import derived
from shared.matching.definitions import Condition, MatchingDraft, meaning_of, spelling_of
from shared.matching.model import PersonId
from shared.matching.normalising import normalised


def households(draft: MatchingDraft, persons: Mapping[PersonId, Mapping[str, str]]) -> Mapping[PersonId, str]:
    """Give the household of everybody who has one, alone or not.

    It is named for the first of its persons' ids, never for what they have in common: that could be guessed.
    """
    if not draft.household or any(meaning_of(draft.sources, field) is None for field in draft.household):
        return {}
    together: dict[tuple[str, ...], list[PersonId]] = {}
    for person_id in sorted(persons):
        shared = _shared(draft, persons[person_id])
        if shared is not None:
            together.setdefault(shared, []).append(person_id)
    return {
        person_id: derived("household", members[0]) for members in together.values() for person_id in members
    }


def _shared(draft: MatchingDraft, values: Mapping[str, str]) -> tuple[str, ...] | None:
    spelt: Sequence[str | None] = [
        normalised(values.get(field), spelling_of(draft.sources, Condition(field)))
        for field in draft.household
    ]
    found = tuple(value for value in spelt if value is not None)
    return found if len(found) == len(draft.household) else None
