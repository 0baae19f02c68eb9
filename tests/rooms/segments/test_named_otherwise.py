"""Records that name their patient by an identifier or an Encounter alone count for whom intake finds."""

import logging
from collections.abc import Generator, Mapping
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from shared.adapters.parquet_lake import ParquetLake
from shared.fhir.ports import Resource
from shared.kernel.identity import PatientId
from shared.patients.find_patient import FindPatient
from shared.segments.bring_lake_up_to_date import BringLakeUpToDate
from shared.segments.explain_membership import ExplainMembership
from shared.segments.population import sql_for
from shared.segments.rules import (
    AllOf,
    ButNot,
    HasRecords,
    Hop,
    IsActive,
    LeadsTo,
    ResourceType,
    Rule,
    Segment,
)
from tests.rooms.segments.test_who_may_know import CARER
from tests.rooms.segments.ward import ADA, BOB, Ward, a_draft, a_patient, a_ward, result

NHS, MRN = "https://fhir.nhs.uk/Id/nhs-number", "urn:oid:1.2|3"
PEOPLE = [PatientId(name) for name in ("ada", "bob", "cleo", "o-brien")]
IDENTIFIERS = [(NHS, "9434765919"), (NHS, "9434765870"), (MRN, "a|b"), ("urn:oid:1.2", "3|a|b")]
"""The last two would be one, were they spelt with a bar alone."""
ANY_RESULT = HasRecords("has_records", "Observation")


def known_by(*identifiers: tuple[str, str]) -> list[Resource]:
    return [{"system": system, "value": value} for system, value in identifiers]


def by(identifier: tuple[str, str], **more: Any) -> Resource:
    return {"identifier": known_by(identifier)[0], **more}


def visit(name: str, subject: Resource, **more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": name,
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": subject,
        "period": {"start": "2026-03-02T05:00:00Z"},
        **more,
    }


def in_visit(name: str, visit: str) -> Resource:
    """Give a result that names nobody but the Encounter it came about in."""
    found = result(name, encounter={"reference": f"Encounter/{visit}"})
    return {field: value for field, value in found.items() if field != "subject"}


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with a_ward(tmp_path) as ward:
        ward.writes(a_patient(ADA, identifier=known_by(IDENTIFIERS[0])), a_patient(BOB))
        ward.comes_to_rest()
        yield ward


def members(ward: Ward, rule: Rule = ANY_RESULT) -> set[str]:
    """Give the segment's members: those that the lake counts as well."""
    ward.has_segment(a_draft(rule), named="it")
    ward.passes(minutes=31)
    assert ward.members("it") == ward.counted_anew("it")
    return set(ward.members("it"))


