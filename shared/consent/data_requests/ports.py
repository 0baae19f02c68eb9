"""What a data request needs from outside: what every room holds about a person, and why some of it stays."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from shared.consent.data_requests.model import Kept, Person
from shared.kernel.documents import Document

Held = Document[dict[str, Any]]


class Holding(Protocol):
    """One kind of document that is about a person."""

    @property
    def name(self) -> str:
        """What a manifest calls it."""
        ...

    @property
    def is_erased(self) -> bool:
        """Whether it goes when the person asks for it; what does not is rewritten, or kept for a reason."""
        ...

    def of(self, person: Person) -> Iterator[Held]:
        """Give all of theirs, as they are now, and nothing of anybody else's."""
        ...

    def is_at_rest(self, body: Mapping[str, Any]) -> bool:
        """Say whether nobody is at work on it, so that it can go."""
        ...


def of_all(holding: Holding, people: Sequence[Person]) -> Iterator[Held]:
    """Give what is theirs by any of their ids; what goes is given once, although two of them name it."""
    seen: set[tuple[str, str]] = set()
    for person in people:
        for held in holding.of(person):
            place = (held.partition, held.id)
            if not holding.is_erased or place not in seen:
                yield held
            seen.add(place)


class PersonalData(Protocol):
    """All of them, and what is kept although a person wants it erased."""

    @property
    def holdings(self) -> Sequence[Holding]:
        """Give every kind, in the order in which they go."""
        ...

    def rewrite(self, person: Person, *, now: datetime) -> None:
        """Take a person's words out of what other rooms keep, once what goes is gone."""
        ...

    @property
    def kept(self) -> Sequence[Kept]:
        """Say what stays, and why."""
        ...
