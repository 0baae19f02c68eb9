"""What is kept of a patient follows the record, whatever is delivered, how often, and in which order."""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Nonsense, NotYetVisible
from shared.patients.documents import INDEXES, projection_of
from shared.patients.model import ProjectChange
from shared.patients.named_by_identifier import NamedByIdentifier
from shared.patients.project_patient import NoSuchPatient, ProjectPatient
from shared.patients.who_shares_numbers import MOST_WHO_SHARE
from shared.segments.documents import INDEXES as OF_SEGMENTS
from shared.triggers.documents import INDEXES as OF_TRIGGERS
from tests.rooms.patients.ward import Ward
from tests.support.fhir_people import a_patient, an_appointment, an_encounter, an_hba1c
from tests.support.house import a_house

MARIA, JOHN = PatientId("maria"), PatientId("john")
ALL_INDEXES = (*INDEXES, *OF_SEGMENTS, *OF_TRIGGERS)


def a_ward(folder: Path) -> Generator[Ward]:
    with a_house(folder, ALL_INDEXES) as house:
        record = SqliteRecord(folder / "record.db", clock=house.clock)
        yield Ward(house, record)
        record.close()


def complete_as_of(ward: Ward, patient_id: PatientId) -> datetime | None:
    state = projection_of(ward.house.documents, patient_id)
    return state.body.complete_as_of if state else None


def left_of(ward: Ward, patient_id: str) -> list[str]:
    """Name the kinds of what is still kept of somebody."""
    kinds = ("person", "handle", "fact", "projection")
    documents = ward.house.documents
    return [kind for kind in kinds if documents.list(f"patient/{patient_id}", kind, object).items]


def plainly(ward: Ward, manners: str) -> ProjectPatient:
    """Give what projects from a server that does not know `:identifier`, as R4 lets it (§3.2.1.5.5)."""
    record = ward.record

    class Plain:
        def __init__(self) -> None:
            self.asked: list[tuple[str, str]] = []

        def __getattr__(self, name: str) -> Any:
            return getattr(record, name)

        def search(self, kind: str, asked: SearchParameters, **page: Any) -> Any:
            self.asked.append((kind, asked.pairs[0][0]))
            is_unknown = [
                ":" in name and ("missing" not in name or manners == "knows nothing")
                for name, _ in asked.pairs
            ]
            if any(is_unknown) and manners != "passes over":
                raise Nonsense(("subject:identifier", "unknown"))
            known = [pair for pair, unknown in zip(asked.pairs, is_unknown, strict=True) if not unknown]
            return record.search(kind, SearchParameters(known), **page)

    plain = cast("Any", Plain())
    return replace(ward.project_patient, record=plain, by_identifier=NamedByIdentifier(plain))


def interrupted(ward: Ward, method: str, kind: str, meanwhile: Callable[[], None]) -> Any:
    """Give the record; between its first such answer and what is done about it, something else happens."""
    todo = [meanwhile]

    class Interrupted:
        def __getattr__(self, name: str) -> Any:
            return self._answering if name == method else getattr(ward.record, name)

        def _answering(self, of: str, *args: Any, **named: Any) -> Any:
            answer = getattr(ward.record, method)(of, *args, **named)
            if of == kind and todo:
                todo.pop()()
            return answer

    return Interrupted()


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    for ward in a_ward(tmp_path):
        ward.write(a_patient("maria"), a_patient("john", family="O\u2019Brien", given="Jöhn"))
        ward.follows()
        yield ward