class TestWhatNamesItsPatientByAnIdentifier:
    def test_counts_for_them_at_once_and_for_another_once_corrected(self, ward: Ward) -> None:
        ward.writes(a_patient(BOB, identifier=known_by(IDENTIFIERS[1])))
        ward.has_segment(a_draft(ANY_RESULT), named="it")
        ward.comes_to_rest()
        ward.writes(result(subject=by(IDENTIFIERS[0])))
        ward.comes_to_rest()
        first = ward.members("it")
        ward.writes(result(subject=by(IDENTIFIERS[1])))
        ward.comes_to_rest()

        assert (first, ward.members("it"), ward.counted_anew("it")) == ({ADA}, {BOB}, {BOB})

    def test_counts_for_nobody_while_several_have_it_and_that_is_told(
        self, ward: Ward, caplog: pytest.LogCaptureFixture
    ) -> None:
        ward.writes(result(subject=by(IDENTIFIERS[0])))
        before = members(ward)
        ward.writes(a_patient(BOB, identifier=known_by(IDENTIFIERS[0])))
        with caplog.at_level(logging.WARNING):
            after = members(ward)

        told = [one for one in caplog.records if one.msg == "segments.lake.identifiers_shared"]
        assert (before, after) == ({ADA}, set())
        assert [one.__dict__["patients"] for one in told] == [2]
        assert IDENTIFIERS[0][1] not in caplog.text

    def test_is_found_beside_what_names_a_group_by_the_same(self, ward: Ward) -> None:
        elsewhere = {"reference": "https://elsewhere.example/fhir/Patient/1", **by(IDENTIFIERS[0])}
        for record_id, whose in (("a", by(IDENTIFIERS[0], type="Group")), ("b", elsewhere)):
            cover = {"resourceType": "Coverage", "id": record_id, "status": "active"}
            ward.writes({**cover, "beneficiary": whose, "payor": [{"display": "X"}]})

        assert members(ward, HasRecords("has_records", "Coverage", at_least=1, at_most=1)) == {ADA}

    def test_moves_with_the_identifier(self, ward: Ward) -> None:
        ward.writes(result(subject=by(IDENTIFIERS[0])))
        first = members(ward)
        ward.writes(a_patient(ADA), a_patient(BOB, identifier=known_by(IDENTIFIERS[0])))

        assert (first, members(ward)) == ({ADA}, {BOB})

    def test_waits_for_a_patient_who_comes_later(self, ward: Ward) -> None:
        ward.writes(result(subject=by(IDENTIFIERS[1])))
        before = members(ward)
        ward.writes(a_patient(BOB, identifier=known_by(IDENTIFIERS[1])))
        ward.comes_to_rest()

        assert (before, ward.members("it"), ward.counted_anew("it")) == (set(), {BOB}, {BOB})

    def test_is_nobodys_once_they_are_deleted(self, ward: Ward) -> None:
        ward.writes(result(subject=by(IDENTIFIERS[0])))
        before = members(ward)
        ward.deletes("Patient", ADA)
        after = members(ward)
        ward.writes(a_patient(BOB, identifier=known_by(IDENTIFIERS[0])))

        assert (before, after, members(ward)) == ({ADA}, set(), {BOB})

    def test_has_the_identifier_nowhere_in_the_lake(self, ward: Ward, tmp_path: Path) -> None:
        ward.writes(result(subject=by(IDENTIFIERS[0])))
        members(ward)

        files = [path.read_bytes() for path in (tmp_path / "lake").rglob("*") if path.is_file()]
        assert files
        assert not any(IDENTIFIERS[0][1].encode() in content for content in files)

    def test_is_named_where_the_membership_is_explained(self, ward: Ward) -> None:
        ward.writes(result(subject=by(IDENTIFIERS[0])))
        members(ward)
        explain = ExplainMembership(ward.house.documents, ward.live, ward.read_facts)

        why = explain(patient_id=ADA, segment_id="it", caller=CARER, now=ward.now).why

        assert why is not None
        assert why.records == ("Observation/march",)


class TestWhatNamesItsEncounterAlone:
    @pytest.mark.parametrize("subject", [{"reference": "Patient/ada"}, by(IDENTIFIERS[0])])
    @pytest.mark.parametrize("status", ["finished", "entered-in-error"])
    def test_is_of_the_patient_of_that(self, ward: Ward, subject: Resource, status: str) -> None:
        ward.writes(visit("stay", subject, status=status), in_visit("march", "stay"))

        assert members(ward) == {ADA}

    def test_moves_with_it(self, ward: Ward) -> None:
        ward.writes(visit("stay", {"reference": "Patient/ada"}), in_visit("march", "stay"))
        first = members(ward)
        ward.writes(visit("stay", {"reference": "Patient/bob"}))
        second = members(ward)
        ward.deletes("Encounter", "stay")

        assert (first, second, members(ward)) == ({ADA}, {BOB}, set())


class TestAWay:
    def test_goes_by_a_visit_that_names_its_patient_by_an_identifier(self, ward: Ward) -> None:
        ward.writes(
            visit("stay", by(IDENTIFIERS[1])),
            result(subject=by(IDENTIFIERS[0]), encounter={"reference": "Encounter/stay"}),
        )
        way = LeadsTo("leads_to", (Hop("encounter", "Encounter"),))

        assert members(ward, HasRecords("has_records", "Observation", tests=(way,))) == {ADA}


RULES: Mapping[str, Rule] = {
    "observed": ANY_RESULT,
    "visited": HasRecords("has_records", "Encounter", at_least=2),
    "booked": HasRecords("has_records", "Appointment"),
    "insured": HasRecords("has_records", "Coverage"),
    "well": ButNot("but_not", IsActive("is_active"), AllOf("all_of", (ANY_RESULT, IsActive("is_active")))),
}
TYPES: tuple[ResourceType, ...] = ("Observation", "Encounter", "Appointment", "Coverage")


