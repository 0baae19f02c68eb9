from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.kernel.announcements import Announcement
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Change, Unchanged
from shared.kernel.refusals import LostRace
from shared.messaging.list_messages import MessagesQuery
from shared.messaging.list_suppressions import ListSuppressions
from shared.messaging.model import BounceCategory, MessageState, Reason
from shared.messaging.record_delivery_report import (
    DeliveryReport,
    NoSuchMessage,
    RecordDeliveryReport,
    ReportDetails,
    ReportStatus,
)
from shared.messaging.remove_suppression import RemoveSuppression
from shared.messaging.suppression import (
    NotSuppressed,
    SuppressedForGood,
    Suppression,
    SuppressionCause,
    after_bounce,
    after_complaint,
    after_delivery,
    lifted,
)
from tests.rooms.messaging.builders import MOBILE, NOON, NURSE, a_request
from tests.rooms.messaging.mortal import Gateway, Killed, Life
from tests.rooms.messaging.post import Post, a_post

A_DAY = timedelta(days=1)
HARD, SOFT = BounceCategory.INVALID_MAILBOX, BounceCategory.FULL_MAILBOX


def delivered(message_id: str = "m1") -> DeliveryReport:
    return DeliveryReport(f"{MOBILE}~{message_id}", ReportStatus.DELIVERED)


def bounced(reason: str, message_id: str = "m1") -> DeliveryReport:
    details = ReportDetails(Reason=reason, Message="unknown user 07700900123")
    return DeliveryReport(f"{MOBILE}~{message_id}", ReportStatus.NOT_DELIVERED, Details=details)


def sent(post: Post, message_id: str = "m1") -> None:
    post.request(a_request(message_id))
    post.run()


def told(post: Post, *reports: DeliveryReport) -> None:
    for report in reports:
        post.clock.pass_by(timedelta(seconds=1))
        post.report(report)
        post.run()


class RacedDocuments(SqliteDocuments):
    """A store in which somebody else commits between the first look and the first commit."""

    def __init__(self, file: SqliteFile, rival: Callable[[], None]) -> None:
        super().__init__(file, clock=StoppedClock(NOON))
        self._rivals = [rival]

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        while self._rivals:
            self._rivals.pop()()
        return super().commit(partition, changes=changes, unchanged=unchanged, announcements=announcements)


