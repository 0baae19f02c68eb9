"""What stood in the record before a change, as far as its history says (FH-10): pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from shared.fhir.ports import Resource
from shared.triggers.in_fhir import updated_at, version_of

MOST_VERSIONS = 500
"""Looked at; what lies further back is not known. Having fired, a trigger looks no further than that."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a resource: its `meta.versionId`, whatever that is, and when its server wrote it.

    After a hard delete ids begin again, time does not.
    """

    id: str
    at: datetime | None

    @classmethod
    def of(cls, resource: Resource) -> "Version":
        return cls(str(resource.get("meta", {}).get("versionId", "")), updated_at(resource))

    def is_later_than(self, resource: Resource) -> bool:
        """Say whether what was read is older, as a copy that lags behind is."""
        at = updated_at(resource)
        return self.at is not None and at is not None and at < self.at


@dataclass(frozen=True, slots=True)
class Stood:
    """So it stood when the trigger last reacted to the resource, or when it came into force."""

    resource: Resource


@dataclass(frozen=True, slots=True)
class Created:
    """All there ever was of it came after that; `first` is how it was created."""

    first: Resource


@dataclass(frozen=True, slots=True)
class Unknown:
    """The record keeps no history, or no longer this part of it."""


Before = Stood | Created | Unknown


def before(
    history: Iterable[Resource], reacted_to: Version | None, in_force_since: datetime | None
) -> Before:
    """Find in a history, newest first, what a change is to be compared with.

    That is the later of two versions: the one last reacted to, and the one that stood when the trigger came
    into force. So it is the same whichever news brought us here, and whichever never came.
    """
    looked_at = list[Resource]()
    for version in islice(history, MOST_VERSIONS):
        if reacted_to == Version.of(version) or stood_at(version, in_force_since):
            return Stood(version)
        looked_at.append(version)
    if not 0 < len(looked_at) < MOST_VERSIONS or not _is_whole(looked_at[-1], reacted_to):
        return Unknown()
    return Created(looked_at[-1])


def stood_at(version: Resource, moment: datetime | None) -> bool:
    """Say whether a version was there at a moment."""
    at = updated_at(version)
    return moment is not None and at is not None and at <= moment


def _is_whole(oldest: Resource, reacted_to: Version | None) -> bool:
    """Say whether a history goes back to the creation.

    Where versions are counted, it does when the first is there: what was reacted to is then of a former life.
    Where they are not, it is believed to, unless it has lost what was reacted to.
    """
    counted = version_of(oldest)
    return counted == 1 if counted else reacted_to is None
