"""What is asked of a patient's records, in plain words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from shared.fhir.criteria import Code, ComponentIs, ValueIs
from shared.segments.rules import (
    AnyTest,
    CodedValueIs,
    FieldIs,
    HasRecords,
    Hop,
    IsMeasured,
    LeadsTo,
    MoreThanDaysAgo,
    NameIs,
    RecordTest,
    ResourceType,
    Upcoming,
    WithinDays,
)

MOST_CODES = 5
UNITS = {"mm[Hg]": "mmHg"}
"""UCUM's units that nobody else spells so."""
ACTIVE = {"active", "recurrence", "relapse"}
"""The clinical statuses of what is going on (FHIR R4 `condition-clinical`)."""
STATES = {
    "EMER": "emergency",
    "active": "active",
    "booked": "booked",
    "cancelled": "cancelled",
    "completed": "completed",
    "confirmed": "confirmed",
    "final": "final",
    "finished": "finished",
    "inactive": "inactive",
    "noshow": "missed",
    "pending": "pending",
    "planned": "planned",
    "resolved": "resolved",
}
"""Codes of states that can stand before a noun."""
COMPARED = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}


@dataclass(frozen=True, slots=True)
class Noun:
    """How people call a type of record, one and several, and what stands between it and codes."""

    one: str
    many: str
    before_codes: str


WORDS: Mapping[ResourceType, Noun] = MappingProxyType(
    {
        "AllergyIntolerance": Noun("allergy", "allergies", " to "),
        "Appointment": Noun("appointment", "appointments", " for "),
        "CarePlan": Noun("care plan", "care plans", ": "),
        "CareTeam": Noun("care team", "care teams", ": "),
        "Coverage": Noun("insurance", "insurances", ": "),
        "DiagnosticReport": Noun("report", "reports", " of "),
        "RelatedPerson": Noun("relative", "relatives", ": "),
        "Condition": Noun("condition", "conditions", ": "),
        "Encounter": Noun("visit", "visits", ": "),
        "Immunization": Noun("immunisation", "immunisations", " of "),
        "MedicationRequest": Noun("prescription", "prescriptions", " of "),
        "Observation": Noun("result", "results", " of "),
        "Procedure": Noun("procedure", "procedures", ": "),
    }
)


def words_of_records(rule: HasRecords) -> str:
    """Say which records there must be, or must not."""
    codes, qualified = _codes(rule.codes), "".join(_qualities(rule))
    if rule.pick == "latest":
        what = codes if _says_itself(rule) else f"{_noun(rule, plural=False)}{codes}"
        return f"{'no ' if rule.at_most == 0 else ''}latest {what}{qualified}"
    return f"{_how_many(rule)}{codes}{qualified}"


def _how_many(rule: HasRecords) -> str:
    one, many = _noun(rule, plural=False), _noun(rule, plural=True)
    if rule.distinct_by:
        many = f"different {many}"
    match (rule.at_least, rule.at_most):
        case (None | 1, None):
            return f"has {_article(one)} {one}"
        case (None | 0, 0):
            return f"has no {one}"
        case (None, most):
            return f"has at most {most} {many if most != 1 else one}"
        case (least, None):
            return f"has at least {least} {many}"
        case (least, most):
            return f"has {least} to {most} {many}"


def _says_itself(rule: HasRecords) -> bool:
    """Say whether the codes alone say what is looked for: an HbA1c needs no "result of"."""
    is_plain = not any(_adjective(test) for test in rule.tests)
    return (
        rule.resource == "Observation" and is_plain and bool(rule.codes) and rule.codes[0].display is not None
    )


def _noun(rule: HasRecords, *, plural: bool) -> str:
    """Name what is looked for, so that codes may follow: "active condition: ", "result of "."""
    words = WORDS[rule.resource]
    noun = words.many if plural else words.one
    adjectives = "".join(f"{state} " for test in rule.tests if (state := _adjective(test)))
    return f"{adjectives}{noun}{words.before_codes if rule.codes else ''}"


def _adjective(test: RecordTest) -> str | None:
    """Give the words that say a state, where there are such."""
    if not isinstance(test, FieldIs):
        return None
    if test.field == "clinical_status" and set(test.one_of) == ACTIVE:
        return "active"
    return either(STATES[state] for state in test.one_of) if set(test.one_of) <= STATES.keys() else None


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def _qualities(rule: HasRecords) -> Iterator[str]:
    """Say what else is asked of each record, in words that may follow one another."""
    tests = [_test(test) for test in rule.tests if not _adjective(test)]
    if tests:
        yield f" {' and '.join(tests)}"
    verb = "ended " if rule.dated_by == "end" else ""
    match rule.when:
        case WithinDays(days=days):
            yield f" {verb}within {days} days"
        case MoreThanDaysAgo(days=days):
            yield f" {verb}more than {days} days ago"
        case Upcoming(days=None):
            yield f" {'ending ' if verb else ''}in the future"
        case Upcoming(days=days):
            yield f" {'ending ' if verb else ''}in the next {days} days"
        case None:
            return


def _test(test: RecordTest) -> str:  # noqa: PLR0911  # one phrase per kind of test
    match test:
        case ValueIs():
            return _threshold(test)
        case IsMeasured():
            return "with a measured value"
        case ComponentIs():
            return f"with {_codes(test.codes)} {_threshold(test)}"
        case CodedValueIs():
            return f"with the value {_codes(test.one_of)}"
        case LeadsTo():
            return f"whose {words_of_way(test)}"
        case NameIs(one_of=names):
            return f"named {either(names)}"
        case FieldIs():
            return f"with {test.field.replace('_', ' ')} {either(test.one_of)}"
        case AnyTest():
            return f"either {' or '.join(_test(part) for part in test.tests)}"


def words_of_way(leads: LeadsTo) -> str:
    """Say by which elements it goes where, and what is asked there."""
    steps = [f"{hop.to} ({_manner(hop)})" for hop in leads.by]
    asked = [_codes(leads.codes), *(_test(test) for test in leads.tests)]
    there = " and ".join(one for one in asked if one)
    return f"{', whose '.join(steps)} is{f' {there}' if there else ' there'}"


def _manner(hop: Hop) -> str:
    """Say by what a step is taken."""
    if hop.equal:
        return f"of the same {hop.by.replace('_', ' ')}"
    return f"from its {hop.by}" if hop.back else hop.by


def _threshold(test: ValueIs | ComponentIs) -> str:
    unit = f" {UNITS.get(test.unit, test.unit)}" if test.unit else ""
    return f"{COMPARED[test.comparison]} {test.threshold:g}{unit}"


def _codes(codes: tuple[Code, ...]) -> str:
    """Name some of the codes, and those of one name together: "influenza vaccine (140, 141)"."""
    shown, more = codes[:MOST_CODES], len(codes) - MOST_CODES
    by_name: dict[str, list[str]] = {}
    for code in shown:
        by_name.setdefault(code.display or code.code, []).append(code.code)
    named = [name if [name] == of else f"{name} ({', '.join(of)})" for name, of in by_name.items()]
    return either([*named, f"{more} more"] if more > 0 else named)


def either(options: Iterable[Any]) -> str:
    """Say that one of these will do."""
    return " or ".join(str(option) for option in options)
