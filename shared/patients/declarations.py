"""How each kind of resource is shown: the one table behind the projection and the timeline (FH-1, WS-3).

A path is an element's name, dotted. Of several paths the first that says something counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, cast

from shared.kernel.refusals import Nonsense

ResourceType = Literal[
    "AllergyIntolerance",
    "Appointment",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "DiagnosticReport",
    "Encounter",
    "Immunization",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "RelatedPerson",
]

DECLARED = 1
"""Rises with every change of this table: what was flattened by an older one is flattened anew on need."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One kind of resource of a patient.

    `whose` is the search parameter that names the patient, `people` where those stand who take part.
    `detail` is what else is shown, each under its name. `is_event` says whether it has a place on a timeline.
    """

    display_name: str
    title: tuple[str, ...]
    codes: tuple[str, ...]
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    status: tuple[str, ...] = ("status",)
    detail: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    people: tuple[str, ...] = ()
    whose: str = "patient"
    is_event: bool = True


_VALUES = (
    "valueQuantity",
    "valueCodeableConcept",
    "valueString",
    "valueBoolean",
    "valueInteger",
    "valueRange",
    "valueRatio",
    "valueDateTime",
    "valueTime",
)
_PERIOD = ("period",)

DECLARATIONS: Mapping[ResourceType, Declaration] = MappingProxyType(
    {
        "AllergyIntolerance": Declaration(
            "Allergy",
            title=("code",),
            codes=("code",),
            starts=("onsetDateTime", "onsetPeriod", "recordedDate"),
            status=("clinicalStatus",),
            detail={
                "criticality": ("criticality",),
                "reaction": ("reaction.manifestation",),
                "note": ("note",),
            },
            is_event=False,
        ),
        "Appointment": Declaration(
            "Appointment",
            title=("serviceType", "appointmentType", "serviceCategory"),
            codes=("serviceType",),
            starts=("start",),
            ends=("end",),
            detail={
                "reason": ("reasonCode",),
                "description": ("description",),
                "comment": ("comment",),
                "instruction": ("patientInstruction",),
            },
            people=("participant.actor",),
        ),
        "CarePlan": Declaration(
            "Care plan",
            title=("title", "category", "description"),
            codes=("category",),
            starts=("period", "created"),
            ends=("period",),
            detail={
                "description": ("description",),
                "activity": ("activity.detail.code",),
                "note": ("note",),
            },
            people=("author", "contributor"),
        ),
        "CareTeam": Declaration(
            "Care team",
            title=("name", "category"),
            codes=("category",),
            starts=_PERIOD,
            ends=_PERIOD,
            detail={"reason": ("reasonCode",), "note": ("note",)},
            people=("participant.member", "managingOrganization"),
            is_event=False,
        ),
        "Condition": Declaration(
            "Condition",
            title=("code",),
            codes=("code",),
            starts=("onsetDateTime", "onsetPeriod", "recordedDate"),
            ends=("abatementDateTime", "abatementPeriod", "onsetPeriod"),
            status=("clinicalStatus",),
            detail={"severity": ("severity",), "site": ("bodySite",), "note": ("note",)},
            people=("asserter",),
        ),
        "Coverage": Declaration(
            "Coverage",
            title=("payor", "type"),
            codes=("type",),
            starts=_PERIOD,
            ends=_PERIOD,
            detail={"subscriber": ("subscriberId",), "plan": ("class.name",), "type": ("type",)},
            whose="beneficiary",
            is_event=False,
        ),
        "DiagnosticReport": Declaration(
            "Report",
            title=("code",),
            codes=("code",),
            starts=("effectiveDateTime", "effectivePeriod", "issued"),
            ends=("effectivePeriod",),
            detail={"conclusion": ("conclusion", "conclusionCode")},
            people=("performer", "resultsInterpreter"),
        ),
        "Encounter": Declaration(
            "Visit",
            title=("type", "serviceType", "class"),
            codes=("type",),
            starts=_PERIOD,
            ends=_PERIOD,
            detail={
                "class": ("class",),
                "reason": ("reasonCode",),
                "diagnosis": ("diagnosis.condition",),
                "disposition": ("hospitalization.dischargeDisposition",),
            },
            people=("participant.individual", "serviceProvider"),
        ),
        "Immunization": Declaration(
            "Immunisation",
            title=("vaccineCode",),
            codes=("vaccineCode",),
            starts=("occurrenceDateTime",),
            detail={"dose": ("protocolApplied.doseNumberPositiveInt",), "note": ("note",)},
            people=("performer.actor",),
        ),
        "MedicationRequest": Declaration(
            "Medication",
            title=("medicationCodeableConcept", "medicationReference"),
            codes=("medicationCodeableConcept",),
            starts=("authoredOn",),
            ends=("dispenseRequest.validityPeriod",),
            detail={"dosage": ("dosageInstruction",), "reason": ("reasonCode",), "note": ("note",)},
            people=("requester",),
        ),
        "Observation": Declaration(
            "Result",
            title=("code",),
            codes=("code",),
            starts=("effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued"),
            ends=("effectivePeriod",),
            detail={
                "value": (*_VALUES, "component"),
                "interpretation": ("interpretation",),
                "absent": ("dataAbsentReason",),
                "note": ("note",),
            },
            people=("performer",),
        ),
        "Procedure": Declaration(
            "Procedure",
            title=("code",),
            codes=("code",),
            starts=("performedDateTime", "performedPeriod"),
            ends=("performedPeriod",),
            detail={"outcome": ("outcome",), "reason": ("reasonCode",), "note": ("note",)},
            people=("performer.actor",),
        ),
        "RelatedPerson": Declaration(
            "Related person",
            title=("name",),
            codes=("relationship",),
            starts=_PERIOD,
            ends=_PERIOD,
            status=("active",),
            detail={"relationship": ("relationship",), "contact": ("telecom",)},
            is_event=False,
        ),
    }
)
"""Of everything that belongs to one patient; a Location is nobody's, and a Patient is the person."""

CARDS: Mapping[str, tuple[ResourceType, ...]] = MappingProxyType(
    {
        "conditions": ("Condition",),
        "allergies": ("AllergyIntolerance",),
        "medications": ("MedicationRequest",),
        "visits": ("Encounter",),
        "results": ("Observation", "DiagnosticReport"),
        "procedures": ("Procedure",),
        "immunisations": ("Immunization",),
        "care_plans": ("CarePlan",),
        "care_team": ("CareTeam",),
    }
)
"""What the clinical summary shows, card by card (WS-2)."""


def declaration_of(resource_type: str) -> Declaration | None:
    """Give how a kind of resource is shown, or None for what is no patient's."""
    return cast("Mapping[str, Declaration]", DECLARATIONS).get(resource_type)


def types_named(text: str) -> tuple[ResourceType, ...]:
    """Read `Observation,Encounter`. Raises `Nonsense` for a kind that no patient has."""
    named = [one.strip() for one in text.split(",")]
    known: tuple[ResourceType, ...] = tuple(type_ for type_ in DECLARATIONS if type_ in named)
    if len(known) != len(set(named)):
        raise Nonsense(("types", "names what no patient has"))
    return known
