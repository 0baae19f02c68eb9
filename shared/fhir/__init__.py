"""How does FHIR R4 spell it? And the port `ClinicalRecord`."""
