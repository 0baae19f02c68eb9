"""The search parameters of the embedded FHIR server: one table of type, name, kind and where the values lie.

A path is the element's name, dotted; `[system=phone]` keeps the elements that have that field. A choice
element (`effective[x]`) is several paths. Names and meanings are those of
http://hl7.org/fhir/R4/searchparameter-registry.html. What stands here is searchable, `_include`d and
listed in the capability statement; nothing else is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Kind(StrEnum):
    """How a parameter's values are kept and asked for."""

    CODE = "code"
    """A token whose system the element implies: whatever system the question names is not looked at."""
    TOKEN = "token"  # noqa: S105  # a coded value, no password
    REFERENCE = "reference"
    STRING = "string"
    URI = "uri"
    DATE = "date"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one type; `only` narrows a reference, kept under another name, to one type."""

    name: str
    kind: Kind
    paths: tuple[str, ...] = ()
    kept_as: str = ""
    only: str = ""

    @property
    def key(self) -> str:
        return self.kept_as or self.name


def code(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.CODE, paths or (name,))


def token(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.TOKEN, paths or (name,))


def reference(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.REFERENCE, paths or (name,))


def string(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.STRING, paths or (name,))


def uri(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.URI, paths or (name,))


def date(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.DATE, paths or (name,))


def quantity(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.QUANTITY, paths)


def narrowed(name: str, to: str, of: str) -> Parameter:
    """Ask for what `of` keeps, of one target type: costs no row of its own."""
    return Parameter(name, Kind.REFERENCE, kept_as=of, only=to)


IDENTIFIER = token("identifier")
SUBJECT = reference("subject")
PATIENT_AS_SUBJECT = narrowed("patient", "Patient", "subject")
CODE = token("code")
STATUS = code("status")
CATEGORY = token("category")
ENCOUNTER = reference("encounter")
ABOUT_A_SUBJECT = (IDENTIFIER, SUBJECT, PATIENT_AS_SUBJECT)
NAMED_AND_REACHED = (
    IDENTIFIER,
    string("name"),
    code("gender"),
    token("telecom"),
    token("phone", "telecom[system=phone]"),
    token("email", "telecom[system=email]"),
    string("address"),
    string("address-city", "address.city"),
    string("address-postalcode", "address.postalCode"),
    code("active"),
)
A_PERSON = (*NAMED_AND_REACHED, string("family", "name.family"), string("given", "name.given"))
AN_ARRANGEMENT = (
    token("service-type", "serviceType"),
    token("specialty"),
    token("service-category", "serviceCategory"),
)

ALL_TYPES = (
    token("_tag", "meta.tag"),
    token("_security", "meta.security"),
    uri("_profile", "meta.profile"),
)
"""Of every resource type, beside `_id` and `_lastUpdated`."""

PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "AllergyIntolerance": (
        IDENTIFIER,
        reference("patient"),
        CODE,
        token("clinical-status", "clinicalStatus"),
        token("verification-status", "verificationStatus"),
        code("category"),
        code("criticality"),
        date("date", "recordedDate"),
        date("onset", "onsetDateTime", "onsetPeriod"),
    ),
    "Appointment": (
        IDENTIFIER,
        reference("actor", "participant.actor"),
        narrowed("patient", "Patient", "actor"),
        narrowed("practitioner", "Practitioner", "actor"),
        narrowed("location", "Location", "actor"),
        date("date", "start"),
        STATUS,
        reference("slot"),
        token("appointment-type", "appointmentType"),
        code("part-status", "participant.status"),
        *AN_ARRANGEMENT,
    ),
    "AppointmentResponse": (
        IDENTIFIER,
        reference("actor"),
        narrowed("patient", "Patient", "actor"),
        reference("appointment"),
        code("part-status", "participantStatus"),
    ),
    "AuditEvent": (
        token("type"),
        date("date", "recorded"),
        reference("agent", "agent.who"),
        reference("entity", "entity.what"),
        narrowed("patient", "Patient", "entity"),
    ),
    "Basic": (IDENTIFIER, CODE, SUBJECT, PATIENT_AS_SUBJECT, date("created")),
    "CarePlan": (
        *ABOUT_A_SUBJECT,
        STATUS,
        code("intent"),
        CATEGORY,
        ENCOUNTER,
        date("date", "period"),
        reference("goal"),
    ),
    "CareTeam": (
        *ABOUT_A_SUBJECT,
        STATUS,
        CATEGORY,
        ENCOUNTER,
        date("date", "period"),
        reference("participant", "participant.member"),
    ),
    "Communication": (
        *ABOUT_A_SUBJECT,
        STATUS,
        CATEGORY,
        ENCOUNTER,
        token("medium"),
        date("sent"),
        date("received"),
        reference("recipient"),
        reference("sender"),
        reference("based-on", "basedOn"),
    ),
    "CommunicationRequest": (
        *ABOUT_A_SUBJECT,
        STATUS,
        CATEGORY,
        ENCOUNTER,
        date("authored", "authoredOn"),
        date("occurrence", "occurrenceDateTime", "occurrencePeriod"),
        reference("recipient"),
    ),
    "Condition": (
        *ABOUT_A_SUBJECT,
        CODE,
        token("clinical-status", "clinicalStatus"),
        token("verification-status", "verificationStatus"),
        CATEGORY,
        ENCOUNTER,
        date("onset-date", "onsetDateTime", "onsetPeriod"),
        date("abatement-date", "abatementDateTime", "abatementPeriod"),
        date("recorded-date", "recordedDate"),
    ),
    "Consent": (
        IDENTIFIER,
        reference("patient"),
        STATUS,
        token("scope"),
        CATEGORY,
        date("date", "dateTime"),
        date("period", "provision.period"),
        token("purpose", "provision.purpose"),
        reference("consentor", "performer"),
    ),
    "Coverage": (
        IDENTIFIER,
        reference("beneficiary"),
        narrowed("patient", "Patient", "beneficiary"),
        STATUS,
        token("type"),
        reference("payor"),
        reference("policy-holder", "policyHolder"),
    ),
    "DiagnosticReport": (
        *ABOUT_A_SUBJECT,
        CODE,
        STATUS,
        CATEGORY,
        ENCOUNTER,
        date("date", "effectiveDateTime", "effectivePeriod"),
        date("issued"),
        reference("result"),
    ),
    "Encounter": (
        *ABOUT_A_SUBJECT,
        STATUS,
        token("class"),
        token("type"),
        date("date", "period"),
        reference("participant", "participant.individual"),
        narrowed("practitioner", "Practitioner", "participant"),
        reference("location", "location.location"),
        reference("appointment"),
        reference("service-provider", "serviceProvider"),
    ),
    "EpisodeOfCare": (IDENTIFIER, reference("patient"), STATUS, token("type"), date("date", "period")),
    "Flag": (*ABOUT_A_SUBJECT, ENCOUNTER, date("date", "period")),
    "Goal": (
        *ABOUT_A_SUBJECT,
        code("lifecycle-status", "lifecycleStatus"),
        token("achievement-status", "achievementStatus"),
        CATEGORY,
        date("start-date", "startDate"),
        date("target-date", "target.dueDate"),
    ),
    "Group": (IDENTIFIER, code("type"), code("actual"), CODE, reference("member", "member.entity")),
    "HealthcareService": (
        IDENTIFIER,
        string("name"),
        code("active"),
        token("service-type", "type"),
        token("service-category", "category"),
        token("specialty"),
        reference("organization", "providedBy"),
        reference("location"),
    ),
    "Immunization": (
        IDENTIFIER,
        reference("patient"),
        STATUS,
        token("vaccine-code", "vaccineCode"),
        date("date", "occurrenceDateTime"),
        reference("performer", "performer.actor"),
        reference("location"),
    ),
    "Location": (
        IDENTIFIER,
        string("name", "name", "alias"),
        STATUS,
        token("type"),
        string("address"),
        string("address-city", "address.city"),
        reference("organization", "managingOrganization"),
        reference("partof", "partOf"),
    ),
    "MedicationRequest": (
        *ABOUT_A_SUBJECT,
        token("code", "medicationCodeableConcept"),
        reference("medication", "medicationReference"),
        STATUS,
        code("intent"),
        CATEGORY,
        ENCOUNTER,
        date("authoredon", "authoredOn"),
        reference("requester"),
    ),
    "Observation": (
        *ABOUT_A_SUBJECT,
        CODE,
        token("component-code", "component.code"),
        STATUS,
        CATEGORY,
        ENCOUNTER,
        date("date", "effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming"),
        quantity("value-quantity", "valueQuantity"),
        quantity("component-value-quantity", "component.valueQuantity"),
        token("value-concept", "valueCodeableConcept"),
        reference("performer"),
        reference("based-on", "basedOn"),
    ),
    "Organization": (
        IDENTIFIER,
        string("name", "name", "alias"),
        code("active"),
        token("type"),
        string("address"),
        string("address-city", "address.city"),
        reference("partof", "partOf"),
    ),
    "Patient": (
        *A_PERSON,
        date("birthdate", "birthDate"),
        code("deceased", "deceased[x]"),
        date("death-date", "deceasedDateTime"),
        reference("general-practitioner", "generalPractitioner"),
        reference("organization", "managingOrganization"),
        reference("link", "link.other"),
        token("language", "communication.language"),
    ),
    "Person": (
        *NAMED_AND_REACHED,
        date("birthdate", "birthDate"),
        reference("link", "link.target"),
        narrowed("patient", "Patient", "link"),
    ),
    "Practitioner": A_PERSON,
    "PractitionerRole": (
        IDENTIFIER,
        reference("practitioner"),
        reference("organization"),
        reference("location"),
        reference("service", "healthcareService"),
        token("role", "code"),
        token("specialty"),
        code("active"),
        date("date", "period"),
    ),
    "Procedure": (
        *ABOUT_A_SUBJECT,
        CODE,
        STATUS,
        CATEGORY,
        ENCOUNTER,
        date("date", "performedDateTime", "performedPeriod"),
        reference("performer", "performer.actor"),
    ),
    "Provenance": (
        reference("target"),
        narrowed("patient", "Patient", "target"),
        reference("agent", "agent.who"),
        date("recorded"),
    ),
    "Questionnaire": (
        IDENTIFIER,
        uri("url"),
        code("version"),
        string("name"),
        string("title"),
        STATUS,
        token("code", "item.code"),
        date("date"),
    ),
    "QuestionnaireResponse": (
        *ABOUT_A_SUBJECT,
        uri("questionnaire"),
        STATUS,
        ENCOUNTER,
        date("authored"),
        reference("author"),
        reference("source"),
        reference("based-on", "basedOn"),
    ),
    "RelatedPerson": (
        *NAMED_AND_REACHED,
        reference("patient"),
        token("relationship"),
        date("birthdate", "birthDate"),
    ),
    "Schedule": (
        IDENTIFIER,
        reference("actor"),
        date("date", "planningHorizon"),
        code("active"),
        *AN_ARRANGEMENT,
    ),
    "ServiceRequest": (
        *ABOUT_A_SUBJECT,
        CODE,
        STATUS,
        code("intent"),
        CATEGORY,
        ENCOUNTER,
        date("authored", "authoredOn"),
        date("occurrence", "occurrenceDateTime", "occurrencePeriod"),
        reference("requester"),
        reference("performer"),
    ),
    "Slot": (
        IDENTIFIER,
        reference("schedule"),
        date("start"),
        STATUS,
        token("appointment-type", "appointmentType"),
        *AN_ARRANGEMENT,
    ),
    "Subscription": (
        STATUS,
        code("type", "channel.type"),
        uri("url", "channel.endpoint"),
        string("criteria"),
    ),
    "Task": (
        IDENTIFIER,
        reference("subject", "for"),
        PATIENT_AS_SUBJECT,
        STATUS,
        CODE,
        code("intent"),
        code("priority"),
        reference("owner"),
        reference("requester"),
        reference("focus"),
        reference("based-on", "basedOn"),
        ENCOUNTER,
        token("business-status", "businessStatus"),
        token("group-identifier", "groupIdentifier"),
        date("authored-on", "authoredOn"),
        date("modified", "lastModified"),
        date("period", "executionPeriod"),
    ),
}


@cache
def parameters_of(type_: str) -> Mapping[str, Parameter]:
    """Give the parameters of a type by name."""
    return {parameter.name: parameter for parameter in (*PARAMETERS.get(type_, ()), *ALL_TYPES)}
