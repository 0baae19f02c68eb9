from pathlib import Path

import pytest

from shared.activities.note_message import NoteMessage
from shared.consent.model import Choice, Purpose
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.messaging.documents import frequency_of
from shared.messaging.gate.situation import FrequencyCap, GateRules
from shared.messaging.list_messages import ListMessages, MessagesQuery
from shared.messaging.model import BounceCategory, Channel, MessageMoved, MessageState, Reason
from shared.messaging.ports import Rejected
from shared.messaging.read_message import ReadMessage
from shared.messaging.record_outcome import RecordOutcome
from tests.rooms.messaging.builders import ADA, MOBILE, NOON, a_request
from tests.rooms.messaging.mortal import Gateway
from tests.rooms.messaging.post import a_post
from tests.rooms.patients.builders import a_patient, email

ONE_A_DAY = GateRules(frequency_caps=(FrequencyCap(Channel.SMS, a_day=1),))


class TestRequests:
    @pytest.mark.parametrize(
        ("patient", "reason"),
        [
            (a_patient("ada", email("ada@example.org")), Reason.NO_ADDRESS),
            (a_patient("ada", email("ada@example.org"), deceasedBoolean=True), Reason.PATIENT_DECEASED),
        ],
    )
    def test_end_at_once_where_there_is_nowhere_to_write_to(
        self, tmp_path: Path, patient: dict[str, object], reason: Reason
    ) -> None:
        with a_post(tmp_path, Gateway()) as post:
            post.admit(patient)
            post.request(a_request())
            post.run()

            explained = post.why()

            assert (explained.message.state, explained.message.reason) == (MessageState.REFUSED, reason)
            assert explained.checks == ()
            (moved,) = post.moves
            assert (moved.state, moved.contact, moved.because) == (MessageState.REFUSED, None, "enrolment~1")

    def test_for_somebody_the_record_does_not_know_are_refused(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            post.request(a_request(patient_id=PatientId("nobody")))
            post.run()

            (moved,) = post.moves
            assert moved.reason is Reason.PATIENT_GONE

    def test_explain_every_check_and_show_no_address(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            post.request(a_request())
            post.run()

            explained = post.why()

            assert [verdict.check for verdict in explained.checks] == [
                "alive",
                "consent",
                "suppression",
                "outreach",
                "quiet_time",
                "frequency",
                "expiry",
                "rendering",
            ]
            assert [attempt.number for attempt in explained.attempts] == [1]
            assert "900123" not in str(explained)

    def test_are_another_patients_as_little_as_unknown_ones(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            post.request(a_request())

            with pytest.raises(NotFound):
                ReadMessage(post.documents)(patient_id=PatientId("bob"), message_id="m1")

    def test_are_listed_page_by_page(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            for name in ("m1", "m2", "m3"):
                post.request(a_request(name))

            first = ListMessages(post.documents)(MessagesQuery(limit=2), patient_id=ADA)
            rest = ListMessages(post.documents)(MessagesQuery(after=first.next), patient_id=ADA)

            assert [message.message_id for message in (*first.messages, *rest.messages)] == ["m1", "m2", "m3"]
            assert rest.next is None


class TestOutcomes:
    def test_come_to_the_same_in_whatever_order_they_are_heard(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            post.request(a_request())
            states = (MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.ACCEPTED, MessageState.HELD)

            for state in states:
                moved = MessageMoved("m1", ADA, MOBILE, state, None, NOON, "enrolment~1")
                RecordOutcome(post.documents, NoteMessage())(moved, now=post.now)

            assert post.why().message.state is MessageState.DELIVERED


class TestFrequency:
    def test_is_counted_in_the_commit_that_allows(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway, purpose=Purpose.COMMERCIAL, rules=ONE_A_DAY) as post:
            for name in ("m1", "m2"):
                post.request(a_request(name))
            post.run()

            reasons = sorted(str(post.decision(name).reason) for name in ("m1", "m2"))
            assert reasons == ["None", "frequency_capped"]
            assert len(gateway.taken) == 1

    def test_does_not_count_what_nobody_got(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[Rejected(BounceCategory.OTHER, permanent=False)])
        with a_post(tmp_path, gateway, purpose=Purpose.COMMERCIAL, rules=ONE_A_DAY) as post:
            for name in ("m1", "m2"):
                post.request(a_request(name))
                post.run()

            counted = frequency_of(post.documents, MOBILE)
            assert counted is not None
            assert [name for name, _ in counted.body.sent] == ["m2"]

    def test_is_not_used_up_by_what_must_be_said(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway, rules=ONE_A_DAY) as post:
            post.say(Choice.OPTED_OUT)
            for name in ("m1", "m2"):
                post.request(a_request(name))
            post.run()

            assert len(gateway.taken) == 2
