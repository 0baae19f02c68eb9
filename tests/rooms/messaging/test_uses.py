"""That somebody opened a message or clicked in it is known only where they agreed to that (CO-9, CH-7)."""

import logging
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.activities.list_own_activities import ListOwnActivities
from shared.activities.timeline import ActivityShown, WhichActivities, timeline
from shared.consent.model import Choice, Purpose
from shared.kernel.refusals import Nonsense
from shared.messaging import model
from shared.messaging.documents import message_at
from shared.messaging.model import Channel
from shared.messaging.note_use import NoteUse
from shared.messaging.record_delivery_report import DeliveryReport, NoSuchMessage, ReportStatus
from shared.messaging.record_use import MOST_KEPT
from tests.rooms.messaging.builders import ADA, MOBILE, NOON, a_request
from tests.rooms.messaging.mortal import Gateway
from tests.rooms.messaging.post import Post, a_post
from tests.rooms.patients.builders import a_patient

A_MINUTE = timedelta(minutes=1)
FLAG = {"url": "urn:patient-engagement:legacy-flag:do-not-track", "valueBoolean": True}


@pytest.fixture
def post(tmp_path: Path) -> Generator[Post]:
    with a_post(tmp_path, Gateway()) as one:
        yield one


def opened(event: str = "e1", **more: Any) -> DeliveryReport:
    settled: dict[str, Any] = {"EventId": event, "At": NOON + A_MINUTE}
    return DeliveryReport(f"{MOBILE}~m1", ReportStatus.OPENED, **(settled | more))


def clicked(event: str = "e2", link: str | None = "psoriasis leaflet", **more: Any) -> DeliveryReport:
    settled: dict[str, Any] = {"EventId": event, "At": NOON + A_MINUTE, "Link": link}
    return DeliveryReport(f"{MOBILE}~m1", ReportStatus.CLICKED, **(settled | more))


def sends(post: Post, tracking: Choice = Choice.OPTED_IN) -> None:
    if tracking is not Choice.NOT_SET:
        post.say(tracking, Purpose.TRACKING)
    post.request(a_request())
    post.run()
    post.clock.pass_by(A_MINUTE)


def tells(post: Post, *reports: DeliveryReport) -> None:
    for report in reports:
        post.report(report)
    post.pending += post.told.contents
    post.told.announcements.clear()
    post.run()


def used(post: Post, *, clinical: bool = True) -> list[ActivityShown]:
    which = WhichActivities(activity_type="house-messages-used", limit=100)
    found = timeline(post.documents, ADA, which, lambda _: True, sees_clinical=clinical)
    return list(found.activities)


