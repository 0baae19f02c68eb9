"""What became of a message, in the record, as a FHIR R4 Communication (FH-7)."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.fhir_validation import require_valid
from shared.consent.model import Choice, Purpose
from shared.fhir.ports import Resource, Write
from shared.kernel.documents import deleting
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.messaging.documents import decision_at
from shared.messaging.in_fhir import Background, Sending, communication, without_links
from shared.messaging.model import (
    BounceCategory,
    Channel,
    MessageMoved,
    MessageState,
    Reason,
    ToldOf,
)
from shared.messaging.put_template import PutTemplate
from shared.messaging.record_delivery_report import DeliveryReport, ReportDetails, ReportStatus
from shared.messaging.write_message_to_record import WriteMessageToRecord, communication_id
from shared.patients.find_patient import FindPatient
from shared.patients.read_own_resources import ReadOwnResources
from tests.rooms.messaging.builders import ADA, MOBILE, NOON, NURSE, a_content, a_request
from tests.rooms.messaging.mortal import Gateway
from tests.rooms.messaging.post import Post, a_post
from tests.rooms.patients.builders import a_patient, email
from tests.support.written_back import Shelf

TUESDAY = NOON + timedelta(days=1)


def an_appointment(of: str = "ada", *, start: datetime = TUESDAY, status: str = "booked") -> Resource:
    return {
        "resourceType": "Appointment",
        "id": f"visit-{of}",
        "status": status,
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=30)).isoformat(),
        "participant": [{"actor": {"reference": f"Patient/{of}"}, "status": "accepted"}],
    }


def a_mother() -> Resource:
    return {
        "resourceType": "RelatedPerson",
        "id": "mother",
        "patient": {"reference": "Patient/ada"},
        "name": [{"family": "O'Neill", "given": ["Maeve"]}],
        "telecom": [{"system": "phone", "value": "07700 900555", "use": "mobile"}],
    }


def coded(concept: Any) -> list[str]:
    return [one["code"] for one in concept["coding"]]


@dataclass
class Office:
    """A house that sends, and lets the record know."""

    post: Post
    shelf: Shelf
    tells_text: bool = False

    def keep_template(self, template_id: str, *purpose: Purpose, **more: Any) -> None:
        put = PutTemplate(self.post.documents)
        put(a_content(*purpose, **more), template_id=template_id, caller=NURSE, now=NOON, if_match=None)

    def send(self, message_id: str = "m1", **more: Any) -> None:
        self.post.request(a_request(message_id, **more))
        self.post.run()

    def report(self, status: ReportStatus, reason: str | None = None) -> None:
        self.post.clock.pass_by(timedelta(minutes=1))
        details = ReportDetails(Reason=reason) if reason else None
        self.post.report(DeliveryReport(f"{MOBILE}~m1", status, Details=details))
        self.post.run()

    def tell(self, *moves: MessageMoved) -> None:
        own = ReadOwnResources(self.shelf.record, FindPatient(self.shelf.record))
        act = WriteMessageToRecord(self.post.documents, self.shelf.keep, own, self.tells_text)
        for moved in moves or tuple(self.post.moves):
            act(moved, now=self.post.now)

    def one(self) -> Resource:
        (found,) = self.shelf.written("Communication")
        return found


@pytest.fixture
def office(tmp_path: Path) -> Generator[Office]:
    with a_post(tmp_path, Gateway()) as post:
        shelf = Shelf(post.house, post.record)
        shelf.allow()
        yield Office(post, shelf)


class TestAMessage:
    def test_that_its_provider_has_is_completed_and_sent_then(self, office: Office) -> None:
        office.send()

        office.tell()

        told = office.one()
        assert (told["status"], told["sent"]) == ("completed", NOON.isoformat())
        assert "received" not in told
        assert coded(told["medium"][0]) == ["sms"]
        assert [coded(one) for one in told["category"]] == [["notification"], ["transactional"]]
        assert told["instantiatesUri"] == ["urn:patient-engagement:template:hba1c:1"]
        assert told["subject"] == told["recipient"][0] == {"reference": "Patient/ada"}

    def test_that_has_arrived_was_received_then(self, office: Office) -> None:
        office.send()
        office.report(ReportStatus.DELIVERED)

        office.tell()

        told = office.one()
        assert (told["status"], told["sent"]) == ("completed", NOON.isoformat())
        assert told["received"] == (NOON + timedelta(minutes=1)).isoformat()
        assert told["meta"]["versionId"] == "1", "the first that was told found it delivered"

    def test_that_came_back_is_stopped_for_a_reason(self, office: Office) -> None:
        office.send()
        office.tell()
        office.report(ReportStatus.NOT_DELIVERED, "full-mailbox")

        office.tell()

        told = office.one()
        assert (told["status"], coded(told["statusReason"])) == ("stopped", ["full-mailbox"])
        assert told["meta"]["versionId"] == "2"

    def test_that_is_refused_was_not_done_for_a_reason(self, office: Office) -> None:
        office.keep_template("offer", Purpose.COMMERCIAL)
        office.post.clock.pass_by(timedelta(minutes=1))
        office.post.say(Choice.OPTED_OUT)
        office.send(template_id="offer")

        office.tell()

        told = office.one()
        assert (told["status"], "sent" in told) == ("not-done", False)
        assert coded(told["statusReason"]) == ["opted_out", "patient-objection"]

    def test_that_had_no_address_was_not_done(self, office: Office) -> None:
        office.post.admit(a_patient("ada", email("ada@example.org")))
        office.send()

        office.tell()

        told = office.one()
        assert (told["status"], coded(told["statusReason"])) == ("not-done", ["no_address"])
        assert told["instantiatesUri"] == ["urn:patient-engagement:template:hba1c"]

    def test_that_waits_is_not_told(self, office: Office) -> None:
        office.send()
        (moved,) = office.post.moves

        office.tell(replace(moved, state=MessageState.HELD))

        assert office.shelf.written("Communication") == []

    def test_that_was_erased_here_is_not_told_any_more(self, office: Office) -> None:
        office.send()
        found = decision_at(office.post.documents, MOBILE, "m1")
        office.post.documents.commit(found.partition, changes=[deleting(found)])

        office.tell()

        assert office.shelf.written("Communication") == []

    def test_names_no_address(self, office: Office) -> None:
        office.send()
        office.tell()

        assert "7700" not in str(office.one())


class TestWhatItWasAbout:
    def test_is_named_as_far_as_it_is_there_and_theirs(self, office: Office) -> None:
        office.shelf.has(an_appointment(), a_patient("eve"), an_appointment("eve"))
        named = {
            "visit": "Appointment/visit-ada",
            "hers": "Appointment/visit-eve",
            "gone": "Observation/gone",
        }
        office.send(about="Patient/ada", told_of=ToldOf(Sensitive({}), named))

        office.tell()

        assert office.one()["about"] == [
            {"reference": "Patient/ada"},
            {"reference": "Appointment/visit-ada"},
        ]

    @pytest.mark.parametrize(
        ("visit", "kind"),
        [
            (an_appointment(), "reminder"),
            (an_appointment(status="cancelled"), "notification"),
            (an_appointment(start=NOON - timedelta(days=1)), "notification"),
        ],
    )
    def test_makes_a_reminder_of_what_tells_of_a_visit_to_come(
        self, office: Office, visit: Resource, kind: str
    ) -> None:
        office.shelf.has(visit)
        office.send(about="Appointment/visit-ada")

        office.tell()

        assert coded(office.one()["category"][0]) == [kind]

    def test_has_its_topic_as_the_house_calls_it(self, office: Office) -> None:
        office.keep_template("sugar", topic="blood-sugar")
        office.send(template_id="sugar")

        office.tell()

        assert coded(office.one()["topic"]) == ["blood-sugar"]

    def test_to_whom_of_the_family_it_went_is_named(self, office: Office) -> None:
        office.shelf.has(a_mother())
        office.send(related_person_id="mother")

        office.tell()

        told = office.one()
        assert (told["status"], told["recipient"]) == ("completed", [{"reference": "RelatedPerson/mother"}])
        assert told["subject"] == {"reference": "Patient/ada"}
        assert "about" not in told

    def test_that_went_to_somebody_whom_the_record_has_no_more_is_not_said_of_another(
        self, office: Office
    ) -> None:
        office.shelf.has(a_mother())
        office.send(related_person_id="mother")
        office.shelf.record.transaction([Write("DELETE", "RelatedPerson", "mother")])

        office.tell()

        assert (office.one()["status"], "recipient" in office.one()) == ("completed", False)


class TestItsWords:
    def test_stay_here_unless_the_house_tells_them(self, office: Office) -> None:
        office.send()
        office.tell()

        assert "payload" not in office.one()

    def test_are_told_without_what_their_links_lead_to(self, office: Office) -> None:
        office.tells_text = True
        office.send(values=Sensitive({"link": "https://clinic.example/s/eyJhbGciOi.secret"}))

        office.tell()

        (words,) = office.one()["payload"]
        assert words == {"contentString": "Dear Ada, please book: https://clinic.example/… STOP to stop"}

    @given(st.text(max_size=40))
    def test_keep_no_path_of_any_address(self, around: str) -> None:
        told = without_links(f"{around} https://clinic.example/p/a-secret?x=1#y")

        assert "a-secret" not in told

    @pytest.mark.parametrize("begins", ["?code=", "#", "/?code=", ":8443/p?code="])
    @pytest.mark.parametrize("scheme", ["https", "HTTP"])
    def test_keep_nothing_after_the_host(self, begins: str, scheme: str) -> None:
        told = without_links(f"Open {scheme}://clinic.example{begins}a-secret now")

        assert "a-secret" not in told
        assert told.startswith(f"Open {scheme}://clinic.example")
        assert told.endswith("/… now")


STATES = st.sampled_from(
    [
        *((state, None) for state in (MessageState.ACCEPTED, MessageState.DELIVERED)),
        *((MessageState.REFUSED, reason) for reason in Reason),
        *((MessageState.BOUNCED, reason) for reason in BounceCategory),
        (MessageState.UNCERTAIN, Reason.OUTCOME_UNKNOWN),
    ]
)


class TestTheCommunication:
    @given(
        STATES,
        st.sampled_from(Channel),
        st.none() | st.sampled_from(Purpose),
        st.none() | st.just("mother"),
        st.none() | st.just("Dear Ada"),
    )
    def test_is_always_built_as_r4_says(
        self,
        state: tuple[MessageState, Any],
        channel: Channel,
        purpose: Purpose | None,
        family: str | None,
        text: str | None,
    ) -> None:
        words = Sensitive(text) if text else None
        sending = Sending("m1", channel, "hba1c", *state, NOON, family, 1, purpose, NOON, words)

        told = communication(sending, PatientId(ADA), Background(topic="blood-sugar"))

        require_valid("Communication", communication_id("m1"), {**told, "id": communication_id("m1")})
