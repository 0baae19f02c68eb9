"""Of several shapes, the one that they all have; and what is written down as JSON, as a shape."""

from typing import Any, cast

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
)


def merged(shapes: list[Shape]) -> Shape:
    """Give what holds for each of them; `null` holds back nothing."""
    told = [shape for shape in shapes if not isinstance(shape, Nothing)]
    if not told or any(isinstance(shape, Unknown) for shape in told):
        return Unknown()
    if all(isinstance(shape, Choice) for shape in told):
        choices = cast("list[Choice]", told)
        values = tuple(dict.fromkeys(value for choice in choices for value in choice.values))
        return Choice(values, all(choice.is_open for choice in choices))
    if all(isinstance(shape, Text) or _is_text(shape) for shape in told):
        return _texts([as_text(shape) for shape in told])
    if all(isinstance(shape, Thing) for shape in told):
        return _things(cast("list[Thing]", told))
    if all(isinstance(shape, Many) for shape in told):
        return Many(merged([one.of for one in cast("list[Many]", told)]))
    return told[0] if len({type(shape) for shape in told}) == 1 else Unknown()


def _is_text(shape: Shape) -> bool:
    return isinstance(shape, Choice) and all(isinstance(value, str) for value in shape.values)


def as_text(shape: Shape) -> Text:
    """Give what is known of the text that a value is written as."""
    if isinstance(shape, Text):
        return shape
    if isinstance(shape, Choice) and shape.values:
        spelt = [str(value) for value in shape.values]
        return Text(min(map(len, spelt)), max(map(len, spelt)), sample=spelt[0])
    return Text()


def joined(parts: list[Text]) -> Text:
    """Give what is known of texts one after the other."""
    longest = [part.longest for part in parts]
    samples = [part.sample if part.sample is not None else "a" * (part.shortest or 1) for part in parts]
    return Text(
        sum(part.shortest or 0 for part in parts),
        None if None in longest else sum(one for one in longest if one is not None),
        sample="".join(samples),
    )


def _texts(texts: list[Text]) -> Text:
    longest = [text.longest for text in texts]
    return Text(
        min(text.shortest or 0 for text in texts),
        None if None in longest else max(one for one in longest if one is not None),
        sample=texts[0].sample,
    )


def _things(things: list[Thing]) -> Shape:
    """What only some of them have is not required of it."""
    names = dict.fromkeys(name for thing in things for name in thing.fields)
    fields = {
        name: Field(
            merged([thing.fields[name].shape for thing in things if name in thing.fields]),
            required=all(name in thing.fields for thing in things),
        )
        for name in names
    }
    return Thing(things[0].name, fields, things[0].more)


def of_json(value: Any) -> Shape:
    shape: Shape = Nothing()
    match value:
        case bool():
            shape = Truth()
        case str() | int():
            shape = Choice((value,))
        case float():
            shape = Number()
        case list():
            shape = Many(merged([of_json(one) for one in cast("list[Any]", value)]))
        case dict():
            held = cast("dict[str, Any]", value)
            shape = Thing("JSON", {name: Field(of_json(one), required=True) for name, one in held.items()})
        case _:
            pass
    return shape
