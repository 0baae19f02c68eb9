"""Whether somebody takes work just now (RT-12, RT-18)."""

from datetime import timedelta

import pytest

from shared.routing.presence import (
    Base,
    Because,
    Chosen,
    Load,
    Presence,
    presence_after,
    presence_chosen,
)
from tests.rooms.routing.builders import MONDAY

NOTHING, SOME, FULL = Load(0, 3, 0), Load(1, 3, 1), Load(3, 3, 2)
TEN_TALKS = Load(10, 100, 10)
LATER = MONDAY + timedelta(minutes=5)


def being(base: Base, because: Because = "chosen") -> Presence:
    return Presence(base, because, MONDAY)


class TestPresenceByLoad:
    @pytest.mark.parametrize(
        ("load", "base"),
        [
            (NOTHING, "available"),
            (SOME, "busy"),
            (FULL, "do_not_disturb"),
            (Load(9, 100, 9), "busy"),
            (TEN_TALKS, "do_not_disturb"),
        ],
    )
    @pytest.mark.parametrize("before", [being("available"), being("busy", "load")])
    def test_goes_with_the_work_in_hand(self, before: Presence, load: Load, base: Base) -> None:
        assert presence_after(before, "load_changed", load, LATER).base == base

    def test_comes_back_from_do_not_disturb_when_room_comes_free(self) -> None:
        full = presence_after(being("available"), "load_changed", FULL, MONDAY)

        assert presence_after(full, "load_changed", SOME, LATER) == Presence("busy", "load", LATER)
        assert presence_after(full, "load_changed", NOTHING, LATER).base == "available"

    def test_keeps_its_hour_while_nothing_changes(self) -> None:
        busy = being("busy", "load")

        assert presence_after(busy, "load_changed", SOME, LATER) is busy


class TestPresenceChosenToBeLeftAlone:
    @pytest.mark.parametrize("base", ["do_not_disturb", "appear_away", "offline"])
    @pytest.mark.parametrize("happened", ["load_changed", "declined", "missed"])
    def test_sticks(self, base: Base, happened: str) -> None:
        away = being(base)

        assert presence_after(away, happened, NOTHING, LATER) is away  # pyright: ignore[reportArgumentType]  # each is a Happened


class TestPresenceAfterAnOffer:
    def test_is_do_not_disturb_when_it_was_declined(self) -> None:
        assert presence_after(being("available"), "declined", NOTHING, LATER).base == "do_not_disturb"

    def test_is_inactive_when_it_was_missed(self) -> None:
        missed = presence_after(being("busy", "load"), "missed", SOME, LATER)

        assert (missed.base, missed.chosen_by) == ("inactive", "system")

    @pytest.mark.parametrize("because", ["declined", "missed"])
    def test_stays_until_the_person_chooses(self, because: Because) -> None:
        gone = presence_after(being("available"), because, SOME, MONDAY)  # pyright: ignore[reportArgumentType]  # two of them are both

        assert presence_after(gone, "load_changed", NOTHING, LATER) is gone
        assert presence_chosen("available", NOTHING, LATER).base == "available"


class TestPresenceChosen:
    @pytest.mark.parametrize("base", ["available", "busy", "do_not_disturb", "appear_away", "offline"])
    def test_is_what_the_person_says(self, base: Chosen) -> None:
        shown = presence_chosen(base, NOTHING, LATER)

        assert (shown.base, shown.chosen_by, shown.since) == (base, "person", LATER)

    def test_cannot_be_available_with_full_hands(self) -> None:
        shown = presence_chosen("available", FULL, LATER)

        assert (shown.base, shown.stays) == ("do_not_disturb", False)
