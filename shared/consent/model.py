"""What people have allowed and forbidden about a contact point, and what follows from it (CO-1 to CO-5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.model import Channel


class Purpose(StrEnum):
    """What a contact point is used for."""

    COMMERCIAL = "commercial"
    TRANSACTIONAL = "transactional"
    TRACKING = "tracking"


class Choice(StrEnum):
    """What was said. Not having said anything is not having said no."""

    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    NOT_SET = "not_set"


class Source(StrEnum):
    """How we came to know."""

    STAFF = "staff"
    PATIENT = "patient"
    IMPORTED = "imported"


class How(StrEnum):
    """By which way a word has come to us; the history tells it (CO-1)."""

    DESK = "desk"
    PORTAL = "portal"
    PREFERENCE_CENTRE = "preference_centre"
    ONE_CLICK = "one_click"
    CONFIRMED = "confirmed"
    BULK_IMPORT = "bulk_import"


@dataclass(frozen=True, slots=True)
class Consent:
    """One thing that one person has said about one contact point, which the partition names.

    Without a topic it is about the purpose as a whole. `until` ends it, as a FHIR Consent's period does.
    """

    patient_id: PatientId
    purpose: Purpose
    topic: str | None
    choice: Choice
    at: datetime
    source: Source
    reason: str | None = None
    until: datetime | None = None

    def is_about(self, purpose: Purpose, topic: str | None) -> bool:
        """Say whether it speaks of exactly that purpose and topic."""
        return (self.purpose, self.topic) == (purpose, topic)

    def binds(self, patient_id: PatientId, at: datetime) -> bool:
        """Say whether it counts for that person: an opt-out binds the address, all else the person too."""
        in_force = self.until is None or at < self.until
        return in_force and (self.is_refusal or self.patient_id == patient_id)

    @property
    def is_refusal(self) -> bool:
        """Whether it is an opt-out, which binds everybody at the address."""
        return self.choice is Choice.OPTED_OUT

    @property
    def ends(self) -> datetime:
        """When it ends; what has no end, at the end of time."""
        return self.until or _NEVER

    def makes_idle(self, other: "Consent") -> bool:
        """Say whether nothing would ever change if the other, known as well, were forgotten.

        It must be the same person's on the same matter, and not count for more. An opt-out that lasts longer
        than this one is not idle: it binds again when this one has ended.
        """
        if self.slot != other.slot or weight(self) < weight(other):
            return False
        return not other.is_refusal or self.ends >= other.ends

    @property
    def slot(self) -> tuple[PatientId, Purpose, str | None, bool, bool]:
        """Among which words it competes: the same person's on the same matter, opt-outs by themselves.

        And of those, what the person said and what others wrote down: only the latter holds back a notice
        about the account (decision 56), so the former must not take its place.
        """
        by_others = self.is_refusal and self.source is not Source.PATIENT
        return (self.patient_id, self.purpose, self.topic, self.is_refusal, by_others)


_NEVER = datetime.max.replace(tzinfo=UTC)


def weight(consent: Consent) -> tuple[datetime, bool, bool, timedelta]:
    """Order consents on one matter by which counts: the newest, of equally new ones the most careful.

    Of two opt-outs that is the one that lasts longer; of two other words, the one that ends sooner.
    """
    left = _NEVER - consent.ends
    is_unset = consent.choice is Choice.NOT_SET
    return (consent.at, consent.is_refusal, is_unset, -left if consent.is_refusal else left)


def newest(consents: Iterable[Consent]) -> Consent | None:
    """Give the one that counts."""
    return max(consents, key=weight, default=None)


def with_consent(consents: Iterable[Consent], said: Consent) -> tuple[Consent, ...]:
    """Add what was said; told again, or after something newer on the same matter, it changes nothing.

    Kept are, per purpose, topic and person, the newest opt-outs of their own and of others' writing, older
    ones that last longer, and the newest other word. Nobody's word ever takes away another's: an opt-out
    binds the address until whoever said it takes it back, or it ends.
    """
    known = tuple(consents)
    if any(one.makes_idle(said) for one in known):
        return known
    return (*(one for one in known if not said.makes_idle(one)), said)


def choice_of(
    consents: Iterable[Consent], patient_id: PatientId, purpose: Purpose, topic: str | None, at: datetime
) -> Choice:
    """Say what stands for that person about that purpose and topic, and nothing else."""
    standing = newest(one for one in consents if one.is_about(purpose, topic) and one.binds(patient_id, at))
    return standing.choice if standing else Choice.NOT_SET


class Enforcement(StrEnum):
    """What silence means: restrictive needs a yes, non-restrictive needs no no, disabled asks nothing."""

    RESTRICTIVE = "restrictive"
    NON_RESTRICTIVE = "non_restrictive"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class EnforcementRule:
    """How consent is enforced on a channel for a purpose."""

    channel: Channel
    purpose: Purpose
    model: Enforcement


@dataclass(frozen=True, slots=True)
class Enforcements:
    """How consent is enforced; what no rule names needs a yes, so that a new channel starts out careful."""

    rules: tuple[EnforcementRule, ...]

    def model(self, channel: Channel, purpose: Purpose) -> Enforcement:
        """Give the model of the first rule that fits."""
        fitting = (rule.model for rule in self.rules if (rule.channel, rule.purpose) == (channel, purpose))
        return next(fitting, Enforcement.RESTRICTIVE)


USUAL_ENFORCEMENTS = Enforcements(
    (
        EnforcementRule(Channel.EMAIL, Purpose.COMMERCIAL, Enforcement.NON_RESTRICTIVE),
        EnforcementRule(Channel.SMS, Purpose.COMMERCIAL, Enforcement.RESTRICTIVE),
        EnforcementRule(Channel.LETTER, Purpose.COMMERCIAL, Enforcement.RESTRICTIVE),
        EnforcementRule(Channel.PUSH, Purpose.COMMERCIAL, Enforcement.DISABLED),
        *(EnforcementRule(channel, Purpose.TRANSACTIONAL, Enforcement.DISABLED) for channel in Channel),
    )
)
"""The defaults of CO-3."""


class Denial(StrEnum):
    """Why a contact point may not be used."""

    OPTED_OUT = "opted_out"
    OPTED_OUT_OF_TOPIC = "opted_out_of_topic"
    NOT_OPTED_IN = "not_opted_in"
    NOT_OPTED_IN_TO_TOPIC = "not_opted_in_to_topic"


@dataclass(frozen=True, slots=True)
class Allowed:
    """The contact point may be used."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The contact point may not be used."""

    reason: Denial


