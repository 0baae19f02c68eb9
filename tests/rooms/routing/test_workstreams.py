"""Which queue does this talk go to? (RT-2, RT-6)"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.refusals import Nonsense
from shared.routing.definitions import drafted_queue, drafted_workstream
from shared.routing.workstreams import AutoClose, Condition, ContextValue, Route, queue_for
from tests.rooms.routing.builders import GENERAL, REFILLS, a_queue, a_route, a_workstream

CONDITIONS = st.builds(
    Condition,
    st.sampled_from(["Topic", "Age"]),
    st.sampled_from(["equals", "not_equals", "contains", "is_present"]),
    st.text(max_size=5) | st.integers(),
)
CONTEXTS = st.dictionaries(
    st.sampled_from(["Topic", "Age", "Other"]),
    st.none() | st.text(max_size=5) | st.integers() | st.booleans() | st.floats(allow_nan=True),
)


def routed(context: dict[str, ContextValue], *conditions: Condition) -> str:
    workstream = drafted_workstream("live-chat", a_workstream(Route(REFILLS, conditions)), None)
    return queue_for(workstream, context)


class TestQueueFor:
    def test_is_the_first_route_that_holds(self) -> None:
        both = a_workstream(a_route("refills"), a_route("late-refills"))

        assert queue_for(drafted_workstream("chat", both, None), {"Topic": "refill"}) == "refills"

    def test_is_the_fallback_when_none_holds(self) -> None:
        workstream = drafted_workstream("chat", a_workstream(a_route()), None)

        assert queue_for(workstream, {"Topic": "person"}) == GENERAL
        assert queue_for(workstream, {}) == GENERAL

    def test_needs_all_conditions_of_a_route(self) -> None:
        both = (Condition("Topic", "equals", "refill"), Condition("Urgent", "equals", "yes"))

        assert routed({"Topic": "refill"}, *both) == GENERAL
        assert routed({"Topic": "refill", "Urgent": "yes"}, *both) == REFILLS

    @pytest.mark.parametrize(
        ("condition", "given", "holds"),
        [
            (Condition("x", "equals", "refill"), " Refill ", True),
            (Condition("x", "equals", 1), "1", True),
            (Condition("x", "equals", 1), "one", False),
            (Condition("x", "equals", "true"), True, True),
            (Condition("x", "equals", 1), True, False),
            (Condition("x", "not_equals", "refill"), "O'Brien", True),
            (Condition("x", "not_equals", "refill"), None, True),
            (Condition("x", "equals", "none"), None, False),
            (Condition("x", "contains", "heart"), "My Heart hurts", True),
            (Condition("x", "at_least", 65), "65", True),
            (Condition("x", "at_least", 65), 64.9, False),
            (Condition("x", "at_least", 65), "old", False),
            (Condition("x", "at_most", 65), "64", True),
            (Condition("x", "at_most", 65), "nan", False),
            (Condition("x", "is_present"), "", True),
            (Condition("x", "is_present"), None, False),
        ],
    )
    def test_holds_values_against_each_other(
        self, condition: Condition, given: ContextValue, *, holds: bool
    ) -> None:
        assert (routed({"x": given}, condition) == REFILLS) is holds

    @given(st.lists(CONDITIONS, max_size=3), CONTEXTS)
    def test_always_is_a_queue_that_the_workstream_names(
        self, conditions: list[Condition], context: dict[str, ContextValue]
    ) -> None:
        assert routed(context, *(each for each in conditions if each.operator != "contains")) in (
            GENERAL,
            REFILLS,
        )


class TestDraftedWorkstream:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"units": 0}, "units"),
            ({"units": -1}, "units"),
            ({"name": " "}, "name"),
            ({"offer_lasts_seconds": 5}, "offer_lasts_seconds"),
            ({"fallback_queue_id": "../general"}, "fallback_queue_id"),
            ({"survey_id": ""}, "survey_id"),
            ({"auto_close": AutoClose(open_minutes=0)}, "auto_close.open_minutes"),
            ({"auto_close": AutoClose(gone_minutes=0)}, "auto_close.gone_minutes"),
            ({"auto_close": AutoClose(unanswered_minutes=2)}, "auto_close.unanswered_minutes"),
            ({"most_anonymous": 0}, "most_anonymous"),
            ({"most_anonymous": 1001}, "most_anonymous"),
            ({"routes": (a_route("No Such"),)}, "routes.0.queue_id"),
            ({"routes": (a_route("a", Condition("", "is_present")),)}, "routes.0.conditions.0.name"),
            ({"routes": (a_route("a", Condition("x", "at_least", "9")),)}, "routes.0.conditions.0.value"),
            ({"routes": (a_route("a", Condition("x", "contains", " ")),)}, "routes.0.conditions.0.value"),
        ],
    )
    def test_names_what_is_wrong(self, changes: dict[str, object], field: str) -> None:
        with pytest.raises(Nonsense) as refused:
            drafted_workstream("live-chat", replace(a_workstream(), **changes), None)  # pyright: ignore[reportArgumentType]  # fields by name

        assert [path for path, _ in refused.value.fields] == [field]

    def test_counts_its_versions(self) -> None:
        first = drafted_workstream("live-chat", a_workstream(), None)

        assert drafted_workstream("live-chat", a_workstream(units=2), first).version == 2


class TestDraftedQueue:
    @pytest.mark.parametrize("priority", [0, 1001])
    def test_refuses_a_priority_out_of_reach(self, priority: int) -> None:
        with pytest.raises(Nonsense):
            drafted_queue(GENERAL, a_queue(priority=priority), None)

    def test_has_everybody_as_a_member_when_it_names_none(self) -> None:
        assert drafted_queue(GENERAL, a_queue(), None).has_member("anybody")
        assert not drafted_queue(GENERAL, a_queue("amira"), None).has_member("bruno")
