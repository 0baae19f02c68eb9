"""What a hospital can switch off: set with a reason, seen by everybody soon."""

from collections.abc import Generator
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.access.model import Caller, Role
from shared.kernel.refusals import Nonsense
from shared.operations.features import (
    Feature,
    FeatureIsOff,
    Features,
    FeaturesAreThere,
    FeaturesChangedMeanwhile,
    FeaturesWanted,
)
from shared.operations.live_features import LiveFeatures
from shared.operations.put_features import PutFeatures
from shared.operations.read_features import KeptFeatures, ReadFeatures
from tests.support.house import House, a_house

OLGA = Caller("olga", "entra", frozenset({Role.OPERATOR}))
ALL_ON = FeaturesWanted(
    chat=True, booking=True, surveys=True, journeys=True, segments=True, outreach=True, why="All well again"
)
CHAT_OFF = replace(ALL_ON, chat=False, why="Nobody answers at night")


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path) as one:
        yield one


def sets(house: House, wanted: FeaturesWanted, *, if_match: str | None = None) -> KeptFeatures:
    return PutFeatures(house.documents)(wanted, caller=OLGA, now=house.clock.now(), if_match=if_match)


def told(house: House) -> list[dict[str, Any]]:
    changes, _ = house.change_feed.read("a test", limit=100)
    return [change["body"]["content"] for change in changes if change["kind"] == "announcement"]


class TestFeatures:
    def test_are_the_same_in_every_word_for_them(self) -> None:
        named = [feature.value for feature in Feature]

        assert [field.name for field in fields(Features)][: len(named)] == named
        assert [field.name for field in fields(FeaturesWanted)] == [*named, "why"]

    def test_are_all_on_until_somebody_has_said_otherwise(self, house: House) -> None:
        kept = ReadFeatures(house.documents)()

        assert all(kept.features.has(feature) for feature in Feature)
        assert (kept.features.changed_by, kept.etag) == (None, None)

    @pytest.mark.parametrize("feature", Feature)
    def test_are_switched_off_one_by_one(self, house: House, feature: Feature) -> None:
        off: dict[str, Any] = {feature.value: False}
        sets(house, replace(ALL_ON, **off))
        live = LiveFeatures(house.documents, house.clock)

        assert [each for each in Feature if not live.has(each)] == [feature]
        with pytest.raises(FeatureIsOff):
            live.require(feature)


class TestSettingThem:
    def test_keeps_who_did_so_and_why(self, house: House) -> None:
        kept = sets(house, CHAT_OFF)

        assert ReadFeatures(house.documents)() == kept
        assert (kept.features.changed_by, kept.features.why) == ("entra|olga", "Nobody answers at night")
        assert kept.features.changed_at == house.clock.now()

    def test_is_audited_each_time(self, house: House) -> None:
        kept = sets(house, CHAT_OFF)
        sets(house, ALL_ON, if_match=kept.etag)

        assert [(entry["what"], entry["subject"], entry["who"], entry["why"]) for entry in told(house)] == [
            ("put_features", "features/organisation", "entra|olga", "off: chat; Nobody answers at night"),
            ("put_features", "features/organisation", "entra|olga", "off: nothing; All well again"),
        ]
        assert len({entry["entry_id"] for entry in told(house)}) == 2

    @pytest.mark.parametrize("why", ["", "  ", "two\nlines", "x" * 501])
    def test_asks_for_a_reason_of_one_line(self, house: House, why: str) -> None:
        with pytest.raises(Nonsense) as refused:
            sets(house, replace(CHAT_OFF, why=why))

        assert [field for field, _ in refused.value.fields] == ["why"]
        assert ReadFeatures(house.documents)().etag is None

    def test_is_for_whoever_has_seen_them(self, house: House) -> None:
        first = sets(house, CHAT_OFF)

        with pytest.raises(FeaturesAreThere):
            sets(house, ALL_ON)
        sets(house, replace(CHAT_OFF, surveys=False), if_match=first.etag)
        with pytest.raises(FeaturesChangedMeanwhile):
            sets(house, ALL_ON, if_match=first.etag)

        assert not ReadFeatures(house.documents)().features.surveys


class TestEverybody:
    def test_sees_a_switch_within_two_seconds_of_machine_time(self, house: House) -> None:
        live = LiveFeatures(house.documents, house.clock)
        before = live.has(Feature.CHAT)
        sets(house, CHAT_OFF)

        house.clock.pass_by(timedelta(seconds=2))

        assert (before, live.has(Feature.CHAT)) == (True, False)

    def test_reads_them_once_a_second_at_most(self, house: House) -> None:
        live = LiveFeatures(house.documents, house.clock)
        assert live.has(Feature.CHAT)
        sets(house, CHAT_OFF)

        house.clock.pass_by(timedelta(milliseconds=900))

        assert live.has(Feature.CHAT)

    def test_reads_them_anew_when_the_machines_clock_was_set_back(self, house: House) -> None:
        live = LiveFeatures(house.documents, house.clock)
        assert live.has(Feature.CHAT)
        sets(house, CHAT_OFF)

        house.clock.machine -= timedelta(hours=1)

        assert not live.has(Feature.CHAT)