class TestAMessageToWhomHasAgreed:
    def test_is_known_to_be_opened_and_clicked_when_it_was(self, post: Post) -> None:
        sends(post)
        tells(post, opened(), clicked(At=NOON + A_MINUTE / 2))

        assert [(one.event, one.at, one.about) for one in used(post)] == [
            ("opened", NOON + A_MINUTE, "template/hba1c"),
            ("clicked", NOON + A_MINUTE / 2, "template/hba1c: psoriasis leaflet"),
        ]

    def test_names_template_and_link_to_those_who_treat_alone(self, post: Post) -> None:
        sends(post)
        tells(post, clicked())

        assert [(one.detail, one.about) for one in used(post, clinical=False)] == [("sms", None)]
        own = ListOwnActivities(post.documents)(WhichActivities(), patient_id=ADA).activities
        assert [one.event for one in own] == ["sent"]

    def test_has_each_event_once_however_often_it_is_told(self, post: Post) -> None:
        sends(post)
        tells(post, opened(), opened(), clicked(), opened("another"))
        tells(post, clicked(), opened())

        assert sorted(str(one.event) for one in used(post)) == ["clicked", "opened", "opened"]
        assert message_at(post.documents, ADA, "m1").body.used == 3

    def test_stays_delivered_or_whatever_it_was(self, post: Post) -> None:
        sends(post)
        before = post.decision()
        tells(post, opened())

        assert post.decision() == before

    def test_keeps_so_many_events_and_no_more(self, post: Post) -> None:
        sends(post)
        tells(post, *(opened(f"scan {number}") for number in range(MOST_KEPT + 5)))

        assert len(used(post)) == MOST_KEPT

    @pytest.mark.parametrize(
        "report",
        [
            opened(EventId=None),
            opened(EventId=""),
            opened(EventId="e" * 201),
            opened(At=None),
            opened(At=(NOON + A_MINUTE).replace(tzinfo=None)),
            opened(At=NOON + timedelta(hours=1)),
            opened(At=NOON - timedelta(hours=1)),
            opened(Link="leaflet"),
            clicked(link=None),
            clicked(link="https://clinic.example/b?token=secret"),
            clicked(link="=cmd"),
        ],
    )
    def test_is_not_told_in_nonsense(self, post: Post, report: DeliveryReport) -> None:
        sends(post)

        with pytest.raises(Nonsense) as caught:
            post.report(report)

        assert {path for path, _ in caught.value.fields} <= {"EventId", "At", "Link"}
        assert "secret" not in str(caught.value)

    def test_is_a_message_that_there_is(self, post: Post) -> None:
        report = DeliveryReport(f"{MOBILE}~nothing", ReportStatus.OPENED, EventId="e", At=NOON)

        with pytest.raises(NoSuchMessage):
            post.report(report)


class TestAMessageToWhomHasNot:
    @pytest.mark.parametrize("tracking", [Choice.OPTED_OUT, Choice.NOT_SET])
    def test_is_not_known_to_be_used_and_counted_alone(
        self, post: Post, tracking: Choice, caplog: pytest.LogCaptureFixture
    ) -> None:
        sends(post, tracking)
        with caplog.at_level(logging.INFO):
            tells(post, opened(), clicked())

        assert used(post) == []
        ignored = [vars(one)["ignored"] for one in caplog.records if one.message == "messaging.use.told"]
        assert ignored == ["no_consent", "no_consent"]

    def test_nor_by_a_yes_that_came_after_it(self, post: Post) -> None:
        sends(post, Choice.NOT_SET)
        post.say(Choice.OPTED_IN, Purpose.TRACKING)
        tells(post, opened())

        assert used(post) == []

    @pytest.mark.parametrize("later", [A_MINUTE, timedelta(days=3)])
    def test_nor_after_a_no_that_came_since(self, post: Post, later: timedelta) -> None:
        sends(post)
        post.say(Choice.OPTED_OUT, Purpose.TRACKING)
        post.clock.pass_by(later)
        tells(post, opened())

        assert used(post) == []

    def test_looks_again_into_the_record_after_a_day(self, post: Post) -> None:
        sends(post)
        post.admit(a_patient("ada", extension=[FLAG]))
        heeding = replace(post.situations, honours_legacy_flags=True)
        note = NoteUse(post.documents, post.told, heeding, post.rules)
        note(opened("within a day"), now=post.now)
        post.clock.pass_by(timedelta(days=1))
        note(opened("later"), now=post.now)

        assert len(post.told.contents) == 1

    def test_nor_is_one_that_nobody_has_begun_to_send(self, post: Post) -> None:
        post.say(Choice.OPTED_IN, Purpose.TRACKING)
        post.request(a_request())
        post.decide_only()
        post.report(opened(At=NOON))

        assert post.decision().is_tracked
        assert post.told.contents == []

    def test_nor_is_one_that_was_stopped_before_it_was_decided_about(self, post: Post) -> None:
        post.request(a_request())
        post.take()
        post.stop(model.CancelMessage("m1", ADA, Channel.SMS, "hba1c", "enrolment~1"))

        post.report(opened(At=NOON))

        assert post.decision().trail == ()
        assert post.told.contents == []
