"""A rule in plain words, for people who ask why somebody is in a segment; never a patient's values (D17)."""

from shared.segments.measured import MeasureIs
from shared.segments.records_in_words import COMPARED, either, words_of_records
from shared.segments.rules import (
    AgeBetween,
    BirthdayWithin,
    CityIs,
    Everyone,
    GenderIs,
    HasRecords,
    IsActive,
    IsAlive,
    LanguageIs,
    OneOfThese,
    ProfileIs,
)


def words_of(rule: ProfileIs | HasRecords) -> str:  # noqa: C901, PLR0911  # one sentence per kind of rule
    """Say what a rule asks."""
    match rule:
        case Everyone():
            return "is a patient"
        case IsAlive():
            return "is alive"
        case IsActive():
            return "has a record in use"
        case GenderIs(one_of=wanted):
            return f"gender is {either(wanted)}"
        case CityIs(one_of=wanted):
            return f"city is {either(wanted)}"
        case LanguageIs(one_of=wanted):
            return f"language is {either(wanted)}"
        case OneOfThese(patients=patients):
            return f"is one of {len(patients)} who are named"
        case BirthdayWithin(days=days):
            return f"has a birthday today or in the next {days} days"
        case AgeBetween(min_years=youngest, max_years=oldest):
            return f"age is {_between(youngest, oldest)}"
        case HasRecords():
            return words_of_records(rule)


def words_of_measure(rule: MeasureIs) -> str:
    """Say what a rule asks of a measure."""
    asked = {**COMPARED, "set": "set", "not_set": "not set"}[rule.comparison]
    amount = "" if rule.threshold is None else f" {rule.threshold:g}"
    return f"{rule.calculation} of the measure {rule.measure_id} is {asked}{amount}"


def _between(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f"from {least} to {most}"
    return f"at least {least}" if least is not None else f"at most {most}"
