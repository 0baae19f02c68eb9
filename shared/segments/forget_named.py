"""Take somebody out of the segments that name them, of all versions."""

from dataclasses import replace

from shared.kernel.documents import Change, Documents, replacing
from shared.kernel.identity import PatientId
from shared.segments.documents import KINDS, STATE, segment_partition
from shared.segments.rules import AllOf, AnyOf, ButNot, OneOfThese, Rule, Segment

AT_ONCE = 50


def forget_named(documents: Documents, patient_id: PatientId) -> None:
    """Rewrite each definition that names the patient; done again, nothing is left to do."""
    after: str | None = None
    while True:
        page = documents.find(STATE, Segment, limit=AT_ONCE, after=after)
        for found in page.items:
            for kind in KINDS:
                _forget_in(documents, found.body.id, kind, patient_id)
        after = page.next
        if after is None:
            return


def without(rule: Rule, patient_id: PatientId) -> Rule:
    """Give the rule with the patient named nowhere in it; whoever is named alone leaves nobody."""
    match rule:
        case OneOfThese(patients=patients):
            return replace(rule, patients=tuple(one for one in patients if one != patient_id))
        case AllOf(rules=rules):
            return replace(rule, rules=tuple(without(part, patient_id) for part in rules))
        case AnyOf(alternatives=alternatives):
            return replace(rule, alternatives=tuple(without(part, patient_id) for part in alternatives))
        case ButNot(rule=first, but_not=second):
            return replace(rule, rule=without(first, patient_id), but_not=without(second, patient_id))
        case _:
            return rule


def _forget_in(documents: Documents, segment_id: str, kind: str, patient_id: PatientId) -> None:
    partition, after = segment_partition(segment_id), None
    while True:
        page = documents.list(partition, kind, Segment, limit=AT_ONCE, after=after)
        changes: list[Change] = [
            replacing(found, replace(found.body, rule=rewritten))
            for found in page.items
            if (rewritten := without(found.body.rule, patient_id)) != found.body.rule
        ]
        if changes:
            documents.commit(partition, changes=changes)
        after = page.next
        if after is None:
            return
