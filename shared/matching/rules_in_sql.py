"""A rule as SQL over two prepared records, `l` and `r`.

Only what DuckDB and Spark both understand is used: columns `source` and, for each spelling, `c0…` with the
value, `a0…` with the value where all its letters are Latin, and `n0…` with how many records have the value.
"""

from shared.matching.comparing import Step, Test
from shared.matching.definitions import WELL_KNOWN


def pair_sql(step: Step, sources: int) -> str:
    """Give when two records are joined by a step; records of other than its sources are not."""
    return " AND ".join([*(_test(test) for test in step.tests), *_scope(step, sources)])


def apart_sql(step: Step) -> str:
    """Give when an exception keeps two records apart, whichever of them comes first."""
    return " AND ".join(_test(test) for test in step.tests)


def _test(test: Test) -> str:
    value = f"c{test.spelling}"
    both = f"l.{value} IS NOT NULL AND r.{value} IS NOT NULL"
    if not test.differs:
        return f"l.{value} = r.{value}" if test.percent == 100 else f"({_alike(test)})"
    differ = f"(l.{value} <> r.{value} AND NOT coalesce({_excused(test)}, false))"
    if not test.or_missing:
        return f"({both} AND {differ})"
    return f"(l.{value} IS NULL OR r.{value} IS NULL OR {differ})"


def _excused(test: Test) -> str:
    """Say when different values are taken for the same."""
    if not test.unless_slip:
        return _alike(test)
    known = f"n{test.spelling}"
    counts = f"least(l.{known}, r.{known}) = 1 AND greatest(l.{known}, r.{known}) >= {WELL_KNOWN}"
    return f"({counts} AND ({_alike(test)}))"


def _alike(test: Test) -> str:
    """100 (length - distance) >= percent · length, in whole numbers."""
    value, letters = f"c{test.spelling}", f"a{test.spelling}"
    if test.percent == 100:
        return f"l.{value} = r.{value}"
    longest = f"greatest(length(l.{letters}), length(r.{letters}))"
    distance = f"levenshtein(l.{letters}, r.{letters})"
    return f"l.{value} = r.{value} OR 100 * ({longest} - {distance}) >= {test.percent} * {longest}"


def _scope(step: Step, sources: int) -> list[str]:
    """Name the sources, within some, and between some and the earlier ones; nothing where all are meant."""
    if len(step.within) == sources and len(step.between) == sources - 1:
        return []
    either: list[str] = []
    if step.within:
        either.append(f"(l.source = r.source AND l.source IN ({_numbers(step.within)}))")
    if step.between:
        later = "greatest(l.source, r.source)"
        either.append(f"(l.source <> r.source AND {later} IN ({_numbers(step.between)}))")
    return [f"({' OR '.join(either)})"]


def _numbers(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
