"""The elements of the FHIR R4 resources in play, and of what they are made of (FHIR R4, each type's page).

Left out are narrative, extensions, `meta`, what a resource contains, and ids: nobody asks for those by path.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

_ELEMENTS = """
AllergyIntolerance= asserter:Reference category clinicalStatus:CodeableConcept code:CodeableConcept
  criticality encounter:Reference identifier:Identifier lastOccurrence note:Annotation onsetAge:Age
  onsetDateTime onsetPeriod:Period onsetRange:Range onsetString patient:Reference
  reaction:AllergyIntoleranceReaction recordedDate recorder:Reference type
  verificationStatus:CodeableConcept
Appointment= appointmentType:CodeableConcept basedOn:Reference cancelationReason:CodeableConcept comment
  created description end identifier:Identifier minutesDuration participant:AppointmentParticipant
  patientInstruction priority reasonCode:CodeableConcept reasonReference:Reference requestedPeriod:Period
  serviceCategory:CodeableConcept serviceType:CodeableConcept slot:Reference specialty:CodeableConcept start
  status supportingInformation:Reference
Condition= abatementAge:Age abatementDateTime abatementPeriod:Period abatementRange:Range abatementString
  asserter:Reference bodySite:CodeableConcept category:CodeableConcept clinicalStatus:CodeableConcept
  code:CodeableConcept encounter:Reference evidence:ConditionEvidence identifier:Identifier note:Annotation
  onsetAge:Age onsetDateTime onsetPeriod:Period onsetRange:Range onsetString recordedDate recorder:Reference
  severity:CodeableConcept stage:ConditionStage subject:Reference verificationStatus:CodeableConcept
Encounter= account:Reference appointment:Reference basedOn:Reference classHistory:EncounterClassHistory
  class:Coding diagnosis:EncounterDiagnosis episodeOfCare:Reference hospitalization:EncounterHospitalization
  identifier:Identifier length:Duration location:EncounterLocation partOf:Reference
  participant:EncounterParticipant period:Period priority:CodeableConcept reasonCode:CodeableConcept
  reasonReference:Reference serviceProvider:Reference serviceType:CodeableConcept status
  statusHistory:EncounterStatusHistory subject:Reference type:CodeableConcept
Immunization= doseQuantity:Quantity education:ImmunizationEducation encounter:Reference expirationDate
  fundingSource:CodeableConcept identifier:Identifier isSubpotent location:Reference lotNumber
  manufacturer:Reference note:Annotation occurrenceDateTime occurrenceString patient:Reference
  performer:ImmunizationPerformer primarySource programEligibility:CodeableConcept
  protocolApplied:ImmunizationProtocolApplied reaction:ImmunizationReaction reasonCode:CodeableConcept
  reasonReference:Reference recorded reportOrigin:CodeableConcept route:CodeableConcept site:CodeableConcept
  status statusReason:CodeableConcept subpotentReason:CodeableConcept vaccineCode:CodeableConcept
Location= address:Address alias availabilityExceptions description endpoint:Reference
  hoursOfOperation:LocationHoursOfOperation identifier:Identifier managingOrganization:Reference mode name
  operationalStatus:Coding partOf:Reference physicalType:CodeableConcept position:LocationPosition status
  telecom:ContactPoint type:CodeableConcept
MedicationRequest= authoredOn basedOn:Reference category:CodeableConcept courseOfTherapyType:CodeableConcept
  detectedIssue:Reference dispenseRequest:MedicationRequestDispenseRequest doNotPerform
  dosageInstruction:Dosage encounter:Reference eventHistory:Reference groupIdentifier:Identifier
  identifier:Identifier instantiatesCanonical instantiatesUri insurance:Reference intent
  medicationCodeableConcept:CodeableConcept medicationReference:Reference note:Annotation
  performer:Reference performerType:CodeableConcept priorPrescription:Reference priority
  reasonCode:CodeableConcept reasonReference:Reference recorder:Reference reportedBoolean
  reportedReference:Reference requester:Reference status statusReason:CodeableConcept subject:Reference
  substitution:MedicationRequestSubstitution supportingInformation:Reference
Observation= basedOn:Reference bodySite:CodeableConcept category:CodeableConcept code:CodeableConcept
  component:ObservationComponent dataAbsentReason:CodeableConcept derivedFrom:Reference device:Reference
  effectiveDateTime effectiveInstant effectivePeriod:Period effectiveTiming:Timing encounter:Reference
  focus:Reference hasMember:Reference identifier:Identifier interpretation:CodeableConcept issued
  method:CodeableConcept note:Annotation partOf:Reference performer:Reference
  referenceRange:ObservationReferenceRange specimen:Reference status subject:Reference valueBoolean
  valueCodeableConcept:CodeableConcept valueDateTime valueInteger valuePeriod:Period valueQuantity:Quantity
  valueRange:Range valueRatio:Ratio valueSampledData:SampledData valueString valueTime
