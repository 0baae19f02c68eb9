"""Commits that no store takes: refused alike everywhere, by what Cosmos DB would refuse (D4)."""

from collections.abc import Sequence
from typing import NoReturn

from shared.kernel.announcements import Announcement
from shared.kernel.documents import (
    FORBIDDEN_IN_IDS,
    LONGEST_ID,
    MOST_BYTES,
    MOST_OPERATIONS,
    Commit,
    Create,
)

ANNOUNCEMENT = "announcement"
APPEND_ONLY = "audit/"
"""Partitions that this app may only add to: on Azure they lie in a container whose role allows no more."""


def kind_of(document_id: str) -> str:
    return document_id.partition("~")[0]


def refuse_impossible(commit: Commit) -> None:
    """Raise `ValueError` for what no store takes: too much, twice the same, a bad id, a naive instant."""
    touched = [each.id for each in (*commit.changes, *commit.unchanged)]
    if len(touched) + len(commit.announcements) > MOST_OPERATIONS:
        refuse(f"more than {MOST_OPERATIONS} operations in one commit")
    if len(set(touched)) < len(touched):
        refuse("a document twice in one commit")  # in a Cosmos DB batch the second would see the first's etag
    if not commit.partition:
        refuse("a partition without a name")
    for document_id in touched:
        if not 0 < len(document_id) <= LONGEST_ID or not FORBIDDEN_IN_IDS.isdisjoint(document_id):
            refuse("a document id that is empty, too long, or holds one of / \\ ? #")
    if commit.partition.startswith(APPEND_ONLY) and not _only_creates(commit):
        refuse("anything but new documents where what was written must stay")
    for announcement in commit.announcements:
        _refuse_naive(announcement)


def refuse_too_large(bodies: Sequence[str]) -> None:
    """Raise `ValueError` for bodies, as JSON text, that are more than one commit may hold."""
    if sum(map(len, bodies)) * 4 > MOST_BYTES and sum(len(body.encode()) for body in bodies) > MOST_BYTES:
        refuse(f"a commit of more than {MOST_BYTES} bytes")


def refuse(what: str) -> NoReturn:
    message = f"the store does not take {what}"
    raise ValueError(message)


def _only_creates(commit: Commit) -> bool:
    is_alone = not commit.unchanged and not commit.announcements
    return is_alone and all(isinstance(change, Create) for change in commit.changes)


def _refuse_naive(announcement: Announcement) -> None:
    if announcement.due_at is not None and announcement.due_at.tzinfo is None:
        refuse("an announcement due at an instant without a zone")
