"""What people have said about being written to: a FHIR Consent per channel, two where purposes differ."""

from datetime import timedelta

from local.sample.codes import act_reason, coding, concept, hl7, reference
from local.sample.draw import Draw
from local.sample.person import Person, World
from shared.consent.in_fhir import CHANNELS
from shared.fhir.ports import Resource

CARE = ("CAREMGT", "PATADMIN")
"""Purposes (v3-ActReason) of messages that belong to somebody's care: about it, and reminders."""
MARKETING = ("HMARKT",)
_SCOPE = hl7("consentscope", "patient-privacy", "Privacy Consent")
_CATEGORY = concept("http://loinc.org", "59284-0", "Consent Document")
_OPT_IN = hl7("v3-ActCode", "OPTIN", "opt-in")
_OPT_OUT = hl7("v3-ActCode", "OPTOUT", "opt-out")


def consent(
    consent_id: str, patient: str, channel: str, purposes: tuple[str, ...], *, permits: bool, at: str
) -> Resource:
    """Spell one yes or one no; a flat provision, so that the newest word on a purpose wins (fhir.md §2.6)."""
    return {
        "resourceType": "Consent",
        "id": consent_id,
        "status": "active",
        "scope": _SCOPE,
        "category": [_CATEGORY],
        "patient": reference("Patient", patient),
        "dateTime": at,
        "policyRule": _OPT_IN if permits else _OPT_OUT,
        "provision": {
            "type": "permit" if permits else "deny",
            "purpose": [act_reason(purpose) for purpose in purposes],
            "code": [{"coding": [coding(CHANNELS, channel)]}],
        },
    }


def consents(world: World, person: Person, draw: Draw) -> list[Resource]:
    """Draw what was said: most allow messages about care, half allow marketing, a few said nothing."""
    days_ago = draw.between(1, 900)
    at = f"{world.as_of - timedelta(days=days_ago)}T09:30:00Z"
    return [one for channel in ("sms", "email") for one in _about(person, channel, at, draw)]


def _about(person: Person, channel: str, at: str, draw: Draw) -> list[Resource]:
    care, marketing = _answer(draw, 0.92, 0.96), _answer(draw, 0.5, 0.8)
    name = f"{person.id}-{channel}"
    if care is not None and care == marketing:
        return [consent(name, person.id, channel, CARE + MARKETING, permits=care, at=at)]
    said = (("care", CARE, care), ("marketing", MARKETING, marketing))
    return [
        consent(f"{name}-{word}", person.id, channel, purposes, permits=answer, at=at)
        for word, purposes, answer in said
        if answer is not None
    ]


def _answer(draw: Draw, yes: float, said_anything: float) -> bool | None:
    if not draw.chance(said_anything):
        return None
    return draw.chance(yes / said_anything)
