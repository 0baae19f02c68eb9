"""What happens in the very moment between a reading and the writing that rests on it."""

from collections.abc import Callable
from typing import Any


class Interrupted:
    """Does all that `whole` does; something happens just after the nth call of a method, however it ends."""

    def __init__(self, whole: object, method: str, happens: Callable[[], object], *, after: int = 1) -> None:
        self._whole = whole
        self._method = method
        self._happens = happens
        self._calls_to_come = after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._whole, name)
        return self._followed(method) if name == self._method else method

    def _followed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def followed(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            finally:
                self._calls_to_come -= 1
                if self._calls_to_come == 0:
                    self._happens()

        return followed
