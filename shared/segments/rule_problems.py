"""What may be wrong with one rule, whatever stands around it: pure."""

import re
from collections.abc import Iterator
from math import isfinite

from shared.fhir.criteria import Code, ComponentIs, ValueIs
from shared.kernel.problems import Problem
from shared.segments.facts import TABLES
from shared.segments.rules import (
    AgeBetween,
    AllOf,
    AnyOf,
    AnyTest,
    BirthdayWithin,
    CityIs,
    CodedValueIs,
    FieldIs,
    GenderIs,
    HasRecords,
    LanguageIs,
    LeadsTo,
    OneOfThese,
    PatientLeadsTo,
    RecordTest,
    Rule,
)

LONGEST_WINDOW = 36525
LONGEST_BIRTHDAYS = 366
OLDEST = 200
MOST_RECORDS = 10_000
MOST_OPTIONS = 500
LONGEST_OPTION = 200
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def problems_of(rule: Rule, path: str) -> Iterator[Problem]:
    """Give what is wrong with the rule itself, not with the parts of a group."""
    match rule:
        case AllOf(rules=()) | AnyOf(alternatives=()):
            yield path, "an empty group"
        case GenderIs(one_of=options) | CityIs(one_of=options) | LanguageIs(one_of=options):
            yield from options_problems(options, f"{path}.one_of")
        case OneOfThese(patients=patients):
            yield from options_problems(patients, f"{path}.patients")
        case AgeBetween():
            yield from _bounds(rule.min_years, rule.max_years, OLDEST, path)
        case BirthdayWithin(days=days):
            yield from _days(days, LONGEST_BIRTHDAYS, path)
        case HasRecords():
            yield from _records(rule, path)
        case PatientLeadsTo(leads=leads):
            yield from _test(leads, f"{path}.leads")
        case _:
            return


def _records(rule: HasRecords, path: str) -> Iterator[Problem]:
    if rule.resource not in TABLES:
        yield f"{path}.resource", "not a type that segments ask about"
    yield from codes_problems(rule.codes, f"{path}.codes")
    if rule.when is not None and rule.when.days is not None:
        yield from _days(rule.when.days, LONGEST_WINDOW, f"{path}.when")
    if rule.at_least is not None or rule.at_most is not None:
        yield from _bounds(rule.at_least, rule.at_most, MOST_RECORDS, path)
    if rule.at_least == 0 and rule.at_most is None:
        yield f"{path}.at_least", "says nothing"
    yield from _latest(rule, path)
    for number, test in enumerate(rule.tests):
        yield from _test(test, f"{path}.tests.{number}")


def _latest(rule: HasRecords, path: str) -> Iterator[Problem]:
    if rule.pick == "latest" and rule.distinct_by is not None:
        yield f"{path}.distinct_by", "the latest is only one"
    if rule.pick == "latest" and ((rule.at_least or 0) > 1 or (rule.at_most or 0) > 0):
        yield path, "the latest is only one"


def _test(test: RecordTest, path: str) -> Iterator[Problem]:
    if isinstance(test, ValueIs | ComponentIs):
        if not isfinite(test.threshold):
            yield f"{path}.threshold", "not a number to compare with"
        if test.unit is not None:
            yield from options_problems((test.unit,), f"{path}.unit")
    match test:
        case ComponentIs(codes=()) | CodedValueIs(one_of=()) | AnyTest(tests=()):
            yield path, "says nothing"
        case ComponentIs(codes=codes) | CodedValueIs(one_of=codes):
            yield from codes_problems(codes, path)
        case FieldIs(one_of=options):
            yield from options_problems(options, f"{path}.one_of")
        case LeadsTo(tests=parts) | AnyTest(tests=parts):
            for number, part in enumerate(parts):
                yield from _test(part, f"{path}.tests.{number}")
        case _:
            return


def codes_problems(codes: tuple[Code, ...], path: str) -> Iterator[Problem]:
    if codes:
        yield from options_problems(tuple(code.code for code in codes), path)
        yield from _spelling(tuple(code.system for code in codes), path)
        yield from _spelling(tuple(code.display for code in codes if code.display is not None), path)


def options_problems(options: tuple[str, ...], path: str) -> Iterator[Problem]:
    if not options:
        yield path, "missing"
    if len(options) > MOST_OPTIONS:
        yield path, f"more than {MOST_OPTIONS}"
    if any(not option.strip() for option in options):
        yield path, "one of them is empty"
    yield from _spelling(options, path)


def _spelling(options: tuple[str, ...], path: str) -> Iterator[Problem]:
    if any(len(option) > LONGEST_OPTION for option in options):
        yield path, f"one of them is longer than {LONGEST_OPTION} letters"
    if any(CONTROLS.search(option) for option in options):
        yield path, "one of them holds control characters"


def _bounds(least: int | None, most: int | None, highest: int, path: str) -> Iterator[Problem]:
    if least is None and most is None:
        yield path, "says nothing"
    if any(bound is not None and not 0 <= bound <= highest for bound in (least, most)):
        yield path, f"not from 0 to {highest}"
    if least is not None and most is not None and least > most:
        yield path, "more at least than at most"


def _days(days: int, longest: int, path: str) -> Iterator[Problem]:
    if not 0 <= days <= longest:
        yield f"{path}.days", f"not from 0 to {longest}"
