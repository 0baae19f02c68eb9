"""Where a reader of a record's changes has come to: one place for each type, in one opaque text."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import orjson

from shared.fhir.instants import instant_text, moment_of, span_of
from shared.fhir.ports import MarkNotKnown

LATEST = timedelta(minutes=2)
"""For so long a change may stay unseen after the time it bears: a bundle runs for 100 s (fhir.md §2.4)."""
MOST_REMEMBERED = 2000
"""For each type; what is beyond may come again. It keeps a mark below 40 KB a type."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The instant of the newest change seen, as the server spells it.

    `came` is the machine's time when it was first seen. Once everything has been read again later than two
    minutes after that, it is `settled`: nothing older can appear any more.
    """

    at: str | None = None
    came: float = 0.0
    settled: bool = False

    @property
    def since(self) -> str | None:
        """Give from when to read on, looking back for what may be late."""
        if self.at is None or self.settled:
            return self.at
        return instant_text(moment_of(moment_in(self.at)) - LATEST)

    def reached(self, at: str, now: float) -> "Newest":
        """Note a change."""
        if self.at is not None and moment_in(at) <= moment_in(self.at):
            return self
        return Newest(at, now)

    def read_to_the_end(self, before: "Newest", now: float) -> "Newest":
        """Note that all has been read, from where it stood before."""
        is_old = self.at is not None and self == before and now - self.came > LATEST.total_seconds()
        return replace(self, settled=True) if is_old else self


@dataclass(frozen=True, slots=True)
class Place:
    """Where one type has been read to.

    `given` names what was given that may be met again, each with its moment. `deletion` is None where the
    server does not tell of deletions; `gone` names those that were told and may be met again.
    """

    change: Newest = Newest()
    given: Mapping[str, int] = field(default_factory=dict[str, int])
    deletion: Newest | None = None
    gone: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Mark:
    """All places, and with which type to begin: where the last reading was broken off."""

    places: Mapping[str, Place]
    begin_with: str | None = None


def moment_in(instant: str) -> int:
    """Count microseconds from 1970."""
    return span_of(instant).low


def name_of(type_: str, id_: str, version: str) -> str:
    """Name one version in eight letters."""
    told = hashlib.blake2b(f"{type_}/{id_}/{version}".encode(), digest_size=6).digest()
    return base64.urlsafe_b64encode(told).decode()


def still_met(given: Mapping[str, int], newest: Newest) -> dict[str, int]:
    """Give those that the next reading may meet: all of the newest instant, and the latest before it."""
    edge = moment_in(newest.since) if newest.since else 0
    may_be = sorted(((at, name) for name, at in given.items() if at >= edge), reverse=True)
    last = moment_in(newest.at) if newest.at else 0
    return {name: at for number, (at, name) in enumerate(may_be) if at >= last or number < MOST_REMEMBERED}


def written(mark: Mark, server: str) -> str:
    """Spell a mark of one server."""
    places = {
        type_: [
            _spelt(place.change),
            dict(place.given),
            _spelt(place.deletion) if place.deletion else None,
            dict(place.gone),
        ]
        for type_, place in mark.places.items()
    }
    said = {"of": name_of("", server, ""), "places": places, "begin": mark.begin_with}
    return base64.urlsafe_b64encode(orjson.dumps(said)).decode().rstrip("=")


def read(text: str | None, server: str) -> Mark:
    """Read a mark. Raises `MarkNotKnown` for one that another server, or nobody, gave."""
    if text is None:
        return Mark({})
    try:
        read: Any = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        raise MarkNotKnown from None
    said = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    if said.get("of") != name_of("", server, ""):
        raise MarkNotKnown
    places = {
        type_: Place(Newest(*change), given, Newest(*deletion) if deletion else None, gone)
        for type_, (change, given, deletion, gone) in said["places"].items()
    }
    return Mark(places, said["begin"])


def _spelt(newest: Newest) -> list[Any]:
    return [newest.at, newest.came, newest.settled]
