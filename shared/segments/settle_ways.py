"""Put the steps in a rule that are meant by the names of relationships: pure (UN-12)."""

from collections.abc import Sequence
from dataclasses import replace

from shared.segments.relationships import From, NoWay, Relationship, steps_meant
from shared.segments.rules import (
    AllOf,
    AnyOf,
    ButNot,
    HasRecords,
    Hop,
    LeadsTo,
    PatientLeadsTo,
    RecordTest,
    Rule,
)


def settled(rule: Rule, added: Sequence[Relationship]) -> Rule:
    """Give the rule with every way in steps that say themselves what they are.

    So a relationship that comes later makes none of them ambiguous. A step that leads nowhere stays, for
    others to refuse.
    """
    match rule:
        case AllOf(rules=parts):
            return replace(rule, rules=tuple(settled(part, added) for part in parts))
        case AnyOf(alternatives=parts):
            return replace(rule, alternatives=tuple(settled(part, added) for part in parts))
        case ButNot(rule=first, but_not=second):
            return replace(rule, rule=settled(first, added), but_not=settled(second, added))
        case HasRecords(resource=resource, tests=tests):
            return replace(rule, tests=settled_tests(tests, resource, added))
        case PatientLeadsTo(leads=leads):
            return replace(rule, leads=_way(leads, "Patient", added))
        case _:
            return rule


def settled_tests(
    tests: tuple[RecordTest, ...], start: From, added: Sequence[Relationship]
) -> tuple[RecordTest, ...]:
    """Do the same with the tests of a record."""
    return tuple(_way(test, start, added) if isinstance(test, LeadsTo) else test for test in tests)


def _way(leads: LeadsTo, start: From, added: Sequence[Relationship]) -> LeadsTo:
    steps: list[Hop] = []
    at = start
    for hop in leads.by:
        meant = steps_meant(at, hop, added)
        steps += (hop,) if isinstance(meant, NoWay) else meant
        at = hop.to
    return replace(leads, by=tuple(steps))
