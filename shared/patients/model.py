"""A person as we need to know them to write to them: names, language, and how they are reached."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

import phonenumbers

from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive

Happened = Literal["created", "updated", "deleted"]


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """Bring what we keep of one patient up to date with one resource; the record says what is true now.

    `version` and `at` say how far the record must have come to be believed. With `anew` others' numbers have
    changed, so that all that is the patient's is to be read again when it is next needed.
    """

    patient_id: PatientId
    resource_type: str
    resource_id: str
    version: int
    at: datetime
    happened: Happened
    anew: bool = False


@dataclass(frozen=True, slots=True)
class AdvanceRefresh:
    """Instruction to our own room: do the next part of a refresh; `step` fences one that comes late."""

    refresh_id: str
    step: int


@dataclass(frozen=True, slots=True)
class BeginScheduledRefresh:
    """Instruction to our own room: begin the refresh that was due then."""

    refresh_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class EndOverdueStage:
    """Instruction to our own room: nothing has come of a refresh for too long since `step`; let it go on."""

    refresh_id: str
    step: int


class Channel(StrEnum):
    """A way in which a message reaches a person."""

    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"
    LETTER = "letter"


class PointSystem(StrEnum):
    """What a contact point is, of FHIR's ContactPointSystem those that we can use."""

    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One number or address, spelt the one way in which it is compared, keyed and sent to."""

    system: PointSystem
    value: Sensitive[str]
    use: str | None = None
    rank: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def is_current(self, at: datetime) -> bool:
        """Say whether it may be used then: not an old one, and within its period."""
        begun = self.starts_at is None or self.starts_at <= at
        return self.use != "old" and begun and (self.ends_at is None or at < self.ends_at)

    def serves(self, channel: Channel) -> bool:
        """Say whether a message of that channel can arrive here; a home telephone cannot take a text."""
        match channel:
            case Channel.EMAIL:
                return self.system is PointSystem.EMAIL
            case Channel.SMS:
                return self.system is PointSystem.SMS or (
                    self.system is PointSystem.PHONE and self._is_mobile()
                )
            case Channel.PUSH | Channel.LETTER:
                return False

    def _is_mobile(self) -> bool:
        if self.system is not PointSystem.PHONE:
            return False
        return self.use == "mobile" or takes_texts(self.value.value, surely=self.use is not None)


class LegacyFlag(StrEnum):
    """What a contact of a former system was marked with (CO-16)."""

    DO_NOT_EMAIL = "do-not-email"
    DO_NOT_BULK_EMAIL = "do-not-bulk-email"
    DO_NOT_TRACK = "do-not-track"


@dataclass(frozen=True, slots=True)
class Profile:
    """What the record says of a person now; `time_zone` is an IANA zone, where it names one."""

    patient_id: PatientId
    given: Sensitive[str | None]
    family: Sensitive[str | None]
    prefix: Sensitive[str | None]
    language: str | None
    birth_date: Sensitive[date | None]
    is_active: bool
    is_deceased: bool
    replaced_by: PatientId | None
    contact_points: tuple[ContactPoint, ...]
    legacy_flags: frozenset[LegacyFlag] = frozenset()
    time_zone: str | None = None

    @property
    def is_reachable(self) -> bool:
        """Whether anybody may write to this record at all: alive, active and not merged into another."""
        return self.is_active and not self.is_deceased and self.replaced_by is None

    def preferred(self, channel: Channel, at: datetime) -> ContactPoint | None:
        """Choose where a message of that channel goes: by rank, then one meant for it, then the order given.

        FHIR says of rank: 1 is the most preferred, and what has none comes last.
        """
        usable = [point for point in self.contact_points if point.serves(channel) and point.is_current(at)]
        return min(usable, key=lambda point: _precedence(point, channel), default=None)


def e164(text: str, *, region: str) -> str | None:
    """Spell a telephone number as E.164, or give None for what is none; `region` reads national ones."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def takes_texts(number: str, *, surely: bool) -> bool:
    """Say whether a number in E.164 is a mobile one by its country's numbering plan.

    Some plans (the North American) do not tell; such a number passes unless it must be `surely` one.
    """
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return kind == _MOBILE or (kind == _EITHER and not surely)


def mailbox(text: str) -> str | None:
    """Spell an e-mail address with its domain in lower case, or give None for what cannot be one.

    The local part is kept as it is: RFC 5321 §2.4 leaves its case to the receiving host.
    """
    local, _, domain = text.strip().rpartition("@")
    if (
        not _LOCAL_PART.fullmatch(local)
        or not _DOMAIN.fullmatch(domain)
        or len(text.strip()) > LONGEST_MAILBOX
    ):
        return None
    return f"{local}@{domain.lower()}"


LONGEST_MAILBOX = 254
"""RFC 5321 §4.5.3.1.3, without its brackets."""
_LOCAL_PART = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}")
"""A bare one (RFC 5321 §4.1.2): with names, comments or lists around it, it would reach a mailbox unseen."""
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W_](?:[\w-]*[^\W_])?")


_MOBILE = phonenumbers.PhoneNumberType.MOBILE
_EITHER = phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE
_LAST = 1_000_000


def _precedence(point: ContactPoint, channel: Channel) -> tuple[int, bool]:
    return (point.rank or _LAST, channel is Channel.SMS and not _is_meant_for_texts(point))


def _is_meant_for_texts(point: ContactPoint) -> bool:
    return point.system is PointSystem.SMS or point.use == "mobile"
