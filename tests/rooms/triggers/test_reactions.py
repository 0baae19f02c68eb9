"""Intake and reaction on the embedded adapters: from a write in the record to a firing, and back."""

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.audit.model import RecordAudit
from shared.fhir.criteria import ValueIs
from shared.fhir.ports import Resource
from shared.kernel.documents import replacing
from shared.kernel.refusals import LostRace, Nonsense, NotFound, NotYetVisible
from shared.triggers.firings import Firing
from shared.triggers.list_triggers import ListTriggers, WhichTriggers
from shared.triggers.model import Happened, ReactToChange, TriggerChangedMeanwhile, TriggerDraft
from shared.triggers.put_trigger import TriggerIsInUse, TriggerIsThere
from shared.triggers.read_trigger import ReadTrigger
from tests.rooms.triggers.builders import MONDAY, a_draft, an_event, an_hba1c, concept
from tests.rooms.triggers.interrupted import Interrupted
from tests.rooms.triggers.ward import ADA, FIRING, MAKER, Ward, a_ward

ABOVE_NINE = ValueIs("value", "above", 9.0, unit="%")


class NothingThere:
    """A record that knows of nothing, as after a hard delete."""

    def read(self, *_: str) -> Resource:
        raise NotFound


EMPTY: Any = NothingThere()


class Killed(BaseException):
    """The process has ended."""


def _killed() -> None:
    raise Killed


def a_deletion(resource_id: str = "march", *, version: int = 2, at: datetime = MONDAY) -> dict[str, Any]:
    """Give what Event Grid sends when a resource was deleted."""
    return an_event(
        eventType="Microsoft.HealthcareApis.FhirResourceDeleted",
        eventTime=at.isoformat(),
        data={**an_event()["data"], "resourceFhirId": resource_id, "resourceVersionId": version},
    )


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with a_ward(tmp_path) as ward:
        yield ward


