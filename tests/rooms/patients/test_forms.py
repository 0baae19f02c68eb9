"""The administrative form never holds a clinical byte, whatever stands in whichever element (WS-2)."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.codec import to_json
from shared.kernel.identity import PatientId
from shared.patients.declarations import CARDS, DECLARATIONS, ResourceType
from shared.patients.facts import Fact
from shared.patients.facts_in_fhir import fact_from
from shared.patients.person_in_fhir import person_from
from shared.patients.views import administrative_view, clinical_view
from tests.support.fhir_people import a_patient
from tests.support.issuer import NOON

MARIA = PatientId("maria")
MARK = "schizophrenia"
CLINICAL: tuple[ResourceType, ...] = tuple(kind for kinds in CARDS.values() for kind in kinds)
DETAILS = [path for one in DECLARATIONS.values() for paths in one.detail.values() for path in paths]
TITLES = [path for one in DECLARATIONS.values() for path in (*one.title, *one.codes)]
ALSO = ["text", "reasonReference", "contained", "extension", "supportingInformation"]
ELEMENTS = sorted({path.partition(".")[0] for path in (*DETAILS, *TITLES, *ALSO)})
OF_AN_APPOINTMENT = ("reasonCode", "reasonReference", "description", "comment", "patientInstruction", "text")
OF_A_PATIENT = ("text", "extension", "contained", "maritalStatus", "photo", "multipleBirthInteger")
MARKED: dict[str, Any] = {
    "text": MARK,
    "display": MARK,
    "reference": f"Condition/{MARK}",
    "coding": [{"code": MARK, "display": MARK}],
    "value": MARK,
    "detail": {"code": {"text": MARK}},
    "manifestation": [{"text": MARK}],
    "condition": {"display": MARK},
}
WORDS = st.sampled_from([MARK, MARKED, [MARKED], [{"text": MARK}], {"text": MARK}, [MARK], {MARK: MARK}])


def about_maria(kind: str, **elements: Any) -> dict[str, Any]:
    reference = {"reference": "Patient/maria"}
    participant = [{"actor": reference}] if kind == "Appointment" else elements.get("participant", [])
    whose = dict.fromkeys(("subject", "patient", "beneficiary"), reference)
    return {
        "resourceType": kind,
        "id": kind.lower(),
        **whose,
        "start": "2026-12-01T09:00:00Z",
        **elements,
        "participant": participant,
    }


def facts(*resources: dict[str, Any]) -> list[Fact]:
    return [fact for one in resources if (fact := fact_from(one, MARIA)) is not None]


class TestTheAdministrativeForm:
    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_has_nothing_of_what_was_planted(self, data: st.DataObject) -> None:
        clinical = [
            about_maria(kind, **data.draw(st.dictionaries(st.sampled_from(ELEMENTS), WORDS, max_size=6)))
            for kind in CLINICAL
        ]
        visit = data.draw(st.dictionaries(st.sampled_from(OF_AN_APPOINTMENT), WORDS))
        patient = a_patient(**data.draw(st.dictionaries(st.sampled_from(OF_A_PATIENT), WORDS)))
        person = person_from(patient, region="SE", zone="Europe/Stockholm")
        known = facts(*clinical, about_maria("Appointment", **visit))

        view = administrative_view(person, known, {f"Condition/{MARK}": MARK}, NOON)

        assert len(view.upcoming) == 1
        assert MARK not in to_json(view).decode()

    def test_would_show_it_to_those_who_treat(self) -> None:
        """A mark that no form showed would prove nothing."""
        condition = about_maria("Condition", code={"text": MARK})
        person = person_from(a_patient(), region="SE", zone="Europe/Stockholm")

        view = clinical_view(person, facts(condition), {}, NOON)

        assert view.cards["conditions"].entries[0].title.value == MARK

    def test_masks_what_somebody_is_reached_by(self) -> None:
        contact = {
            "name": {"text": "Åsa"},
            "telecom": [{"value": "+46 70 999 88 77"}, {"value": "asa@home.example"}],
        }
        person = person_from(a_patient(contact=[contact]), region="SE", zone="Europe/Stockholm")

        told = to_json(administrative_view(person, [], {}, NOON)).decode()

        assert "0174" not in told
        assert "999" not in told
        assert "asa@" not in told
        assert "605" in told