def some_subject(chance: Random) -> Resource:
    """Name somebody in any way there is, some of which lead to nobody."""
    whose, other = f"Patient/{chance.choice(PEOPLE)}", f"Patient/{chance.choice(PEOPLE)}"
    return chance.choice(
        (
            {"reference": whose},
            by(chance.choice(IDENTIFIERS)),
            by(chance.choice(IDENTIFIERS), type="Patient"),
            by(chance.choice(IDENTIFIERS), type="Group"),
            by(chance.choice(IDENTIFIERS), reference=whose),
            {"reference": f"https://elsewhere.example/fhir/{whose}", **by(chance.choice(IDENTIFIERS))},
            {"reference": f"https://elsewhere.example/fhir/{other}"},
            {"identifier": {"value": IDENTIFIERS[0][1]}},
            {"reference": "Group/all", **by(chance.choice(IDENTIFIERS))},
            {"display": "Ada"},
        )
    )


def changes_something(ward: Ward, chance: Random) -> None:
    """Write, correct or delete something that somebody may be named in, or somebody."""
    record_id = f"r{chance.randrange(5)}"
    match chance.randrange(10):
        case 0 | 1:
            ward.writes(result(record_id, subject=some_subject(chance)))
        case 2:
            ward.writes(in_visit(record_id, f"r{chance.randrange(5)}"))
        case 3 | 4:
            status, dated = chance.choice(("finished", "entered-in-error")), chance.random() < 0.8
            one = visit(record_id, some_subject(chance), status=status)
            ward.writes(one if dated else {**one, "period": {}})
        case 5:
            actors = [{"actor": some_subject(chance), "status": "accepted"} for _ in range(2)]
            booked = {"resourceType": "Appointment", "id": record_id, "status": "booked"}
            ward.writes({**booked, "participant": actors})
        case 6:
            cover = {"resourceType": "Coverage", "id": record_id, "status": "active"}
            ward.writes({**cover, "beneficiary": some_subject(chance), "payor": [{"display": "X"}]})
        case 7:
            ward.deletes(chance.choice(TYPES), record_id)
        case 8:
            ward.deletes("Patient", chance.choice(PEOPLE))
        case _:
            held = chance.sample(IDENTIFIERS, chance.randrange(3))
            more = [{"value": "no system"}, {"system": NHS}][: chance.randrange(3)]
            link = [{"other": {"reference": "Patient/bob"}, "type": "replaced-by"}]
            ward.writes(
                a_patient(chance.choice(PEOPLE), identifier=[*known_by(*held), *more], link=link, active=True)
            )


def found_by_intake(ward: Ward, type_: ResourceType) -> set[tuple[str, str]]:
    """Say whose each resource of a type is, by what takes changes in; an undated visit is no record."""
    changes, whose = ward.record.changes(None, types=[type_], limit=1000), FindPatient(ward.record)
    there = {
        PatientId(str(one["id"]))
        for one in ward.record.changes(None, types=["Patient"], limit=1000).resources
    }
    return {
        (one["id"], patient_id)
        for one in changes.resources
        if one.get("status") != "entered-in-error" and (type_ != "Encounter" or one["period"])
        for patient_id in whose.all_of(one) & there
    }


def found_in(lake: ParquetLake, ward: Ward, rule: Rule) -> list[PatientId]:
    segment = Segment("it", 1, "it", rule, "live")
    return sorted(lake.population(sql_for(segment, nested={}), as_of=ward.now))


@pytest.mark.parametrize("seed", range(4))
def test_after_any_history_a_fresh_lake_the_lake_intake_and_the_members_agree(
    tmp_path: Path, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311  # a history that can be told again, no secret
    with a_ward(tmp_path) as ward:
        ward.writes(*(a_patient(one, active=True) for one in PEOPLE))
        for named, rule in RULES.items():
            ward.has_segment(a_draft(rule), named=named)
        for _ in range(50):
            changes_something(ward, chance)
            if chance.random() < 0.3:
                ward.follow(now=ward.now)
            if chance.random() < 0.2:
                ward.comes_to_rest(chance)
        ward.comes_to_rest(chance)
        ward.house.clock.pass_by(timedelta(minutes=31))
        ward.queue_refreshes(now=ward.now)
        ward.comes_to_rest(chance)
        fresh = ParquetLake(tmp_path / "fresh")
        BringLakeUpToDate(ward.record, fresh)(now=ward.now)

        for named, rule in RULES.items():
            assert found_in(ward.lake, ward, rule) == found_in(fresh, ward, rule), named
            assert sorted(ward.members(named)) == found_in(fresh, ward, rule), named
        for type_ in TYPES:
            by_intake = {patient_id for _, patient_id in found_by_intake(ward, type_)}
            assert set(found_in(ward.lake, ward, HasRecords("has_records", type_))) == by_intake, type_
