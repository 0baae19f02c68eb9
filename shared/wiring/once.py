"""What is made when first asked for, by one thread alone: since Python 3.12 `cached_property` has no lock."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

T = TypeVar("T")

_LOCK = "_made_once_under"
_giving_locks = threading.Lock()


class Once(Generic[T]):
    """An attribute that its owner makes when first asked for; whoever else asks meanwhile waits for it.

    What was made, or assigned, stands in `vars(owner)` and is read from there without a lock. All attributes
    of one owner are made under one re-entrant lock, so that one may ask for another in any order. What could
    not be made is tried again by whoever asks next.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, owner: None, _: type) -> Self: ...
    @overload
    def __get__(self, owner: object, _: type) -> T: ...
    def __get__(self, owner: object | None, _: type) -> Self | T:
        if owner is None:
            return self
        held = vars(owner)
        with _lock_of(held):
            if self._name not in held:
                held[self._name] = self._make(owner)
            return held[self._name]

    if TYPE_CHECKING:  # there is none, so that `vars(owner)` is looked into first; assigning is allowed

        def __set__(self, owner: object, made: T) -> None: ...


def once(make: Callable[[Any], T]) -> Once[T]:
    """Let a method make an attribute, once for each owner."""
    return Once(make)


def _lock_of(held: dict[str, Any]) -> AbstractContextManager[bool]:
    with _giving_locks:
        return held.setdefault(_LOCK, threading.RLock())