class TestAChange:
    def test_of_somebody_never_looked_at_is_not_queued(self, ward: Ward) -> None:
        ward.write(an_hba1c("march"))

        assert ward.follows() == []

    def test_is_kept_flattened(self, ward: Ward) -> None:
        ward.project_patient(MARIA, now=ward.now)
        ward.write(an_hba1c("march", value=8.2))

        (change,) = ward.follows()

        kept = ward.kept("maria")["Observation/march"]
        assert (change.resource_id, kept.version) == ("march", 1)
        assert kept.detail.value["value"] == "8.2 %"
        assert kept.codes.value == ("http://loinc.org|4548-4",)
        assert kept.starts_at is not None
        assert kept.starts_at.isoformat() == "2026-03-02T08:30:00+00:00"

    def test_delivered_again_writes_nothing(self, ward: Ward) -> None:
        ward.project_patient(MARIA, now=ward.now)
        ward.write(an_hba1c("march"))
        (change,) = ward.follows()
        before = projection_of(ward.house.documents, MARIA)

        ward.project_change(change, now=ward.now)

        assert projection_of(ward.house.documents, MARIA) == before

    def test_delivered_late_is_read_as_it_is_now(self, ward: Ward) -> None:
        ward.project_patient(MARIA, now=ward.now)
        ward.write(an_hba1c("march", value=8.2), an_hba1c("march", value=6.1))
        first, second = ward.told()

        for change in (second, first):
            ward.project_change(change, now=ward.now)

        assert ward.kept("maria")["Observation/march"].detail.value["value"] == "6.1 %"

    def test_that_the_record_does_not_show_yet_waits(self, ward: Ward) -> None:
        ward.project_patient(MARIA, now=ward.now)
        ahead = ProjectChange(MARIA, "Observation", "march", 1, ward.now, "created")

        with pytest.raises(NotYetVisible):
            ward.project_change(ahead, now=ward.now)

    def test_that_deletes_takes_the_fact_away(self, ward: Ward) -> None:
        ward.write(an_hba1c("march"))
        ward.project_patient(MARIA, now=ward.now)
        ward.news()
        ward.delete("Observation", "march")

        ward.follows()

        assert ward.kept("maria") == {}

    def test_of_whom_it_is_about_moves_the_fact(self, ward: Ward) -> None:
        ward.write(an_hba1c("march"))
        for patient_id in (MARIA, JOHN):
            ward.project_patient(patient_id, now=ward.now)
        ward.news()
        ward.write(an_hba1c("march", of="john"))

        ward.follows()

        assert (ward.kept("maria"), list(ward.kept("john"))) == ({}, ["Observation/march"])

    @pytest.mark.parametrize("becomes", ["deleted", "somebody else's"])
    def test_that_was_overtaken_before_anybody_held_it_is_looked_at_again(
        self, ward: Ward, becomes: str
    ) -> None:
        ward.project_patient(MARIA, now=ward.now)
        ward.write(an_hba1c("march"))
        (change,) = ward.told()

        def meanwhile() -> None:
            if becomes == "deleted":
                ward.delete("Observation", "march")
            else:
                ward.write(an_hba1c("march", of="john"))
            assert ward.follows() == []

        overtaken = replace(ward.project_change, reading=interrupted(ward, "read", "Observation", meanwhile))

        with pytest.raises(LostRace):
            overtaken(change, now=ward.now)
        overtaken(change, now=ward.now)

        assert ward.kept("maria") == {}

    def test_of_somebody_who_is_gone_meanwhile_keeps_nothing(self, ward: Ward) -> None:
        ward.project_patient(MARIA, now=ward.now)
        ward.write(an_hba1c("march"))
        (change,) = ward.told()

        def meanwhile() -> None:
            ward.delete("Patient", "maria")
            ward.follows()

        overtaken = replace(ward.project_change, reading=interrupted(ward, "read", "Observation", meanwhile))

        with pytest.raises(LostRace):
            overtaken(change, now=ward.now)
        assert ward.kept("maria") == {}

    def test_moves_on_as_of_when_all_is_there_once_a_minute(self, ward: Ward) -> None:
        ward.project_patient(MARIA, now=ward.now)
        began = ward.now
        ward.house.clock.pass_by(timedelta(seconds=59))
        ward.write(an_hba1c("march"))
        ward.follows()
        assert complete_as_of(ward, MARIA) == began

        ward.house.clock.pass_by(timedelta(seconds=1))
        ward.write(an_hba1c("june"))
        ward.follows()

        assert complete_as_of(ward, MARIA) == ward.now

    def test_marks_what_was_entered_in_error(self, ward: Ward) -> None:
        ward.project_patient(MARIA, now=ward.now)
        ward.write(an_hba1c("march"), an_hba1c("march", status="entered-in-error"))

        ward.follows()

        assert ward.kept("maria")["Observation/march"].is_in_error

    def test_of_an_appointment_of_two_is_kept_of_both(self, ward: Ward) -> None:
        both = [{"actor": {"reference": f"Patient/{one}"}, "status": "accepted"} for one in (MARIA, JOHN)]
        for patient_id in (MARIA, JOHN):
            ward.project_patient(patient_id, now=ward.now)
        ward.write(an_appointment("visit", participant=both))

        ward.follows()

        assert list(ward.kept("maria")) == list(ward.kept("john")) == ["Appointment/visit"]


def by_number(id_: str = "april", *, of: str = "maria") -> Resource:
    mrn = {"system": "https://clinic.example/mrn", "value": f"MRN-{of}"}
    return {**an_hba1c(id_), "subject": {"identifier": mrn}}


def by_visit(id_: str = "may", *, visit: str = "visit") -> Resource:
    result = {**an_hba1c(id_), "encounter": {"reference": f"Encounter/{visit}"}}
    del result["subject"]
    return result


