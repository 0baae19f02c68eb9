"""Segments that go by a record's references to other resources, over a real record and lake (UN-12, SG-2)."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from shared.fhir.criteria import Code
from shared.fhir.ports import Resource
from shared.kernel.identity import PatientId
from shared.segments.definitions import problems
from shared.segments.explain_membership import ExplainMembership
from shared.segments.relationships import FARTHEST, Relationship
from shared.segments.rules import (
    FieldIs,
    HasRecords,
    Hop,
    IsAlive,
    LeadsTo,
    NameIs,
    PatientLeadsTo,
    RecordTest,
    Rule,
    Segment,
)
from tests.rooms.segments.people import a_draft as a_rule
from tests.rooms.segments.test_who_may_know import CARER
from tests.rooms.segments.ward import ADA, Ward, a_draft, a_patient, a_ward, result

VISIT, HOUSE = Hop("encounter", "Encounter"), Hop("serviceProvider", "Organization")
WITHIN, DOCTOR = Hop("partOf", "Organization"), Hop("generalPractitioner", "Practitioner")
ROLE, AT = Hop("practitioner", "PractitionerRole", back=True), Hop("organization", "Organization")
EMERGENCY, EAST = FieldIs("field", "class", ("EMER",)), NameIs("name", ("East",))
DOCTOR_IN = Hop("practitioner", "Practitioner")
BOB = PatientId("bob")
CARDIOLOGY = Code("http://snomed.info/sct", "394579002")


def way(*by: Hop, tests: tuple[Any, ...] = (), codes: tuple[Code, ...] = ()) -> LeadsTo:
    return LeadsTo("leads_to", by, codes, tests)


def results(*tests: RecordTest, **more: Any) -> HasRecords:
    return HasRecords("has_records", "Observation", tests=tests, **more)


def to(type_: str, id_: str) -> Resource:
    return {"reference": f"{type_}/{id_}"}


def house(name: str, **more: Any) -> Resource:
    return {"resourceType": "Organization", "id": name.lower(), "name": name, **more}


def visit(name: str = "stay", **more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": name,
        "status": "finished",
        "class": {"code": "EMER"},
        "subject": to("Patient", ADA),
        "period": {"start": "2026-03-02T05:00:00Z"},
        "serviceProvider": to("Organization", "east"),
        **more,
    }


def role(name: str = "heart", **more: Any) -> Resource:
    return {
        "resourceType": "PractitionerRole",
        "id": name,
        "practitioner": to("Practitioner", "ann"),
        "organization": to("Organization", "east"),
        "specialty": [{"coding": [{"system": CARDIOLOGY.system, "code": CARDIOLOGY.code}]}],
        **more,
    }


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with a_ward(tmp_path) as ward:
        ward.writes(
            house("Region"),
            house("East", partOf=to("Organization", "region")),
            house("West"),
            {"resourceType": "Practitioner", "id": "ann", "name": [{"given": ["Ann"], "family": "O'Brien"}]},
            role(),
            a_patient(generalPractitioner=[to("Practitioner", "ann")]),
            a_patient(BOB),
            visit(),
            result(encounter=to("Encounter", "stay")),
            result("of-bob", of=BOB),
        )
        ward.comes_to_rest()
        yield ward


def holds(ward: Ward, rule: Rule, named: str = "it") -> set[str]:
    """Keep the segment, and give its members: those that the lake counts as well."""
    ward.has_segment(a_draft(rule), named=named)
    ward.comes_to_rest()
    members = ward.members(named)
    assert members == ward.counted_anew(named)
    return set(members)


class TestAWay:
    @pytest.mark.parametrize(
        "leads",
        [
            way(VISIT, tests=(EMERGENCY,)),
            way(VISIT, HOUSE, tests=(EAST,)),
            way(VISIT, HOUSE, WITHIN, tests=(NameIs("name", ("Region",)),)),
        ],
    )
    def test_leads_from_a_record_to_what_it_refers_to(self, ward: Ward, leads: LeadsTo) -> None:
        assert holds(ward, results(leads)) == {ADA}

    def test_leads_from_the_patient_by_way_of_a_role_to_where_the_doctor_works(self, ward: Ward) -> None:
        assert holds(ward, PatientLeadsTo("patient_leads_to", way(DOCTOR, ROLE, AT, tests=(EAST,)))) == {ADA}

    def test_leads_back_to_the_doctors_specialty(self, ward: Ward) -> None:
        asked = way(DOCTOR, ROLE, codes=(CARDIOLOGY,))

        assert holds(ward, PatientLeadsTo("patient_leads_to", asked)) == {ADA}

    def test_that_goes_round_through_a_house_of_many_comes_to_each_of_them_once(self, ward: Ward) -> None:
        """Four times round are thirty doctors, and not all the ways there are between thirty."""
        for number in range(30):
            doctor, name = {"resourceType": "Practitioner", "id": f"dr-{number}"}, f"of-{number}"
            ward.writes(doctor, role(name, practitioner=to("Practitioner", f"dr-{number}")))
        colleagues = (ROLE, AT, Hop("organization", "PractitionerRole", back=True), DOCTOR_IN)
        nobody = way(DOCTOR, *colleagues * 4, ROLE, codes=(Code("urn:x", "nobody"),))
        somebody = way(DOCTOR, *colleagues * 4, ROLE, codes=(CARDIOLOGY,))

        assert holds(ward, PatientLeadsTo("patient_leads_to", nobody), "nobody") == set()
        assert holds(ward, PatientLeadsTo("patient_leads_to", somebody), "somebody") == {ADA}

    def test_by_another_element_is_another_answer(self, ward: Ward) -> None:
        ward.writes(
            visit(partOf=to("Encounter", "before")),
            visit("before", serviceProvider=to("Organization", "west")),
        )
        west = NameIs("name", ("West",))

        assert holds(ward, results(way(VISIT, HOUSE, tests=(west,))), "direct") == set()
        within = way(VISIT, Hop("partOf", "Encounter"), HOUSE, tests=(west,))
        assert holds(ward, results(within), "within") == {ADA}

    def test_that_none_takes_is_asked_for_as_well(self, ward: Ward) -> None:
        assert holds(ward, results(way(VISIT), at_most=0)) == {BOB}


class TestWhatChanges:
    def test_in_the_visit_counts_at_once(self, ward: Ward) -> None:
        rule = results(way(VISIT, tests=(EMERGENCY,)))
        before = holds(ward, rule)
        ward.writes(visit() | {"class": {"code": "AMB"}})
        ward.comes_to_rest()

        assert (before, ward.members("it")) == ({ADA}, set())

    @pytest.mark.parametrize("ends", ["entered-in-error", "deleted", "elsewhere"])
    def test_ends_the_way_where_the_visit_does_not_count_any_more(self, ward: Ward, ends: str) -> None:
        rule = results(way(VISIT, HOUSE, tests=(EAST,)))
        before = holds(ward, rule)
        if ends == "deleted":
            ward.deletes("Observation", "march")
            ward.deletes("Encounter", "stay")
            ward.writes(result("march", encounter=to("Encounter", "never")))
        elif ends == "elsewhere":
            ward.writes(
                result(encounter=to("Encounter", "other")),
                visit("other", serviceProvider=to("Organization", "west")),
            )
        else:
            ward.writes(visit(status="entered-in-error"))
        ward.comes_to_rest()

        assert (before, ward.members("it"), ward.counted_anew("it")) == ({ADA}, set(), set())

    def test_in_what_is_nobodys_record_counts_with_the_next_refresh(self, ward: Ward) -> None:
        holds(ward, results(way(VISIT, HOUSE, tests=(EAST,))))
        ward.writes(house("East") | {"name": "East Wing"})
        ward.comes_to_rest()
        at_once = ward.members("it")
        ward.passes(minutes=31)

        assert (at_once, ward.members("it")) == ({ADA}, set())

    def test_in_who_works_where_does_too(self, ward: Ward) -> None:
        holds(ward, PatientLeadsTo("patient_leads_to", way(DOCTOR, ROLE, AT, tests=(EAST,))))
        ward.writes(role(organization=to("Organization", "west")))
        ward.passes(minutes=31)

        assert ward.members("it") == ward.counted_anew("it") == set()


class TestAnExplanation:
    def test_says_the_way_and_names_the_record_it_began_at(self, ward: Ward) -> None:
        holds(ward, results(way(VISIT, HOUSE, tests=(EAST,))))
        explain = ExplainMembership(ward.house.documents, ward.live, ward.read_facts)

        why = explain(patient_id=ADA, segment_id="it", caller=CARER, now=ward.now).why

        assert why is not None
        assert why.records == ("Observation/march",)
        assert why.text == (
            "has a result whose Encounter (encounter), whose Organization (serviceProvider) is named East"
        )


def nobody(_segment_id: str) -> Segment | None:
    return None


def refused(rule: Rule, *added: Relationship) -> list[tuple[str, str]]:
    return list(problems("it", a_rule(rule), nobody, added=added))


class TestADraft:
    @pytest.mark.parametrize(
        ("leads", "path"),
        [
            (way(), "rule.tests.0.by"),
            (way(HOUSE), "rule.tests.0.by.0"),
            (way(VISIT, DOCTOR), "rule.tests.0.by.1"),
            (way(Hop("encounter", "Organization")), "rule.tests.0.by.0"),
            (way(VISIT, Hop("serviceProvider", "Organization", back=True)), "rule.tests.0.by.1"),
            (way(VISIT, *(Hop("partOf", "Encounter"),) * FARTHEST), "rule.tests.0.by"),
            (way(VISIT, HOUSE, tests=(EMERGENCY,)), "rule.tests.0.tests.0"),
            (way(VISIT, tests=(EAST,)), "rule.tests.0.tests.0"),
            (way(VISIT, HOUSE, tests=(NameIs("name", ()),)), "rule.tests.0.tests.0.one_of"),
            (EAST, "rule.tests.0"),
        ],
    )
    def test_that_goes_nowhere_is_refused_where_it_stands(self, leads: Any, path: str) -> None:
        assert [where for where, _ in refused(results(leads))] == [path]

    def test_may_go_as_far_as_twenty_steps(self) -> None:
        far = way(VISIT, *(Hop("partOf", "Encounter"),) * (FARTHEST - 1))

        assert refused(results(far)) == []

    def test_goes_by_a_relationship_of_the_houses_own_once_there_is_one(self) -> None:
        rule = results(way(VISIT, Hop("hospitalization.origin", "Location")))
        own = Relationship("origin", "Came from", "Encounter", "hospitalization.origin", "Location")
        retired = Relationship("origin", "Came from", "Encounter", own.path, "Location", is_retired=True)

        assert [path for path, _ in refused(rule)] == ["rule.tests.0.by.1"]
        assert refused(rule, own) == []
        assert [path for path, _ in refused(rule, retired)] == ["rule.tests.0.by.1"]

    def test_of_a_patient_may_go_too(self) -> None:
        assert refused(PatientLeadsTo("patient_leads_to", way(DOCTOR))) == []
        assert [path for path, _ in refused(PatientLeadsTo("patient_leads_to", way(VISIT)))] == [
            "rule.leads.by.0"
        ]
        assert refused(IsAlive("is_alive")) == []
