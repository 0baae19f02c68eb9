"""How the embedded FHIR server finds whose a resource is, of types that the house does not work with."""

from collections.abc import Mapping

from shared.adapters.fhir_search_kinds import Parameter, narrowed, reference

OTHERS: Mapping[str, tuple[Parameter, ...]] = {
    "Account": (reference("subject"),),
    "AdverseEvent": (reference("subject"),),
    "BodyStructure": (reference("patient"),),
    "ChargeItem": (reference("subject"),),
    "Claim": (
        reference("patient"),
        reference("payee", "payee.party"),
    ),
    "ClaimResponse": (reference("patient"),),
    "ClinicalImpression": (reference("subject"),),
    "Composition": (
        reference("subject"),
        reference("author"),
        reference("attester", "attester.party"),
    ),
    "CoverageEligibilityRequest": (reference("patient"),),
    "CoverageEligibilityResponse": (reference("patient"),),
    "DetectedIssue": (reference("patient"),),
    "DeviceRequest": (
        reference("subject"),
        reference("performer"),
    ),
    "DeviceUseStatement": (reference("subject"),),
    "DocumentManifest": (
        reference("subject"),
        reference("author"),
        reference("recipient"),
    ),
    "DocumentReference": (
        reference("subject"),
        reference("author"),
    ),
    "EnrollmentRequest": (reference("subject", "candidate"),),
    "ExplanationOfBenefit": (
        reference("patient"),
        reference("payee", "payee.party"),
    ),
    "FamilyMemberHistory": (reference("patient"),),
    "ImagingStudy": (
        reference("subject"),
        narrowed("patient", "Patient", "subject"),
    ),
    "ImmunizationEvaluation": (reference("patient"),),
    "ImmunizationRecommendation": (reference("patient"),),
    "Invoice": (
        reference("subject"),
        narrowed("patient", "Patient", "subject"),
        reference("recipient"),
    ),
    "List": (
        reference("subject"),
        reference("source"),
    ),
    "MeasureReport": (
        reference("subject"),
        narrowed("patient", "Patient", "subject"),
    ),
    "Media": (reference("subject"),),
    "MedicationAdministration": (
        reference("subject"),
        narrowed("patient", "Patient", "subject"),
        reference("performer", "performer.actor"),
    ),
    "MedicationDispense": (
        reference("subject"),
        narrowed("patient", "Patient", "subject"),
        reference("receiver"),
    ),
    "MedicationStatement": (reference("subject"),),
    "MolecularSequence": (reference("patient"),),
    "NutritionOrder": (reference("patient"),),
    "RequestGroup": (
        reference("subject"),
        reference("participant", "action.participant"),
    ),
    "ResearchSubject": (reference("individual"),),
    "RiskAssessment": (reference("subject"),),
    "Specimen": (reference("subject"),),
    "SupplyDelivery": (reference("patient"),),
    "SupplyRequest": (reference("subject", "deliverTo"),),
    "VisionPrescription": (reference("patient"),),
}
