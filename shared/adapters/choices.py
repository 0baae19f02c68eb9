"""Does what cannot be read say what only a newer version knows? Told by what pydantic names wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

Place = tuple[int | str, ...]
Wrong = tuple[str, Place]
"""What is wrong, by pydantic's name for it, and where; a step with a capital is a union's member, tried."""

_OF_A_CHOICE = frozenset({"enum", "literal_error", "union_tag_invalid"})
_TELLS_THE_KIND = "kind"


def is_an_unknown_choice(wrong: Sequence[Wrong]) -> bool:
    """Say whether nothing is wrong but a value, or a kind of thing, that is none of those known here."""
    whole = _Part()
    for what, place in wrong:
        whole.add(what, place)
    return bool(wrong) and whole.is_unknown


@dataclass(slots=True)
class _Part:
    """What is wrong with one part, and with the parts in it."""

    wrong: list[str] = field(default_factory=list[str])
    parts: dict[int | str, "_Part"] = field(default_factory=dict[int | str, "_Part"])

    def add(self, what: str, place: Place) -> None:
        part = self
        for step in place:
            part = part.parts.setdefault(step, _Part())
        part.wrong.append(what)

    @property
    def is_unknown(self) -> bool:
        members = list(self._members())
        if not members:
            return all(what in _OF_A_CHOICE for what in self.wrong) and all(
                part.is_unknown for part in self.parts.values()
            )
        return all(part.is_unknown for part in members if not part.is_of_another_kind)

    @property
    def is_of_another_kind(self) -> bool:
        """Say whether the thing does not call itself this member of the union."""
        kind = self.parts.get(_TELLS_THE_KIND)
        return kind is not None and any(what in _OF_A_CHOICE for what in kind.wrong)

    def _members(self) -> Iterator["_Part"]:
        yield from (part for step, part in self.parts.items() if isinstance(step, str) and step[:1].isupper())