class TestWhatDoesNotReferToItsPatient:
    """What intake takes for somebody's is kept of them, and nothing else (FH-1)."""

    ALL = ("Encounter/visit", "Observation/april", "Observation/may")

    def test_is_found_the_first_time(self, ward: Ward) -> None:
        ward.write(an_encounter(), by_number(), by_visit())

        ward.project_patient(MARIA, now=ward.now)

        assert tuple(ward.kept("maria")) == self.ALL

    def test_is_kept_when_it_comes(self, ward: Ward) -> None:
        ward.project_patient(MARIA, now=ward.now)
        ward.write(an_encounter(), by_number(), by_visit())

        ward.follows()

        assert tuple(ward.kept("maria")) == self.ALL

    def test_is_read_live_as_it_is_kept(self, ward: Ward) -> None:
        ward.write(an_encounter(), by_number(), by_visit())
        ward.project_patient(MARIA, now=ward.now)

        assert ward.recorded("maria") == ward.kept("maria")

    def test_may_come_before_the_visit(self, ward: Ward) -> None:
        ward.project_patient(MARIA, now=ward.now)
        ward.write(by_visit())
        assert ward.follows() == []
        ward.write(an_encounter())

        ward.follows()

        assert list(ward.kept("maria")) == ["Encounter/visit", "Observation/may"]

    @pytest.mark.parametrize("told_of_the_visit", [True, False])
    def test_goes_with_the_visit(self, ward: Ward, told_of_the_visit: bool) -> None:  # noqa: FBT001  # a parameter of the test
        for patient_id in (MARIA, JOHN):
            ward.project_patient(patient_id, now=ward.now)
        ward.write(an_encounter())
        if told_of_the_visit:
            ward.follows()
        ward.news()
        ward.write(by_visit())
        ward.follows()
        ward.write(an_encounter(of="john"))

        ward.follows()

        assert (ward.kept("maria"), len(ward.kept("john"))) == ({}, 2)

    def test_is_nobodys_when_the_visit_is_deleted(self, ward: Ward) -> None:
        ward.write(an_encounter(), by_visit())
        ward.project_patient(MARIA, now=ward.now)
        ward.news()
        ward.delete("Encounter", "visit")

        ward.follows()

        assert ward.kept("maria") == {}

    def test_is_nobodys_where_two_have_the_number(self, ward: Ward) -> None:
        twin = a_patient("twin", identifier=[{"system": "https://clinic.example/mrn", "value": "MRN-maria"}])
        ward.project_patient(MARIA, now=ward.now)
        ward.write(twin, by_number())

        ward.follows()

        assert ward.kept("maria") == {}

    @pytest.mark.parametrize("how", ["deleted", "loses it", "is merged", "takes its place"])
    def test_is_the_others_once_one_of_two_has_the_number_no_more(self, ward: Ward, how: str) -> None:
        """John was registered a second time under Maria's number, and a result came by that number."""
        number = [{"system": "https://clinic.example/mrn", "value": "MRN-maria"}]
        twin = a_patient("twin", identifier=number)
        ward.write(twin, by_number())
        ward.follows()
        ward.project_patient(MARIA, now=ward.now)
        assert ward.kept("maria") == {}

        match how:
            case "deleted":
                ward.delete("Patient", "twin")
            case "loses it":
                ward.write(a_patient("twin"))
            case "is merged":
                into = {"other": {"reference": "Patient/maria"}, "type": "replaced-by"}
                ward.write(twin | {"link": [into]})
            case _:
                gone = {"other": {"reference": "Patient/twin"}, "type": "replaces"}
                ward.write(ward.record.read("Patient", "maria") | {"link": [gone]})
        ward.follows()
        ward.follows_what_was_committed()

        found = ward.read_facts(MARIA, types=("Observation",), now=ward.now)
        assert [fact.resource for fact in found.facts] == ["Observation/april"]

    def test_is_nobodys_when_another_gets_the_number_too(self, ward: Ward) -> None:
        number = [{"system": "https://clinic.example/mrn", "value": "MRN-maria"}]
        ward.write(a_patient("twin", identifier=[]), by_number())
        ward.follows()
        ward.project_patient(MARIA, now=ward.now)
        ward.write(a_patient("twin", identifier=number))
        ward.follows()

        ward.follows_what_was_committed()

        found = ward.read_facts(MARIA, types=("Observation",), now=ward.now)
        assert found.facts == ()

    def test_of_a_number_that_everybody_has_is_looked_for_by_nobody(self, ward: Ward) -> None:
        number = [{"system": "https://clinic.example/mrn", "value": "0000"}]
        ward.write(*(a_patient(f"p-{n}", identifier=number) for n in range(MOST_WHO_SHARE + 2)))
        ward.follows()
        ward.delete("Patient", "p-0")

        ward.follows()

        assert ward.follows_what_was_committed() == []

    def test_is_looked_for_again_when_somebody_gets_the_number(self, ward: Ward) -> None:
        number = [{"system": "https://clinic.example/mrn", "value": "MRN-later"}]
        ward.project_patient(MARIA, now=ward.now)
        ward.write(by_number(of="later"))
        assert ward.follows() == []
        ward.write(a_patient(identifier=number))
        ward.follows()

        found = ward.read_facts(MARIA, types=("Observation",), now=ward.now)

        assert [fact.resource for fact in found.facts] == ["Observation/april"]

    @pytest.mark.parametrize(
        ("manners", "found"),
        [
            ("says no", ["Encounter/visit", "Observation/april", "Observation/march", "Observation/may"]),
            ("passes over", ["Encounter/visit", "Observation/april", "Observation/march", "Observation/may"]),
            ("knows nothing", ["Encounter/visit", "Observation/march"]),
        ],
    )
    def test_is_found_on_a_server_that_cannot_be_asked_for_it(
        self, ward: Ward, manners: str, found: list[str]
    ) -> None:
        ward.write(an_encounter(), an_hba1c("march"), by_number(), by_visit(), by_number("johns", of="john"))
        builder = plainly(ward, manners)

        builder(MARIA, now=ward.now)

        assert list(ward.kept("maria")) == found
        assert ("Observation", "subject:missing") in cast("Any", builder.record).asked

    def test_is_found_too_when_it_came_after_the_first_look(self, ward: Ward) -> None:
        """Nothing tells of it before she was projected: what is remembered of the first look must not do."""
        ward.write(a_patient("john"), by_number("johns", of="john"))
        builder = plainly(ward, "says no")
        builder(JOHN, now=ward.now)
        ward.house.clock.pass_by(timedelta(minutes=1))
        ward.write(by_number(), by_number("johns", of="nobody"))

        builder(MARIA, now=ward.now)
        builder(JOHN, now=ward.now)

        assert (list(ward.kept("maria")), ward.kept("john")) == (["Observation/april"], {})


