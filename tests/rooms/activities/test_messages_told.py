"""What became of messages and invitations stands in the patient's timeline, for each reader (UN-13, CH-7)."""

from collections.abc import Generator
from pathlib import Path

import pytest

from shared.activities.list_own_activities import ListOwnActivities
from shared.activities.timeline import ActivityShown, WhichActivities, timeline
from shared.messaging.model import BounceCategory, MessageMoved, MessageState
from shared.messaging.ports import Rejected
from shared.messaging.record_delivery_report import DeliveryReport, ReportDetails, ReportStatus
from tests.rooms.messaging.builders import ADA, MOBILE, a_request
from tests.rooms.messaging.mortal import Gateway
from tests.rooms.messaging.post import Post, a_post
from tests.rooms.patients.builders import a_patient, email

REPORTED = f"{MOBILE}~m1"


@pytest.fixture
def post(tmp_path: Path) -> Generator[Post]:
    with a_post(tmp_path, Gateway()) as one:
        yield one


def staff_see(post: Post, *, clinical: bool = False) -> tuple[ActivityShown, ...]:
    found = timeline(
        post.documents,
        ADA,
        WhichActivities(),
        lambda of: clinical or not of.is_clinical,
        sees_clinical=clinical,
    )
    return found.activities


def events(post: Post) -> list[tuple[str, str | None, str | None]]:
    return [(one.name, one.event, one.detail) for one in staff_see(post)]


def ada_sees(post: Post) -> list[str | None]:
    found = ListOwnActivities(post.documents)(WhichActivities(), patient_id=ADA)
    return [one.event for one in found.activities]


class TestAMessage:
    def test_is_told_as_sent_and_as_delivered_each_once(self, post: Post) -> None:
        post.request(a_request())
        post.run()
        for _ in range(2):
            post.report(DeliveryReport(REPORTED, ReportStatus.DELIVERED))
            post.run()
        for moved in (*post.moves, *reversed(post.moves)):
            post.pending.append(moved)
        post.run()

        assert sorted(events(post)) == [("Message", "delivered", "sms"), ("Message", "sent", "sms")]
        assert sorted(map(str, ada_sees(post))) == ["delivered", "sent"]

    def test_that_comes_back_says_why_to_staff_and_nothing_to_the_patient(self, post: Post) -> None:
        post.request(a_request())
        post.run()
        full = ReportDetails(Reason=BounceCategory.FULL_MAILBOX)
        post.report(DeliveryReport(REPORTED, ReportStatus.NOT_DELIVERED, Details=full))
        post.run()

        stopped = ("Message that was not sent", "bounced", "sms: full-mailbox")
        assert sorted(events(post)) == [("Message", "sent", "sms"), stopped]
        assert ada_sees(post) == ["sent"]

    def test_to_somebody_without_a_phone_is_told_as_refused(self, post: Post) -> None:
        post.admit(a_patient("ada", email("ada@example.org")))
        post.request(a_request())
        post.run()

        assert events(post) == [("Message that was not sent", "refused", "sms: no_address")]
        assert ada_sees(post) == []

    def test_names_its_template_to_clinical_staff_alone(self, post: Post) -> None:
        post.request(a_request())
        post.run()

        assert [one.about for one in staff_see(post, clinical=True)] == ["template/hba1c"]
        assert [one.about for one in staff_see(post)] == [None]

    def test_that_only_waits_is_not_told(self, post: Post) -> None:
        post.request(a_request())
        post.take()
        post.pending = [
            MessageMoved("m1", ADA, MOBILE, MessageState.UNCERTAIN, None, post.now, "enrolment~1")
        ]
        post.run()

        assert events(post) == []


class TestAnInvitation:
    def test_is_told_as_a_survey(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            post.request(a_request(because="survey~csat~1a"))
            post.run()

            (told,) = staff_see(post, clinical=True)
            assert (told.name, told.kind, told.event, told.about) == (
                "Survey",
                "survey",
                "sent",
                "survey/csat",
            )

    def test_that_no_provider_takes_is_told_as_not_sent(self, tmp_path: Path) -> None:
        rejected = Rejected(BounceCategory.INVALID_MAILBOX, permanent=True)
        with a_post(tmp_path, Gateway(answers=[rejected])) as post:
            post.request(a_request(because="survey~csat~1a"))
            post.run()

            (told,) = staff_see(post)
            assert (told.event, told.detail) == ("refused", "sms: invalid-mailbox")
