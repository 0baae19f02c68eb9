"""A rule in plain words, for people who ask why somebody is in a segment; never a patient's values (D17)."""

from collections.abc import Iterable
from typing import Any

from shared.fhir.criteria import Code, ComponentIs, ValueIs
from shared.segments.rules import (
    AgeBetween,
    AnyTest,
    BirthdayWithin,
    CityIs,
    CodedValueIs,
    Everyone,
    FieldIs,
    GenderIs,
    HasRecords,
    IsActive,
    IsAlive,
    IsMeasured,
    LanguageIs,
    MoreThanDaysAgo,
    ProfileIs,
    RecordTest,
    Upcoming,
    When,
    WithinDays,
)

MOST_CODES = 5
COMPARED = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}


def words_of(rule: ProfileIs | HasRecords) -> str:  # noqa: PLR0911  # one sentence per kind of rule
    """Say what a rule asks."""
    match rule:
        case Everyone():
            return "is a patient"
        case IsAlive():
            return "is alive"
        case IsActive():
            return "has a record in use"
        case GenderIs(one_of=wanted):
            return f"gender is {_either(wanted)}"
        case CityIs(one_of=wanted):
            return f"city is {_either(wanted)}"
        case LanguageIs(one_of=wanted):
            return f"language is {_either(wanted)}"
        case BirthdayWithin(days=days):
            return f"has a birthday today or in the next {days} days"
        case AgeBetween(min_years=youngest, max_years=oldest):
            return f"age is {_between(youngest, oldest)}"
        case HasRecords():
            return _records(rule)


def _records(rule: HasRecords) -> str:
    said = f"{_how_many(rule)} {rule.resource}"
    if rule.codes:
        said += f" of {_codes(rule.codes)}"
    said += _when(rule.when, rule.dated_by)
    if rule.tests:
        said += f" with {' and '.join(_test(test) for test in rule.tests)}"
    return said


def _how_many(rule: HasRecords) -> str:
    what = " different" if rule.distinct_by else ""
    if rule.pick == "latest":
        return "does not have as latest" if rule.at_most == 0 else "has as latest"
    match (rule.at_least, rule.at_most):
        case (None, None):
            return "has any"
        case (None | 0, 0):
            return "has no"
        case (None, most):
            return f"has at most {most}{what}"
        case (least, None):
            return f"has at least {least}{what}"
        case (least, most):
            return f"has {least} to {most}{what}"


def _when(when: When | None, dated_by: str) -> str:
    verb = "ended" if dated_by == "end" else "dated"
    match when:
        case WithinDays(days=days):
            return f", {verb} within {days} days,"
        case MoreThanDaysAgo(days=days):
            return f", {verb} more than {days} days ago,"
        case Upcoming(days=None):
            return f", {verb} in the future,"
        case Upcoming(days=days):
            return f", {verb} in the next {days} days,"
        case None:
            return ""


def _test(test: RecordTest) -> str:
    match test:
        case ValueIs():
            return f"a value {_threshold(test)}"
        case IsMeasured():
            return "a measured value"
        case ComponentIs():
            return f"{_codes(test.codes)} {_threshold(test)}"
        case CodedValueIs():
            return f"the value {_codes(test.one_of)}"
        case FieldIs():
            return f"{test.field.replace('_', ' ')} {_either(test.one_of)}"
        case AnyTest():
            return f"({' or '.join(_test(part) for part in test.tests)})"


def _threshold(test: ValueIs | ComponentIs) -> str:
    return f"{COMPARED[test.comparison]} {test.threshold:g}{f' {test.unit}' if test.unit else ''}"


def _codes(codes: tuple[Code, ...]) -> str:
    named = [code.code for code in codes[:MOST_CODES]]
    more = len(codes) - len(named)
    return _either([*named, f"{more} more"] if more else named)


def _either(options: Iterable[Any]) -> str:
    return " or ".join(str(option) for option in options)


def _between(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f"from {least} to {most}"
    return f"at least {least}" if least is not None else f"at most {most}"
