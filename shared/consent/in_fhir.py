"""A FHIR R4 Consent, read as what it says about contacting somebody (fhir.md §2.6).

It counts only where it names a purpose that we know (v3-ActReason); a denial, also where it names a channel.
A consent to sharing records is thus never taken for one to being written to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.consent.model import Choice, Consent, Purpose, Source
from shared.kernel.identity import PatientId, derived
from shared.patients.in_fhir import end_of, instant_of, mapping_of, mappings_of, patient_of
from shared.patients.model import Channel

CHANNELS = "urn:patient-engagement:channel"
"""Our code system for channels: HL7's v3-ParticipationMode has neither SMS nor push."""
TOPICS = "urn:patient-engagement:topic"
OURS = "urn:patient-engagement:consent"
"""Identifies what we have written ourselves: it counts by contact point, where it was said, and not here."""
AS_WRITTEN = "urn:patient-engagement:consent-as-written"
"""Identifies what it said when we wrote it, so that it is seen when somebody has changed it in the record."""

_PURPOSES = {
    "HMARKT": Purpose.COMMERCIAL,
    "CAREMGT": Purpose.TRANSACTIONAL,
    "TREAT": Purpose.TRANSACTIONAL,
    "PATADMIN": Purpose.TRANSACTIONAL,
}
_PARTICIPATION_MODES = {"EMAILWRIT": Channel.EMAIL, "MAILWRIT": Channel.LETTER}
_POLICY_RULES = {
    "OPTIN": Choice.OPTED_IN,
    "OPTINR": Choice.OPTED_IN,
    "OPTOUT": Choice.OPTED_OUT,
    "OPTOUTE": Choice.OPTED_OUT,
}
_PROVISION_TYPES = {"permit": Choice.OPTED_IN, "deny": Choice.OPTED_OUT}
_CAREFUL = (Purpose.COMMERCIAL, Purpose.TRANSACTIONAL)


@dataclass(frozen=True, slots=True)
class OnChannel:
    """A consent, the channel whose contact points it is about, and the date it carries.

    From that date it counts; it was said then, or when it was written down if that was before.
    """

    channel: Channel
    consent: Consent
    counts_from: datetime


@dataclass(frozen=True, slots=True)
class _Context:
    """What a provision takes over from the consent, or from the provision it is an exception to."""

    patient_id: PatientId
    at: datetime
    counts_from: datetime
    choice: Choice | None
    purposes: tuple[Purpose, ...] = ()
    channels: tuple[Channel, ...] = ()
    topics: tuple[str, ...] = ()
    until: datetime | None = None


def consents_in(resource: Mapping[str, Any]) -> tuple[OnChannel, ...]:
    """Read what an active Consent says; one that is a draft, was rejected or is an error says nothing.

    One that has become inactive takes back what it said: not set, as of its last change. Of what we wrote
    ourselves and others have changed since, only what has become narrower counts.
    """
    is_changed = has_been_changed(resource)
    patient_id, dated = patient_of(resource), last_change(resource) if is_changed else _dated(resource)
    status = resource.get("status")
    if _identified(resource, OURS) and not is_changed:
        return ()
    if patient_id is None or dated is None or status not in {"active", "inactive"}:
        return ()
    at = min(dated, last_change(resource) or dated)  # nobody can have said it after it was written down
    rule = next(
        (_POLICY_RULES[code] for code in _codes(resource.get("policyRule")) if code in _POLICY_RULES), None
    )
    read = tuple(_read(mapping_of(resource.get("provision")), _Context(patient_id, at, dated, rule)))
    if is_changed:
        read = tuple(one for one in read if one.consent.is_refusal == (status == "active"))
    return read if status == "active" else tuple(map(_taken_back, read))


def has_been_changed(resource: Mapping[str, Any]) -> bool:
    """Say whether this is a Consent that we wrote, and somebody else has since made say something else."""
    written = _identified(resource, AS_WRITTEN)
    return bool(_identified(resource, OURS) and written) and written != [as_written(resource)]


