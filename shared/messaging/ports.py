"""What messaging needs from outside: somebody who takes messages to people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.kernel.documents import Create
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import (
    BounceCategory,
    Channel,
    MessageMoved,
    MessageUsed,
    Purpose,
    Rendered,
    SendMessage,
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for a provider. The same `request_id` is the same message, at whichever attempt."""

    request_id: str
    channel: Channel
    to: Sensitive[str]
    rendered: Sensitive[Rendered]
    purpose: Purpose
    patient_id: PatientId
    because: str
    way_out: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it, under its own name for it."""

    provider_reference: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider will not take it; `permanent` says that the address itself is at fault."""

    reason: BounceCategory
    permanent: bool


@dataclass(frozen=True, slots=True)
class NotThere:
    """The provider is sure that it never had it."""


@dataclass(frozen=True, slots=True)
class CannotSay:
    """The provider cannot tell whether it had it."""


class OutcomeUnknown(Exception):
    """The message may have reached the provider, or not."""


class MessageProvider(Protocol):
    """Takes messages on one channel."""

    @property
    def honours_keys(self) -> bool:
        """Whether a message given again under the same `request_id` is sent only once."""
        ...

    def send(self, outgoing: Outgoing) -> Accepted | Rejected:
        """Hand it over.

        Raises `TransientFault` only when the provider surely did not take it, else `OutcomeUnknown`.
        """
        ...

    def look_up(self, request_id: str) -> Accepted | NotThere | CannotSay:
        """Say whether it was handed over before. May raise `TransientFault`."""
        ...


class Chronicle(Protocol):
    """Keeps what became of a message among all that happened with its patient."""

    def __call__(self, asked: SendMessage, moved: MessageMoved, *, now: datetime) -> Sequence[Create]:
        """Give what is to be written beside the message, in the patient's partition; nothing of most news.

        The same news gives the same documents, so that told twice they are written once.
        """
        ...

    def of_use(self, asked: SendMessage, used: MessageUsed, *, now: datetime) -> Sequence[Create]:
        """Give what is to be written where a message was opened, or a link in it clicked; as above."""
        ...


class Withheld(Protocol):
    """Knows what is withheld from the store, the queues and everybody but the reader."""

    def __call__(
        self, seed: Sensitive[str], *, patient_id: PatientId, now: datetime
    ) -> Sensitive[str] | None:
        """Spell it, or give None where it is of no use any more."""
        ...
