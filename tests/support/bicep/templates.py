"""One Bicep file: what it declares."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tree_sitter import Node

from tests.support.bicep.findings import Findings
from tests.support.bicep.shapes import Choice, Field, Many, Number, Shape, Text, Thing, Truth, Unknown
from tests.support.bicep.syntax import (
    entries,
    line_of,
    literal_text,
    named,
    parsed,
    say_syntax_errors,
    text_of,
)

DECORATORS = {
    "allowed",
    "batchSize",
    "description",
    "discriminator",
    "export",
    "maxLength",
    "maxValue",
    "metadata",
    "minLength",
    "minValue",
    "onlyIfNotExists",
    "retryOn",
    "sealed",
    "secure",
    "sys",
    "waitUntil",
}
_PRIMITIVES: dict[str, Callable[[], Shape]] = {
    "any": Unknown,
    "array": lambda: Many(Unknown()),
    "bool": Truth,
    "int": Number,
    "object": lambda: Thing("object", more=Unknown()),
    "string": Text,
}
_KINDS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
    "type_declaration": "type",
    "user_defined_function": "function",
    "metadata_declaration": "metadata",
}


@dataclass(slots=True)
class Declaration:
    """One named thing: its node, and the decorators before it by name, with what they say."""

    kind: str
    name: str
    node: Node
    decorators: dict[str, Node] = field(default_factory=dict[str, Node])

    @property
    def value(self) -> Node | None:
        last = named(self.node)[-1]
        return None if last.type in {"type", "identifier"} and len(named(self.node)) <= 2 else last


@dataclass(slots=True)
class Template:
    path: Path
    root: Node
    declared: dict[str, Declaration] = field(default_factory=dict[str, Declaration])
    outputs: dict[str, Declaration] = field(default_factory=dict[str, Declaration])
    metadata: set[str] = field(default_factory=set[str])
    imports: dict[str, tuple[Node, str]] = field(default_factory=dict[str, tuple[Node, str]])
    broken: bool = False
    shapes: dict[str, Shape] = field(default_factory=dict[str, Shape])

    def of_kind(self, *kinds: str) -> list[Declaration]:
        return [one for one in self.declared.values() if one.kind in kinds]

    def shape_of_type(self, name: str) -> Shape:
        """Give what a declared type allows; types may speak of each other."""
        if name not in self.shapes:
            self.shapes[name] = Unknown()
            if name in self.declared and self.declared[name].kind == "type":
                self.shapes[name] = self.shape_at(named(self.declared[name].node)[1], name)
        return self.shapes[name]

    def shape_at(self, node: Node, name: str = "") -> Shape:
        """Give what a type expression allows."""
        shape: Shape = Unknown()
        match node.type:
            case "type" | "nullable_type" | "parenthesized_type":
                shape = self.shape_at(named(node)[0], name)
            case "primitive_type":
                shape = _PRIMITIVES.get(text_of(node), Unknown)()
            case "array_type":
                shape = Many(self.shape_at(named(node)[0], name))
            case "union_type":
                shape = Choice(tuple(_literal(one) for one in named(node)))
            case "string" | "number":
                shape = Choice((_literal(node),))
            case "object":
                shape = Thing(name or "object", self._fields(node))
            case "identifier":
                shape = self.shape_of_type(text_of(node))
            case _:
                pass
        return shape

    def _fields(self, node: Node) -> dict[str, Field]:
        return {
            name: Field(self.shape_at(kind, name), required=not is_nullable(kind))
            for name, (_, kind) in entries(node).items()
            if kind is not None
        }

    def shape_of_parameter(self, one: Declaration) -> Shape:
        shape = self.shape_at(_type_node(one.node))
        if "allowed" in one.decorators:
            listed = [node for node in named(one.decorators["allowed"]) if node.type == "array"]
            return Choice(tuple(_literal(node) for node in named(listed[0]))) if listed else shape
        if isinstance(shape, Text):
            return Text(_number(one, "minLength"), _number(one, "maxLength"))
        if isinstance(shape, Number):
            return Number(_number(one, "minValue"), _number(one, "maxValue"))
        return shape

    def parameters(self) -> Thing:
        """What a module call must and may give."""
        return Thing(
            self.path.name,
            {
                one.name: Field(
                    self.shape_of_parameter(one),
                    required=one.value is None and not is_nullable(_type_node(one.node)),
                )
                for one in self.of_kind("param")
            },
        )

    def results(self) -> Thing:
        """What a module gives back."""
        return Thing(
            self.path.name,
            {name: Field(self.shape_at(_type_node(one.node))) for name, one in self.outputs.items()},
        )


def is_nullable(node: Node) -> bool:
    return node.type == "nullable_type" or (
        node.type in {"type", "parenthesized_type"} and is_nullable(named(node)[0])
    )


def _type_node(node: Node) -> Node:
    return next(one for one in named(node) if one.type == "type")


def _literal(node: Node) -> str | int:
    return int(text_of(node)) if node.type == "number" else (literal_text(node) or "")


def _number(one: Declaration, decorator: str) -> int | None:
    if decorator not in one.decorators:
        return None
    given = [node for node in named(one.decorators[decorator]) if node.type in {"number", "unary_expression"}]
    return int(text_of(given[0])) if given else None


def template_of(path: Path, text: str, findings: Findings) -> Template:
    """Read a file; say what cannot be read, what is declared twice, and decorators nobody knows."""
    root = parsed(text)
    template = Template(path, root)
    template.broken = say_syntax_errors(path, root, findings)
    pending: dict[str, Node] = {}
    for node in named(root):
        if node.type == "decorators":
            pending = _decorators(path, node, findings)
        elif node.type == "import_functionality":
            _take_import(template, node)
        elif node.type in _KINDS:
            _declare(template, Declaration(_KINDS[node.type], _name_of(node), node, pending), findings)
            pending = {}
    return template


def _name_of(node: Node) -> str:
    return next((text_of(one) for one in named(node) if one.type == "identifier"), "")


def _decorators(path: Path, node: Node, findings: Findings) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for one in named(node):
        call = named(one)[0]
        parts = named(call)
        name = text_of(parts[0] if parts else call)
        if name not in DECORATORS:
            findings.say(path, line_of(one), f"there is no decorator @{name}")
        found[name] = parts[1] if len(parts) > 1 else call
    return found


def _take_import(template: Template, node: Node) -> None:
    file = next((literal_text(one) for one in named(node) if one.type == "string"), None)
    for one in named(node):
        if one.type == "identifier":
            template.imports[text_of(one)] = (one, file or "")


def _declare(template: Template, one: Declaration, findings: Findings) -> None:
    if one.kind == "metadata":
        template.metadata.add(one.name)
        return
    among = template.outputs if one.kind == "output" else template.declared
    if one.name in among:
        findings.say(template.path, line_of(one.node), f"{one.name} is declared twice")
    among[one.name] = one