class TestAPatient:
    def test_is_kept_with_what_they_are_reached_by(self, ward: Ward) -> None:
        zone = {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "Asia/Tokyo"}
        spoken: list[dict[str, Any]] = [
            {"language": {"coding": [{"code": "en"}]}},
            {"language": {"coding": [{"code": "sv"}]}, "preferred": True},
        ]
        ward.write(
            a_patient(
                telecom=[
                    {"system": "phone", "value": "070-174 06 05"},
                    {"system": "email", "value": "Maria@CLINIC.example"},
                    {"system": "phone", "value": "call my sister"},
                ],
                communication=spoken,
                address=[{"city": "Osaka", "extension": [zone]}],
            )
        )

        ward.follows()

        person = ward.person("maria")
        assert person is not None
        assert [point.value.value for point in person.profile.contact_points] == [
            "+46701740605",
            "Maria@clinic.example",
        ]
        assert (person.languages, person.time_zone) == (("sv", "en"), "Asia/Tokyo")

    def test_without_a_zone_lives_where_the_house_stands(self, ward: Ward) -> None:
        nowhere = {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "Middle/Earth"}
        ward.write(a_patient(extension=[nowhere]))

        ward.follows()

        person = ward.person("maria")
        assert person is not None
        assert person.time_zone == "Europe/Stockholm"

    def test_that_is_gone_leaves_nothing(self, ward: Ward) -> None:
        ward.write(an_hba1c("march"))
        ward.project_patient(MARIA, now=ward.now)
        ward.news()
        ward.delete("Observation", "march")
        ward.delete("Patient", "maria")

        ward.follows()

        assert left_of(ward, "maria") == []

    def test_that_was_gone_before_anything_was_kept_leaves_nothing(self, ward: Ward) -> None:
        ward.write(a_patient("lars"))
        (change,) = ward.told()

        def meanwhile() -> None:
            ward.delete("Patient", "lars")
            ward.follows()

        overtaken = replace(ward.project_change, reading=interrupted(ward, "read", "Patient", meanwhile))

        with pytest.raises(LostRace):
            overtaken(change, now=ward.now)
        overtaken(change, now=ward.now)

        assert left_of(ward, "lars") == []

    @pytest.mark.parametrize(
        "at", [("read", "Patient"), ("search", "Condition"), ("search", "RelatedPerson")]
    )
    def test_that_is_gone_while_somebody_goes_through_the_record_leaves_nothing(
        self, ward: Ward, at: tuple[str, str]
    ) -> None:
        ward.write(an_hba1c("march"), an_hba1c("april"))

        def meanwhile() -> None:
            ward.delete("Patient", "maria")
            ward.follows()

        builder = replace(ward.project_patient, record=interrupted(ward, *at, meanwhile))

        with pytest.raises((LostRace, NoSuchPatient)):
            builder(MARIA, now=ward.now)
        with pytest.raises(NoSuchPatient):
            builder(MARIA, now=ward.now)

        assert left_of(ward, "maria") == []

    def test_that_never_was_cannot_be_projected(self, ward: Ward) -> None:
        with pytest.raises(NoSuchPatient):
            ward.project_patient(PatientId("nobody"), now=ward.now)


