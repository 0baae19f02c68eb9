"""Triggers that name attributes: which updates fire, whatever becomes of the news (FH-10)."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.fhir.ports import Resource
from shared.kernel.refusals import Nonsense, NotFound
from shared.triggers.before import Version
from shared.triggers.firings import Firing
from shared.triggers.model import FieldIs, TriggerDraft
from tests.rooms.triggers.ward import Ward, a_ward

FIRING = "firing~moved~Appointment~checkup"
NINE, TEN, ELEVEN = (f"2026-03-30T0{hour}:00:00Z" for hour in (7, 8, 9))


def a_move(**more: Any) -> TriggerDraft:
    settled: dict[str, Any] = {
        "name": "An appointment has been moved",
        "resource_type": "Appointment",
        "when": "updated",
        "statuses": ("booked",),
        "changed": ("start",),
        "state": "ready_to_use",
    }
    return TriggerDraft(**{**settled, **more})


def a_checkup(start: str | None = NINE, *, of: str = "ada", **more: Any) -> Resource:
    at = {"start": start} if start else {}
    who = {"actor": {"reference": f"Patient/{of}"}, "status": "accepted"}
    settled: Resource = {"resourceType": "Appointment", "id": "checkup", "status": "booked", **at}
    return {**settled, "participant": [who], **more}


@dataclass
class NoHistory:
    """A record whose server keeps no versions."""

    whole: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def history(self, *_: str) -> Iterator[Resource]:
        raise NotFound


@dataclass
class Kept:
    """A history that has lost all before some version."""

    whole: Any
    lost_before: int
    asked: list[str] = field(default_factory=list[str])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def history(self, type_: str, id_: str) -> Iterator[Resource]:
        self.asked.append(id_)
        return (
            one for one in self.whole.history(type_, id_) if int(one["meta"]["versionId"]) >= self.lost_before
        )


@dataclass
class Behind:
    """A copy of the record that shows a resource as it was."""

    whole: Any
    old: Resource

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def read(self, *_: str) -> Resource:
        return self.old


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with a_ward(tmp_path) as ward:
        yield ward


def firing(ward: Ward, named: str = FIRING) -> Firing | None:
    found = ward.house.documents.look("patient/ada", named, Firing)
    return found.body if found else None


def write(ward: Ward, *resources: Resource) -> None:
    """Write each a minute after the one before, and tell nobody."""
    for resource in resources:
        ward.house.clock.pass_by(timedelta(minutes=1))
        ward.write(resource)


def happens(ward: Ward, *resources: Resource) -> int:
    """Write each and let it be told; give how often the trigger fired."""
    before = len(ward.told("TriggerFired"))
    for resource in resources:
        write(ward, resource)
        ward.goes_on()
    return len(ward.told("TriggerFired")) - before


class TestAnUpdate:
    def test_fires_where_a_named_attribute_differs_and_not_where_others_do(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")

        assert happens(ward, a_checkup(NINE), a_checkup(NINE, comment="Bring the letter.")) == 0
        assert happens(ward, a_checkup(TEN, comment="Bring the letter.")) == 1

        fired = firing(ward)
        assert fired is not None
        assert fired.reaction is not None
        assert (fired.reaction.changed, fired.reaction.is_before_unknown) == (("start",), False)
        assert fired.reaction.before is not None
        assert (fired.reaction.before.id, fired.reacted_to and fired.reacted_to.id) == ("1", "3")

    def test_fires_for_each_change_though_the_trigger_stands(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")

        fired = happens(
            ward, a_checkup(NINE), a_checkup(TEN), a_checkup(ELEVEN), a_checkup(ELEVEN, comment="Same.")
        )

        assert fired == 2
        assert [told["version"] for told in ward.told("TriggerFired")] == [1, 2]
        assert ward.told("TriggerWithdrawn") == []

    def test_fires_for_a_creation_where_it_is_asked_for(self, ward: Ward) -> None:
        ward.has_trigger(a_move(when="either"), named="moved")

        assert happens(ward, a_checkup(NINE)) == 1
        assert happens(ward, a_checkup(NINE, comment="Same.")) == 0
        assert happens(ward, a_checkup(TEN)) == 1

    def test_does_not_fire_for_a_creation_that_came_to_meet_the_trigger_without_a_change(
        self, ward: Ward
    ) -> None:
        ward.has_trigger(a_move(when="either"), named="moved")

        assert happens(ward, a_checkup(NINE, status="proposed"), a_checkup(NINE)) == 0
        assert happens(ward, a_checkup(TEN)) == 1

    @pytest.mark.parametrize(("before", "after"), [(None, NINE), (NINE, None)])
    def test_fires_where_an_attribute_comes_or_goes(
        self, ward: Ward, before: str | None, after: str | None
    ) -> None:
        ward.has_trigger(a_move(), named="moved")

        assert happens(ward, a_checkup(before), a_checkup(after)) == 1

    def test_does_not_fire_for_what_is_only_written_otherwise(self, ward: Ward) -> None:
        ward.has_trigger(a_move(changed=("start", "serviceType")), named="moved")
        visit = [{"coding": [{"system": "urn:l", "code": "a"}, {"system": "urn:l", "code": "b"}]}]
        turned = [
            {"coding": [{"system": "urn:l", "code": "b", "display": "B"}, {"system": "urn:l", "code": "a"}]}
        ]

        same = a_checkup("2026-03-30T09:00:00+02:00", serviceType=turned)
        assert happens(ward, a_checkup(NINE, serviceType=visit), same) == 0

    def test_is_compared_with_what_was_last_reacted_to_where_news_was_lost(self, ward: Ward) -> None:
        """Third seen, fifth comes, and the fourth, which brought the change, is never told."""
        ward.has_trigger(a_move(), named="moved")
        happens(ward, a_checkup(NINE), a_checkup(TEN), a_checkup(TEN, comment="Third."))
        write(ward, a_checkup(ELEVEN))
        lost = ward.events()

        assert happens(ward, a_checkup(ELEVEN, comment="Fifth.")) == 1
        assert ward.take_in(lost, now=ward.now) == [None]
        for heard in list(ward.heard.announcements):
            ward.react(heard.content, now=ward.now)  # pyright: ignore[reportArgumentType]  # nothing else is heard
        assert len(ward.told("TriggerFired")) == 2

    def test_that_was_changed_back_before_anybody_looked_is_none(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        happens(ward, a_checkup(NINE))
        write(ward, a_checkup(TEN), a_checkup(NINE))

        ward.react_to_all()

        assert ward.told("TriggerFired") == []

    def test_of_before_the_trigger_was_in_force_does_not_count(self, ward: Ward) -> None:
        write(ward, a_checkup(NINE), a_checkup(TEN))
        ward.events()
        ward.house.clock.pass_by(timedelta(minutes=1))
        ward.has_trigger(a_move(), named="moved")

        assert happens(ward, a_checkup(TEN, comment="Bring the letter.")) == 0
        assert happens(ward, a_checkup(ELEVEN)) == 1

    def test_of_while_the_trigger_was_stopped_does_not_count(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        happens(ward, a_checkup(NINE), a_checkup(TEN))
        ward.has_trigger(a_move(state="stopped"), named="moved")
        assert happens(ward, a_checkup(ELEVEN)) == 0
        ward.house.clock.pass_by(timedelta(minutes=1))
        ward.has_trigger(a_move(), named="moved")

        assert happens(ward, a_checkup(ELEVEN, comment="Same.")) == 0
        assert happens(ward, a_checkup(NINE)) == 1

    def test_is_compared_with_what_stood_when_other_attributes_were_named(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        happens(ward, a_checkup(NINE), a_checkup(TEN), a_checkup(TEN, minutesDuration=30))
        ward.house.clock.pass_by(timedelta(minutes=1))
        ward.has_trigger(a_move(changed=("start", "minutesDuration")), named="moved")

        assert happens(ward, a_checkup(TEN, minutesDuration=30, comment="Same.")) == 0
        assert happens(ward, a_checkup(TEN, minutesDuration=45)) == 1

    def test_is_still_compared_with_what_was_reacted_to_after_a_new_name(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        happens(ward, a_checkup(NINE))
        write(ward, a_checkup(TEN))
        ward.events()
        ward.house.clock.pass_by(timedelta(minutes=1))
        ward.has_trigger(a_move(name="Moved"), named="moved")

        assert happens(ward, a_checkup(TEN, comment="Same.")) == 1


class TestTakingBack:
    def test_falls_back_to_what_stood_before_all_that_is_taken_back(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        happens(ward, a_checkup(NINE), a_checkup(TEN), a_checkup(ELEVEN))
        happens(ward, a_checkup(ELEVEN, status="cancelled"))
        assert len(ward.told("TriggerWithdrawn")) == 1

        assert happens(ward, a_checkup(TEN)) == 1

        fired = firing(ward)
        assert fired is not None
        assert (fired.occurrence, fired.fallen) == (3, 2)

    def test_leaves_nothing_to_tell_of_what_is_again_as_it_was(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        happens(ward, a_checkup(NINE), a_checkup(TEN), a_checkup(TEN, status="cancelled"))

        assert happens(ward, a_checkup(NINE)) == 0

    def test_comes_with_a_deletion_and_a_new_life_is_compared_with_the_former(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        happens(ward, a_checkup(NINE), a_checkup(TEN))
        ward.delete(a_checkup())
        ward.goes_on()
        assert len(ward.told("TriggerWithdrawn")) == 1

        assert happens(ward, a_checkup(NINE)) == 0
        assert happens(ward, a_checkup(ELEVEN)) == 1

    def test_spares_what_still_stands(self, ward: Ward) -> None:
        """Of what stands since, the first is told apart from what fell: both later changes go on."""
        ward.has_trigger(a_move(), named="moved")
        happens(ward, a_checkup(NINE), a_checkup(TEN), a_checkup(TEN, status="cancelled"))
        happens(ward, a_checkup(ELEVEN), a_checkup(TEN))

        fired = firing(ward)
        assert fired is not None
        assert (fired.occurrence, fired.fallen) == (3, 1)


class TestWhatTheRecordDoesNotKnow:
    def test_fires_for_every_version_once_where_there_is_no_history(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        ward.react = replace(ward.react, record=NoHistory(ward.record))  # pyright: ignore[reportArgumentType]  # a record

        assert happens(ward, a_checkup(NINE)) == 0
        assert happens(ward, a_checkup(NINE, comment="Same.")) == 1
        ward.react_to_all()
        assert happens(ward, a_checkup(TEN)) == 1

        fired = firing(ward)
        assert fired is not None
        assert fired.reaction is not None
        assert fired.reaction.is_before_unknown
        assert fired.reaction.before is None

    def test_fires_once_and_then_knows_where_the_history_was_cut(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        write(ward, a_checkup(NINE), a_checkup(TEN), a_checkup(TEN, comment="Third."))
        ward.events()
        ward.react = replace(ward.react, record=Kept(ward.record, lost_before=3))  # pyright: ignore[reportArgumentType]  # a record

        assert happens(ward, a_checkup(TEN, comment="Fourth.")) == 1
        assert happens(ward, a_checkup(TEN, comment="Fifth.")) == 0

    def test_is_not_asked_for_a_first_version_nor_again_for_the_same(self, ward: Ward) -> None:
        ward.has_trigger(a_move(when="either"), named="moved")
        record = Kept(ward.record, lost_before=1)
        ward.react = replace(ward.react, record=record)  # pyright: ignore[reportArgumentType]  # a record

        happens(ward, a_checkup(NINE))
        ward.react_to_all()

        assert record.asked == []

    def test_does_not_react_to_an_older_copy(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        happens(ward, a_checkup(NINE), a_checkup(TEN))
        old = ward.record.read("Appointment", "checkup")
        happens(ward, a_checkup(ELEVEN))
        ward.react = replace(ward.react, record=Behind(ward.record, old))  # pyright: ignore[reportArgumentType]  # a record

        ward.react_to_all(only=0)

        assert len(ward.told("TriggerFired")) == 2


class TestPutTrigger:
    def test_names_what_is_wrong_with_the_attributes(self, ward: Ward) -> None:
        with pytest.raises(Nonsense) as refused:
            ward.has_trigger(a_move(changed=("start", "strat", "participant.actor", "start")), named="moved")
        assert refused.value.fields == (
            ("changed.1", "not a field of such a resource"),
            ("changed.3", "named before"),
        )

    def test_refuses_attributes_of_what_is_only_created_and_too_many(self, ward: Ward) -> None:
        with pytest.raises(Nonsense) as refused:
            ward.has_trigger(a_move(when="created", changed=("start",) * 30), named="moved")

        assert [field for field, _ in refused.value.fields[:2]] == ["changed", "changed"]

    def test_says_since_when_it_asks_what_it_asks(self, ward: Ward) -> None:
        ward.has_trigger(a_move(), named="moved")
        begun = ward.live.watching("Appointment")[0].definition.in_force_since
        ward.has_trigger(a_move(name="Moved"), named="moved")
        ward.has_trigger(a_move(name="Moved", fresh_for_days=3), named="moved")
        assert ward.live.watching("Appointment")[0].definition.in_force_since == begun

        ward.has_trigger(a_move(conditions=(FieldIs("field", "status", ("booked",)),)), named="moved")
        assert ward.live.watching("Appointment")[0].definition.in_force_since != begun


VERSIONS = st.tuples(
    st.sampled_from([NINE, TEN, ELEVEN, None]),
    st.sampled_from(["booked", "booked", "cancelled"]),
    st.booleans(),
)
HISTORIES = st.lists(VERSIONS | st.just("deleted"), min_size=1, max_size=7)
IN_ONE_WARD = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBERS = count(1)
"""Each history is that of an appointment of its own."""


@dataclass
class Told:
    """What a patient was told, by the rule as a person would put it, where every change is told at once."""

    asks_for_creations: bool
    last: Any = "never written"
    fallback: Any = None
    stands: bool = False
    fired: int = 0

    def sees(self, version: Any) -> None:
        is_there = version != "deleted" and version[1] == "booked"
        if self.last == "never written" and version != "deleted":
            self.last = "never told" if self.asks_for_creations and is_there else version[0]
        if not is_there and self.stands:
            self.last, self.stands = self.fallback, False
        if is_there and self.last != version[0]:
            self.fallback = self.fallback if self.stands else self.last
            self.last, self.stands = version[0], True
            self.fired += 1


@dataclass
class Appointment:
    """One appointment in the ward, what was written of it, and what comes of telling that."""

    ward: Ward
    id: str = field(default_factory=lambda: f"checkup-{next(NUMBERS)}")

    def becomes(self, *versions: Any) -> list[Any]:
        """Write versions, and give their events."""
        for version in versions:
            self.ward.house.clock.pass_by(timedelta(minutes=1))
            if version == "deleted":
                self.ward.delete(a_checkup(id=self.id))
                continue
            start, status, is_commented = version
            self.ward.write(a_checkup(start, id=self.id, status=status, comment=f"{is_commented}"))
        return self.ward.events()

    def is_told(self, events: Sequence[Any]) -> None:
        """Deliver each by itself, and what comes of it."""
        for event in events:
            self.ward.heard.announcements.clear()
            assert self.ward.take_in([event], now=self.ward.now) == [None]
            for heard in list(self.ward.heard.announcements):
                self.ward.react(heard.content, now=self.ward.now)  # pyright: ignore[reportArgumentType]  # nothing else is heard

    @property
    def firing(self) -> Firing | None:
        return firing(self.ward, f"firing~moved~Appointment~{self.id}")

    def outcome(self) -> Any:
        """Give all of the firing that is not a time or a name."""
        found = self.firing
        if found is None:
            return None
        reaction = found.reaction
        versions = reaction and [
            one and one.id for one in (reaction.to, reaction.before, reaction.falls_back_to)
        ]
        return found.occurrence, found.state, versions, reaction and reaction.changed


class TestAnyDelivery:
    @given(history=HISTORIES, data=st.data())
    @IN_ONE_WARD
    def test_of_one_history_comes_to_the_same_firing(
        self, ward: Ward, history: list[Any], data: st.DataObject
    ) -> None:
        """Doubled, turned round, and all but one lost."""
        if not ward.live.watching("Appointment"):
            ward.has_trigger(a_move(when="either"), named="moved")
        outcomes: list[Any] = []
        for _ in range(2):
            appointment = Appointment(ward)
            events = appointment.becomes(*history)
            order = st.lists(st.sampled_from(events), min_size=1, max_size=9) if events else st.just([])
            appointment.is_told([*data.draw(order)])
            outcomes.append(appointment.outcome())

        assert outcomes[0] == outcomes[1]

    @pytest.mark.parametrize("when", ["either", "updated"])
    @given(history=HISTORIES)
    @IN_ONE_WARD
    def test_at_once_fires_once_for_each_real_change(self, ward: Ward, when: Any, history: list[Any]) -> None:
        if not ward.live.watching("Appointment"):
            ward.has_trigger(a_move(when=when), named="moved")
        model, appointment = Told(asks_for_creations=when == "either"), Appointment(ward)

        for version in history:
            appointment.is_told(appointment.becomes(version) * 2)
            model.sees(version)

        fired = appointment.firing
        assert (fired.occurrence if fired else 0) == model.fired
        assert (fired is not None and fired.stands) == model.stands

    @given(history=HISTORIES, heard=st.lists(st.booleans(), min_size=7, max_size=7))
    @IN_ONE_WARD
    def test_late_or_lost_leaves_nobody_with_what_is_not_so(
        self, ward: Ward, history: list[Any], heard: list[bool]
    ) -> None:
        """Some are told when others have been written, the last always: what was told last is what stands."""
        if not ward.live.watching("Appointment"):
            ward.has_trigger(a_move(), named="moved")
        appointment, left = Appointment(ward), list[Any]()
        told = list[Any]()
        for version, is_heard in zip(history, heard, strict=False):
            left += appointment.becomes(version)
            if is_heard:
                appointment.is_told(left[::-1])
                told, left = told + left, []
        appointment.is_told([*left[-1:], *told])

        fired = appointment.firing
        assert (fired.occurrence if fired else 0) <= sum(a != b for a, b in pairwise(history))
        if fired is not None and fired.stands:
            now = ward.record.read("Appointment", appointment.id)
            versions = ward.record.history("Appointment", appointment.id)
            last = next(one for one in versions if fired.reacted_to == Version.of(one))
            assert (now["status"], last.get("start")) == ("booked", now.get("start"))
