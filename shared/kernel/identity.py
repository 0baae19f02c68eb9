"""Identifiers that several rooms speak of, and where new ones come from."""

import hashlib
import uuid
from typing import NewType, Protocol

PatientId = NewType("PatientId", str)
"""The logical id of a FHIR Patient, which is also our name for the person."""


class IdSource(Protocol):
    """Where ids come from that are not derived from what they name."""

    def new(self) -> str:
        """Mint an id that nobody has seen before."""
        ...


class RandomIds(IdSource):
    """Random UUIDs."""

    def new(self) -> str:
        return uuid.uuid4().hex


def derived(*parts: str) -> str:
    """Name a thing for what it is: the same parts give the same 40 hex digits, other parts give others.

    Used where parts joined by `~` could grow beyond what a document id may hold (D4: 128 characters).
    """
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]