Patient= active address:Address birthDate communication:PatientCommunication contact:PatientContact
  deceasedBoolean deceasedDateTime gender generalPractitioner:Reference identifier:Identifier
  link:PatientLink managingOrganization:Reference maritalStatus:CodeableConcept multipleBirthBoolean
  multipleBirthInteger name:HumanName photo:Attachment telecom:ContactPoint
Practitioner= active address:Address birthDate communication:CodeableConcept gender identifier:Identifier
  name:HumanName photo:Attachment qualification:PractitionerQualification telecom:ContactPoint
Procedure= asserter:Reference basedOn:Reference bodySite:CodeableConcept category:CodeableConcept
  code:CodeableConcept complication:CodeableConcept complicationDetail:Reference encounter:Reference
  focalDevice:ProcedureFocalDevice followUp:CodeableConcept identifier:Identifier instantiatesCanonical
  instantiatesUri location:Reference note:Annotation outcome:CodeableConcept partOf:Reference
  performedAge:Age performedDateTime performedPeriod:Period performedRange:Range performedString
  performer:ProcedurePerformer reasonCode:CodeableConcept reasonReference:Reference recorder:Reference
  report:Reference status statusReason:CodeableConcept subject:Reference usedCode:CodeableConcept
  usedReference:Reference
QuestionnaireResponse= author:Reference authored basedOn:Reference encounter:Reference identifier:Identifier
  item:QuestionnaireResponseItem partOf:Reference questionnaire source:Reference status subject:Reference
RelatedPerson= active address:Address birthDate communication:RelatedPersonCommunication gender
  identifier:Identifier name:HumanName patient:Reference period:Period photo:Attachment
  relationship:CodeableConcept telecom:ContactPoint
Schedule= active actor:Reference comment identifier:Identifier planningHorizon:Period
  serviceCategory:CodeableConcept serviceType:CodeableConcept specialty:CodeableConcept
Slot= appointmentType:CodeableConcept comment end identifier:Identifier overbooked schedule:Reference
  serviceCategory:CodeableConcept serviceType:CodeableConcept specialty:CodeableConcept start status
Address= city country district line period:Period postalCode state text type use
Age= code comparator system unit value
AllergyIntoleranceReaction= description exposureRoute:CodeableConcept manifestation:CodeableConcept
  note:Annotation onset severity substance:CodeableConcept
Annotation= authorReference:Reference authorString text time
AppointmentParticipant= actor:Reference period:Period required status type:CodeableConcept
Attachment= contentType creation data hash language size title url
CodeableConcept= coding:Coding text
Coding= code display system userSelected version
ConditionEvidence= code:CodeableConcept detail:Reference
ConditionStage= assessment:Reference summary:CodeableConcept type:CodeableConcept
ContactPoint= period:Period rank system use value
Dosage= additionalInstruction:CodeableConcept asNeededBoolean asNeededCodeableConcept:CodeableConcept
  doseAndRate:DosageDoseAndRate maxDosePerAdministration:Quantity maxDosePerLifetime:Quantity
  maxDosePerPeriod:Ratio method:CodeableConcept patientInstruction route:CodeableConcept sequence
  site:CodeableConcept text timing:Timing
DosageDoseAndRate= doseQuantity:Quantity doseRange:Range rateQuantity:Quantity rateRange:Range
  rateRatio:Ratio type:CodeableConcept
Duration= code comparator system unit value
EncounterClassHistory= class:Coding period:Period
EncounterDiagnosis= condition:Reference rank use:CodeableConcept
EncounterHospitalization= admitSource:CodeableConcept destination:Reference dietPreference:CodeableConcept
  dischargeDisposition:CodeableConcept origin:Reference preAdmissionIdentifier:Identifier
  reAdmission:CodeableConcept specialArrangement:CodeableConcept specialCourtesy:CodeableConcept
EncounterLocation= location:Reference period:Period physicalType:CodeableConcept status
EncounterParticipant= individual:Reference period:Period type:CodeableConcept
EncounterStatusHistory= period:Period status
HumanName= family given period:Period prefix suffix text use
Identifier= assigner:Reference period:Period system type:CodeableConcept use value
ImmunizationEducation= documentType presentationDate publicationDate reference
ImmunizationPerformer= actor:Reference function:CodeableConcept
ImmunizationProtocolApplied= authority:Reference doseNumberPositiveInt doseNumberString series
  seriesDosesPositiveInt seriesDosesString targetDisease:CodeableConcept
