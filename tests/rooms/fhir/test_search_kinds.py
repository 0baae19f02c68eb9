"""What the embedded record finds by the kinds of parameters that need more than one look."""

from typing import Any

import pytest

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import SearchParameters
from shared.kernel.refusals import Nonsense
from tests.support.fhir_people import a_patient, an_hba1c

NHS = "https://fhir.nhs.uk/Id/nhs-number"
LOINC = "http://loinc.org"
NONE: set[str] = set()
DIASTOLIC = {"coding": [{"system": LOINC, "code": "8462-4"}]}


def found(record: SqliteRecord, type_: str, *pairs: tuple[str, str]) -> set[str]:
    return {match["id"] for match in record.search(type_, SearchParameters(pairs)).matches}


def known_only_by_number(id_: str, number: str, **more: Any) -> dict[str, Any]:
    """An appointment of somebody whom another house knows by a number."""
    person = {"identifier": {"system": NHS, "value": number}, **more}
    return {
        "resourceType": "Appointment",
        "id": id_,
        "status": "booked",
        "participant": [{"actor": person, "status": "accepted"}],
    }


class TestAReferenceByIdentifier:
    @pytest.fixture(autouse=True)
    def load(self, record: SqliteRecord) -> None:
        record.load(
            [
                known_only_by_number("maria's", "943 476 5919", type="Patient"),
                known_only_by_number("joão's", "943 476 5870", reference="Patient/joao"),
                known_only_by_number("dr-costa's", "943 476 5919", type="Practitioner"),
            ]
        )

    @pytest.mark.parametrize(
        ("name", "value", "ids"),
        [
            ("actor:identifier", f"{NHS}|943 476 5919", {"maria's", "dr-costa's"}),
            ("patient:identifier", f"{NHS}|943 476 5919", {"maria's"}),
            ("patient:identifier", "943 476 5870", {"joão's"}),
            ("practitioner:identifier", f"{NHS}|", {"dr-costa's"}),
            ("location:identifier", f"{NHS}|943 476 5919", NONE),
            ("actor:identifier", "https://other.example|943 476 5919", NONE),
            ("actor:identifier", f"{NHS}|1,943 476 5870", {"joão's"}),
        ],
    )
    def test_is_found(self, record: SqliteRecord, name: str, value: str, ids: set[str]) -> None:
        assert found(record, "Appointment", (name, value)) == ids

    def test_is_no_longer_found_once_it_changed(self, record: SqliteRecord) -> None:
        record.load([known_only_by_number("maria's", "000", type="Patient")])

        assert found(record, "Appointment", ("patient:identifier", f"{NHS}|943 476 5919")) == NONE


class TestSeveralParametersAsOne:
    @pytest.fixture(autouse=True)
    def load(self, record: SqliteRecord) -> None:
        panel = an_hba1c("panel", code="85354-9")
        del panel["valueQuantity"]
        part = {"code": DIASTOLIC, "valueQuantity": {"value": 93, "code": "mm[Hg]"}}
        record.load(
            [
                {**panel, "component": [part]},
                an_hba1c("hba1c", value=8.2),
                {**an_hba1c("asked-for"), "valueQuantity": None, "component": []},
            ]
        )

    @pytest.mark.parametrize(
        ("name", "value", "ids"),
        [
            ("combo-code", "8462-4", {"panel"}),
            ("combo-code", f"{LOINC}|8462-4,4548-4", {"panel", "hba1c", "asked-for"}),
            ("combo-code:not", "8462-4", {"hba1c", "asked-for"}),
            ("combo-value-quantity", "gt90", {"panel"}),
            ("combo-value-quantity", "lt9", {"hba1c"}),
            ("combo-value-quantity:missing", "true", {"asked-for"}),
            ("combo-value-quantity:missing", "false", {"panel", "hba1c"}),
        ],
    )
    def test_are_met_by_any_of_them(self, record: SqliteRecord, name: str, value: str, ids: set[str]) -> None:
        assert found(record, "Observation", (name, value)) == ids

    def test_are_nothing_to_sort_by(self, record: SqliteRecord) -> None:
        with pytest.raises(Nonsense):
            found(record, "Observation", ("_sort", "combo-code"))


