"""Who lives together: the same surname at the same address (UN-10)."""

from collections.abc import Mapping

from shared.kernel.identity import derived
from shared.matching.definitions import MatchingDraft, meaning_of
from shared.matching.keyed_ids import spelt_for_comparing
from shared.matching.model import PersonId


def household_fields(draft: MatchingDraft) -> tuple[str, ...]:
    """Give what the people of one household have in common, nothing where no source tells."""
    told = all(meaning_of(draft.sources, field) is not None for field in draft.household)
    return draft.household if told else ()


def household_key(draft: MatchingDraft, fields: tuple[str, ...], values: Mapping[str, str]) -> str | None:
    """Spell those of somebody's values as they are compared; None for whom not all are known of."""
    shared = spelt_for_comparing(draft, fields, values) if fields else None
    return "\x1f".join(shared) if shared is not None else None


def households(keys: Mapping[PersonId, str | None]) -> Mapping[PersonId, str]:
    """Give the household of everybody who has one, alone or not.

    It is named for the first of its persons' ids, never for what they have in common: that could be guessed.
    """
    together: dict[str, list[PersonId]] = {}
    for person_id in sorted(keys):
        key = keys[person_id]
        if key is not None:
            together.setdefault(key, []).append(person_id)
    return {
        person_id: derived("household", members[0]) for members in together.values() for person_id in members
    }