class TestReactToChange:
    def test_fires_for_a_result_above_the_threshold(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))

        ward.goes_on()

        (fired,) = ward.told("TriggerFired")
        assert (fired["trigger_id"], fired["patient_id"], fired["resource_id"]) == ("hba1c", "ada", "march")
        assert (fired["firing_id"], fired["version"]) == (FIRING, 1)
        assert fired["occurred_at"] == "2026-03-02T08:30:00Z"

    def test_keeps_no_clinical_value(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.123456))

        ward.goes_on()

        changes, _ = ward.house.change_feed.read("a test", limit=1000)
        assert any(change["kind"] == "firing" for change in changes)
        assert "8.123456" not in repr(changes)

    def test_fires_once_however_often_it_is_told(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        (change,) = ward.goes_on()

        ward.react(change, now=ward.now)
        ward.react(change, now=ward.now + timedelta(days=1))

        assert len(ward.told("TriggerFired")) == 1

    def test_withdraws_when_the_result_is_corrected(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ward.goes_on()

        ward.write(an_hba1c(6.1, status="corrected"))
        ward.goes_on()

        (withdrawn,) = ward.told("TriggerWithdrawn")
        assert (withdrawn["firing_id"], withdrawn["version"]) == (FIRING, 2)

    @pytest.mark.parametrize(
        "corrected",
        [
            an_hba1c(8.1, status="entered-in-error"),
            an_hba1c(8.1, code={"coding": [{"system": "http://loinc.org", "code": "2339-0"}]}),
        ],
    )
    def test_withdraws_when_it_was_entered_in_error_or_is_about_something_else(
        self, ward: Ward, corrected: Resource
    ) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ward.goes_on()

        ward.write(corrected)
        ward.goes_on()

        assert len(ward.told("TriggerWithdrawn")) == 1

    def test_withdraws_when_the_result_is_deleted(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ward.goes_on()

        ward.delete(an_hba1c())
        ward.goes_on()

        assert [told["patient_id"] for told in ward.told("TriggerWithdrawn")] == ["ada"]

    def test_moves_with_a_result_that_was_another_patients(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1, of="ada"))
        ward.goes_on()

        ward.write(an_hba1c(8.1, of="bob"))
        ward.goes_on()

        assert [told["patient_id"] for told in ward.told("TriggerWithdrawn")] == ["ada"]
        assert [told["patient_id"] for told in ward.told("TriggerFired")] == ["ada", "bob"]

    def test_takes_back_what_a_trigger_since_stopped_had_fired_and_fires_no_more(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ward.goes_on()
        ward.has_trigger(a_draft(state="stopped"))

        ward.write(an_hba1c(6.1))
        ward.goes_on()
        ward.write(an_hba1c(8.1))
        ward.goes_on()

        assert len(ward.told("TriggerWithdrawn")) == 1
        assert len(ward.told("TriggerFired")) == 1

    @pytest.mark.parametrize("edited", [a_draft(ABOVE_NINE), a_draft(ABOVE_NINE, state="stopped")])
    def test_lets_a_firing_stand_that_only_the_edited_trigger_would_not_fire(
        self, ward: Ward, edited: TriggerDraft
    ) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ward.goes_on()
        ward.has_trigger(edited)

        ward.write(an_hba1c(8.1, note=[{"text": "Checked by a second person."}]))
        ward.goes_on()
        assert ward.told("TriggerWithdrawn") == []

        ward.write(an_hba1c(6.1))
        ward.goes_on()
        assert len(ward.told("TriggerWithdrawn")) == 1

    def test_fires_anew_by_the_trigger_as_it_is_now(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ward.goes_on()
        ward.has_trigger(a_draft(ABOVE_NINE))

        for value in (6.1, 8.1, 9.1):
            ward.write(an_hba1c(value))
            ward.goes_on()

        firing = ward.firing()
        assert firing is not None
        assert (firing.occurrence, firing.trigger_version, firing.stands) == (2, 2, True)

    def test_judges_by_the_trigger_in_force_what_fired_before_versions_were_kept(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ward.goes_on()
        found = ward.house.documents.read("patient/ada", FIRING, Firing)
        of_old = replacing(found, replace(found.body, trigger_version=None))
        ward.house.documents.commit("patient/ada", changes=[of_old])

        ward.write(an_hba1c(6.1))
        ward.goes_on()

        assert len(ward.told("TriggerWithdrawn")) == 1

    def test_fires_more_triggers_than_one_commit_can_hold(self, ward: Ward) -> None:
        for number in range(101):
            name = f"hba1c-{number}"
            ward.put_trigger(a_draft(), trigger_id=name, caller=MAKER, now=ward.now, if_match=None)
        ward.write(an_hba1c(8.1))

        (change,) = ward.goes_on()
        ward.react(change, now=ward.now)

        assert len(ward.told("TriggerFired")) == 101
        assert len({fired["trigger_id"] for fired in ward.told("TriggerFired")}) == 101

    def test_goes_on_where_it_was_killed_between_two_commits(self, ward: Ward) -> None:
        for number in range(60):
            name = f"hba1c-{number}"
            ward.put_trigger(a_draft(), trigger_id=name, caller=MAKER, now=ward.now, if_match=None)
        ward.write(an_hba1c(8.1))
        change = ReactToChange(ADA, "Observation", "march", 1, ward.now, "created")
        documents: Any = Interrupted(ward.house.documents, "commit", _killed)

        with pytest.raises(Killed):
            replace(ward.react, documents=documents)(change, now=ward.now)
        begun = len(ward.told("TriggerFired"))
        ward.react(change, now=ward.now)

        assert 0 < begun < len(ward.told("TriggerFired")) == 60

    @pytest.mark.parametrize("happened", ["created", "updated"])
    def test_waits_for_what_was_written_and_is_not_there_yet(self, ward: Ward, happened: Happened) -> None:
        ward.has_trigger()
        change = ReactToChange(ADA, "Observation", "march", 1, ward.now, happened)

        with pytest.raises(NotYetVisible):
            ward.react(change, now=ward.now)
        ward.write(an_hba1c(8.1))
        ward.react(change, now=ward.now)

        assert len(ward.told("TriggerFired")) == 1

    @pytest.mark.parametrize("happened", ["deleted", None])
    def test_takes_back_what_was_deleted_without_a_trace(self, ward: Ward, happened: Happened | None) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ward.goes_on()
        react = replace(ward.react, record=EMPTY)

        react(ReactToChange(ADA, "Observation", "march", 1, ward.now, happened), now=ward.now)

        assert len(ward.told("TriggerWithdrawn")) == 1

    @pytest.mark.parametrize(
        "in_this_life", [an_hba1c(6.1), an_hba1c(8.1, code=concept(("http://loinc.org", "2339-0")))]
    )
    def test_takes_back_what_fired_for_a_former_life_of_the_resource(
        self, ward: Ward, in_this_life: Resource
    ) -> None:
        """Hard deletes begin again at version 1: what is there now never fired anything."""
        ward.has_trigger()
        ward.has_fired_in_a_former_life()
        ward.write(in_this_life)

        ward.take_in([a_deletion(version=1, at=ward.now)], now=ward.now)
        (change,) = (heard.content for heard in ward.heard.announcements)
        assert isinstance(change, ReactToChange)
        ward.react(change, now=ward.now)

        assert len(ward.told("TriggerWithdrawn")) == 1

    def test_fires_for_a_new_life_whatever_version_the_former_had_reached(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.has_fired_in_a_former_life()
        deletion = ReactToChange(ADA, "Observation", "march", 5, ward.now, "deleted")
        ward.react(deletion, now=ward.now)
        ward.house.clock.pass_by(timedelta(hours=1))
        ward.write(an_hba1c(8.1))

        ward.goes_on()
        ward.react(deletion, now=ward.now)

        firing = ward.firing()
        assert firing is not None
        assert (firing.occurrence, firing.stands) == (2, True)

    def test_does_not_believe_a_record_that_is_behind(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ahead = ReactToChange(ADA, "Observation", "march", 2, ward.now + timedelta(minutes=1))

        with pytest.raises(NotYetVisible):
            ward.react(ahead, now=ward.now)

    def test_takes_back_what_was_deleted_while_it_fired(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        (event,) = ward.events()
        ward.take_in([event], now=ward.now)
        (change,) = (heard.content for heard in ward.heard.announcements)
        assert isinstance(change, ReactToChange)
        record: Any = Interrupted(ward.record, "read", lambda: ward.delete(an_hba1c()))
        react = replace(ward.react, record=record)

        with pytest.raises(LostRace):
            react(change, now=ward.now)
        react(change, now=ward.now)

        assert len(ward.told("TriggerFired")) == len(ward.told("TriggerWithdrawn")) == 1

    def test_fires_once_when_delivered_twice_at_once(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        change = ReactToChange(ADA, "Observation", "march", 1, ward.now)
        documents: Any = Interrupted(ward.house.documents, "look", lambda: ward.react(change, now=ward.now))
        react = replace(ward.react, documents=documents)

        with pytest.raises(LostRace):
            react(change, now=ward.now)
        react(change, now=ward.now)

        assert len(ward.told("TriggerFired")) == 1

    @pytest.mark.parametrize(("when", "fires_for"), [("created", 1), ("updated", 2), ("either", 1)])
    def test_asks_what_happened_of_the_change_not_of_the_state(
        self, ward: Ward, when: Any, fires_for: int
    ) -> None:
        ward.has_trigger(a_draft(when=when))
        ward.write(an_hba1c(8.1))
        ward.write(an_hba1c(8.2))

        fired: list[int] = []
        for version in (1, 2):
            ward.react(ReactToChange(ADA, "Observation", "march", version, ward.now), now=ward.now)
            fired += [version] if len(ward.told("TriggerFired")) > len(fired) else []

        assert fired == [fires_for]

    def test_is_not_fired_again_by_news_older_than_its_withdrawal(self, ward: Ward) -> None:
        ward.has_trigger(a_draft(when="created"))
        ward.write(an_hba1c(8.1))
        (created,) = ward.goes_on()
        ward.write(an_hba1c(6.1))
        ward.goes_on()
        ward.write(an_hba1c(8.1))

        ward.react(created, now=ward.now)

        assert len(ward.told("TriggerFired")) == 1


class TestTakeInChanges:
    def test_passes_a_change_on_to_its_patient(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))

        (change,) = ward.goes_on()

        assert (change.patient_id, change.resource_id, change.version) == ("ada", "march", 1)

    def test_lets_go_of_what_no_trigger_concerns(self, ward: Ward) -> None:
        ward.has_trigger()
        glucose = {"coding": [{"system": "http://loinc.org", "code": "2339-0"}]}
        ward.write(an_hba1c(8.1, code=glucose))
        assert ward.goes_on() == []

        ward.write({"resourceType": "Patient", "id": "ada", "gender": "female"})
        assert ward.goes_on() == []

    def test_lets_go_of_what_is_gone_and_had_started_nothing(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ward.delete(an_hba1c())

        assert ward.take_in([*ward.events(), a_deletion("never-was")], now=ward.now) == [None] * 3
        assert ward.heard.announcements == []

    @pytest.mark.parametrize("happened", ["Created", "Updated"])
    def test_waits_for_what_was_written_and_is_not_there_yet(self, ward: Ward, happened: str) -> None:
        ward.has_trigger()
        event = an_event(eventType=f"Microsoft.HealthcareApis.FhirResource{happened}")

        (outcome,) = ward.take_in([event], now=ward.now)
        assert isinstance(outcome, NotYetVisible)

        ward.write(an_hba1c(8.1))
        assert ward.take_in([event], now=ward.now) == [None]
        assert len(ward.heard.announcements) == 1

    def test_passes_on_what_happened(self, ward: Ward) -> None:
        ward.has_trigger()
        happens = (
            lambda: ward.write(an_hba1c(8.1)),
            lambda: ward.write(an_hba1c(8.2)),
            lambda: ward.delete(an_hba1c()),
        )

        happened: list[str | None] = []
        for happen in happens:
            happen()
            happened += [change.happened for change in ward.goes_on()]

        assert happened == ["created", "updated", "deleted"]

    def test_settles_each_event_for_itself(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        (event,) = ward.events()
        later = (ward.now + timedelta(minutes=1)).isoformat()
        ahead = {**event, "eventTime": later, "data": {**event["data"], "resourceVersionId": 2}}

        outcomes = ward.take_in([None, event, {"nonsense": True}, ahead], now=ward.now)

        assert [type(outcome) for outcome in outcomes] == [Nonsense, type(None), Nonsense, NotYetVisible]
        assert len(ward.heard.announcements) == 1

    def test_believes_a_smaller_version_written_later_for_hard_deletes_begin_again(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.house.clock.pass_by(timedelta(minutes=1))
        ward.write(an_hba1c(8.1))
        long_ago = an_event(data={**an_event()["data"], "resourceVersionId": 5})

        assert ward.take_in([long_ago], now=ward.now) == [None]
        assert len(ward.heard.announcements) == 1

    def test_names_the_same_news_the_same_and_other_news_otherwise(self, ward: Ward) -> None:
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        ward.write(an_hba1c(8.2))
        first, second = ward.events()

        ward.take_in([first, first, second], now=ward.now)

        ids = [heard.id for heard in ward.heard.announcements]
        assert ids[0] == ids[1] != ids[2]

    def test_names_the_news_of_two_lives_otherwise(self, ward: Ward) -> None:
        """A queue that drops repeats must not take a second creation at version 1 for the first."""
        ward.has_trigger()
        ward.write(an_hba1c(8.1))
        (event,) = ward.events()
        later = {**event, "eventTime": (ward.now + timedelta(seconds=4)).isoformat()}

        ward.take_in([event, later], now=ward.now)

        first, second = (heard.id for heard in ward.heard.announcements)
        assert first != second


class TestPutTrigger:
    def test_is_in_force_within_two_seconds(self, ward: Ward) -> None:
        assert not ward.live.watching("Observation")

        ward.has_trigger()

        assert [trigger.definition.id for trigger in ward.live.watching("Observation")] == ["hba1c"]

    def test_counts_versions_and_is_audited(self, ward: Ward) -> None:
        ward.has_trigger()
        kept = ReadTrigger(ward.house.documents)(trigger_id="hba1c")

        again = ward.put_trigger(
            a_draft(name="Another name"), trigger_id="hba1c", caller=MAKER, now=ward.now, if_match=kept.etag
        )

        assert (kept.trigger.version, again.trigger.version) == (1, 2)
        assert [entry["what"] for entry in ward.told(RecordAudit.__name__)] == ["put_trigger"] * 2

    def test_refuses_a_stale_etag(self, ward: Ward) -> None:
        ward.has_trigger()

        with pytest.raises(TriggerChangedMeanwhile):
            ward.put_trigger(a_draft(), trigger_id="hba1c", caller=MAKER, now=ward.now, if_match="old")
        with pytest.raises(TriggerChangedMeanwhile):
            ward.put_trigger(a_draft(), trigger_id="new", caller=MAKER, now=ward.now, if_match="old")

    def test_overwrites_nobody_who_was_not_seen(self, ward: Ward) -> None:
        ward.has_trigger()

        with pytest.raises(TriggerIsThere):
            ward.put_trigger(a_draft(), trigger_id="hba1c", caller=MAKER, now=ward.now, if_match=None)

        assert ReadTrigger(ward.house.documents)(trigger_id="hba1c").trigger.version == 1

    def test_refuses_to_make_a_draft_of_what_was_in_use(self, ward: Ward) -> None:
        ward.has_trigger()

        with pytest.raises(TriggerIsInUse):
            ward.has_trigger(a_draft(state="draft"))

    def test_names_all_that_is_wrong(self, ward: Ward) -> None:
        draft = a_draft(name=" ", resource_type="Binary", fresh_for_days=0)

        with pytest.raises(Nonsense) as refused:
            ward.has_trigger(draft, named="Not An Id")

        fields = [path for path, _ in refused.value.fields]
        assert fields == ["trigger_id", "name", "resource_type", "fresh_for_days"]

    def test_lists_by_state(self, ward: Ward) -> None:
        ward.has_trigger(named="live")
        ward.has_trigger(a_draft(state="draft"), named="planned")
        list_triggers = ListTriggers(ward.house.documents)

        live = list_triggers(WhichTriggers(state="ready_to_use"))
        everything = list_triggers(WhichTriggers())

        assert [trigger.id for trigger in live.triggers] == ["live"]
        assert {trigger.id for trigger in everything.triggers} == {"live", "planned"}
