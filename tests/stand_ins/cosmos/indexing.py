"""What an indexing policy serves: which paths have a range index, and which orders a composite one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.stand_ins.cosmos.refusals import Refused
from tests.stand_ins.cosmos.sql_tree import Path, Sorting

EVERYTHING: Mapping[str, Any] = {"includedPaths": [{"path": "/*"}], "excludedPaths": []}
ALWAYS_INDEXED = frozenset({("id",), ("_ts",)})
Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """`/a/b/?` is one scalar, `/a/*` is whatever lies below; the longest pattern that fits decides."""

    steps: tuple[str, ...]
    scalar: bool

    def fits(self, path: Steps) -> bool:
        """Say whether a path to a scalar is meant."""
        named = tuple("[]" if isinstance(step, int) else step for step in path)
        if self.scalar:
            return named == self.steps
        return named[: len(self.steps)] == self.steps

    @property
    def precision(self) -> tuple[int, bool]:
        return len(self.steps), self.scalar


@dataclass(frozen=True, slots=True)
class Indexing:
    """A policy, read."""

    included: tuple[Pattern, ...]
    excluded: tuple[Pattern, ...]
    composites: frozenset[tuple[tuple[Steps, bool], ...]]

    def serves(self, path: Path) -> bool:
        """Say whether a range index holds the values under a path."""
        if path.steps in ALWAYS_INDEXED or not path.steps:
            return True
        best = _best(self.included, path.steps)
        return best is not None and best >= (_best(self.excluded, path.steps) or (-1, False))

    def holds_undefined(self, path: Path) -> bool:
        """Say whether the index also holds documents that lack the path: only one of that very path does."""
        return any(pattern.scalar and pattern.fits(path.steps) for pattern in self.included)

    def serves_all(self, paths: Iterable[Path]) -> bool:
        return all(map(self.serves, paths))

    def check_order(self, sorting: Sequence[Sorting]) -> None:
        """Refuse an order that no index gives."""
        if len(sorting) == 1 and not self.serves(sorting[0].path):
            raise Refused(400, f"ORDER BY needs a range index on its path: {spelled(sorting)}.")
        if len(sorting) > 1 and not self._has_composite(sorting):
            raise Refused(400, f"ORDER BY has no composite index to be served from: {spelled(sorting)}.")

    def _has_composite(self, sorting: Sequence[Sorting]) -> bool:
        """A composite index is read forwards or backwards, and only whole."""
        return any(
            tuple((key.path.steps, key.descending != backwards) for key in sorting) in self.composites
            for backwards in (False, True)
        )


def indexing_of(policy: Mapping[str, Any]) -> Indexing:
    """Read a policy as Azure writes it. Refuses one that Azure would refuse."""
    included, excluded = (
        tuple(_pattern(each["path"]) for each in policy.get(name, ()))
        for name in ("includedPaths", "excludedPaths")
    )
    if not any(not pattern.steps for pattern in (*included, *excluded)):
        raise Refused(400, "The indexing policy must include or exclude the root path /*.")
    composites = frozenset(map(_composite, policy.get("compositeIndexes", ())))
    return Indexing(included, excluded, composites)


def spelled(sorting: Sequence[Sorting]) -> str:
    """Spell an order as an indexing policy would."""
    return ", ".join(
        "/" + "/".join(map(str, key.path.steps)) + (" descending" if key.descending else " ascending")
        for key in sorting
    )


def _composite(paths: Sequence[Mapping[str, str]]) -> tuple[tuple[Steps, bool], ...]:
    if len(paths) < 2:
        raise Refused(400, "A composite index has at least two paths.")
    return tuple((_steps(each["path"]), each.get("order") == "descending") for each in paths)


def _pattern(path: str) -> Pattern:
    steps = _steps(path)
    if not steps or steps[-1] not in ("?", "*"):
        raise Refused(400, f"A path of an indexing policy ends in /? or /*: {path}")
    return Pattern(steps[:-1], scalar=steps[-1] == "?")


def _steps(path: str) -> tuple[str, ...]:
    if not path.startswith("/"):
        raise Refused(400, f"A path of an indexing policy begins with /: {path}")
    return tuple(step.strip('"') for step in path[1:].split("/"))


def _best(patterns: Iterable[Pattern], path: Steps) -> tuple[int, bool] | None:
    return max((pattern.precision for pattern in patterns if pattern.fits(path)), default=None)
