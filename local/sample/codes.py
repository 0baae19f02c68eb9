"""The codes the made-up records use: those the segments and triggers that ship with the house look for."""

from shared.fhir.ports import Resource

_HL7 = "http://terminology.hl7.org/CodeSystem/"


def coding(system: str, code: str, display: str | None = None) -> Resource:
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(system: str, code: str, display: str) -> Resource:
    return {"coding": [coding(system, code, display)], "text": display}


def hl7(code_system: str, code: str, display: str | None = None) -> Resource:
    """Give a CodeableConcept of one of HL7's own code systems."""
    return {"coding": [coding(_HL7 + code_system, code, display)]}


def act_code(code: str) -> Resource:
    return coding(_HL7 + "v3-ActCode", code)


def act_reason(code: str) -> Resource:
    return coding(_HL7 + "v3-ActReason", code)


def snomed(code: str, display: str) -> Resource:
    return concept("http://snomed.info/sct", code, display)


def loinc(code: str, display: str) -> Resource:
    return concept("http://loinc.org", code, display)


def rxnorm(code: str, display: str) -> Resource:
    return concept("http://www.nlm.nih.gov/research/umls/rxnorm", code, display)


def cvx(code: str, display: str) -> Resource:
    return concept("http://hl7.org/fhir/sid/cvx", code, display)


def quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def reference(resource_type: str, resource_id: str) -> Resource:
    return {"reference": f"{resource_type}/{resource_id}"}