class TestProjectingWhatChanges:
    def test_begins_again_when_something_changed_under_its_hands(self, ward: Ward) -> None:
        """A change that comes while somebody goes through the record is never lost in what they have read."""
        ward.project_patient(MARIA, now=ward.now)
        ward.news()
        record = ward.record

        class Interrupted:
            """Lets somebody else delete and project what has just been read."""

            def __getattr__(self, name: str) -> Any:
                return getattr(record, name)

            def search(self, kind: str, *args: Any, **named: Any) -> Any:
                found = record.search(kind, *args, **named)
                if kind == "Procedure":
                    ward.write(an_hba1c("march"))
                    ward.follows()
                return found

        interrupted: Any = Interrupted()
        builder = replace(ward.project_patient, record=interrupted)

        with pytest.raises(LostRace):
            builder(MARIA, now=ward.now)
        assert list(ward.kept("maria")) == ["Observation/march"]

    def test_finds_what_was_deleted_before_anybody_held_it(self, ward: Ward) -> None:
        ward.write(an_hba1c("march"))
        ward.news()
        record = ward.record

        class Interrupted:
            def __getattr__(self, name: str) -> Any:
                return getattr(record, name)

            def search(self, kind: str, *args: Any, **named: Any) -> Any:
                found = record.search(kind, *args, **named)
                if kind == "Procedure":
                    ward.delete("Observation", "march")
                    assert ward.follows() == []
                return found

        interrupted: Any = Interrupted()
        builder = replace(ward.project_patient, record=interrupted)

        with pytest.raises(LostRace):
            builder(MARIA, now=ward.now)

        ward.project_patient(MARIA, now=ward.now)
        assert ward.kept("maria") == {}


ACTS = st.sampled_from(
    [
        "march of maria",
        "march of john",
        "june of maria",
        "error",
        "delete march",
        "delete june",
        "visit of both",
    ]
)


class TestAnyHistory:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        acts=st.lists(ACTS, max_size=8), looked_at=st.integers(0, 8), chosen=st.randoms(use_true_random=False)
    )
    def test_ends_as_the_record_is(self, acts: list[str], looked_at: int, chosen: Any) -> None:
        """Whenever somebody first looks, and however changes are repeated, reordered and bundled then."""
        with TemporaryDirectory() as folder:
            for ward in a_ward(Path(folder)):
                ward.write(a_patient("maria"), a_patient("john"))
                ward.news()
                told: list[Any] = []
                for number, act in enumerate(acts):
                    if number == looked_at:
                        for patient_id in (MARIA, JOHN):
                            ward.project_patient(patient_id, now=ward.now)
                    do(ward, act)
                    told += ward.told(*events) if (events := ward.news()) else []
                told += chosen.choices(told, k=len(told)) if told else []
                chosen.shuffle(told)
                while told:
                    together = chosen.randint(1, 6)
                    ward.project(told[:together])
                    told = told[together:]

                for patient_id in (MARIA, JOHN) if looked_at < len(acts) else ():
                    assert ward.kept(patient_id) == ward.recorded(patient_id)


def do(ward: Ward, act: str) -> None:
    both = [{"actor": {"reference": f"Patient/{one}"}, "status": "accepted"} for one in (MARIA, JOHN)]
    there = {name for one in (MARIA, JOHN) for name in ward.recorded(one)}
    match act.split():
        case ["delete", id_] if f"Observation/{id_}" in there:
            ward.delete("Observation", id_)
        case ["error"]:
            ward.write(an_hba1c("march", status="entered-in-error"))
        case ["visit", *_]:
            ward.write(an_appointment("visit", participant=both[: len(there) % 2 + 1]))
        case [id_, "of", whose]:
            ward.write(an_hba1c(id_, of=whose, value=5.0 + len(there)))
        case _:
            pass
