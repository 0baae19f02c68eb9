"""What a query is made of."""

from dataclasses import dataclass

from tests.stand_ins.cosmos.values import Value


@dataclass(frozen=True, slots=True)
class Constant:
    value: Value


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str


@dataclass(frozen=True, slots=True)
class Path:
    """A way into the document; the document itself where there are no steps."""

    steps: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    what: "Expression"


@dataclass(frozen=True, slots=True)
class All:
    """`AND`."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """`OR`."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class OneOf:
    """`IN`."""

    what: "Expression"
    options: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class ArrayOf:
    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class ObjectOf:
    members: tuple[tuple[str, "Expression"], ...]


Expression = Constant | Parameter | Path | Not | All | Any | Comparison | OneOf | Call | ArrayOf | ObjectOf


@dataclass(frozen=True, slots=True)
class Sorting:
    path: Path
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """`columns` are what an object is made of; `value` is what stands alone; neither is `SELECT *`."""

    columns: tuple[tuple[str, Expression], ...] = ()
    value: Expression | None = None
    where: Expression | None = None
    sorting: tuple[Sorting, ...] = ()
    top: Expression | None = None
    offset: Expression | None = None
    limit: Expression | None = None
    alias: str = "c"

    @property
    def counts(self) -> bool:
        """Say whether the query asks how many there are."""
        return is_count(self.value) or (isinstance(self.value, ArrayOf) and _counts_within(self.value))


def is_count(expression: Expression | None) -> bool:
    """Say whether an expression is `COUNT(...)`."""
    return isinstance(expression, Call) and expression.function == "COUNT"


def _counts_within(array: ArrayOf) -> bool:
    return any(
        isinstance(item, ObjectOf) and any(is_count(member) for _, member in item.members)
        for item in array.items
    )
