"""What is wrong in a definition, by the path of the field that is (UN-1…UN-8)."""

from collections import Counter
from collections.abc import Iterator

from shared.kernel.problems import Problem, is_definition_id
from shared.kernel.refusals import Nonsense
from shared.matching.definitions import Condition, MatchingDraft, Rule, Source, fields_of, meaning_of
from shared.matching.model import Meaning
from shared.matching.reviewing import contradictions

MOST_SOURCES = 15
MOST_COLUMNS = 50
MOST_RULES = 40
MOST_FIELDS_IN_A_UNIT = 10
MOST_LISTED = 1_000
MOST_ID_FIELDS = 5
SAYS_TOO_LITTLE = frozenset({Meaning.GENDER, Meaning.CITY, Meaning.STATE, Meaning.COUNTRY})
"""What half a town has in common: by it alone everybody would be compared with everybody."""


def require_sound(draft: MatchingDraft) -> None:
    """Raise `Nonsense` naming every field that is wrong."""
    found = list(_problems(draft))
    if found:
        raise Nonsense(*found)


def _problems(draft: MatchingDraft) -> Iterator[Problem]:
    if not draft.name.strip():
        yield "name", "is empty"
    if not 1 <= len(draft.sources) <= MOST_SOURCES:
        yield "sources", f"not between 1 and {MOST_SOURCES}"
    yield from _repeated("sources", "id", [source.id for source in draft.sources])
    for place, source in enumerate(draft.sources):
        yield from _of_source(f"sources.{place}", source, draft)
    for place, rule in enumerate(draft.exceptions or ()):
        yield from _of_conditions(f"exceptions.{place}", rule, draft)
    yield from _of_merges(draft)
    yield from _of_id_fields(draft)
    yield from _of_lists(draft)


def _of_source(path: str, source: Source, draft: MatchingDraft) -> Iterator[Problem]:
    if not is_definition_id(source.id):
        yield f"{path}.id", "not lower-case letters, digits and hyphens, 40 at most"
    if source.reads == "record" and source.key != "id":
        yield f"{path}.key", "the record knows its patients by their id alone"
    if not 1 <= len(source.columns) <= MOST_COLUMNS:
        yield f"{path}.columns", f"not between 1 and {MOST_COLUMNS}"
    yield from _repeated(f"{path}.columns", "field", [column.of for column in source.columns])
    for name, rules in (("dedupe", source.dedupe), ("match", source.match)):
        if len(rules or ()) > MOST_RULES:
            yield f"{path}.{name}", f"more than {MOST_RULES}"
        yield from _repeated(f"{path}.{name}", "name", [rule.name for rule in rules or ()])
        for place, rule in enumerate(rules or ()):
            yield from _of_rule(f"{path}.{name}.{place}", rule, draft)


def _of_rule(path: str, rule: Rule, draft: MatchingDraft) -> Iterator[Problem]:
    yield from _of_conditions(path, rule, draft)
    for place, condition in enumerate(rule.conditions):
        if condition.differs or condition.or_missing or condition.unless_slip:
            yield f"{path}.conditions.{place}.differs", "only in an exception"
    telling = [
        one
        for one in rule.conditions
        if one.is_exact and meaning_of(draft.sources, one.field) not in SAYS_TOO_LITTLE
    ]
    if not telling:
        yield f"{path}.conditions", "none is exact upon more than gender, city, state or country"


def _of_conditions(path: str, rule: Rule, draft: MatchingDraft) -> Iterator[Problem]:
    if not rule.conditions:
        yield f"{path}.conditions", "is empty"
    for place, condition in enumerate(rule.conditions):
        yield from _of_condition(f"{path}.conditions.{place}", condition, draft)


def _of_condition(path: str, condition: Condition, draft: MatchingDraft) -> Iterator[Problem]:
    if meaning_of(draft.sources, condition.field) is None:
        yield f"{path}.field", "no source has it"
    if not 1 <= condition.percent <= 100:
        yield f"{path}.precision", "not between 1 and 100"


def _of_merges(draft: MatchingDraft) -> Iterator[Problem]:
    known = set(fields_of(draft.sources))
    named = Counter(field for merge in draft.merge for field in merge.fields)
    ids = {source.id for source in draft.sources}
    for place, merge in enumerate(draft.merge):
        path = f"merge.{place}"
        if not 1 <= len(merge.fields) <= MOST_FIELDS_IN_A_UNIT:
            yield f"{path}.fields", f"not between 1 and {MOST_FIELDS_IN_A_UNIT}"
        if set(merge.fields) - known:
            yield f"{path}.fields", "no source has one of them"
        if any(named[field] > 1 for field in merge.fields):
            yield f"{path}.fields", "one of them has two policies"
        if set(merge.sources) - ids:
            yield f"{path}.sources", "one of them is none"
        if merge.rename is not None and len(merge.fields) > 1:
            yield f"{path}.rename", "of several fields"


def _of_id_fields(draft: MatchingDraft) -> Iterator[Problem]:
    if len(draft.id_fields) > MOST_ID_FIELDS:
        yield "id_fields", f"more than {MOST_ID_FIELDS}"
    yield from _repeated("id_fields", "name", list(draft.id_fields))
    elsewhere = {
        field
        for merge in draft.merge
        for field in merge.fields
        if merge.keep in ("separate", "exclude") or merge.rename is not None
    }
    if set(draft.id_fields) - set(fields_of(draft.sources)) or elsewhere & set(draft.id_fields):
        yield "id_fields", "no source has one of them, or a person does not under that name"
    told = {meaning_of(draft.sources, field) for field in draft.id_fields}
    if draft.id_fields and told <= SAYS_TOO_LITTLE:
        yield "id_fields", "none says more than gender, city, state or country"


def _of_lists(draft: MatchingDraft) -> Iterator[Problem]:
    for name in ("always", "never", "aliases", "bypass"):
        if len(getattr(draft, name)) > MOST_LISTED:
            yield name, f"more than {MOST_LISTED}"
    if contradictions(draft.always, draft.never):
        yield "never", "a pair is in `always` as well"


def _repeated(path: str, what: str, given: list[str]) -> Iterator[Problem]:
    if len(set(given)) < len(given):
        yield path, f"two have the same {what}"
