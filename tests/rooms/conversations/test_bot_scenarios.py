"""Keeping scenarios: by whoever has seen them, every version for ever."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.access.model import Caller, Role
from shared.adapters.codec import from_json
from shared.conversations.bot.definitions import drafted, problems
from shared.conversations.bot.documents import INDEXES, scenario_at
from shared.conversations.bot.engine import begin, hear
from shared.conversations.bot.list_scenarios import ListScenarios, WhichScenarios
from shared.conversations.bot.model import (
    Escalate,
    Heard,
    NoSuchScenario,
    ScenarioChangedMeanwhile,
    ScenarioDraft,
    ScenarioIsThere,
    Turn,
)
from shared.conversations.bot.put_scenario import KeptScenario, PutScenario
from shared.conversations.bot.read_scenario import ReadScenario
from shared.kernel.refusals import Nonsense
from tests.rooms.conversations.bot_scripts import a_draft, end, statement
from tests.support.house import House, a_house

OLGA = Caller("olga", "https://issuer", frozenset({Role.OMNICHANNEL_ADMINISTRATOR}))
SHIPPED = sorted((Path(__file__).parents[3] / "local" / "story_definitions" / "scenarios").glob("*.json"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path, indexes=INDEXES) as built:
        yield built


def put(
    house: House,
    text: str = "Good day.",
    *,
    named: str = "welcome",
    seen: str | None = None,
    state: str = "live",
) -> KeptScenario:
    draft = a_draft(statement(text=text), end(), state=state)
    return PutScenario(house.documents)(
        draft, scenario_id=named, caller=OLGA, now=house.clock.now(), if_match=seen
    )


class TestPutScenario:
    def test_keeps_every_version_for_ever(self, house: House) -> None:
        first = put(house)
        second = put(house, "Good evening.", seen=first.etag)

        assert scenario_at(house.documents, "welcome") == second.scenario
        assert scenario_at(house.documents, "welcome", 1) == first.scenario
        assert scenario_at(house.documents, "welcome", 2) == second.scenario

    def test_makes_no_version_of_a_state(self, house: House) -> None:
        first = put(house)

        again = put(house, seen=first.etag, state="retired")

        assert (again.scenario.version, again.scenario.state) == (1, "retired")

    def test_refuses_whoever_has_not_seen_it(self, house: House) -> None:
        first = put(house)
        put(house, "Good evening.", seen=first.etag)

        with pytest.raises(ScenarioIsThere):
            put(house)
        with pytest.raises(ScenarioChangedMeanwhile):
            put(house, seen=first.etag)
        with pytest.raises(ScenarioChangedMeanwhile):
            put(house, named="another", seen=first.etag)

    def test_keeps_nothing_of_what_is_wrong(self, house: House) -> None:
        with pytest.raises(Nonsense):
            put(house, " ")

        with pytest.raises(NoSuchScenario):
            scenario_at(house.documents, "welcome")

    def test_says_in_the_audit_who_did_it(self, house: House) -> None:
        put(house)

        changes, _ = house.change_feed.read("a test", limit=100)
        (told,) = [change["body"] for change in changes if change["kind"] == "announcement"]
        assert told["type"] == "RecordAudit"
        assert (told["content"]["who"], told["content"]["what"]) == ("https://issuer|olga", "put_scenario")
        assert told["content"]["subject"] == "scenario/welcome"


class TestReading:
    def test_gives_the_etag_to_change_it_by(self, house: House) -> None:
        kept = put(house)

        assert ReadScenario(house.documents)(scenario_id="welcome") == kept

    def test_finds_nothing_where_nothing_is(self, house: House) -> None:
        put(house)

        with pytest.raises(NoSuchScenario):
            ReadScenario(house.documents)(scenario_id="farewell")
        with pytest.raises(NoSuchScenario):
            scenario_at(house.documents, "welcome", 2)

    def test_lists_by_state_and_no_former_versions(self, house: House) -> None:
        first = put(house)
        put(house, "Good evening.", seen=first.etag)
        put(house, named="autumn", state="draft")

        every = ListScenarios(house.documents)(WhichScenarios())
        live = ListScenarios(house.documents)(WhichScenarios("live"))

        assert [(it.id, it.version) for it in every.scenarios] == [("autumn", 1), ("welcome", 2)]
        assert [it.id for it in live.scenarios] == ["welcome"]

    def test_lists_a_page_at_a_time(self, house: House) -> None:
        put(house)
        put(house, named="autumn")

        first = ListScenarios(house.documents)(WhichScenarios(limit=1))
        second = ListScenarios(house.documents)(WhichScenarios(limit=1, after=first.next))

        assert {it.id for it in first.scenarios + second.scenarios} == {"autumn", "welcome"}


class TestShippedScenarios:
    @pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
    def test_may_be_kept(self, file: Path) -> None:
        draft = from_json(file.read_text(encoding="utf-8"), ScenarioDraft, strangers=False)

        assert [*problems(file.stem, draft)] == []

    @pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
    def test_route_every_handover_to_a_person(self, file: Path) -> None:
        told = json.loads(file.read_text(encoding="utf-8"))

        handovers = [step["context"] for step in told["steps"] if step["kind"] == "escalate"]
        assert all(context["EscalateToAgent"] == 1 for context in [told["escape_context"], *handovers])


class TestTheShippedWelcome:
    """What the patient is led to, by what we know of them."""

    def asks_to_book(self, *then: str, signed_in: int) -> Turn:
        file = next(file for file in SHIPPED if file.stem == "patient-service-welcome")
        draft = from_json(file.read_text(encoding="utf-8"), ScenarioDraft, strangers=False)
        scenario = drafted(file.stem, draft, None)
        turn = begin(scenario, {"signed_in": signed_in})
        for words in ("Book an appointment", *then):
            turn = hear(scenario, turn.standing, Heard(words))
        return turn

    def test_looks_for_times_for_who_has_signed_in(self) -> None:
        assert self.asks_to_book(signed_in=1).wants is not None

    def test_offers_no_times_to_who_has_not(self) -> None:
        turn = self.asks_to_book(signed_in=0)

        assert turn.wants is None
        assert "sign in" in str(turn.said[0].text)

    def test_leads_who_has_not_to_a_person_or_back(self) -> None:
        person = self.asks_to_book("Yes", signed_in=0).command

        assert isinstance(person, Escalate)
        assert person.context["Topic"] == "appointment"
        assert self.asks_to_book("No", signed_in=0).standing.position == "anything-else"