def as_written(resource: Mapping[str, Any]) -> str:
    """Name what decides in it: whether it is in force, permits or denies, and until when."""
    provision = mapping_of(resource.get("provision"))
    end = mapping_of(provision.get("period")).get("end")
    rule = sorted(code for code in _codes(resource.get("policyRule")) if code in _POLICY_RULES)
    said = (resource.get("status"), provision.get("type"), *rule, end)
    return derived("consent as written", *(str(one) for one in said))


def _identified(resource: Mapping[str, Any], system: str) -> list[Any]:
    found = mappings_of(resource.get("identifier"))
    return [one.get("value") for one in found if one.get("system") == system]


def _dated(resource: Mapping[str, Any]) -> datetime | None:
    """Give the date it carries; what has become inactive, that of its last change."""
    given = None if resource.get("status") == "inactive" else instant_of(resource.get("dateTime"))
    return given or last_change(resource)


def last_change(resource: Mapping[str, Any]) -> datetime | None:
    """Say when it was last written."""
    return instant_of(mapping_of(resource.get("meta")).get("lastUpdated"))


def _read(provision: Mapping[str, Any], within: _Context) -> Iterator[OnChannel]:
    """Read a provision and then its exceptions, which win where they say something about the same matter."""
    context = _narrowed(provision, within)
    exceptions = [one for inner in mappings_of(provision.get("provision")) for one in _read(inner, context)]
    excepted = {_matter(one) for one in exceptions}
    yield from (one for one in _spoken(context) if _matter(one) not in excepted)
    yield from exceptions


def _matter(one: OnChannel) -> tuple[Channel, Purpose, str | None]:
    return (one.channel, one.consent.purpose, one.consent.topic)


def _narrowed(provision: Mapping[str, Any], within: _Context) -> _Context:
    kind = provision.get("type")
    codings = [*_codings(provision.get("code")), *mappings_of(provision.get("class"))]
    period = mapping_of(provision.get("period"))
    return _Context(
        patient_id=within.patient_id,
        at=within.at,
        counts_from=within.counts_from,
        choice=_PROVISION_TYPES.get(kind, within.choice) if isinstance(kind, str) else within.choice,
        purposes=tuple(_purposes(provision)) or within.purposes,
        channels=tuple(found for one in codings if (found := _channel(one))) or within.channels,
        topics=tuple(str(one.get("code")) for one in codings if one.get("system") == TOPICS) or within.topics,
        until=end_of(period.get("end")) or within.until,
    )


def _spoken(context: _Context) -> Iterator[OnChannel]:
    if context.choice is None:
        return
    denies_channel = context.choice is Choice.OPTED_OUT and context.channels
    purposes = context.purposes or (_CAREFUL if denies_channel else ())
    for channel in context.channels or tuple(Channel):
        for purpose in purposes:
            for topic in context.topics or (None,):
                said = _consent(context, context.choice, purpose, topic)
                yield OnChannel(channel, said, context.counts_from)


def _consent(context: _Context, choice: Choice, purpose: Purpose, topic: str | None) -> Consent:
    return Consent(
        context.patient_id, purpose, topic, choice, context.at, Source.IMPORTED, until=context.until
    )


def _taken_back(one: OnChannel) -> OnChannel:
    said = one.consent
    return OnChannel(
        one.channel,
        Consent(said.patient_id, said.purpose, said.topic, Choice.NOT_SET, said.at, Source.IMPORTED),
        one.counts_from,
    )


def _purposes(provision: Mapping[str, Any]) -> Iterator[Purpose]:
    known = (_PURPOSES.get(str(coding.get("code"))) for coding in mappings_of(provision.get("purpose")))
    yield from dict.fromkeys(purpose for purpose in known if purpose)


def _channel(coding: Mapping[str, Any]) -> Channel | None:
    code = coding.get("code")
    if coding.get("system") == CHANNELS:
        return next((channel for channel in Channel if channel == code), None)
    return _PARTICIPATION_MODES.get(str(code))


def _codings(concepts: Any) -> Iterator[Mapping[str, Any]]:
    for concept in mappings_of(concepts):
        yield from mappings_of(concept.get("coding"))


def _codes(concept: Any) -> Iterator[str]:
    yield from (str(coding.get("code")) for coding in mappings_of(mapping_of(concept).get("coding")))
