"""What Azure's management libraries say of resources: names on the wire, kinds, choices, limits.

Two generations of generated models are read: those with `rest_field`s (web, servicebus …), and those
with an `_attribute_map` (eventgrid, healthcareapis, monitor …).
"""

import re
import typing
from collections.abc import Callable
from enum import Enum
from importlib import import_module
from types import ModuleType
from typing import Any, cast

from tests.support.bicep.shapes import (
    Choice,
    Field,
    Many,
    Number,
    Shape,
    Text,
    Thing,
    Truth,
    Unknown,
    Variants,
)

_PLAIN: dict[Any, Callable[[], Shape]] = {str: Text, bool: Truth, int: Number, float: Number}
_SPELT: dict[str, Callable[[], Shape]] = {"bool": Truth, "duration": Text}


class Models:
    """The models of one library, each made into a shape once: they may hold each other."""

    def __init__(self, module: str) -> None:
        self._module: ModuleType = import_module(module)
        self._made: dict[type, Thing | Variants] = {}

    def shape_of(self, name: str) -> Thing:
        shape = self._shape(cast("type", getattr(self._module, name)))
        return shape if isinstance(shape, Thing) else Thing(shape.name, shape.fields)

    def _shape(self, model: type) -> Thing | Variants:
        if model in self._made:
            return self._made[model]
        kinds = _kinds(model)
        if kinds:
            by, variants = kinds
            self._made[model] = shape = Variants(model.__name__, by)
            shape.variants.update({value: self._shape(self._named(kind)) for value, kind in variants.items()})
        else:
            self._made[model] = shape = Thing(model.__name__)
        old = hasattr(model, "_attribute_map")
        shape.fields.update(self._old_fields(model) if old else self._new_fields(model))
        return shape

    def _named(self, kind: Any) -> type:
        return kind if isinstance(kind, type) else cast("type", getattr(self._module, str(kind)))

    def _new_fields(self, model: type) -> dict[str, Field]:
        cast("Any", model)({})  # its fields are gathered when the first one is made
        hints = typing.get_type_hints(model, localns={"_models": self._module, "_types": self._module})
        found: dict[str, Field] = {}
        for attribute, rest in cast("dict[str, Any]", cast("Any", model)._attr_to_rest_field).items():
            hint = hints.get(attribute, Any)
            found[str(rest._rest_name)] = Field(
                self._hinted(hint),
                required=type(None) not in typing.get_args(hint),
                read_only=rest._visibility == ["read"],
            )
        return found

    def _hinted(self, hint: Any) -> Shape:
        origin, parts = typing.get_origin(hint), typing.get_args(hint)
        shape: Shape = _PLAIN.get(hint, Unknown)()
        if origin is typing.Union:
            shape = self._united([part for part in parts if part is not type(None)])
        elif origin is typing.Literal:
            shape = Choice(tuple(_wire(part) for part in parts))
        elif origin is list:
            shape = Many(self._hinted(parts[0]))
        elif origin is dict:
            shape = Thing("a map", more=self._hinted(parts[1]))
        elif isinstance(hint, type) and issubclass(hint, Enum):
            shape = Choice(tuple(str(one.value) for one in hint))
        elif isinstance(hint, type) and hasattr(hint, "as_dict"):
            shape = self._shape(hint)
        return shape

    def _united(self, parts: list[Any]) -> Shape:
        enums = [part for part in parts if isinstance(part, type) and issubclass(part, Enum)]
        if enums:
            return Choice(tuple(str(one.value) for one in enums[0]), is_open=True)
        return self._hinted(parts[0]) if len(parts) == 1 else Unknown()

    def _old_fields(self, model: type) -> dict[str, Field]:
        names: dict[str, dict[str, str]] = cast("Any", model)._attribute_map
        limits: dict[str, dict[str, Any]] = getattr(model, "_validation", {})
        found: dict[str, Field] = {}
        for attribute, one in names.items():
            limit = limits.get(attribute, {})
            field = Field(
                self._spelt(model, attribute, one["type"], limit),
                required=bool(limit.get("required")),
                read_only=bool(limit.get("readonly")),
            )
            _put(found, re.split(r"(?<!\\)\.", one["key"].replace("\\\\.", "\\.")), field)
        return found

    def _spelt(self, model: type, attribute: str, spelt: str, limit: dict[str, Any]) -> Shape:
        held = getattr(self._module, spelt, None)
        shape: Shape = _SPELT.get(spelt, Unknown)()
        if spelt.startswith("["):
            shape = Many(self._spelt(model, attribute, spelt[1:-1], limit))
        elif spelt.startswith("{"):
            shape = Thing("a map", more=self._spelt(model, attribute, spelt[1:-1], {}))
        elif spelt == "str":
            plain = Text(limit.get("min_length"), limit.get("max_length"), limit.get("pattern"))
            shape = self._enumerated(model, attribute) or plain
        elif spelt in {"int", "long", "float"}:
            shape = Number(limit.get("minimum_ex", limit.get("minimum")), limit.get("maximum"))
        elif isinstance(held, type) and hasattr(held, "_attribute_map"):
            shape = self._shape(held)
        return shape

    def _enumerated(self, model: type, attribute: str) -> Choice | None:
        hint = cast("Any", model).__init__.__annotations__.get(attribute, "")
        named = re.search(r"_models\.(\w+)", str(hint))
        enum = getattr(self._module, named[1], None) if named else None
        if isinstance(enum, type) and issubclass(enum, Enum):
            return Choice(tuple(str(one.value) for one in enum), is_open=True)
        return None


def _kinds(model: type) -> tuple[str, dict[str, Any]] | None:
    """Give the property that tells the kind of an object, and the models by its values."""
    subtypes: dict[str, dict[str, str]] = getattr(model, "_subtype_map", {})
    for attribute, kinds in subtypes.items():
        return str(cast("Any", model)._attribute_map[attribute]["key"]).replace("\\", ""), dict(kinds)
    mapping: dict[str, Any] = vars(model).get("__mapping__", {})
    if not mapping:
        return None
    cast("Any", model)({})
    for rest in cast("dict[str, Any]", cast("Any", model)._attr_to_rest_field).values():
        if rest._is_discriminator:
            return str(rest._rest_name), mapping
    return None


def _put(fields: dict[str, Field], path: list[str], field: Field) -> None:
    """Put a field where its dotted name says, into the objects on the way."""
    name = path[0].replace("\\.", ".")
    if len(path) == 1:
        fields[name] = field
        return
    holder = fields.setdefault(name, Field(Thing(name)))
    if isinstance(holder.shape, Thing):
        holder.required |= field.required
        _put(holder.shape.fields, path[1:], field)


def _wire(part: Any) -> str | int:
    return str(part.value) if isinstance(part, Enum) else part
