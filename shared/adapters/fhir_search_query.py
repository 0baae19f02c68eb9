"""What a search string asks: names, modifiers and values, and how the answer should look."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.adapters.fhir_search_kinds import Kind, Parameter
from shared.adapters.fhir_search_parameters import NOT_SEARCHABLE, parameters_of, why_not
from shared.fhir.refusals import NotSupported
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.refusals import Nonsense

PAGE = 10
LARGEST_PAGE = 1000
ID = Parameter("_id", Kind.CODE)
LAST_UPDATED = Parameter("_lastUpdated", Kind.DATE)

_MODIFIERS = {
    Kind.CODE: {"", "not", "missing"},
    Kind.TOKEN: {"", "not", "missing"},
    Kind.REFERENCE: {"", "missing", "identifier"} | R4_TYPES,
    Kind.CANONICAL: {"", "missing"},
    Kind.STRING: {"", "exact", "contains", "missing"},
    Kind.URI: {"", "missing"},
    Kind.DATE: {"", "missing"},
    Kind.DATES: {"", "missing"},
    Kind.QUANTITY: {"", "missing"},
}
_ANSWERING = frozenset(
    {"_format", "_pretty", "ct", "_count", "_sort", "_total", "_summary", "_include", "_revinclude"}
)
_UNESCAPED_COMMA = re.compile(r"(?<!\\),")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One `name:modifier=value,value`; `beyond` is what the resource at the other end must meet."""

    parameter: Parameter
    modifier: str = ""
    values: tuple[str, ...] = ()
    beyond: "Beyond | None" = None


@dataclass(frozen=True, slots=True)
class Beyond:
    """The other end: of a chain (`patient.identifier=`) what it points at, of `_has` what points here."""

    type: str
    criterion: Criterion
    back: Parameter | None = None


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What to give beside the matches: what they point at, or what points at them, by one parameter."""

    source: str
    parameter: Parameter
    target: str = ""


@dataclass(slots=True)
class Question:
    """A whole search. `ignored` are the parameters that are not ours to answer, `used` the pairs that are."""

    type: str
    criteria: list[Criterion] = field(default_factory=list["Criterion"])
    count: int = PAGE
    capped: bool = False
    sort: tuple[Parameter, bool] | None = None
    total: bool = False
    only_total: bool = False
    includes: list[Inclusion] = field(default_factory=list[Inclusion])
    revincludes: list[Inclusion] = field(default_factory=list[Inclusion])
    ignored: list[str] = field(default_factory=list[str])
    used: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def question(type_: str, pairs: Sequence[tuple[str, str]], *, strict: bool = False) -> Question:
    """Read a search of one type.

    Parameters that are not in the table are ignored, or refused when `strict`; modifiers that are not ours
    and values that cannot be read are always refused (`Nonsense`, without the value).
    """
    asked = Question(type_)
    for name, value in pairs:
        if name in _ANSWERING:
            _answer_so(asked, name, value)
        elif (criterion := criterion_of(type_, name, value)) is not None:
            asked.criteria.append(criterion)
        else:
            asked.ignored.append(name)
            continue
        if name != "ct":
            asked.used.append((name, value))
    if strict and asked.ignored:
        raise NotSupported(*((_safe(type_, name), why_not(type_, name)) for name in asked.ignored))
    return asked


def criterion_of(type_: str, name: str, value: str) -> Criterion | None:
    """Read one pair; None for a parameter that is not in the table."""
    if name.startswith("_has:"):
        return _has(type_, name, value)
    first, _, rest = name.partition(".")
    own, _, modifier = first.partition(":")
    parameter = parameter_of(type_, own)
    if parameter is None:
        return None
    if rest:
        return _chain(parameter, modifier, rest, value)
    if modifier not in _MODIFIERS[parameter.kind]:
        raise NotSupported((own, "the modifier is not supported"))
    return Criterion(parameter, modifier, tuple(_UNESCAPED_COMMA.split(value)))


def _safe(type_: str, name: str) -> str:
    """Name a parameter that is HL7's, or looks like one; a stranger's name could itself be a value (D17)."""
    own = name.partition(":")[0].partition(".")[0]
    return own if (type_, own) in NOT_SEARCHABLE or ("", own) in NOT_SEARCHABLE else ""


def parameter_of(type_: str, name: str) -> Parameter | None:
    return {"_id": ID, "_lastUpdated": LAST_UPDATED}.get(name) or parameters_of(type_).get(name)


def unescaped(text: str) -> str:
    r"""Undo `\,`, `\|`, `\$` and `\\`."""
    return re.sub(r"\\([,|$\\])", r"\1", text)


def _chain(parameter: Parameter, modifier: str, rest: str, value: str) -> Criterion | None:
    target = modifier or parameter.only or parameter.name.capitalize()
    if parameter.kind is not Kind.REFERENCE or target not in R4_TYPES:
        raise NotSupported((parameter.name, "a chain must say which type it goes to"))
    inner = criterion_of(target, rest, value)
    return None if inner is None else Criterion(parameter, beyond=Beyond(target, inner))


def _has(type_: str, name: str, value: str) -> Criterion | None:
    parts = name.split(":", 3)
    if len(parts) < 4:
        raise Nonsense(("_has", "not of the form _has:Type:reference:parameter"))
    _, source, reference, rest = parts
    back = parameter_of(source, reference)
    inner = criterion_of(source, rest, value)
    if back is None or inner is None or back.kind is not Kind.REFERENCE or back.only not in ("", type_):
        return None
    return Criterion(ID, beyond=Beyond(source, inner, back))


def _answer_so(asked: Question, name: str, value: str) -> None:
    if name == "_count":
        _count(asked, value)
    elif name == "_sort":
        asked.sort = _sort(asked.type, value)
    elif name == "_total":
        asked.total = value == "accurate"
    elif name == "_summary":
        asked.only_total = asked.only_total or _summary(value)
    elif name in ("_include", "_revinclude"):
        (asked.includes if name == "_include" else asked.revincludes).extend(_inclusions(name, value))


def _count(asked: Question, value: str) -> None:
    if not re.fullmatch(r"\d{1,9}", value):
        raise Nonsense(("_count", "not a whole number"))
    asked.capped = int(value) > LARGEST_PAGE
    asked.count = min(int(value), LARGEST_PAGE)
    asked.only_total = asked.only_total or asked.count == 0


def _summary(value: str) -> bool:
    if value not in ("count", "false"):
        raise NotSupported(("_summary", "only count is supported"))
    return value == "count"


def _sort(type_: str, value: str) -> tuple[Parameter, bool]:
    parameter = parameter_of(type_, value.lstrip("-"))
    if parameter is None or parameter.joined or "," in value:
        raise NotSupported(("_sort", "sorting is by one known parameter"))
    return parameter, value.startswith("-")


def _inclusions(name: str, value: str) -> list[Inclusion]:
    """Read `Type:parameter:Target`; a star stands for every reference of the type."""
    source, _, rest = value.partition(":")
    reference, _, target = rest.partition(":")
    of_type: Mapping[str, Parameter] = parameters_of(source) if source in R4_TYPES else {}
    named = of_type.values() if reference == "*" else [of_type[reference]] if reference in of_type else []
    found = [parameter for parameter in named if parameter.kind is Kind.REFERENCE]
    if not found:
        raise NotSupported((name, "not a reference parameter of that type"))
    return [Inclusion(source, parameter, target or parameter.only) for parameter in found]
