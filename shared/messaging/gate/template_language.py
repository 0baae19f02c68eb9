"""What a template may say: few words of Jinja, so that none can run long, grow huge, or look around."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from shared.messaging.gate import moments
from shared.messaging.gate.patient_words import PATIENT, WORDS

Named = tuple[str, ...]
"""A word that a template asks for, and what of it, name by name."""
LONGEST_LOOP = 1000
LONGEST_TEXT = 10_000
"""Characters, of what is written in a template as of what comes of it."""
LONGEST_HTML = 100_000

_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Add,
    nodes.Sub,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Neg,
    nodes.Pos,
    nodes.Filter,
    nodes.Test,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Slice,
    nodes.Call,
    nodes.Keyword,
)
"""What can make nothing that is much longer than what is written. Not among them: what multiplies (`*`, `**`,
`%`), what keeps values from one turn to the next (`set`, macros), and what brings in other templates."""
_FILTERS = frozenset(
    {
        "abs",
        "capitalize",
        "clock",
        "d",
        "day",
        "default",
        "e",
        "escape",
        "first",
        "float",
        "int",
        "last",
        "length",
        "lower",
        "title",
        "trim",
        "truncate",
        "upper",
        "wordcount",
    }
)
_LANGUAGE = "the language it is written in"
"""The word under which the filters find it; no template can name it so."""


class TooLong(SecurityError):
    """It comes out longer than any message may be."""


def filled(text: str, words: Mapping[str, object], *, language: str, escaped: bool = False) -> str:
    """Write a template out in a language (BCP 47).

    Raises `TemplateError`, or whatever else the template's own program raises.
    """
    longest, pieces, length = longest_of(escaped=escaped), list[str](), 0
    for piece in read(text, escaped=escaped).generate({**words, _LANGUAGE: language}):
        length += len(piece)
        if length > longest:
            raise TooLong
        pieces.append(piece)
    return "".join(pieces)


@lru_cache(maxsize=512)
def read(text: str, *, escaped: bool) -> Template:
    """Read a template, or raise `TemplateError`."""
    language = _HTML if escaped else _TEXT
    if len(text) > longest_of(escaped=escaped):
        raise TooLong
    for problem in _problems(language.parse(text)):
        raise TemplateSyntaxError(problem, 1)
    return language.from_string(text)


def named_in(text: str, *, escaped: bool) -> frozenset[Named]:
    """Give all that a readable template asks for, by the names that lead there: `(trigger, visit, start)`.

    A name that only the running template knows is `*`.
    """
    language = _HTML if escaped else _TEXT
    tree = language.parse(text)
    counted = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    return frozenset(one for one in _named(tree) if one[0] not in counted | {"loop", "range"})


def _named(node: nodes.Node) -> Iterator[Named]:
    steps = _steps(node)
    if steps is None:
        parts = list(node.iter_child_nodes())
    else:
        yield steps
        parts = list(_indices(node))
    for part in parts:
        yield from _named(part)


def _indices(node: nodes.Node) -> Iterator[nodes.Node]:
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        if isinstance(node, nodes.Getitem):
            yield node.arg
        node = node.node


def _steps(node: nodes.Node) -> Named | None:
    match node:
        case nodes.Name(ctx="load"):
            return (node.name,)
        case nodes.Getattr():
            before, step = _steps(node.node), node.attr
        case nodes.Getitem(arg=nodes.Const(value=value)):
            before, step = _steps(node.node), str(value)
        case nodes.Getitem():
            before, step = _steps(node.node), "*"
        case _:
            return None
    return None if before is None else (*before, step)


def longest_of(*, escaped: bool) -> int:
    """Give how many characters a text, or a page, may have."""
    return LONGEST_HTML if escaped else LONGEST_TEXT


def _problems(template: nodes.Template) -> Iterator[str]:
    for node in template.find_all(nodes.Node):
        match node:
            case nodes.Filter() if node.name not in _FILTERS:
                yield "a filter that templates have not"
            case nodes.Call() if not _is_range(node):
                yield "a call"
            case nodes.For() if not _is_short(node):
                yield "a loop within a loop, or over something else than a name or a range"
            case nodes.Getattr(node=nodes.Name(name=name)) if name == PATIENT and node.attr not in WORDS:
                yield "a word that is not said of patients"
            case nodes.Getitem(node=nodes.Name(name=name)) if name == PATIENT:
                yield "a word of a patient that is not asked for by its name"
            case _ if not isinstance(node, _ALLOWED):
                yield "a part of the language that templates have not"
            case _:
                pass


def _is_range(node: nodes.Node) -> bool:
    if not (isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "range"):
        return False
    bounds = [bound.value for bound in node.args if isinstance(bound, nodes.Const)]
    return len(bounds) < len(node.args) or _is_short_range(bounds)


def _is_short_range(bounds: Sequence[object]) -> bool:
    """Say so of one that is written out; one that is computed is found too long when it is run."""
    try:
        _short_range(*bounds)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _is_short(loop: nodes.For) -> bool:
    is_plain = isinstance(loop.iter, nodes.Name) or _is_range(loop.iter)
    inner = [part for body in loop.body for part in (body, *body.find_all(nodes.For))]
    return is_plain and not loop.recursive and not any(isinstance(part, nodes.For) for part in inner)


def _short_range(*bounds: Any) -> range:
    numbers = range(*bounds)
    if len(numbers) > LONGEST_LOOP:
        raise OverflowError
    return numbers


@pass_context
def _day(context: Context, moment: object) -> str:
    return moments.day(moment, context[_LANGUAGE])


@pass_context
def _clock(context: Context, moment: object) -> str:
    return moments.clock(moment, context[_LANGUAGE])


def _language(*, escapes: bool) -> SandboxedEnvironment:
    language = SandboxedEnvironment(undefined=StrictUndefined, autoescape=escapes)  # plain text has no markup
    names: dict[str, Any] = {"range": _short_range}
    language.globals = names
    filters: dict[str, Any] = {"day": _day, "clock": _clock}
    language.filters.update(filters)
    return language


_TEXT, _HTML = _language(escapes=False), _language(escapes=True)
