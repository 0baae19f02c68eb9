"""What a measure gave of the patient: any of its groups will do."""

from collections.abc import Callable
from datetime import datetime

from shared.segments.facts import PatientFacts, Value
from shared.segments.in_words import words_of_measure
from shared.segments.measured import MeasureIs
from shared.segments.questions.question import Question
from shared.segments.questions.record_tests import LIES


def compiled(rule: MeasureIs) -> Question:
    """Compile the rule; time alone never changes its answer: the value stands until it is worked out anew."""
    is_met = _is_met(rule)

    def holds(facts: PatientFacts, _as_of: datetime) -> bool:
        groups = facts.measures.get(rule.measure_id, ())
        some = any(is_met(group.get(rule.calculation)) for group in groups)
        return not some if rule.comparison == "not_set" else some

    return Question(words_of_measure(rule), holds)


def _is_met(rule: MeasureIs) -> Callable[[Value], bool]:
    if rule.comparison in ("set", "not_set"):
        return lambda value: value is not None
    compare, threshold = LIES[rule.comparison], rule.threshold

    def lies(value: Value) -> bool:
        if threshold is None or isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return compare(float(value), threshold)

    return lies
