"""How an event is read by its custom trigger's attributes (FH-11, JO-5)."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.kernel.refusals import LostRace
from shared.patients.read_own_resources import ReadOwnResources
from shared.triggers.custom import Attribute, CustomTriggerDraft
from shared.triggers.custom_definitions import drafted
from shared.triggers.put_custom_trigger import PutCustomTrigger
from shared.triggers.read_event import read_event
from shared.triggers.take_in_events import EventsTold, TakeInEvents
from tests.rooms.triggers.builders import MONDAY
from tests.rooms.triggers.interrupted import Interrupted
from tests.rooms.triggers.ward import MAKER, Ward, a_ward

KINDS: dict[str, Any] = {
    "text": "string",
    "size": "number",
    "yes": "boolean",
    "day": "date",
    "at": "dateTime",
    "visit": "reference",
}
WHO = Attribute("who", "reference", of="Patient", is_required=True)
OPTIONAL = tuple(
    Attribute(name, kind, of="Appointment" if kind == "reference" else None) for name, kind in KINDS.items()
)
DRAFT = CustomTriggerDraft("Directions asked for", (WHO, *OPTIONAL), "who", state="ready_to_use")
TRIGGER = drafted("directions", DRAFT, None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def an_event(**attributes: Any) -> dict[str, Any]:
    return {"id": "asked-17", "attributes": {"who": "Patient/ada"} | attributes}


def said(**attributes: Any) -> Any:
    """Give what is read of attributes, or what is wrong with them."""
    reading = read_event(an_event(**attributes), TRIGGER, MONDAY)
    return reading.told.given | reading.told.references if reading.told else dict(reading.problems)


class TestReadEvent:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("text", "Ò'Brien"),
            ("text", ""),
            ("size", 3),
            ("size", -0.5),
            ("yes", False),
            ("day", "2026-03-29"),
            ("at", "2026-03-29T00:59:00+00:00"),
            ("visit", "Appointment/eye-check"),
        ],
    )
    def test_takes_what_the_attribute_holds(self, name: str, value: Any) -> None:
        assert said(**{name: value})[name] == value

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("text", "two\x00words"),
            ("text", "x" * 1001),
            ("size", True),
            ("size", float("inf")),
            ("yes", 0),
            ("day", "2026-02-30"),
            ("day", "2026-03-29T00:59:00Z"),
            ("at", "2026-03-29"),
            ("at", "2026-03-29T00:59:00"),
            ("visit", "Appointment/"),
            ("visit", "Appointment?identifier=urn:a|1"),
            ("visit", "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"),
        ],
    )
    def test_names_the_attribute_that_holds_something_else(self, name: str, value: Any) -> None:
        assert list(said(**{name: value})) == [f"attributes.{name}"]

    @given(st.dictionaries(st.sampled_from([*KINDS, "stranger"]), JSON))
    def test_reads_or_refuses_whatever_comes_and_quotes_nothing(self, attributes: dict[str, Any]) -> None:
        reading = read_event(an_event(**attributes), TRIGGER, MONDAY)

        assert (reading.told is None) == bool(reading.problems)
        if reading.told is None:
            fields = {field for field, _ in reading.problems}
            assert fields <= {"attributes", *(f"attributes.{name}" for name in KINDS)}
        else:
            given_ones = {name for name, value in attributes.items() if value is not None}
            assert {*reading.told.given, *reading.told.references} == given_ones | {"who"}

    def test_asks_for_whose_it_is(self) -> None:
        reading = read_event({"id": "a", "attributes": {"text": "b"}}, TRIGGER, MONDAY)

        assert reading.problems == (("attributes.who", "missing"),)

    @pytest.mark.parametrize("at", ["2026-03-02", "yesterday", 5, "0001-01-01T00:00:00+14:00"])
    def test_asks_for_a_time_with_its_offset(self, at: Any) -> None:
        assert read_event(an_event() | {"at": at}, TRIGGER, MONDAY).problems[0][0] == "at"


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with a_ward(tmp_path) as ward:
        PutCustomTrigger(ward.house.documents)(
            DRAFT, trigger_id="directions", caller=MAKER, now=ward.now, if_match=None
        )
        for whose in ("ada", "bob"):
            who = {"actor": {"reference": f"Patient/{whose}"}, "status": "accepted"}
            settled = {"resourceType": "Appointment", "status": "booked", "start": "2026-03-30T07:00:00Z"}
            ward.write({**settled, "id": f"of-{whose}", "participant": [who]})
        yield ward


def taking_in(ward: Ward, documents: Any = None) -> TakeInEvents:
    return TakeInEvents(documents or ward.house.documents, ReadOwnResources(ward.record, ward.find_patient))


def take(ward: Ward, *events: Any, documents: Any = None) -> list[str]:
    act = taking_in(ward, documents)
    taken = act(EventsTold(events), trigger_id="directions", caller=MAKER, now=ward.now)
    return [one.outcome for one in taken.events]


class TestTakeInEvents:
    def test_told_twice_at_once_is_one(self, ward: Ward) -> None:
        documents: Any = Interrupted(ward.house.documents, "read", lambda: take(ward, an_event()), after=2)

        with pytest.raises(LostRace):
            take(ward, an_event(), documents=documents)

        assert take(ward, an_event()) == ["repeated"]
        assert len(ward.told("CustomTriggerFired")) == 1

    def test_killed_on_the_way_goes_on_where_it_was(self, ward: Ward) -> None:
        events = [an_event() | {"id": str(number)} for number in range(5)]
        documents: Any = Interrupted(ward.house.documents, "commit", killed, after=3)

        with pytest.raises(Killed):
            take(ward, *events, documents=documents)
        outcomes = take(ward, *events)

        assert outcomes == ["repeated"] * 3 + ["accepted"] * 2
        assert len(ward.told("CustomTriggerFired")) == 5

    @given(
        st.lists(
            st.tuples(st.sampled_from(["ada", "bob"]), st.sampled_from(["ada", "bob"]), st.integers(0, 3)),
            max_size=6,
        )
    )
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_keeps_nothing_that_speaks_of_anothers_resource(
        self, ward: Ward, told: list[tuple[str, str, int]]
    ) -> None:
        events = [
            an_event(who=f"Patient/{who}", visit=f"Appointment/of-{whose}") | {"id": f"{who} {key}"}
            for who, whose, key in told
        ]
        if not events:
            return

        outcomes = take(ward, *events)

        for (who, whose, _), outcome in zip(told, outcomes, strict=True):
            assert outcome in (("accepted", "repeated") if who == whose else ("refused", "contradicted"))


class Killed(BaseException):
    """The process has ended."""


def killed() -> None:
    raise Killed
