"""Who is asked, once, on which channel."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from shared.access.ports import SealBroken, SealPurpose
from shared.conversations.activities import ActivityType, Role
from shared.kernel.identity import PatientId
from shared.surveys.model import Tally
from tests.rooms.patients.builders import a_patient
from tests.rooms.surveys.builders import (
    NIGHT_OF_THE_LOST_HOUR,
    Clinic,
    a_draft,
    replace_telecom,
    without_phone,
)


class TestAClosedConversation:
    def test_is_asked_about(self, clinic: Clinic) -> None:
        named = clinic.invites()

        (invitation,) = clinic.invitations()
        (message,) = clinic.told("SendMessage")
        assert (invitation.id, invitation.state, invitation.channel) == (named, "queued", "sms")
        assert invitation.expires_at == NIGHT_OF_THE_LOST_HOUR + timedelta(days=30)
        assert (message["message_id"], message["patient_id"]) == (invitation.message_id, "ada")
        assert (message["channel"], message["template_id"]) == ("sms", "csat")
        assert message["values"]["title"] == "How was your conversation?"

    def test_is_asked_about_by_a_link_that_only_we_can_have_written(self, clinic: Clinic) -> None:
        named = clinic.invites()

        (message,) = clinic.told("SendMessage")
        where, _, sealed = message["values"]["survey_url"].rpartition("/")
        assert where == "https://clinic.example/s"
        assert clinic.seals.unseal(SealPurpose.SURVEY, sealed, now=clinic.now) == {"s": "csat", "i": named}
        with pytest.raises(SealBroken):
            clinic.seals.unseal(SealPurpose.SURVEY, f"{sealed[:-4]}AAAA", now=clinic.now)
        with pytest.raises(SealBroken):
            clinic.seals.unseal(SealPurpose.SURVEY, sealed, now=clinic.now + timedelta(days=430))

    def test_is_asked_about_by_a_link_that_outlasts_its_invitation(self, clinic: Clinic) -> None:
        named = clinic.invites()
        (message,) = clinic.told("SendMessage")
        sealed = message["values"]["survey_url"].rpartition("/")[2]

        clinic.goes_on_for(days=429)

        told = clinic.seals.unseal(SealPurpose.SURVEY, sealed, now=clinic.now)
        assert clinic.opens(told["i"]).stands == "expired"
        assert told["i"] == named

    def test_is_asked_about_once_though_it_is_told_five_times(self, clinic: Clinic) -> None:
        for _ in range(5):
            clinic.invites()
            clinic.goes_on_for(hours=1)

        assert len(clinic.invitations()) == len(clinic.told("SendMessage")) == 1
        assert clinic.tally() == Tally(invited=1)

    def test_is_asked_about_once_though_it_is_told_five_times_at_once(self, clinic: Clinic) -> None:
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(clinic.invites, ["c-1"] * 5))

        assert len(clinic.invitations()) == len(clinic.told("SendMessage")) == 1
        assert clinic.tally() == Tally(invited=1)

    def test_is_asked_about_on_the_first_channel_that_reaches_the_patient(self, clinic: Clinic) -> None:
        clinic.patients["ada"] = without_phone()

        clinic.invites()

        (message,) = clinic.told("SendMessage")
        assert message["channel"] == "email"

    @pytest.mark.parametrize("why", ["no_address", "patient_gone"])
    def test_is_noted_where_nobody_can_be_asked(self, clinic: Clinic, why: str) -> None:
        if why == "no_address":
            clinic.patients["ada"] = replace_telecom(
                {"system": "phone", "value": "020 7946 0018", "use": "home"}
            )
        else:
            clinic.patients.clear()

        clinic.invites()

        (invitation,) = clinic.invitations()
        assert (invitation.state, invitation.why_failed, invitation.message_id) == ("failed", why, None)
        assert not clinic.told("SendMessage")
        assert clinic.tally() == Tally(failed=1)

    @pytest.mark.parametrize("what", [{"patient_id": None}, {"survey_id": None}, {"survey_id": "no-such"}])
    def test_is_let_be_where_nothing_is_to_be_asked(self, clinic: Clinic, what: dict[str, Any]) -> None:
        clinic.invites(**what)

        assert not clinic.invitations()
        assert not clinic.told("SendMessage")

    def test_is_let_be_while_the_survey_is_not_live(self, clinic: Clinic) -> None:
        clinic.changes(state="closed")

        clinic.invites()

        assert not clinic.invitations()

    def test_puts_nothing_of_the_patient_into_the_link(self, clinic: Clinic) -> None:
        clinic.invites()

        (message,) = clinic.told("SendMessage")
        sealed = message["values"]["survey_url"].rpartition("/")[2]
        told = clinic.seals.unseal(SealPurpose.SURVEY, sealed, now=clinic.now)
        assert not {"ada", "c-1"} & set(told.values())

    def test_is_about_the_version_of_that_time(self, clinic: Clinic) -> None:
        named = clinic.invites()
        clinic.changes(title="Quite another question")

        assert clinic.opens(named).title == a_draft().title


class TestASilentConversation:
    @pytest.mark.parametrize(
        "said",
        [
            [],
            [("bot", "message")],
            [("bot", "message"), ("user", "event"), ("user", "endOfConversation")],
            [("bot", "message"), ("representative", "message"), ("system", "message")],
        ],
    )
    def test_is_not_asked_about(self, clinic: Clinic, said: list[tuple[Role, ActivityType]]) -> None:
        clinic.says("c-1", *said)

        clinic.closes("c-1")

        assert not clinic.invitations()
        assert not clinic.told("SendMessage")
        assert clinic.tally() == Tally()

    def test_is_none_if_a_word_comes_after_a_long_greeting(self, clinic: Clinic) -> None:
        greeting: list[tuple[Role, ActivityType]] = [("bot", "message")] * 25
        for _ in range(3):
            clinic.says("c-1", *greeting)
        clinic.says("c-1", ("user", "message"))

        clinic.closes("c-1")

        assert len(clinic.invitations()) == 1


class TestAPatient:
    @pytest.fixture(autouse=True)
    def at_most_once_a_week(self, clinic: Clinic) -> None:
        clinic.changes(again_after_days=7)

    def test_is_asked_once_within_so_many_days(self, clinic: Clinic) -> None:
        clinic.invites("c-1")
        clinic.goes_on_for(days=7, seconds=-1)
        clinic.invites("c-2")
        assert [one.conversation_id for one in clinic.invitations()] == ["c-1"]

        clinic.goes_on_for(seconds=1)
        clinic.invites("c-3")
        clinic.invites("c-4")

        assert {one.conversation_id for one in clinic.invitations()} == {"c-1", "c-3"}
        assert len(clinic.told("SendMessage")) == 2

    def test_is_asked_once_though_five_conversations_close_at_once(self, clinic: Clinic) -> None:
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(clinic.invites, [f"c-{number}" for number in range(5)]))

        assert len(clinic.invitations()) == len(clinic.told("SendMessage")) == 1
        assert clinic.tally() == Tally(invited=1)

    def test_is_asked_by_each_survey(self, clinic: Clinic) -> None:
        clinic.keeps(a_draft(again_after_days=7), named="another")

        clinic.invites("c-1")
        clinic.invites("c-2", survey_id="another")

        assert len(clinic.told("SendMessage")) == 2

    def test_is_asked_beside_others(self, clinic: Clinic) -> None:
        clinic.patients["bob"] = {**a_patient(), "id": "bob"}

        clinic.invites("c-1")
        clinic.invites("c-2", patient_id=PatientId("bob"))

        assert {one.patient_id for one in clinic.invitations()} == {"ada", "bob"}

    def test_that_could_not_be_reached_is_asked_the_next_time(self, clinic: Clinic) -> None:
        reachable = clinic.patients["ada"]
        clinic.patients["ada"] = replace_telecom()
        clinic.invites("c-1")
        clinic.patients["ada"] = reachable

        clinic.invites("c-2")

        assert {(one.conversation_id, one.state) for one in clinic.invitations()} == {
            ("c-1", "failed"),
            ("c-2", "queued"),
        }