ImmunizationReaction= date detail:Reference reported
LocationHoursOfOperation= allDay closingTime daysOfWeek openingTime
LocationPosition= altitude latitude longitude
MedicationRequestDispenseRequest= dispenseInterval:Duration expectedSupplyDuration:Duration
  initialFill:MedicationRequestDispenseRequestInitialFill numberOfRepeatsAllowed performer:Reference
  quantity:Quantity validityPeriod:Period
MedicationRequestDispenseRequestInitialFill= duration:Duration quantity:Quantity
MedicationRequestSubstitution= allowedBoolean allowedCodeableConcept:CodeableConcept reason:CodeableConcept
ObservationComponent= code:CodeableConcept dataAbsentReason:CodeableConcept interpretation:CodeableConcept
  referenceRange:ObservationReferenceRange valueBoolean valueCodeableConcept:CodeableConcept valueDateTime
  valueInteger valuePeriod:Period valueQuantity:Quantity valueRange:Range valueRatio:Ratio
  valueSampledData:SampledData valueString valueTime
ObservationReferenceRange= age:Range appliesTo:CodeableConcept high:Quantity low:Quantity text
  type:CodeableConcept
PatientCommunication= language:CodeableConcept preferred
PatientContact= address:Address gender name:HumanName organization:Reference period:Period
  relationship:CodeableConcept telecom:ContactPoint
PatientLink= other:Reference type
Period= end start
PractitionerQualification= code:CodeableConcept identifier:Identifier issuer:Reference period:Period
ProcedureFocalDevice= action:CodeableConcept manipulated:Reference
ProcedurePerformer= actor:Reference function:CodeableConcept onBehalfOf:Reference
Quantity= code comparator system unit value
QuestionnaireResponseItem= answer:QuestionnaireResponseItemAnswer definition item:QuestionnaireResponseItem
  linkId text
QuestionnaireResponseItemAnswer= item:QuestionnaireResponseItem valueAttachment:Attachment valueBoolean
  valueCoding:Coding valueDate valueDateTime valueDecimal valueInteger valueQuantity:Quantity
  valueReference:Reference valueString valueTime valueUri
Range= high:Quantity low:Quantity
Ratio= denominator:Quantity numerator:Quantity
Reference= display identifier:Identifier reference type
RelatedPersonCommunication= language:CodeableConcept preferred
SampledData= data dimensions factor lowerLimit origin:Quantity period upperLimit
Timing= code:CodeableConcept event repeat:TimingRepeat
TimingRepeat= boundsDuration:Duration boundsPeriod:Period boundsRange:Range count countMax dayOfWeek
  duration durationMax durationUnit frequency frequencyMax offset period periodMax periodUnit timeOfDay when
"""
"""`name:Kind` is made of a kind's own elements; a name alone is a primitive."""

_CHOICES = re.compile(
    "Address|Age|Boolean|CodeableConcept|Date|DateTime|Instant|Integer|Period|PositiveInt|Quantity|Range"
    "|Ratio|Reference|SampledData|String|Time|Timing|UnsignedInt"
)
"""How the name of a choice of types ends: `value[x]` is `valueQuantity`, `valueString`, and so on."""


def _read(table: str) -> Mapping[str, Mapping[str, str]]:
    made: dict[str, dict[str, str]] = {}
    of: dict[str, str] = {}
    for word in table.split():
        if word.endswith("="):
            of = made.setdefault(word[:-1], {})
        else:
            name, _, kind = word.partition(":")
            of[name] = kind
    return made


ELEMENTS = _read(_ELEMENTS)


def is_path_in(type_: str, path: str) -> bool:
    """Say whether a path (`class.code`, `participant.actor`, `value`) leads to something in a type.

    The stem of a choice of types is a word of its own: `value` leads wherever `valueQuantity` does.
    """
    kinds = {type_}
    for word in path.split("."):
        kinds = {
            of
            for kind in kinds
            for name, of in ELEMENTS.get(kind, {}).items()
            if name == word or _is_choice(word, name)
        }
    return bool(kinds)


def found_at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Give whatever a path, in words, leads to in a resource as read, lists at its end whole.

    Of lists on the way, it is looked for in every element.
    """
    if not path:
        if value is not None:
            yield value
    elif isinstance(value, list):
        for element in cast("list[Any]", value):
            yield from found_at(element, path)
    elif isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        for name in _names(parts, path[0]):
            yield from found_at(parts[name], path[1:])


def _names(parts: Mapping[str, Any], word: str) -> list[str]:
    return [word] if word in parts else [name for name in parts if _is_choice(word, name)]


def _is_choice(word: str, name: str) -> bool:
    return name.startswith(word) and _CHOICES.fullmatch(name, len(word)) is not None