class TestDeliveryReports:
    def test_move_the_message_on(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            sent(post)

            told(post, delivered())

            assert post.why().message.state is MessageState.DELIVERED

    def test_count_once_when_told_twice(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            sent(post)

            told(post, *[bounced("full-mailbox")] * 5)

            assert [moved.state for moved in post.moves] == [MessageState.ACCEPTED, MessageState.BOUNCED]
            assert ListSuppressions(post.documents)(MessagesQuery(), now=post.now).suppressions == ()

    def test_are_worth_more_when_they_bring_worse_news_later(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            sent(post)

            told(post, delivered(), bounced("invalid-mailbox"), delivered())

            assert post.decision().state is MessageState.BOUNCED
            assert post.why().message.reason is HARD

    def test_settle_a_message_whose_sender_has_died(self, tmp_path: Path) -> None:
        life, gateway = Life(), Gateway(keys=False, looks_up=False)
        with a_post(tmp_path, gateway) as post:
            gateway.life, life.left = life, 1
            post.pending.append(a_request())
            with pytest.raises(Killed):
                post.run()

            told_first = delivered()
            post.report(told_first)
            post.clock.pass_by(timedelta(minutes=2))
            life.left = None
            post.run()
            post.sweep()

            assert gateway.taken == [f"{MOBILE}~m1"]
            assert post.why().message.state is MessageState.DELIVERED

    def test_suppress_an_address_that_is_not_there(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            sent(post, "m1")
            told(post, bounced("invalid-mailbox"))

            sent(post, "m2")

            assert post.decision("m2").reason is Reason.SUPPRESSED
            (listed,) = ListSuppressions(post.documents)(MessagesQuery(), now=post.now).suppressions
            assert (listed.contact, listed.cause) == (MOBILE, SuppressionCause.HARD_BOUNCE)

    def test_suppress_for_good_after_a_complaint(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            sent(post)
            told(post, DeliveryReport(f"{MOBILE}~m1", ReportStatus.COMPLAINED))

            with pytest.raises(SuppressedForGood):
                RemoveSuppression(post.documents)(contact=MOBILE, caller=NURSE, now=post.now)

    def test_let_staff_lift_what_is_not_for_good(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            sent(post, "m1")
            told(post, bounced("invalid-domain"))

            RemoveSuppression(post.documents)(contact=MOBILE, caller=NURSE, now=post.now)
            sent(post, "m2")

            assert gateway.taken == [f"{MOBILE}~m1", f"{MOBILE}~m2"]
            with pytest.raises(NotSuppressed):
                RemoveSuppression(post.documents)(contact=MOBILE, caller=NURSE, now=post.now)

    def test_are_told_again_when_two_come_at_once_about_a_fresh_address(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            sent(post, "m1")
            sent(post, "m2")
            complained = DeliveryReport(f"{MOBILE}~m1", ReportStatus.COMPLAINED)
            raced = RacedDocuments(post.house.file, lambda: post.report(bounced("full-mailbox", "m2")))

            with pytest.raises(LostRace):
                RecordDeliveryReport(raced)(complained, now=post.now)
            RecordDeliveryReport(raced)(complained, now=post.now)

            (listed,) = ListSuppressions(post.documents)(MessagesQuery(), now=post.now).suppressions
            assert listed.cause is SuppressionCause.COMPLAINT

    @pytest.mark.parametrize("reason", ["reputation", "dmarc", "blocklisting", "relaying", "policy"])
    def test_do_not_hold_against_an_address_what_is_said_of_the_sender(
        self, tmp_path: Path, reason: str
    ) -> None:
        with a_post(tmp_path, Gateway()) as post:
            for message_id in ("m1", "m2", "m3", "m4", "m5"):
                sent(post, message_id)
                told(post, bounced(reason, message_id))

            assert post.decision("m5").state is MessageState.BOUNCED
            assert ListSuppressions(post.documents)(MessagesQuery(), now=post.now).suppressions == ()

    @pytest.mark.parametrize(
        "request_id",
        ["", "m1", f"{MOBILE}~unknown", "sms~../../x~m1", f"{MOBILE}~m/1", "fax~" + "a" * 40 + "~m1"],
    )
    def test_are_refused_about_a_message_nobody_sent(self, tmp_path: Path, request_id: str) -> None:
        with a_post(tmp_path, Gateway()) as post, pytest.raises(NoSuchMessage):
            post.report(DeliveryReport(request_id, ReportStatus.DELIVERED))


NOTHING_YET = Suppression(MOBILE)


class TestSuppression:
    def test_bans_for_longer_each_time(self) -> None:
        suppression, bans = NOTHING_YET, list[timedelta]()
        for _ in range(5):
            suppression = after_bounce(suppression, HARD, NOON)
            bans.append((suppression.until or NOON) - NOON)

        assert [ban.days for ban in bans] == [7, 14, 30, 180, 180]

    def test_needs_five_soft_bounces_in_a_row(self) -> None:
        four = NOTHING_YET
        for _ in range(4):
            four = after_bounce(four, SOFT, NOON)

        assert not four.stands(NOON)
        assert after_bounce(four, SOFT, NOON).stands(NOON)
        assert not after_bounce(after_delivery(four), SOFT, NOON).stands(NOON)

    def test_ends_with_its_ban(self) -> None:
        week = after_bounce(NOTHING_YET, HARD, NOON)

        assert week.stands(NOON + 7 * A_DAY - timedelta(seconds=1))
        assert not week.stands(NOON + 7 * A_DAY)

    def test_stays_for_good_after_a_complaint_whatever_bounces_later(self) -> None:
        complained = after_complaint(NOTHING_YET, NOON)

        assert after_bounce(complained, HARD, NOON).stands(NOON + 10_000 * A_DAY)

    def test_remembers_what_was_lifted(self) -> None:
        again = after_bounce(lifted(after_bounce(NOTHING_YET, HARD, NOON), NOON), HARD, NOON)

        assert again.until == NOON + 14 * A_DAY
