"""What notifications of topics mean, whatever order they come in (fhir.md §2.2)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.refusals import Nonsense
from shared.triggers.notifications import Event, Notification, notification
from shared.triggers.subscriptions import HeardSubscription, meaning
from tests.support.reference_data import reference_data

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
NEVER_HEARD = HeardSubscription("admission", "hospital")
UNDERSTOOD: dict[str, tuple[str, str, int, list[tuple[int, str | None]]]] = {
    "r4-notification-empty": ("event-notification", "active", 2, [(2, None)]),
    "r4-notification-error": ("query-status", "error", 3, []),
    "r4-notification-full-resource": ("event-notification", "active", 2, [(2, "Encounter")]),
    "r4-notification-handshake": ("handshake", "requested", 0, []),
    "r4-notification-heartbeat": ("heartbeat", "active", 2, []),
    "r4-notification-id-only": ("event-notification", "active", 2, [(2, "Encounter")]),
    "r4-notification-multi-resource": ("event-notification", "active", 2, [(2, "Encounter")]),
}


def of_events(*numbers: int, so_far: int | None = None) -> Notification:
    events = [Event(number, NOON, f"Encounter/{number}") for number in numbers]
    return Notification("event-notification", "Subscription/admission", "active", so_far, events)


class TestEveryExample:
    def test_of_hl7_is_understood(self) -> None:
        folder = reference_data() / "hl7-examples" / "subscriptions-backport"

        read = {path.stem: notification(json.loads(path.read_text())) for path in folder.glob("r4-*.json")}

        assert {
            name: (
                told.kind,
                told.status,
                told.so_far,
                [(each.number, each.focus and each.focus.split("/")[-2]) for each in told.events],
            )
            for name, told in read.items()
        } == UNDERSTOOD
        assert {told.subscription for told in read.values()} == {
            "https://example.org/fhir/Subscription/admission"
        }
        assert {each.happened for each in read["r4-notification-full-resource"].events} == {"created"}


class TestANotification:
    def test_may_be_spelt_as_r4b_spells_it_with_numbers(self) -> None:
        status: dict[str, Any] = {
            "resourceType": "SubscriptionStatus",
            "status": "active",
            "type": "event-notification",
            "eventsSinceSubscriptionStart": 7,
            "notificationEvent": [{"eventNumber": 7, "focus": {"reference": "Encounter/e1/_history/3"}}],
            "subscription": {"reference": "Subscription/admission"},
        }

        told = notification({"type": "history", "entry": [{"resource": status}]})

        assert (told.so_far, told.subscription) == (7, "Subscription/admission")
        assert told.events == [Event(7, None, "Encounter/e1/_history/3", 3)]

    @pytest.mark.parametrize("number", [None, True, "-1", "two", 1.5, "9" * 19])
    def test_without_numbers_is_nonsense(self, number: Any) -> None:
        status = {
            "resourceType": "SubscriptionStatus",
            "type": "event-notification",
            "notificationEvent": [{"eventNumber": number}],
            "subscription": {"reference": "Subscription/admission"},
        }

        with pytest.raises(Nonsense) as refused:
            notification({"type": "history", "entry": [{"resource": status}]})

        assert [path for path, _ in refused.value.fields] == ["notification-event[0].event-number"]


class TestWhatItMeans:
    def test_is_to_look_at_what_is_new(self) -> None:
        meant = meaning(NEVER_HEARD, of_events(1, 2), NOON)

        assert [event.number for event in meant.events] == [1, 2]
        assert (meant.asks_the_record, meant.heard.last_number) == (False, 2)

    def test_begins_anew_with_a_handshake(self) -> None:
        heard = meaning(NEVER_HEARD, of_events(*range(1, 9)), NOON).heard

        meant = meaning(heard, Notification("handshake", "", "requested", 0, ()), NOON)

        assert (meant.heard.last_number, meant.asks_the_record) == (0, False)

    def test_does_not_go_back_for_a_heartbeat_that_is_late(self) -> None:
        heard = meaning(NEVER_HEARD, of_events(1, 2, 3), NOON).heard

        meant = meaning(heard, Notification("heartbeat", "", "active", 1, ()), NOON - timedelta(minutes=1))

        assert (meant.heard.last_number, meant.heard.gaps, meant.heard.heard_at) == (3, 0, NOON)

    @given(
        st.integers(1, 30).flatmap(
            lambda count: st.tuples(
                st.permutations(range(1, count + 1)),
                st.lists(st.integers(1, count), max_size=10),
                st.sets(st.integers(1, count)),
            )
        )
    )
    def test_leaves_nothing_unlooked_at(self, happens: tuple[list[int], list[int], set[int]]) -> None:
        """However events come, twice or never: each was pointed to, or the record was asked after it."""
        order, again, lost = happens
        heard, seen = NEVER_HEARD, set[int]()
        latest = 0
        for number in [*order, *again]:
            if number in lost:
                continue
            meant = meaning(heard, of_events(number), NOON)
            heard, latest = meant.heard, max(latest, number)
            seen |= {event.number for event in meant.events}
            if meant.asks_the_record:
                seen |= set(range(1, latest + 1))

        assert seen >= set(range(1, latest + 1))
        assert heard.last_number == latest
