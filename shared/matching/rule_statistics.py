"""What each rule has found in a run (UN-11)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.matching.comparing import Plan
from shared.matching.ports import FoundPair


@dataclass(frozen=True, slots=True)
class RuleStatistics:
    """How many pairs a rule was the first to find, of how many records, and how many no other found."""

    rule: str
    pairs: int
    records: int
    unique_records: int


def rule_statistics(plan: Plan, pairs: Sequence[FoundPair]) -> tuple[RuleStatistics, ...]:
    """Count by rule, in the plan's order; a rule of several sources is counted once."""
    found: dict[str, int] = defaultdict(int)
    rules_of: dict[int, set[str]] = defaultdict(set)
    for pair in pairs:
        name = plan.steps[pair.step].name
        found[name] += 1
        rules_of[pair.left].add(name)
        rules_of[pair.right].add(name)
    records: dict[str, int] = defaultdict(int)
    alone: dict[str, int] = defaultdict(int)
    for names in rules_of.values():
        for name in names:
            records[name] += 1
            alone[name] += len(names) == 1
    return as_counted(plan, {name: (found[name], records[name], alone[name]) for name in found})


def as_counted(plan: Plan, counts: Mapping[str, tuple[int, int, int]]) -> tuple[RuleStatistics, ...]:
    """Give pairs, records and records of no other rule as counted, in the plan's order."""
    names = dict.fromkeys(step.name for step in plan.steps)
    return tuple(RuleStatistics(name, *counts.get(name, (0, 0, 0))) for name in names)