class TestSeveralTimes:
    @pytest.mark.parametrize(
        ("values", "ids"),
        [
            (["2026-03-02"], {"course"}),
            (["2026-03-05"], NONE),
            (["ge2026-03-05"], {"course"}),
            (["lt2026-03-01"], NONE),
            (["ge2026-03-04", "le2026-03-08"], {"course"}),
        ],
    )
    def test_are_looked_at_each_for_itself(
        self, record: SqliteRecord, values: list[str], ids: set[str]
    ) -> None:
        taken = {"event": ["2026-03-02T08:00:00Z", "2026-03-09T08:00:00Z"]}
        record.load(
            [
                {
                    "resourceType": "MedicationRequest",
                    "id": "course",
                    "dosageInstruction": [{"timing": taken}],
                }
            ]
        )

        assert found(record, "MedicationRequest", *(("date", value) for value in values)) == ids


class TestARange:
    @pytest.mark.parametrize(
        ("value", "is_there"),
        [("gt50", True), ("lt30", False), ("ge40||a", True), ("gt60", False), ("ge40||mo", False)],
    )
    def test_reaches_from_its_low_to_its_high(
        self,
        record: SqliteRecord,
        value: str,
        is_there: bool,  # noqa: FBT001  # a table
    ) -> None:
        years = {"unit": "years", "system": "http://unitsofmeasure.org", "code": "a"}
        onset = {"low": {"value": 40, **years}, "high": {"value": 55, **years}}
        record.load([{"resourceType": "Condition", "id": "gout", "onsetRange": onset}])

        assert found(record, "Condition", ("onset-age", value)) == ({"gout"} if is_there else set())


class TestACanonical:
    @pytest.mark.parametrize(
        ("value", "ids"),
        [
            ("https://clinic.example/q/mood", {"first", "second"}),
            ("https://clinic.example/q/mood|2", {"second"}),
            ("https://clinic.example/q/mood|3", NONE),
            ("https://clinic.example/q", NONE),
        ],
    )
    def test_is_found_with_its_version_or_with_any(
        self, record: SqliteRecord, value: str, ids: set[str]
    ) -> None:
        answered = {"resourceType": "QuestionnaireResponse", "status": "completed"}
        record.load(
            [
                {**answered, "id": "first", "questionnaire": "https://clinic.example/q/mood"},
                {**answered, "id": "second", "questionnaire": "https://clinic.example/q/mood|2"},
            ]
        )

        assert found(record, "QuestionnaireResponse", ("questionnaire", value)) == ids


def test_a_patient_is_found_by_every_part_of_an_address(record: SqliteRecord) -> None:
    home = {"use": "home", "city": "Umeå", "state": "Västerbotten", "postalCode": "903 26", "country": "SE"}
    record.load([a_patient(address=[home]), a_patient("joao")])

    for name, value in (("state", "vasterbotten"), ("country", "se"), ("use", "home"), ("postalcode", "903")):
        assert found(record, "Patient", (f"address-{name}", value)) == {"maria"}


def test_an_audit_event_is_found_by_whoever_of_its_people_is_a_patient(record: SqliteRecord) -> None:
    """Whether they acted or were acted upon."""
    read = {
        "resourceType": "AuditEvent",
        "id": "read",
        "agent": [{"who": {"reference": "Practitioner/maria"}}],
    }
    read |= {"entity": [{"what": {"reference": "Patient/joao"}}]}
    signed_in = {
        "resourceType": "AuditEvent",
        "id": "signed-in",
        "agent": [{"who": {"reference": "Patient/maria"}}],
    }
    record.load([read, signed_in])

    assert found(record, "AuditEvent", ("patient", "Patient/joao")) == {"read"}
    assert found(record, "AuditEvent", ("patient", "maria")) == {"signed-in"}
    assert found(record, "AuditEvent", ("patient:missing", "true")) == NONE
