"""A house with everything of this room in it, and a desk at which announcements are carried by hand."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.access.model import Caller
from shared.adapters.codec import from_plain
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Delete
from shared.kernel.refusals import LostRace
from shared.kernel.sensitive import Sensitive
from shared.routing.assign_work import AssigningWork
from shared.routing.documents import (
    INDEXES,
    REPRESENTATIVE,
    representative_partition,
    waiting_in,
)
from shared.routing.explain_waiting import ExplainWaiting
from shared.routing.list_representatives import ListRepresentatives
from shared.routing.model import (
    AssignWork,
    CapacityReserved,
    OfferWork,
    RepresentativeId,
    ReserveCapacity,
    SettleCapacity,
    SettleWork,
    WorkOffered,
    WorkOutcome,
)
from shared.routing.note_reservation import NoteReservation
from shared.routing.offer_work import OfferingWork
from shared.routing.presence import Chosen
from shared.routing.put_queue import PutQueue
from shared.routing.put_workstream import PutWorkstream
from shared.routing.queue_waiting_work import QueueWaitingWork
from shared.routing.representatives import Representative
from shared.routing.reserve_capacity import ReservingCapacity
from shared.routing.set_capacity import CapacityAsked, SetCapacity
from shared.routing.set_presence import PresenceAsked, PresenceShown, SetPresence
from shared.routing.settle_capacity import SettlingCapacity
from shared.routing.settle_work import SettlingWork
from shared.routing.show_own_work import OwnWork, ShowOwnWork
from shared.routing.show_queue import QueueShown, ShowQueue, WhichWaiting
from shared.routing.waiting import WaitingWork
from tests.rooms.routing.builders import GENERAL, MAKER, MONDAY, SUPERVISOR, a_queue, id_of
from tests.support.house import House, a_house

CARRIED = (OfferWork, SettleWork, AssignWork, ReserveCapacity, CapacityReserved, WorkOffered, SettleCapacity)
BY_NAME = {each.__name__: each for each in CARRIED}


@dataclass
class Heard(Publisher):
    """Remembers what it was told to publish."""

    announcements: list[Announcement] = field(default_factory=list[Announcement])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.announcements += announcements


@dataclass
class ServiceCentre:
    """Carries what the room announces to its own acts; offers pile up in `offers` for a test to answer."""

    house: House
    heard: Heard = field(default_factory=Heard)
    offers: list[WorkOffered] = field(default_factory=list[WorkOffered])

    def __post_init__(self) -> None:
        documents = self.house.documents
        self.put_queue = PutQueue(documents)
        self.put_workstream = PutWorkstream(documents)
        self.offer, self.settle = OfferingWork(documents), SettlingWork(documents)
        self.assign, self.reserve = AssigningWork(documents), ReservingCapacity(documents)
        self.note, self.settle_capacity = NoteReservation(documents), SettlingCapacity(documents)
        self.sweep = QueueWaitingWork(documents, self.heard)
        self.set_presence, self.set_capacity = SetPresence(documents), SetCapacity(documents)
        self.own, self.show = ShowOwnWork(documents), ShowQueue(documents)
        self.explain, self.list = ExplainWaiting(documents), ListRepresentatives(documents)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def goes_on_for(self, **how_long: float) -> None:
        self.house.clock.pass_by(timedelta(**how_long))

    # -- what people do

    def has_queue(self, queue_id: str = GENERAL, *members: str, priority: int = 100) -> None:
        draft = a_queue(*members, priority=priority)
        self.put_queue(draft, queue_id=queue_id, caller=MAKER, now=self.now, if_match=None)

    def comes(self, *callers: Caller, presence: Chosen = "available", units: int = 3) -> None:
        for caller in callers:
            self.is_present(caller, presence)
            self.set_capacity(
                CapacityAsked(units), representative_id=id_of(caller), caller=SUPERVISOR, now=self.now
            )

    def is_present(self, caller: Caller, presence: Chosen) -> PresenceShown:
        asked = PresenceAsked(presence, Sensitive(caller.subject.title()))
        return self.set_presence(asked, caller=caller, now=self.now)

    def waits(
        self,
        work_id: str,
        round_: int = 1,
        *,
        queue_id: str = GENERAL,
        units: int = 1,
        since: datetime | None = None,
        not_to: Sequence[Caller] = (),
    ) -> None:
        declined = tuple(id_of(each) for each in not_to)
        self.tell(OfferWork(work_id, round_, queue_id, units, since or self.now, declined))

    def a_visitor_waits(self, work_id: str, *, since: datetime) -> None:
        """Let somebody wait of whom nothing is known."""
        self.tell(OfferWork(work_id, 1, GENERAL, 1, since, is_known=False))

    def becomes(self, caller: Caller, work_id: str, outcome: WorkOutcome, round_: int = 1) -> None:
        self.tell(SettleCapacity(id_of(caller), work_id, round_, outcome))

    def takes(self, caller: Caller, work_id: str, *, queue_id: str = GENERAL) -> None:
        """Do what a conversation announces when its offer was accepted."""
        self.becomes(caller, work_id, "taken")
        self.tell(SettleWork(queue_id, work_id, 1))

    # -- what is announced

    def tell(self, content: object) -> None:
        """Do what a queue function would: hand the content to its act."""
        match content:
            case OfferWork():
                self.offer(content, now=self.now)
            case SettleWork():
                self.settle(content, now=self.now)
            case AssignWork():
                self.assign(content, now=self.now)
            case ReserveCapacity():
                self.reserve(content, now=self.now)
            case CapacityReserved():
                self.note(content, now=self.now)
            case SettleCapacity():
                self.settle_capacity(content, now=self.now)
            case WorkOffered():
                self.offers.append(content)
            case _:
                raise LookupError(content)

    def told(self) -> list[Any]:
        """Take what was announced for the room's queues and not carried yet, in order."""
        changes, _ = self.house.change_feed.read("a test", limit=100_000)
        bodies = [change for change in changes if change["kind"] == "announcement"]
        for change in bodies:
            self.house.documents.commit(change["partition"], changes=[Delete(change["id"], change["_etag"])])
        known = [change["body"] for change in bodies if change["body"]["type"] in BY_NAME]
        contents = [from_plain(body["content"], BY_NAME[body["type"]]) for body in known]
        swept = [announcement.content for announcement in self.heard.announcements]
        self.heard.announcements.clear()
        return [*contents, *swept]

    def settles_down(self) -> None:
        """Carry announcements until none is left."""
        for _ in range(100):
            told = self.told()
            if not told:
                return
            for content in told:
                until_it_wins(lambda content=content: self.tell(content))
        msg = "it never comes to rest"
        raise AssertionError(msg)

    def ticks(self) -> None:
        self.sweep(now=self.now)
        self.settles_down()

    # -- what is seen

    def offered(self) -> dict[str, str]:
        """Give to whom each work was last offered, by subject."""
        return {each.work_id: each.who.rpartition("|")[2] for each in self.offers}

    def who(self, caller: Caller) -> Representative:
        return self.look_at(id_of(caller))

    def look_at(self, representative_id: RepresentativeId) -> Representative:
        partition = representative_partition(representative_id)
        return self.house.documents.read(partition, REPRESENTATIVE, Representative).body

    def used(self, caller: Caller) -> int:
        return self.who(caller).in_hand(self.now).units

    def work_of(self, caller: Caller) -> OwnWork:
        return self.own(caller=caller, now=self.now)

    def queue(self, queue_id: str = GENERAL) -> QueueShown:
        return self.show(WhichWaiting(), queue_id=queue_id, now=self.now)

    def waiting(self, queue_id: str = GENERAL) -> list[WaitingWork]:
        return [each.body for each in waiting_in(self.house.documents, queue_id)]


def until_it_wins(act: Callable[[], object]) -> None:
    """Run an act again while it loses races, as the edge does."""
    for _ in range(4):
        try:
            act()
        except LostRace:
            continue
        return
    act()


@contextmanager
def a_service_centre(folder: Path) -> Generator[ServiceCentre]:
    with a_house(folder, INDEXES, clock=StoppedClock(MONDAY)) as house:
        yield ServiceCentre(house)
