"""From links to persons: who hangs together, and whom nothing may put together.

Links are followed from the strongest to the weakest, all of one strength at once. Where those of one strength
would put two records together that are to be kept apart, none that had a part in it is followed: it is for a
person to say which was wrong. So neither the order of the records nor that of the links matters, and
without anything to keep apart the persons are the connected groups.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

Strength = tuple[int, ...]
"""Lower is stronger."""


@dataclass(frozen=True, slots=True)
class Tie:
    """A link between two records, by number, and its strength."""

    left: int
    right: int
    strength: Strength


@dataclass(frozen=True, slots=True)
class Settled:
    """Groups of two and more in order of their first record, and the ties that were not followed."""

    groups: tuple[tuple[int, ...], ...]
    withheld: tuple[Tie, ...]


def settled(ties: Iterable[Tie], apart: Iterable[tuple[int, int]]) -> Settled:
    """Follow ties, strongest first, and never put together what is to be kept apart."""
    kept_apart = tuple(apart)
    groups = Groups()
    withheld: list[Tie] = []
    in_order = sorted(ties, key=attrgetter("strength", "left", "right"))
    for _, of_one_strength in groupby(in_order, key=attrgetter("strength")):
        withheld += _followed(groups, tuple(of_one_strength), kept_apart)
    return Settled(groups.all(), tuple(withheld))


def _followed(groups: "Groups", ties: Sequence[Tie], apart: Sequence[tuple[int, int]]) -> list[Tie]:
    """Follow ties of one strength but for those that have a part in a contradiction; give these."""
    tried = Groups()
    for tie in ties:
        tried.join(groups.of(tie.left), groups.of(tie.right))
    contradicted = {
        tried.of(left)
        for one, other in apart
        if (left := groups.of(one)) != (right := groups.of(other)) and tried.of(left) == tried.of(right)
    }
    withheld = [tie for tie in ties if tried.of(groups.of(tie.left)) in contradicted]
    for tie in set(ties).difference(withheld):
        groups.join(tie.left, tie.right)
    return withheld


class Groups:
    """Numbers that hang together; each group is known by its smallest."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def of(self, number: int) -> int:
        """Give the smallest number of the group."""
        root = number
        while (above := self._above.get(root, root)) != root:
            root = above
        while (above := self._above.get(number, number)) != root:
            self._above[number] = root
            number = above
        return root

    def join(self, one: int, other: int) -> None:
        """Make two groups one."""
        first, second = sorted((self.of(one), self.of(other)))
        self._above.setdefault(first, first)
        self._above[second] = first

    def all(self) -> tuple[tuple[int, ...], ...]:
        """Give the groups of two and more, in order of their first."""
        members: dict[int, list[int]] = {}
        for number in sorted(self._above):
            members.setdefault(self.of(number), []).append(number)
        return tuple(tuple(group) for group in members.values() if len(group) > 1)


class Hanging:
    """What hangs together by any link at all, and where in it something is to be kept apart."""

    def __init__(
        self,
        links: Sequence[tuple[int, int]],
        said: Sequence[tuple[int, int]],
        apart: Iterable[tuple[int, int]],
    ) -> None:
        self._groups = Groups()
        for left, right in (*links, *said):
            self._groups.join(left, right)
        self._sizes = {group[0]: len(group) for group in self._groups.all()}
        self.contradictions = tuple(
            sorted((left, right) for left, right in apart if self._groups.of(left) == self._groups.of(right))
        )
        self._contradicted = {self._groups.of(left) for left, _ in self.contradictions}

    def size(self, number: int) -> int:
        return self._sizes.get(self._groups.of(number), 1)

    def is_contradicted(self, number: int) -> bool:
        return self._groups.of(number) in self._contradicted
