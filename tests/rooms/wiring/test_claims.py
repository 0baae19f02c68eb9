"""What is too large for a message waits in the store until the message comes for it (D5)."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.codec import to_json
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Commit, Create, Documents
from shared.kernel.queues import LARGEST_BODY, OutgoingMessage, Queues, ReceivedMessage
from shared.kernel.refusals import LostRace, Nonsense, NotYetVisible, TransientFault
from shared.messaging.model import DeliverMessage
from shared.operations.park_message import ParkMessage
from shared.wiring.claims import ENDS, KEPT_FOR, PLACE, Claimed, ClaimIsGone, redeem
from shared.wiring.relay import MADE_AT, RelayAnnouncements
from tests.support.house import House, a_house

A_MINUTE = timedelta(minutes=1)
LARGE = LARGEST_BODY + 1
PARTITION = "contact/sms/0c1d2e"


class Killed(BaseException):
    """The process is gone."""


class KilledBeforeDeleting(SqliteDocuments):
    """A store whose process is killed after the messages went out."""

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:  # noqa: ARG002  # killed before
        raise Killed


class KilledBeforeSending(Queues):
    """Queues whose process is killed after the contents were kept."""

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:  # noqa: ARG002  # killed before
        raise Killed


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path, indexes=(MADE_AT,)) as one:
        yield one


def a_delivery(size: int, *, letter: str = "x", due_at: datetime | None = None) -> Announcement:
    """Announce a delivery whose content spells as this many bytes."""
    empty = DeliverMessage("sms~0c", "", 2)
    frame = len(to_json(empty))
    content = replace(empty, message_id=letter * (size - frame))
    return Announcement(content, "large", ("decision~m", 2), due_at)


def committed(house: House, announcement: Announcement, *, thing: str = "thing~1") -> None:
    house.documents.commit(PARTITION, changes=[Create(thing, {})], announcements=[announcement])


def relay(house: House, *, documents: Documents | None = None, queues: Queues | None = None) -> None:
    changes, _ = house.change_feed.read("relay", limit=1000)
    park = ParkMessage(house.documents)
    RelayAnnouncements(documents or house.documents, queues or house.queues, park)(
        changes, now=house.clock.now()
    )


def received(house: House) -> list[ReceivedMessage]:
    return list(house.queues.receive("deliveries", limit=100, lock_for=A_MINUTE))


def kept(house: House) -> list[Any]:
    return list(house.documents.list(PARTITION, "claim", Claimed).items)


class TestTheRelay:
    def test_lets_a_message_claim_what_is_too_large_for_it(self, house: House) -> None:
        large = a_delivery(LARGE)
        committed(house, large)

        relay(house)

        (message,) = received(house)
        assert message.body == b"{}"
        assert message.properties[PLACE].startswith(f"{PARTITION}/claim~")
        content = redeem(house.documents, message.properties, now=house.clock.now())
        assert content == to_json(large.content)

    def test_says_all_else_of_it_as_of_any_message(self, house: House) -> None:
        committed(house, a_delivery(LARGE))

        relay(house)

        (message,) = received(house)
        told = {name: message.properties[name] for name in ("type", "of", "of_version")}
        assert told == {"type": "DeliverMessage", "of": "decision~m", "of_version": "2"}

    @pytest.mark.parametrize(("size", "claimed"), [(LARGEST_BODY, 0), (LARGEST_BODY + 1, 1)])
    def test_keeps_only_what_is_too_large(self, house: House, size: int, claimed: int) -> None:
        committed(house, a_delivery(size))

        relay(house)

        (message,) = received(house)
        assert (len(kept(house)), PLACE in message.properties) == (claimed, bool(claimed))

    @pytest.mark.parametrize("due_in", [timedelta(), timedelta(days=90)])
    def test_keeps_it_for_thirty_days_after_it_is_due(self, house: House, due_in: timedelta) -> None:
        due = house.clock.now() + due_in
        committed(house, a_delivery(LARGE, due_at=due))

        relay(house)

        (claim,) = kept(house)
        assert claim.expires_at == due + KEPT_FOR

    def test_killed_before_it_sent_sends_the_next_time(self, house: House) -> None:
        committed(house, a_delivery(LARGE))
        with pytest.raises(Killed):
            relay(house, queues=KilledBeforeSending())
        kept_before = kept(house)

        relay(house)

        (message,) = received(house)
        assert kept(house) == kept_before
        assert redeem(house.documents, message.properties, now=house.clock.now())

    def test_killed_before_it_deleted_sends_the_same_again(self, house: House) -> None:
        committed(house, a_delivery(LARGE))
        torn = KilledBeforeDeleting(house.file, clock=house.clock, indexes=(MADE_AT,))
        with pytest.raises(Killed):
            relay(house, documents=torn)

        relay(house)

        first, second = received(house)
        assert (first.id, first.properties[PLACE]) == (second.id, second.properties[PLACE])
        assert len(kept(house)) == 1

    def test_keeps_what_is_told_again_much_later_for_longer(self, house: House) -> None:
        committed(house, a_delivery(LARGE))
        relay(house)
        received(house)
        house.clock.pass_by(timedelta(days=29))
        committed(house, a_delivery(LARGE), thing="thing~2")

        relay(house)

        (claim,) = kept(house)
        assert claim.expires_at == house.clock.now() + KEPT_FOR

    def test_keeps_what_is_told_differently_under_the_same_name_apart(self, house: House) -> None:
        committed(house, a_delivery(LARGE, letter="a"))
        relay(house)
        committed(house, a_delivery(LARGE, letter="b"), thing="thing~2")

        relay(house)

        contents = [redeem(house.documents, one.properties, now=house.clock.now()) for one in received(house)]
        assert [b"aaa" in content for content in contents] == [True, False]

    def test_begins_anew_where_what_was_kept_goes_in_between(self, house: House) -> None:
        committed(house, a_delivery(LARGE))
        relay(house)

        class JustGone(SqliteDocuments):
            def look(self, partition: str, id: str, of: type[Any]) -> None:  # noqa: A002, ARG002  # the port's own words
                return None

        committed(house, a_delivery(LARGE), thing="thing~2")
        with pytest.raises(LostRace):
            relay(house, documents=JustGone(house.file, clock=house.clock, indexes=(MADE_AT,)))


class TestRedeeming:
    def claimed(self, house: House) -> Mapping[str, str]:
        committed(house, a_delivery(LARGE))
        relay(house)
        return received(house)[0].properties

    def test_waits_for_what_has_not_come_here_yet(self, house: House) -> None:
        properties = {**self.claimed(house), PLACE: f"{PARTITION}/claim~of-another-region"}

        with pytest.raises(NotYetVisible):
            redeem(house.documents, properties, now=house.clock.now())

    def test_says_what_is_kept_no_more(self, house: House) -> None:
        properties = self.claimed(house)
        house.clock.pass_by(KEPT_FOR)

        with pytest.raises(ClaimIsGone):
            redeem(house.documents, properties, now=house.clock.now())

    def test_waits_where_nobody_said_how_long_it_is_kept(self, house: House) -> None:
        properties = {name: told for name, told in self.claimed(house).items() if name != ENDS}
        house.clock.pass_by(KEPT_FOR)

        with pytest.raises(TransientFault):
            redeem(house.documents, properties, now=house.clock.now())

    @pytest.mark.parametrize("place", ["", "claim~1", "patient/ada/consents", "patient/ada/"])
    def test_opens_nothing_but_claims(self, house: House, place: str) -> None:
        with pytest.raises(Nonsense):
            redeem(house.documents, {PLACE: place}, now=house.clock.now())
