"""The bot's engine at the awkward moments (BH-1…BH-7); how it talks is told in tests/stories/bot."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.conversations.bot.engine import LOST, begin, hear, hear_booking, hear_slots
from shared.conversations.bot.model import (
    BookingOutcome,
    BookSlot,
    EndConversation,
    Escalate,
    Heard,
    OfferedSlot,
    Scenario,
    SlotsWanted,
    Turn,
)
from shared.conversations.bot.script import StatementStep
from tests.rooms.conversations.bot_scripts import (
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

AT = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
MON = OfferedSlot("slot-1", AT, "Mon 10:00")
NAME = {"id": "name", "label": "Your name"}
AGE = {"id": "age", "label": "Age", "type": "number", "required": False}


def said(turn: Turn) -> list[str | None]:
    return [words.text for words in turn.said]


def known(turn: Turn) -> dict[str, str | int]:
    return turn.standing.variables.value


def after(scenario: Scenario, *words: str, **context: str | int) -> Turn:
    """Begin, and say these words one after the other."""
    turn = begin(scenario, context)
    for word in words:
        turn = hear(scenario, turn.standing, Heard(word))
    return turn


def filled_in(scenario: Scenario, **value: Any) -> Turn:
    return hear(scenario, begin(scenario, {}).standing, Heard(value=value))


class TestStatement:
    def test_says_what_is_known_and_nothing_for_what_is_not(self) -> None:
        scenario = a_scenario(statement(text="Hello {name}{surname}, {age}. {}"), end())

        turn = after(scenario, name="Ada", age=81)

        assert said(turn) == ["Hello Ada, 81. {}"]

    def test_says_the_patients_words_as_they_are_and_looks_nothing_up_in_them(self) -> None:
        scenario = a_scenario(prompt(), statement(text="You said {answer}"), person())

        turn = after(scenario, "{hidden} <b>*x*</b>\x00\u202e\n=1+1", hidden="42")

        assert said(turn) == ["You said {hidden} <b>*x*</b> =1+1"]


class TestPrompt:
    @pytest.mark.parametrize(
        ("asked", "heard", "kept"),
        [
            ("text", "  Siobhán O'Neill ", "Siobhán O'Neill"),
            ("number", "-7", -7),
            ("number", "0012", 12),
            ("date", "2024-2-29", "2024-02-29"),
            ("date", "29.2.2024", "2024-02-29"),
        ],
    )
    def test_keeps_what_is_an_answer(self, asked: str, heard: str, kept: object) -> None:
        turn = after(a_scenario(prompt(type=asked), person()), heard)

        assert known(turn) == {"answer": kept}

    @pytest.mark.parametrize(
        ("asked", "heard"),
        [
            ("text", " \n\u202e"),
            ("text", "a" * 501),
            ("text", "a" * 10_000_000),
            ("number", "3.5"),
            ("number", "9" * 16),
            ("number", "\u00b2"),
            ("date", "2026-02-29"),
            ("date", "03/04/2026"),
            ("date", "0000-01-01"),
        ],
    )
    def test_asks_again_for_what_is_none(self, asked: str, heard: str) -> None:
        turn = after(a_scenario(prompt(type=asked), person()), heard)

        assert said(turn) == ["I did not understand that.", "Your answer?"]
        assert (turn.standing.position, known(turn)) == ("ask", {})

    def test_goes_elsewhere_after_as_many_retries_as_it_has(self) -> None:
        scenario = a_scenario(prompt(type="number", retries=1), end(), person())

        first, second = after(scenario, "x"), after(scenario, "x", "y")

        assert (first.command, second.command) == (None, Escalate({}, None))

    def test_counts_tries_anew_at_every_question(self) -> None:
        twice = prompt("again", type="number", retries=1)
        scenario = a_scenario(prompt(type="number", retries=1), twice, person())

        turn = after(scenario, "x", "1", "x")

        assert turn.standing.position == "again"

    def test_offers_choices_as_buttons_and_as_suggestions(self) -> None:
        scenario = a_scenario(
            prompt(type="choice", choices=["Refill", "Hours"], card_text="Choose:"), person()
        )

        (words,) = begin(scenario, {}).said

        assert words.suggested == ("Refill", "Hours")
        assert words.attachments == (
            {
                "contentType": "application/vnd.microsoft.card.hero",
                "content": {
                    "text": "Choose:",
                    "buttons": [
                        {"type": "imBack", "title": "Refill", "value": "Refill"},
                        {"type": "imBack", "title": "Hours", "value": "Hours"},
                    ],
                },
            },
        )

    def test_keeps_a_choice_as_it_was_offered(self) -> None:
        turn = after(a_scenario(prompt(type="choice", choices=["Refill", "Hours"]), person()), " HOURS! ")

        assert known(turn) == {"answer": "Hours"}


class TestForm:
    def test_is_an_adaptive_card_that_knows_its_step(self) -> None:
        (words,) = begin(a_scenario(form(NAME, AGE), person()), {"name": "Ada"}).said

        (card,) = words.attachments
        assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
        assert card["content"]["version"] == "1.3"
        assert card["content"]["body"] == [
            {
                "type": "Input.Text",
                "id": "name",
                "label": "Your name",
                "isRequired": True,
                "errorMessage": "Your name",
                "value": "Ada",
                "maxLength": 200,
            },
            {"type": "Input.Number", "id": "age", "label": "Age", "isRequired": False},
        ]
        assert card["content"]["actions"] == [
            {"type": "Action.Submit", "title": "Send", "data": {"step": "form"}}
        ]

    @pytest.mark.parametrize(
        ("age", "kept"), [("81", 81), (81, 81), (81.0, 81), ("", ""), (None, ""), ("  ", "")]
    )
    def test_keeps_what_was_filled_in_however_the_client_spells_it(self, age: object, kept: object) -> None:
        turn = filled_in(a_scenario(form(NAME, AGE), end(), person()), step="form", name="Ada", age=age)

        assert known(turn) == {"name": "Ada", "age": kept}
        assert isinstance(turn.command, EndConversation)

    @pytest.mark.parametrize("age", ["old", 81.5, True, [81], {"a": 1}, float("nan"), float("inf"), 10**30])
    def test_asks_again_for_what_is_wrong_and_keeps_the_rest(self, age: object) -> None:
        turn = filled_in(a_scenario(form(NAME, AGE), end(), person()), step="form", name="Ada", age=age)

        assert said(turn)[0] == "Please look again at: Age."
        assert known(turn) == {"name": "Ada"}

    def test_takes_nothing_from_a_card_of_another_step(self) -> None:
        turn = filled_in(a_scenario(form(NAME), end(), person()), step="another", name="Eve")

        assert (turn.command, known(turn)) == (None, {})

    def test_takes_nothing_that_it_did_not_ask_for(self) -> None:
        turn = filled_in(a_scenario(form(NAME), end(), person()), name="Ada", patient_id="eve")

        assert known(turn) == {"name": "Ada"}

    def test_of_nothing_but_what_may_be_left_out_waits_for_the_card(self) -> None:
        scenario = a_scenario(form(AGE), end(), person())

        typed = hear(scenario, begin(scenario, {}).standing, Heard("here you are"))

        assert typed.standing.position == "form"


class TestConfirm:
    @pytest.mark.parametrize(
        "heard", ["Yes", "yes.", "YES please", "ok", "that\u2019s right", "Yeah, go ahead"]
    )
    def test_hears_a_yes(self, heard: str) -> None:
        assert isinstance(after(a_scenario(confirm(), end(), person()), heard).command, EndConversation)

    @pytest.mark.parametrize("heard", ["No", "nope!", "No thanks", "not at all"])
    def test_hears_a_no(self, heard: str) -> None:
        assert isinstance(after(a_scenario(confirm(), end(), person()), heard).command, Escalate)

    @pytest.mark.parametrize(
        "heard", ["I don't think that is right", "yes and no", "not sure", "maybe", "", "yesterday", "know"]
    )
    def test_asks_again_when_it_is_neither_or_both(self, heard: str) -> None:
        turn = after(a_scenario(confirm(), end(), person()), heard)

        assert said(turn) == ["Please answer yes or no.", "Is that right?"]


class TestBranch:
    @pytest.mark.parametrize(
        ("operator", "value", "held", "is_so"),
        [
            ("equals", "Refill", "refill", True),
            ("equals", 1, 1, True),
            ("equals", "1", 1, True),
            ("equals", "refill", None, False),
            ("not_equals", "refill", None, True),
            ("not_equals", "refill", "Refill", False),
            ("contains", "chest", "my CHEST hurts", True),
            ("contains", "chest", None, False),
            ("above", 7, 8, True),
            ("above", 7, 7, False),
            ("above", 7, "10", True),
            ("above", 7, "a lot", False),
            ("above", 7, None, False),
            ("below", 7, 6, True),
            ("below", "2026-03-29", "2026-03-28", True),
            ("below", "2026-03-29", 7, False),
            ("is_set", None, 0, True),
            ("is_set", None, "", False),
            ("is_set", None, None, False),
        ],
    )
    def test_goes_by_what_is_held(self, operator: str, value: object, held: Any, is_so: bool) -> None:  # noqa: FBT001  # a row of the table
        when = {"variable": "held", "operator": operator, "value": value}
        scenario = a_scenario(branch(when), end(), person())

        turn = begin(scenario, {} if held is None else {"held": held})

        assert isinstance(turn.command, Escalate) == is_so

    def test_joins_conditions(self) -> None:
        old = {"variable": "age", "operator": "above", "value": 80}
        ill = {"variable": "ill", "operator": "is_set"}
        alone = {"variable": "alone", "operator": "is_set"}
        scenario = a_scenario(branch({"all_of": [old, {"any_of": [ill, alone]}]}), end(), person())

        turns = [begin(scenario, {"age": 81}), begin(scenario, {"age": 81, "alone": "yes"})]

        assert [isinstance(turn.command, Escalate) for turn in turns] == [False, True]


class TestEscalate:
    def test_hands_over_text_and_whole_numbers_and_leaves_out_what_is_not_known(self) -> None:
        context = {
            "EscalateToAgent": 1,
            "Topic": "refill",
            "Pain": {"variable": "pain"},
            "Age": {"variable": "a"},
        }
        scenario = a_scenario(person(context=context, summary="Pain {pain}", text="Moment, {name}."))

        turn = begin(scenario, {"pain": 7, "name": "Ada"})

        assert turn.command == Escalate({"EscalateToAgent": 1, "Topic": "refill", "Pain": 7}, "Pain 7")
        assert (said(turn), turn.standing.position) == (["Moment, Ada."], None)

    def test_shows_nothing_of_the_patient_where_it_is_printed(self) -> None:
        scenario = a_scenario(
            person(text="Moment, {name}.", summary="{name}", context={"N": {"variable": "name"}})
        )

        assert "Ada" not in repr(begin(scenario, {"name": "Ada"}))


class TestEscapeWords:
    MENU = prompt(type="choice", choices=["Refill", "Talk to an agent"])
    ESCAPE: dict[str, Any] = {  # noqa: RUF012  # read only
        "escape_words": ["agent", "real person"],
        "escape_context": {"EscalateToAgent": 1, "Topic": {"variable": "topic"}},
    }

    @pytest.mark.parametrize("heard", ["agent", "AGENT!!", "get me an agent, now", "a real  person please"])
    def test_hand_over_at_once(self, heard: str) -> None:
        turn = after(a_scenario(self.MENU, end(), person(), **self.ESCAPE), heard, topic="refill")

        context = {"EscalateToAgent": 1, "Topic": "refill"}
        assert turn.command == Escalate(context, "The patient asked for a person.")
        assert turn.standing.is_over

    @pytest.mark.parametrize("heard", ["reagent", "person", "really, person"])
    def test_are_whole_words(self, heard: str) -> None:
        turn = after(a_scenario(self.MENU, end(), person(), **self.ESCAPE), heard)

        assert turn.command is None

    def test_leave_alone_an_answer_that_was_offered(self) -> None:
        turn = after(a_scenario(self.MENU, end(), person(), **self.ESCAPE), "Talk to an agent")

        assert known(turn) == {"answer": "Talk to an agent"}


class TestBook:
    SCENARIO = a_scenario(
        book(specialty={"variable": "specialty"}, mode="virtual", reason="About {topic}", most=2),
        end(),
        person(),
    )

    def test_asks_for_times(self) -> None:
        turn = begin(self.SCENARIO, {"specialty": "diabetes"})

        assert turn.wants == SlotsWanted(14, "diabetes", "virtual", 2)
        assert begin(self.SCENARIO, {}).wants == SlotsWanted(14, None, "virtual", 2)

    def test_asks_again_for_times_that_never_came(self) -> None:
        assert after(self.SCENARIO, "hello?").wants == SlotsWanted(14, None, "virtual", 2)

    def test_books_the_chosen_one_for_a_reason(self) -> None:
        turn = self.offered(MON)

        turn = hear(self.SCENARIO, turn.standing, Heard("mon 10:00"))

        assert isinstance(turn.command, BookSlot)
        assert (turn.command.slot_id, turn.command.reason.value) == ("slot-1", "About knees")

    def test_offers_no_more_than_it_asked_for_each_by_a_name_of_its_own(self) -> None:
        turn = self.offered(MON, MON, MON)

        assert turn.said[0].suggested == ("Mon 10:00", "Mon 10:00 (2)", "None of these")

    @pytest.mark.parametrize("labels", [("A (2)", "A", "A"), ("A", "A", "A (2)"), ("", "", "\x00")])
    def test_tells_times_apart_whatever_they_are_called(self, labels: tuple[str, ...]) -> None:
        scenario = a_scenario(book(), end(), person())
        slots = [OfferedSlot(str(number), AT, label) for number, label in enumerate(labels)]
        turn = hear_slots(scenario, begin(scenario, {}).standing, slots)

        buttons = turn.said[0].suggested[:3]
        booked = [hear(scenario, turn.standing, Heard(button)).command for button in buttons]

        assert [book.slot_id for book in booked if isinstance(book, BookSlot)] == ["0", "1", "2"]

    def test_says_the_time_that_was_booked(self) -> None:
        booking = hear(self.SCENARIO, self.offered(MON).standing, Heard("Mon 10:00"))

        turn = hear_booking(self.SCENARIO, booking.standing, BookingOutcome(AT))

        assert said(turn) == ["You are booked: Mon 10:00."]
        assert known(turn)["appointment"] == "Mon 10:00"

    def test_hears_of_its_booking_once(self) -> None:
        booking = hear(self.SCENARIO, self.offered(MON).standing, Heard("Mon 10:00"))
        booked = hear_booking(self.SCENARIO, booking.standing, BookingOutcome(AT))

        again = hear_booking(self.SCENARIO, booked.standing, BookingOutcome(AT))

        assert again == Turn((), booked.standing)

    def test_hears_of_no_booking_that_it_did_not_ask_for(self) -> None:
        offering = self.offered(MON)

        assert hear_booking(self.SCENARIO, offering.standing, BookingOutcome(AT)) == Turn(
            (), offering.standing
        )
        assert hear_slots(self.SCENARIO, offering.standing, [MON, MON]) == Turn((), offering.standing)

    @pytest.mark.parametrize(
        "refusal", ["PatientNotKnown", "PatientCannotBook", "TooManyAppointments", "WriteBackIsOff"]
    )
    def test_offers_no_other_times_to_whom_none_can_be_booked(self, refusal: str) -> None:
        booking = hear(self.SCENARIO, self.offered(MON).standing, Heard("Mon 10:00"))

        turn = hear_booking(self.SCENARIO, booking.standing, BookingOutcome(None, refusal))

        assert turn.wants is None
        assert isinstance(turn.command, Escalate)

    def test_counts_tries_anew_for_fresh_times(self) -> None:
        scenario = a_scenario(book(retries=1), end(), person())
        offered = hear_slots(scenario, begin(scenario, {}).standing, [MON])
        mistaken = hear(scenario, offered.standing, Heard("Friday?"))
        booking = hear(scenario, mistaken.standing, Heard("Mon 10:00"))
        refused = hear_booking(scenario, booking.standing, BookingOutcome(None, "SlotAlreadyTaken"))
        fresh = hear_slots(scenario, refused.standing, [MON])

        turn = hear(scenario, fresh.standing, Heard("Friday?"))

        assert said(turn) == ["Please choose one of the times.", "Which time?"]

    def test_is_waited_for_by_nobody_once_a_person_has_been_asked_for(self) -> None:
        scenario = a_scenario(book(), end(), person(), escape_words=["agent"])
        offered = hear_slots(scenario, begin(scenario, {}).standing, [MON])
        booking = hear(scenario, offered.standing, Heard("Mon 10:00"))

        turn = hear(scenario, booking.standing, Heard("an agent, please"))

        assert (turn.standing.awaits, turn.standing.chosen, turn.standing.is_over) == ("words", None, True)

    def test_gives_every_booking_a_turn_of_its_own(self) -> None:
        first = hear(self.SCENARIO, self.offered(MON).standing, Heard("Mon 10:00"))
        refused = hear_booking(self.SCENARIO, first.standing, BookingOutcome(None, "SlotAlreadyTaken"))
        offered = hear_slots(self.SCENARIO, refused.standing, [MON])

        second = hear(self.SCENARIO, offered.standing, Heard("Mon 10:00"))

        assert first.standing.turns < second.standing.turns

    def offered(self, *slots: OfferedSlot) -> Turn:
        return hear_slots(self.SCENARIO, begin(self.SCENARIO, {"topic": "knees"}).standing, slots)


class TestABotThatIsLost:
    def test_is_none_that_has_as_many_steps_as_there_may_be(self) -> None:
        turn = begin(a_scenario(*(statement(f"s{number}") for number in range(49)), end()), {})

        assert (turn.command, len(turn.said)) == (EndConversation({}), 49)

    def test_hands_over_rather_than_go_round_for_ever(self) -> None:
        round_about = (
            StatementStep("statement", "a", "Hm.", "b"),
            StatementStep("statement", "b", "Hm.", "a"),
        )

        turn = begin(Scenario("a-talk", 1, "A talk", round_about), {})

        assert (turn.command, len(turn.said)) == (Escalate({}, LOST), 50)

    def test_hands_over_where_no_step_follows(self) -> None:
        nothing = Scenario("a-talk", 1, "A talk", ())
        cut_short = Scenario("a-talk", 1, "A talk", (StatementStep("statement", "a", "Hm."),))

        assert [begin(it, {}).command for it in (nothing, cut_short)] == [Escalate({}, LOST)] * 2

    def test_hands_over_when_its_step_is_gone(self) -> None:
        scenario = a_scenario(prompt(), person(), escape_text="Moment.")
        standing = replace(begin(scenario, {}).standing, position="gone")

        turn = hear(scenario, standing, Heard("hello"))

        assert (said(turn), turn.command) == (["Moment."], Escalate({}, LOST))
