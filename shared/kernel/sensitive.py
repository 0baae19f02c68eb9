"""What must not be seen: names, numbers, addresses, answers, clinical values (D17)."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, get_args

T = TypeVar("T")


class Sensitive(Generic[T]):
    """Holds a value that prints as `<sensitive>`; taking it out is a visible act, `.value`.

    A plain class, since pydantic does not ask a generic dataclass for its hook.
    """

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<sensitive>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and self.value == other.value  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # what it holds does not matter to equality

    def __hash__(self) -> int:
        return hash(self.value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Let the codec read and keep what is wrapped like any other value."""
        from pydantic_core import core_schema  # noqa: PLC0415  # the kernel's one late import

        (inner,) = get_args(source)
        schema = handler(inner)
        return core_schema.no_info_after_validator_function(
            cls,
            schema,
            serialization=core_schema.plain_serializer_function_ser_schema(_unwrapped, return_schema=schema),
        )


def _unwrapped(wrapped: Sensitive[Any]) -> Any:
    return wrapped.value
