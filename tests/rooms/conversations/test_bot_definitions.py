"""What a scenario must be to be kept (BH-3)."""

from typing import Any

import pytest

from shared.conversations.bot.definitions import drafted, problems
from shared.kernel.refusals import Nonsense
from tests.rooms.conversations.bot_scripts import (
    a_draft,
    a_scenario,
    book,
    branch,
    confirm,
    end,
    form,
    person,
    prompt,
    statement,
)

SET = {"variable": "x", "operator": "is_set"}
COMES_ROUND = "comes round to itself without waiting for the patient"


def wrong(*steps: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    return [*problems("a-talk", a_draft(*steps, **more))]


def deep(levels: int) -> dict[str, Any]:
    return SET if levels == 1 else {"all_of": [deep(levels - 1)]}


class TestWhole:
    def test_names_all_that_is_wrong(self) -> None:
        draft = a_draft(name=" ", escape_words=["agent", "AGENT.", ""], escape_context={"A": 10**16})

        with pytest.raises(Nonsense) as refused:
            drafted("A talk", draft, None)

        assert [path for path, _ in refused.value.fields] == [
            "scenario_id",
            "name",
            "steps",
            "escape_words.0",
            "escape_words.1",
            "escape_words.2",
            "escape_context.0",
        ]

    def test_has_no_more_steps_than_a_turn_may_take(self) -> None:
        steps = [statement(f"s{number}") for number in range(50)]

        assert wrong(*steps, end()) == [("steps", "not from 1 to 50")]
        assert wrong(*steps[:49], end()) == []


class TestSteps:
    @pytest.mark.parametrize(
        ("step", "path"),
        [
            (statement(text=" "), "text"),
            (statement(text="a" * 2001), "text"),
            (statement("Say"), "id"),
            (prompt(ask=""), "ask"),
            (prompt(retry="\u202e"), "retry"),
            (prompt(variable="a b"), "variable"),
            (prompt(retries=6), "retries"),
            (prompt(retries=-1), "retries"),
            (prompt(longest=0), "longest"),
            (prompt(longest=2001), "longest"),
            (prompt(type="choice"), "choices"),
            (prompt(choices=["A"]), "choices"),
            (prompt(type="choice", choices=["A", "a."]), "choices.0"),
            (prompt(type="choice", choices=["a" * 81]), "choices.0"),
            (form(), "fields"),
            (form({"id": "step", "label": "Step"}), "fields.0.id"),
            (form({"id": "a b", "label": "A"}), "fields.0.id"),
            (form({"id": "a", "label": ""}), "fields.0.label.0"),
            (form({"id": "a", "label": "A", "longest": 0}), "fields.0.longest"),
            (form({"id": "a", "label": "A", "type": "choice"}), "fields.0.choices"),
            (form({"id": "a", "label": "A", "choices": ["A"]}), "fields.0.choices"),
            (form({"id": "a", "label": "A"}, submit=""), "submit.0"),
            (confirm(yes_words=[]), "yes_words"),
            (confirm(no_words=["nay", "OK"]), "no_words.1"),
            (branch({"variable": "", "operator": "is_set"}), "when.variable"),
            (branch({"variable": "x", "operator": "equals"}), "when.value"),
            (branch({"variable": "x", "operator": "equals", "value": " "}), "when.value"),
            (branch({"variable": "x", "operator": "above", "value": "much"}), "when.value"),
            (branch({"all_of": []}), "when.all_of"),
            (branch({"any_of": [SET, {"all_of": []}]}), "when.any_of.1.all_of"),
            (branch(deep(6)), "when" + ".all_of.0" * 4 + ".all_of"),
            (book(days=0), "days"),
            (book(days=181), "days"),
            (book(most=10), "most"),
            (book(none_of_these=""), "none_of_these.0"),
            (book(specialty={"variable": "1"}), "specialty.variable"),
            (book(booked_text=""), "booked_text"),
            ({"kind": "escalate", "id": "hand", "context": {"": 1}}, "context.0"),
            ({"kind": "escalate", "id": "hand", "summary": ""}, "summary"),
            ({"kind": "end", "id": "bye", "context": {"A": {"variable": "?"}}}, "context.0"),
            ({"kind": "end", "id": "bye", "text": ""}, "text"),
        ],
    )
    def test_are_refused_by_the_field_that_is_wrong(self, step: dict[str, Any], path: str) -> None:
        found = wrong(statement("first"), step, person())

        assert path in [field.removeprefix("steps.1.") for field, _ in found]

    def test_may_be_as_deep_as_five(self) -> None:
        assert wrong(branch(deep(5)), end(), person()) == []

    def test_have_ids_of_their_own(self) -> None:
        found = wrong(statement("a"), statement("a"), end())

        assert found == [("steps.0.id", "not the only one"), ("steps.1.id", "not the only one")]

    def test_hold_only_text_and_whole_numbers_in_a_context(self) -> None:
        with pytest.raises(Nonsense):
            a_draft(person(context={"EscalateToAgent": True}))


class TestWays:
    def test_lead_to_steps_that_are_there(self) -> None:
        found = wrong(
            statement(next="nowhere"),
            prompt(otherwise="nowhere"),
            confirm(no="nowhere"),
            book(next="x"),
            person(),
        )

        assert found == [
            ("steps.0.next", "no such step"),
            ("steps.1.otherwise", "no such step"),
            ("steps.2.no", "no such step"),
            ("steps.3.next", "no such step"),
        ]

    def test_do_not_run_out(self) -> None:
        assert wrong(person(), prompt()) == [("steps.1.next", "nothing follows")]
        assert wrong(person(), branch(SET)) == [("steps.1.otherwise", "nothing follows")]
        assert wrong(person(), prompt(next="person")) == []

    @pytest.mark.parametrize(
        "steps",
        [
            [statement("a", next="a")],
            [statement("a"), statement("b", next="a")],
            [statement("a"), branch(SET, "b", then="a"), end()],
            [statement("a"), book(otherwise="a"), end()],
        ],
        ids=["to itself", "round two", "one way of a branch", "no free time"],
    )
    def test_do_not_come_round_without_waiting(self, steps: list[dict[str, Any]]) -> None:
        assert ("steps.0", COMES_ROUND) in wrong(*steps)

    def test_may_come_round_by_way_of_the_patient(self) -> None:
        assert wrong(statement("a"), prompt(otherwise="a", next="a")) == []
        assert wrong(statement("a"), book(next="a"), person()) == []


class TestVersions:
    def test_count_what_is_said_and_not_what_it_is_called(self) -> None:
        first = a_scenario(statement(), end())

        renamed = drafted("a-talk", a_draft(statement(), end(), name="Another", state="live"), first)
        reworded = drafted("a-talk", a_draft(statement(text="Hi."), end()), first)
        escaping = drafted("a-talk", a_draft(statement(), end(), escape_words=["agent"]), first)

        assert [it.version for it in (first, renamed, reworded, escaping)] == [1, 1, 2, 2]
        assert (renamed.name, renamed.state) == ("Another", "live")
