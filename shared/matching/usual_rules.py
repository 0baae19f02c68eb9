"""The rules that apply where a definition names none, for a wrong merge can kill (UN-4, UN-7)."""

from itertools import combinations

from shared.matching.definitions import Condition, MatchingDraft, Rule, Source, meaning_of
from shared.matching.normalising import Normalisation

_BORN = Condition("birth_date")
_GIVEN = Condition("first_name")
_FAMILY = Condition("last_name")
_AS_WRITTEN = (Normalisation.UNICODE, Normalisation.LOWER, Normalisation.SYMBOLS, Normalisation.TITLES)
"""A slip is looked for in the name as it stands: Miguel, not Michael, is nearly Mguel."""
_NEARLY_GIVEN = Condition("first_name", "medium", normalise=_AS_WRITTEN)
_NEARLY_FAMILY = Condition("last_name", "medium")
_NEARLY_BORN = Condition("birth_date", 90)
"""One digit of ten: a father and a son of one name are further apart."""
_BORN_EITHER_WAY = Condition(
    "birth_date", normalise=(Normalisation.NUMERALS, Normalisation.DATE, Normalisation.DAY_AND_MONTH)
)
_REACHED_BY = (("postcode", "postcode"), ("phone", "telephone"), ("email", "e-mail"))


def _with_each(name: str, *conditions: Condition) -> tuple[Rule, ...]:
    """Ask for one thing more that a house or a pocket has."""
    return tuple(Rule(f"{name}, {word}", (*conditions, Condition(field))) for field, word in _REACHED_BY)


def _with_two(name: str, *conditions: Condition) -> tuple[Rule, ...]:
    pairs = combinations(_REACHED_BY, 2)
    return tuple(
        Rule(f"{name}, {word} and {other}", (*conditions, Condition(field), Condition(another)))
        for (field, word), (another, other) in pairs
    )


USUAL_RULES = (
    Rule("identifier, birth date and first name", (Condition("identifier"), _BORN, _NEARLY_GIVEN)),
    Rule("identifier and name", (Condition("identifier"), Condition("full_name"))),
    Rule(
        "identifier, and nearly name and birth date",
        (Condition("identifier"), Condition("full_name", "high"), _NEARLY_BORN),
    ),
    *_with_each("name and birth date", _GIVEN, _FAMILY, _BORN),
    *_with_each("words of the name and birth date", Condition("full_name"), _BORN),
    *_with_each("first name, nearly the surname and birth date", _GIVEN, _NEARLY_FAMILY, _BORN),
    *_with_each("nearly the first name, surname and birth date", _NEARLY_GIVEN, _FAMILY, _BORN),
    *_with_each("name and nearly the birth date", _GIVEN, _FAMILY, _NEARLY_BORN),
    *_with_each("name, birth date with day and month exchanged", _GIVEN, _FAMILY, _BORN_EITHER_WAY),
    *_with_two("first name and birth date", _GIVEN, _BORN),
    *_with_two("nearly the words of the name, and birth date", Condition("full_name", "high"), _BORN),
)

USUAL_EXCEPTIONS = (
    Rule(
        "twins",
        (
            _BORN,
            _NEARLY_FAMILY,
            Condition("first_name", differs=True),
            Condition("first_name", "medium", normalise=_AS_WRITTEN, differs=True, unless_slip=True),
            Condition("identifier", differs=True, or_missing=True),
        ),
    ),
    Rule(
        "another identifier and another birth date",
        (Condition("identifier", differs=True), Condition("birth_date", differs=True)),
    ),
)
"""Who shares surname and birth date and is called otherwise may be a twin, wherever they live; only a first
name that nobody else has may be a slip of the pen. What is left in doubt is left to a reviewer.
"""


def dedupe_rules(draft: MatchingDraft, source: Source) -> tuple[Rule, ...]:
    """Give the rules within a source, in order."""
    return source.dedupe if source.dedupe is not None else _that_apply(draft, USUAL_RULES)


def match_rules(draft: MatchingDraft, source: Source) -> tuple[Rule, ...]:
    """Give the rules by which a source's records match those of earlier sources, in order."""
    return source.match if source.match is not None else _that_apply(draft, USUAL_RULES)


def exceptions(draft: MatchingDraft) -> tuple[Rule, ...]:
    """Give what keeps two records apart whatever the rules say."""
    if draft.exceptions is not None:
        return draft.exceptions
    return _that_apply(draft, USUAL_EXCEPTIONS)


def _that_apply(draft: MatchingDraft, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Leave out what asks for a field that no source has, but keep an exception that it only narrows."""
    applying = (_narrowed(draft, rule) for rule in rules)
    return tuple(
        rule
        for rule in applying
        if all(meaning_of(draft.sources, one.field) is not None for one in rule.conditions)
    )


def _narrowed(draft: MatchingDraft, rule: Rule) -> Rule:
    kept = tuple(
        one
        for one in rule.conditions
        if not one.or_missing or meaning_of(draft.sources, one.field) is not None
    )
    return Rule(rule.name, kept)
