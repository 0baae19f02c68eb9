"""Which editions of the store this version knows, and which it makes of it.

An edition is raised where what was written before would be lost or misread by a version that knows only the
edition before. A version first learns an edition (`KNOWN`) and a later one writes it (`WRITTEN`), so that the
two can run side by side while one takes the other's place (docs/evolution.md).
"""

import sqlite3

from shared.kernel.refusals import TransientFault

KNOWN = 1
WRITTEN = 1


class StoreIsNewer(TransientFault):
    """The store was written by a newer version of this application, which alone can work with it."""

    def __init__(self, edition: int, known: int) -> None:
        super().__init__(
            f"the store was written by a newer version (edition {edition}; this is {known}): "
            "start that version, or restore a backup"
        )


def taken_on(found: int, *, known: int = KNOWN, written: int = WRITTEN) -> int:
    """Give the edition that a store is to have from now on; 0 is one of before editions were noted.

    Raises `StoreIsNewer` for an edition that this version does not know.
    """
    if found > known:
        raise StoreIsNewer(found, known)
    return max(found, written)


def edition_of(connection: sqlite3.Connection) -> int:
    """Read what a file says of itself."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    return found


def note_edition(connection: sqlite3.Connection, edition: int) -> None:
    """Let a file say it from now on."""
    connection.execute(f"PRAGMA user_version = {edition:d}")
