"""What somebody who follows a link in a message may see and say (CO-6); of an address, enough to know it by.

A link may be forwarded: whoever holds it can say no for all of the patient's contact points, but yes only for
the one that it was sent to, since that alone shows that it is theirs to say (decision 0035).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.consent.compliance import ComplianceProfile
from shared.consent.model import Choice, Purpose
from shared.patients.model import Channel

Stands = Literal["open", "saved", "unsubscribed", "expired"]


@dataclass(frozen=True, slots=True)
class PreferenceShown:
    """One purpose, or one topic of it, and what stands; without a name the page calls the purpose itself."""

    field: str
    purpose: Purpose
    topic: str | None
    name: str | None
    description: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class PointShown:
    """One contact point, masked; None where the record does not name it any more."""

    contact: str
    channel: Channel
    masked: str | None
    may_opt_in: bool
    preferences: tuple[PreferenceShown, ...]


@dataclass(frozen=True, slots=True)
class PreferencesView:
    """The page: in whose name we write, and what may be said about each contact point."""

    stands: Stands
    language: str
    name: str | None = None
    company_address: str | None = None
    contact_points: tuple[PointShown, ...] = ()


@dataclass(frozen=True, slots=True)
class PreferenceSaid:
    """One choice that was made on the page."""

    field: str
    choice: Literal["opted_in", "opted_out"]


@dataclass(frozen=True, slots=True)
class PreferencesSaid:
    """All choices that were made on the page; what is not among them stays as it is."""

    preferences: tuple[PreferenceSaid, ...]


Matter = tuple[Purpose, str | None, str | None, str]
"""A purpose, perhaps a topic of it, what they are called, and what they mean."""


def matters(profile: ComplianceProfile | None, topic: tuple[Purpose, str | None]) -> Sequence[Matter]:
    """Give what can be asked: what is active in the profile, and always what the message itself was about."""
    own, of_house = list(_in_profile(profile)), (Purpose.COMMERCIAL, Purpose.TRANSACTIONAL)
    found: list[Matter] = own if profile else [(purpose, None, None, "") for purpose in of_house]
    known = {(purpose, named) for purpose, named, _, _ in found}
    purpose, named = topic
    missing = [(purpose, None), *([(purpose, named)] if named else [])]
    return [*found, *((one, other, other, "") for one, other in missing if (one, other) not in known)]


def _in_profile(profile: ComplianceProfile | None) -> Iterator[Matter]:
    for purpose in profile.content.purposes if profile else ():
        if purpose.state == "active":
            yield purpose.purpose, None, purpose.name, purpose.description
            for topic in purpose.topics:
                if topic.state == "active":
                    yield purpose.purpose, topic.id, topic.name, topic.description


def field_of(contact: str, purpose: Purpose, topic: str | None) -> str:
    """Name one choice, for a form and for a program alike."""
    return f"{contact}~{purpose}~{topic or ''}"


def masked(channel: Channel, address: str) -> str:
    """Show as much of an address as tells its owner which it is."""
    if channel is not Channel.EMAIL:
        return f"•••{address[-3:]}"
    local, _, domain = address.rpartition("@")
    host, _, top = domain.rpartition(".")
    return f"{local[:1]}•••@{host[:1]}•••.{top}"
