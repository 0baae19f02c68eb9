"""What room access needs from outside: texts that carry their own proof (D13), and a post for letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.access.portal_access import Invitation, Sent
from shared.fhir.ports import Resource
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotAllowed
from shared.kernel.sensitive import Sensitive


class SealPurpose(StrEnum):
    """What a sealed text opens; one made for the one opens nothing of the other."""

    CONVERSATION = "conversation"
    SURVEY = "survey"
    PREFERENCES = "preferences"


class SealBroken(NotAllowed):
    """The link or token is not valid, or not any more."""  # which of the two, or why, is nobody's business


class Seals(Protocol):
    """Writes and believes such texts. Keys have a `kid` and a purpose; an older one still opens."""

    def seal(self, purpose: SealPurpose, told: Mapping[str, str], *, expires_at: datetime) -> str:
        """Give a text, safe in URLs and headers, that says `told` until `expires_at`, readable by all."""
        ...

    def unseal(self, purpose: SealPurpose, text: str, *, now: datetime) -> Mapping[str, str]:
        """Give what was told. Raises `SealBroken`."""
        ...


@dataclass(frozen=True, slots=True)
class AddressShown:
    """A contact point that the record names, by its keyed name, and masked: enough to choose it by.

    One that is `suppressed` has sent too much back: what goes there is refused.
    """

    contact: str
    channel: str
    masked: Sensitive[str]
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is begun by what it puts into a commit of the patient's own partition."""

    sent: Sent
    changes: Sequence[Create]
    announcements: Sequence[Announcement]


@dataclass(frozen=True, slots=True)
class Fate:
    """How far a message has come, and where it went, masked."""

    state: str
    reason: str | None
    at: datetime
    masked: Sensitive[str] | None


class InvitationPost(Protocol):
    """Writes to a patient, or to somebody of theirs, at contact points that the record names."""

    def addresses(self, person: Resource, *, now: datetime) -> Sequence[AddressShown]:
        """Give the contact points of a Patient or RelatedPerson that a code can be sent to now."""
        ...

    def letter(
        self,
        invitation: Invitation,
        *,
        seed: Sensitive[str],
        contact: str,
        patient_id: PatientId,
        person: Resource,
        now: datetime,
    ) -> Letter:
        """Write an invitation to one of them; of its code only the seed is written down.

        Raises `NotTheirAddress`, or `CannotSendInvitations` where there is no template to do it by.
        """
        ...

    def fate(self, patient_id: PatientId, message_id: str) -> Fate | None:
        """Say what became of a letter; None where nobody knows any more."""
        ...
