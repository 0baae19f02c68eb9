"""What the Patient's own references lead to."""

from shared.segments.questions.question import Question
from shared.segments.questions.record_tests import leads_to
from shared.segments.records_in_words import words_of_way
from shared.segments.rules import PatientLeadsTo


def compiled(rule: PatientLeadsTo) -> Question:
    """Compile the rule; no date counts in it, so time alone never changes its answer."""
    asked = leads_to(rule.leads)
    return Question(f"is somebody whose {words_of_way(rule.leads)}", lambda facts, _as_of: asked(facts.leads))
