"""What people have allowed and forbidden about a contact point, and what follows from it (CO-1 to CO-5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.identity import PatientId
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
        return in_force and (self.choice is Choice.OPTED_OUT or self.patient_id == patient_id)

    def outweighs(self, other: "Consent") -> bool:
        """Say whether this is the one that counts of two: the newer, of equally new ones the more careful."""
        return weight(self) > weight(other)


def weight(consent: Consent) -> tuple[datetime, bool, bool]:
    """Order consents on one matter by which counts: the newest, of equally new ones the most careful."""
    return (consent.at, consent.choice is Choice.OPTED_OUT, consent.choice is Choice.NOT_SET)


def newest(consents: Iterable[Consent]) -> Consent | None:
    """Give the one that counts."""
    return max(consents, key=weight, default=None)


def with_consent(consents: Iterable[Consent], said: Consent) -> tuple[Consent, ...]:
    """Add what was said; told again, or after something newer on the same matter, it changes nothing.

    Kept are, per purpose and topic, the newest opt-out of anybody and the newest other word of each person.
    """
    kept = list(consents)
    former = next((one for one in kept if _same_matter(one, said)), None)
    if former is None:
        return (*kept, said)
    return tuple(said if one is former and said.outweighs(one) else one for one in kept)


def _same_matter(one: Consent, other: Consent) -> bool:
    return one.is_about(other.purpose, other.topic) and _whose(one) == _whose(other)


def _whose(consent: Consent) -> PatientId | None:
    return None if consent.choice is Choice.OPTED_OUT else consent.patient_id


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
