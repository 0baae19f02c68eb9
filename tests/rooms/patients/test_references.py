from typing import Any

import pytest

from shared.patients.in_fhir import patient_of


class TestPatientOf:
    @pytest.mark.parametrize(
        "resource",
        [
            {"resourceType": "Patient", "id": "ada"},
            {"resourceType": "Observation", "subject": {"reference": "Patient/ada"}},
            {"resourceType": "Immunization", "patient": {"reference": "Patient/ada"}},
            {"resourceType": "Task", "for": {"reference": "Patient/ada/_history/3"}},
            {
                "resourceType": "Appointment",
                "participant": [
                    {"actor": {"reference": "Practitioner/house"}},
                    {"actor": {"reference": "Patient/ada"}},
                ],
            },
        ],
    )
    def test_finds_the_patient(self, resource: dict[str, Any]) -> None:
        assert patient_of(resource) == "ada"

    @pytest.mark.parametrize(
        "resource",
        [
            {"resourceType": "Patient"},
            {"resourceType": "Location", "id": "ward"},
            {"resourceType": "Observation", "subject": {"reference": "Group/all"}},
            {"resourceType": "Observation", "subject": {"reference": "#contained"}},
            {
                "resourceType": "Observation",
                "subject": {"reference": "https://elsewhere.example/Patient/ada"},
            },
            {"resourceType": "Observation", "subject": {"display": "Patient/ada"}},
            {"resourceType": "Observation", "subject": "Patient/ada"},
            {"resourceType": "Appointment", "participant": ["Patient/ada", {"actor": None}]},
        ],
    )
    def test_finds_nobody_where_nobody_is_named(self, resource: dict[str, Any]) -> None:
        assert patient_of(resource) is None
