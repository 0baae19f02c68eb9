"""Tests of one record: what it must carry for them to be asked, and whether they hold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.fhir.criteria import Code, Comparison, ComponentIs, ValueIs
from shared.segments.facts import ComponentFacts, Lead, OtherFacts, RecordFacts, coded
from shared.segments.rules import AnyTest, CodedValueIs, FieldIs, Hop, IsMeasured, LeadsTo, NameIs, RecordTest

Asked = Callable[[RecordFacts], bool]
Measured = RecordFacts | ComponentFacts

COLUMN_OF = {
    "status": "status",
    "class": "class_code",
    "clinical_status": "clinical_status",
    "verification_status": "verification_status",
    "intent": "intent",
}
UPWARD = frozenset({"above", "at_least"})
"""Comparisons of which a quantity that is only known to exceed something can be sure."""
LIES: dict[Comparison, Callable[[float, float], bool]] = {
    "above": lambda value, threshold: value > threshold,
    "at_least": lambda value, threshold: value >= threshold,
    "below": lambda value, threshold: value < threshold,
    "at_most": lambda value, threshold: value <= threshold,
}


@dataclass(frozen=True, slots=True)
class CompiledTest:
    """`carries`: the record has what the test asks about. `holds`: and it is so."""

    carries: Asked
    holds: Asked


def compiled_test(test: RecordTest) -> CompiledTest:
    """Compile one test by its kind."""
    return COMPILED[type(test)](test)


def has_any(codes: tuple[Code, ...]) -> Callable[[tuple[str, ...]], bool]:
    """Make the question whether any coding is among the codes; no codes take any."""
    wanted = frozenset(coded(code.system, code.code) for code in codes)
    return (lambda given: not wanted.isdisjoint(given)) if codes else (lambda _given: True)


def _value(test: ValueIs) -> CompiledTest:
    return CompiledTest(_is_measured(test), _lies(test))


def _measured(_test: IsMeasured) -> CompiledTest:
    def is_measured(record: RecordFacts) -> bool:
        return record.value is not None

    return CompiledTest(is_measured, is_measured)


def _component(test: ComponentIs) -> CompiledTest:
    is_meant, is_measured, lies = has_any(test.codes), _is_measured(test), _lies(test)
    return CompiledTest(
        lambda record: any(is_meant(part.codes) and is_measured(part) for part in record.components),
        lambda record: any(is_meant(part.codes) and lies(part) for part in record.components),
    )


def _coded_value(test: CodedValueIs) -> CompiledTest:
    is_meant = has_any(test.one_of)
    return CompiledTest(lambda record: bool(record.value_codes), lambda record: is_meant(record.value_codes))


def _field(test: FieldIs) -> CompiledTest:
    column, wanted = COLUMN_OF[test.field], frozenset(test.one_of)
    return CompiledTest(
        lambda record: getattr(record, column) is not None,
        lambda record: getattr(record, column) in wanted,
    )


def _name(test: NameIs) -> CompiledTest:
    wanted = frozenset(test.one_of)

    def is_named(record: Any) -> bool:
        return getattr(record, "name", None) in wanted

    return CompiledTest(is_named, is_named)


def leads_to(test: LeadsTo) -> Callable[[tuple[Lead, ...]], bool]:
    """Make the question whether any way that begins with these comes to what is asked for."""
    is_about, tests = has_any(test.codes), tuple(compiled_test(inner).holds for inner in test.tests)

    def is_end(facts: Any) -> bool:
        return is_about(facts.codes) and all(holds(facts) for holds in tests)

    def comes_there(leads: tuple[Lead, ...]) -> bool:
        """Go step by step with all that was reached, each once by however many ways."""
        reached: list[RecordFacts | OtherFacts] = []
        for hop in test.by:
            steps = (
                lead.to
                for lead in leads
                if Hop(lead.by, lead.to.resource, lead.back, lead.equal) == hop and not lead.to.deleted
            )
            reached = list({id(one): one for one in steps}.values())
            leads = tuple(lead for one in reached for lead in one.leads)
        return any(map(is_end, reached))

    return comes_there


def _leads_to(test: LeadsTo) -> CompiledTest:
    asked = leads_to(test)

    def comes_there(record: RecordFacts) -> bool:
        return asked(record.leads)

    return CompiledTest(comes_there, comes_there)


def _any_test(test: AnyTest) -> CompiledTest:
    parts = tuple(compiled_test(part) for part in test.tests)
    return CompiledTest(
        lambda record: all(part.carries(record) for part in parts),
        lambda record: any(part.holds(record) for part in parts),
    )


def _is_measured(test: ValueIs | ComponentIs) -> Callable[[Measured], bool]:
    """Make the question whether there is a number, and in the unit asked for where both sides name one."""
    unit = test.unit

    def is_measured(quantity: Measured) -> bool:
        return quantity.value is not None and (unit is None or quantity.unit is None or quantity.unit == unit)

    return is_measured


def _lies(test: ValueIs | ComponentIs) -> Callable[[Measured], bool]:
    """Make the question; a laboratory's "> 14" is above 9, its "< 14" is not known to be above anything."""
    is_measured, threshold = _is_measured(test), test.threshold
    compare = LIES[test.comparison]
    strictly, loosely = (">", ">=") if test.comparison in UPWARD else ("<", "<=")
    at_the_edge = LIES["at_least" if test.comparison in UPWARD else "at_most"]

    def lies(quantity: Measured) -> bool:
        if quantity.value is None or not is_measured(quantity):
            return False
        if quantity.comparator == strictly:
            return at_the_edge(quantity.value, threshold)
        return quantity.comparator in (None, loosely) and compare(quantity.value, threshold)

    return lies


COMPILED: dict[type[RecordTest], Callable[[Any], CompiledTest]] = {
    ValueIs: _value,
    IsMeasured: _measured,
    ComponentIs: _component,
    CodedValueIs: _coded_value,
    FieldIs: _field,
    NameIs: _name,
    LeadsTo: _leads_to,
    AnyTest: _any_test,
}
