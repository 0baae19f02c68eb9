"""What an expression is: every name in it must be there, and what it gives is known as far as can be."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from tree_sitter import Node

from tests.support.bicep import azure_types, bicep_functions
from tests.support.bicep.merging import as_text, joined, merged, of_json
from tests.support.bicep.project import Project
from tests.support.bicep.shapes import (
    Choice,
    Field,
    Many,
    Nothing,
    Number,
    Shape,
    Text,
    Thing,
    Truth,
    Unknown,
    Variants,
    in_words,
)
from tests.support.bicep.syntax import (
    computed_entries,
    entries,
    everything_in,
    line_of,
    literal_text,
    named,
    text_of,
)
from tests.support.bicep.templates import Declaration, Template

Local = dict[str, Shape]
_ALWAYS_READ = ("id", "name", "type", "apiVersion")


class Reading:
    """Reads the expressions of one file, and remembers which names they used."""

    def __init__(self, project: Project, template: Template) -> None:
        self.project = project
        self.template = template
        self.used: dict[str, set[str]] = {}
        self._reader = ""
        self._variables: dict[str, Shape] = {}
        self._read: dict[str, Callable[[Node, Local], Shape]] = {
            "array": self._array,
            "boolean": lambda _node, _local: Truth(),
            "call_expression": self._call,
            "for_statement": self._loop,
            "identifier": self._identifier,
            "lambda_expression": self._lambda,
            "member_expression": self._member,
            "null": lambda _node, _local: Nothing(),
            "number": lambda node, _local: Choice((int(text_of(node)),)),
            "object": self._object,
            "string": self._string,
            "subscript_expression": self._subscript,
        }

    def on_behalf_of(self, name: str) -> None:
        """From here on, what is used is used by this declaration."""
        self._reader = name
        self.used.setdefault(name, set())

    def say(self, node: Node, says: str) -> None:
        self.project.findings.say(self.template.path, line_of(node), says)

    def shape_of(self, node: Node, local: Local) -> Shape:
        """Give what is known of an expression's value."""
        return self._read.get(node.type, self._compound)(node, local)

    def _array(self, node: Node, local: Local) -> Shape:
        return Many(merged([self.shape_of(one, local) for one in named(node)]))

    def _loop(self, node: Node, local: Local) -> Shape:
        inner, body = self.loop(node, local)
        return Many(self.shape_of(body, inner))

    def _lambda(self, node: Node, local: Local) -> Shape:
        return self.shape_of(named(node)[-1], {**_taken_by(node, Unknown()), **local})

    def _compound(self, node: Node, local: Local) -> Shape:
        shapes = [self.shape_of(one, local) for one in named(node)]
        shape: Shape = Unknown()
        match node.type:
            case "ternary_expression":
                shape = merged(shapes[1:])
            case "binary_expression":
                shape = self._binary(node, shapes)
            case "unary_expression":
                shape = Truth() if text_of(node).startswith("!") else Number()
            case "parenthesized_expression" | "if_statement":
                shape = shapes[-1] if shapes else shape
            case _:
                pass
        return shape

    def _binary(self, node: Node, shapes: list[Shape]) -> Shape:
        operator = next((text_of(child) for child in node.children if not child.is_named), "")
        if operator == "??":
            return merged(shapes)
        return Number() if operator in {"+", "-", "*", "/", "%"} else Truth()

    def _string(self, node: Node, local: Local) -> Shape:
        literal = literal_text(node)
        if literal is not None:
            return Choice((literal,))
        parts = [
            as_text(self.shape_of(named(part)[0], local))
            if part.type == "interpolation"
            else as_text(Choice((text_of(part),)))
            for part in named(node)
        ]
        return joined(parts)

    def _object(self, node: Node, local: Local) -> Shape:
        for one in computed_entries(node):
            self.shape_of(one, local)
        for one in named(node):
            if one.type == "object_property" and named(one)[0].type == "string":
                self.shape_of(named(one)[0], local)
        fields = {
            name: Field(self.shape_of(value, local), required=True)
            for name, (_, value) in entries(node).items()
            if value is not None
        }
        return Thing("object", fields, Unknown() if computed_entries(node) else None)

    def _identifier(self, node: Node, local: Local) -> Shape:
        name = text_of(node)
        if name in local:
            return local[name]
        if name in self.template.declared:
            self.used.setdefault(self._reader, set()).add(name)
            return self._declared(self.template.declared[name])
        if name in self.template.imports:
            self.used.setdefault(self._reader, set()).add(name)
            return self._imported(name)
        if name not in bicep_functions.NAMESPACES:
            self.say(node, f"nothing is called {name}")
        return Unknown()

    def _declared(self, one: Declaration) -> Shape:
        match one.kind:
            case "param":
                return self.template.shape_of_parameter(one)
            case "var":
                return self._variable(one)
            case "resource":
                return self._repeated(one, self._resource(one))
            case "module":
                return self._repeated(one, self._module(one))
            case _:
                return Unknown()

    def _variable(self, one: Declaration) -> Shape:
        if one.name not in self._variables:
            self._variables[one.name] = Unknown()
            if one.value is not None:
                self._variables[one.name] = self.shape_of(one.value, {})
        return self._variables[one.name]

    def _repeated(self, one: Declaration, shape: Shape) -> Shape:
        return Many(shape) if one.value is not None and one.value.type == "for_statement" else shape

    def _resource(self, one: Declaration) -> Shape:
        kind = resource_kind(one)
        if azure_types.version_of(kind) is None:
            return Unknown()
        body = azure_types.read(kind)
        always = {name: Field(Text()) for name in _ALWAYS_READ}
        return Thing(kind, {**always, **body.fields}, body.more)

    def _module(self, one: Declaration) -> Shape:
        file = literal_text(next(part for part in named(one.node) if part.type == "string"))
        called = self.project.template(self.project.beside(self.template, file or ""))
        outputs: Shape = Unknown() if called is None or called.broken else called.results()
        return Thing(f"module {one.name}", {"outputs": Field(outputs), "name": Field(Text())})

    def _imported(self, name: str) -> Shape:
        _, file = self.template.imports[name]
        path = self.project.beside(self.template, file)
        source = self.project.template(path)
        if source is None or name not in source.declared or source.declared[name].kind != "var":
            return Unknown()
        return Reading(self.project, source).shape_of(self._value(source.declared[name]), {})

    def _value(self, one: Declaration) -> Node:
        return one.value if one.value is not None else one.node

    def _member(self, node: Node, local: Local) -> Shape:
        base, name = named(node)[0], text_of(named(node)[-1])
        shape = self.shape_of(base, local)
        safely = b"?" in (node.text or b"")[len(base.text or b"") : -len(name)]
        if isinstance(shape, Thing | Variants) and name in shape.fields:
            return shape.fields[name].shape
        if isinstance(shape, Thing) and shape.more is not None:
            return shape.more
        if isinstance(shape, Thing) and not safely:
            self.say(node, f"{text_of(base)} has no {name} ({shape.name})")
        elif isinstance(shape, Text | Number | Truth | Choice | Many):
            self.say(node, f"{text_of(base)} has no {name}: it is {in_words(shape)}")
        return Unknown()

    def _subscript(self, node: Node, local: Local) -> Shape:
        base, index = named(node)[0], named(node)[-1]
        shape = self.shape_of(base, local)
        asked = self.shape_of(index, local)
        if isinstance(shape, Many):
            return shape.of
        if not isinstance(shape, Thing):
            return Unknown()
        if isinstance(asked, Choice) and shape.more is None:
            for value in asked.values:
                if str(value) not in shape.fields:
                    self.say(node, f"{text_of(base)} has no {value!r}")
        return merged([one.shape for one in shape.fields.values()])

    def loop(self, node: Node, local: Local) -> tuple[Local, Node]:
        """Give the names that a loop adds to those that are there, and what it repeats."""
        first, over, body = named(node)[0], named(node)[-2], named(node)[-1]
        shape = self.shape_of(over, local)
        element = shape.of if isinstance(shape, Many) else Unknown()
        names = (
            [text_of(one) for one in named(first)]
            if first.type == "for_loop_parameters"
            else [text_of(first)]
        )
        if not isinstance(shape, Many | Unknown):
            self.say(over, f"{text_of(over)} cannot be gone through: it is {in_words(shape)}")
        added: Local = {names[0]: element}
        if len(names) > 1:
            added[names[1]] = Number()
        return {**local, **added}, body

    def _call(self, node: Node, local: Local) -> Shape:
        called, given = named(node)[0], named(named(node)[-1])
        if called.type == "member_expression" and text_of(named(called)[0]) not in bicep_functions.NAMESPACES:
            self.shape_of(named(called)[0], local)
            self._arguments(given, local)
            return Unknown()
        name = text_of(called).rpartition(".")[2]
        shapes = self._arguments(given, local)
        if name in self.template.declared and self.template.declared[name].kind == "function":
            self.used.setdefault(self._reader, set()).add(name)
            return Unknown()
        return self._builtin(node, name, given, shapes)

    def _arguments(self, given: Sequence[Node], local: Local) -> list[Shape]:
        shapes: list[Shape] = []
        for one in given:
            element = shapes[0].of if shapes and isinstance(shapes[0], Many) else Unknown()
            taken: Local = {}
            for inner in everything_in(one):
                if inner.type == "lambda_expression":
                    taken |= _taken_by(inner, element)
            shapes.append(self.shape_of(one, {**local, **taken}))
        return shapes

    def _builtin(self, node: Node, name: str, given: Sequence[Node], shapes: list[Shape]) -> Shape:
        if name in bicep_functions.BRING_KEYS:
            self.say(node, f"{name}() brings keys; everything is reached by identity")
            return Unknown()
        if name not in bicep_functions.KNOWN:
            self.say(node, f"there is no function {name}()")
            return Unknown()
        least, most, gives = bicep_functions.KNOWN[name]
        if not least <= len(given) <= most:
            self.say(node, f"{name}() takes {least} to {most} arguments, not {len(given)}")
        match name:
            case "loadJsonContent" | "loadTextContent":
                return self._loaded(node, given, as_json=name == "loadJsonContent")
            case "filter" | "toLower" | "first" | "any":
                return shapes[0] if name in {"filter", "toLower"} and shapes else gives
            case _:
                return gives

    def _loaded(self, node: Node, given: Sequence[Node], *, as_json: bool) -> Shape:
        file = literal_text(given[0]) if given else None
        path: Path = self.project.beside(self.template, file or "")
        text = self.project.text_of(path)
        if text is None:
            self.say(node, f"there is no file {file}")
            return Unknown()
        return of_json(json.loads(text)) if as_json else Text()


def _taken_by(node: Node, element: Shape) -> Local:
    """Give the names that a lambda takes; the grammar keeps the first word of its body with them."""
    parts = named(node)[:-1]
    names = [text_of(inner) for part in parts for inner in everything_in(part) if inner.type == "identifier"]
    return {name: element if index == 0 else Unknown() for index, name in enumerate(names)}


def resource_kind(one: Declaration) -> str:
    spelt = literal_text(next(part for part in named(one.node) if part.type == "string")) or ""
    return spelt.partition("@")[0]
