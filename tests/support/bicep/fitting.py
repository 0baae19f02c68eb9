"""Whether what is written is what is wanted, down to the property that is not."""

from tree_sitter import Node

from tests.support.bicep.misfits import misfit
from tests.support.bicep.reading import Local, Reading
from tests.support.bicep.shapes import Field, Many, Shape, Thing, Unknown, Variants, in_words
from tests.support.bicep.syntax import computed_entries, entries, literal_text, named


class Fitting:
    """Compares the expressions of one file with shapes."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def check(self, node: Node, wanted: Shape, local: Local, where: str) -> None:
        """Say what does not fit; `where` is how the place is called."""
        match node.type:
            case "object":
                self._object(node, wanted, local, where)
            case "array":
                self._array(node, wanted, local, where)
            case "ternary_expression":
                self._reading.shape_of(named(node)[0], local)
                for branch in named(node)[1:]:
                    self.check(branch, wanted, local, where)
            case "parenthesized_expression":
                self.check(named(node)[0], wanted, local, where)
            case "if_statement":
                self._reading.shape_of(named(node)[0], local)
                self.check(named(node)[-1], wanted, local, where)
            case "for_statement":
                inner, body = self._reading.loop(node, local)
                self.check(body, wanted.of if isinstance(wanted, Many) else Unknown(), inner, where)
            case _:
                if why := misfit(self._reading.shape_of(node, local), wanted):
                    self._reading.say(node, f"{where} {why}")

    def _array(self, node: Node, wanted: Shape, local: Local, where: str) -> None:
        if not isinstance(wanted, Many | Unknown):
            self._reading.say(node, f"{where} wants {in_words(wanted)}, not an array")
        for one in named(node):
            self.check(one, wanted.of if isinstance(wanted, Many) else Unknown(), local, where)

    def _object(self, node: Node, wanted: Shape, local: Local, where: str) -> None:
        self._reading.shape_of(node, local)
        if isinstance(wanted, Variants):
            wanted = self._variant(node, wanted, where)
        if isinstance(wanted, Unknown):
            return
        if not isinstance(wanted, Thing):
            self._reading.say(node, f"{where} wants {in_words(wanted)}, not an object")
            return
        for name, (one, value) in entries(node).items():
            self._property(one, value, self._wanted(one, name, wanted, where), local, f"{where}.{name}")
        for value in computed_entries(node):
            self.check(value, wanted.more or Unknown(), local, where)
        for name, field in wanted.fields.items():
            if field.required and not field.read_only and name not in entries(node):
                self._reading.say(node, f"{where} lacks {name}")

    def _wanted(self, node: Node, name: str, wanted: Thing, where: str) -> Field:
        if name in wanted.fields:
            return wanted.fields[name]
        if wanted.more is None:
            self._reading.say(node, f"{where} has no property {name}")
        return Field(wanted.more or Unknown())

    def _property(self, node: Node, value: Node | None, field: Field, local: Local, where: str) -> None:
        if field.read_only:
            self._reading.say(node, f"{where} is Azure's to say")
        elif value is not None:
            self.check(value, field.shape, local, where)

    def _variant(self, node: Node, wanted: Variants, where: str) -> Shape:
        chosen = entries(node).get(wanted.by, (None, None))[1]
        kind = literal_text(chosen) if chosen is not None else None
        if kind is None:
            self._reading.say(node, f"{where} lacks {wanted.by}")
            return Unknown()
        if kind not in wanted.variants:
            known = ", ".join(sorted(wanted.variants))
            self._reading.say(node, f"{where}.{wanted.by} cannot be {kind!r}: wants one of {known}")
            return Unknown()
        one = wanted.variants[kind]
        fields = one.fields if isinstance(one, Thing | Variants) else {}
        return Thing(wanted.name, {**wanted.fields, **fields})
