"""Which Parquet files are the lake at one moment, and what whoever keeps them promises."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from shared.segments.ports import LakeState

KEPT = 5
"""Lists whose files stay, for those who still read them."""
EDITION = 3
"""Rises with every table that what was written before has not filled."""
EXPORTS = "exports/"
COMPARED = "matching/compared/"
NOT_OURS = (EXPORTS, COMPARED)
"""Where others' files lie in the same container, which are no part of the lake."""
LEFT_ALONE_SECONDS = 3600.0
"""What no list names and is younger may be another's, about to be listed."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One moment of the lake: its files by table, oldest first, as paths within the folder.

    `activities` is how far it has followed what happened with patients, None before it has. `edition` says
    which tables its writer knew: one of an older edition is filled anew.
    """

    number: int = 0
    state: LakeState = field(default_factory=LakeState)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    activities: str | None = None
    edition: int = EDITION

    @property
    def all_files(self) -> frozenset[str]:
        return frozenset(file for files in self.files.values() for file in files)


class Shelf(Protocol):
    """Keeps the files of a lake, and numbered lists of those that count, each made whole and only once.

    Whoever writes makes the list with the next number; of two, one finds it made and has lost the race. A
    list never changes, so whoever reads sees one moment. Every method may raise `TransientFault`.
    """

    def latest(self) -> Listing:
        """Give the list with the greatest number; an empty one before there is any."""
        ...

    def bring(self, files: Collection[str]) -> None:
        """Let the files lie in the folder, to be read there."""
        ...

    def put(self, file: str) -> None:
        """Keep a file that lies in the folder, durably; nobody sees it until it is listed."""
        ...

    def keep(self, listing: Listing) -> None:
        """Make the list, durably. Raises `LostRace` when another has taken its number."""
        ...

    def sweep(self) -> None:
        """Take away old lists, and old files that none of the kept ones names."""
        ...


def name_of(number: int) -> str:
    """Name a list; the names sort as their numbers do."""
    return f"list-{number:012}.json"


def number_of(name: str) -> int:
    """Give the number in a list's name."""
    return int(name.removeprefix("list-").removesuffix(".json"))


def spelt(listing: Listing, **more: str) -> bytes:
    """Spell a list; what is added to it nobody reads back."""
    up_to = listing.state.complete_up_to
    told: dict[str, Any] = {
        "mark": listing.state.mark,
        "complete_up_to": up_to.isoformat() if up_to else None,
        "files": {table: list(files) for table, files in listing.files.items()},
        "activities": listing.activities,
        "edition": listing.edition,
        **more,
    }
    return json.dumps(told).encode()


def read(number: int, text: bytes) -> Listing:
    """Read a list as it was spelt."""
    told: dict[str, Any] = json.loads(text)
    up_to = told["complete_up_to"]
    state = LakeState(told["mark"], datetime.fromisoformat(up_to) if up_to else None)
    return Listing(number, state, told["files"], told.get("activities"), told.get("edition", 1))