@dataclass(frozen=True, slots=True)
class Use:
    """What a contact point is to be used for, and for whom."""

    patient_id: PatientId
    channel: Channel
    purpose: Purpose
    topic: str | None


def may_contact(
    enforcements: Enforcements, consents: Iterable[Consent], use: Use, at: datetime
) -> Allowed | Denied:
    """Say whether it may be used so: by its purpose, and by its topic too when it has one (CO-4)."""
    model = enforcements.model(use.channel, use.purpose)
    if model is Enforcement.DISABLED:
        return Allowed()
    known = tuple(consents)
    of_purpose = _denial(model, choice_of(known, use.patient_id, use.purpose, None, at))
    if of_purpose is not None or use.topic is None:
        return Denied(of_purpose) if of_purpose else Allowed()
    of_topic = _denial(model, choice_of(known, use.patient_id, use.purpose, use.topic, at))
    return Denied(_ABOUT_TOPIC[of_topic]) if of_topic else Allowed()


_ABOUT_TOPIC = {
    Denial.OPTED_OUT: Denial.OPTED_OUT_OF_TOPIC,
    Denial.NOT_OPTED_IN: Denial.NOT_OPTED_IN_TO_TOPIC,
}


def _denial(model: Enforcement, choice: Choice) -> Denial | None:
    if choice is Choice.OPTED_OUT:
        return Denial.OPTED_OUT
    silent = choice is Choice.NOT_SET
    return Denial.NOT_OPTED_IN if silent and model is Enforcement.RESTRICTIVE else None


@dataclass(frozen=True, slots=True)
class ConsentKept:
    """Something newer stands about a contact point, a purpose and a topic; whoever hears of it reads what."""

    patient_id: PatientId
    contact: str
    purpose: Purpose
    topic: str | None


@dataclass(frozen=True, slots=True)
class ConfirmationRequested:
    """Somebody said yes for a contact point, and whoever reads it is to be asked whether that is so (CO-8).

    Nothing of the yes is kept: all of it stands in the sealed link, until it is confirmed or expires. Until
    something is said they are asked anew at the times `remind_at`, each as a `reminder` with its number. With
    `related_person_id` it is that person who is asked, whether they want to be copied (PA-9).
    """

    request_id: str
    patient_id: PatientId
    contact: str
    channel: Channel
    address: Sensitive[str]
    template_id: str
    confirm_url: Sensitive[str]
    until: datetime
    remind_at: tuple[datetime, ...] = ()
    reminder: int = 0
    related_person_id: str | None = None


@dataclass(frozen=True, slots=True)
class CarryOutDataRequest:
    """Do the next step of a data request (CO-17); `step` is the one that it must have come to."""

    request_id: str
    step: int
    version: int
