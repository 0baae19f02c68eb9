"""Messages late, twice and in any order: no work is lost, no room leaks, nobody is promised twice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.access.model import Caller
from shared.kernel.refusals import Refusal
from shared.routing.model import (
    OfferWork,
    RepresentativeId,
    ReserveCapacity,
    SettleCapacity,
    SettleWork,
    WorkOffered,
    WorkOutcome,
)
from tests.rooms.routing.builders import AMIRA, BRUNO, GENERAL, MONDAY, REFILLS, id_of
from tests.rooms.routing.service_centre import ServiceCentre, a_service_centre, until_it_wins

STAFF = (AMIRA, BRUNO)
TALKS = {"talk-1": (GENERAL, 1), "talk-2": (REFILLS, 2), "talk-3": (GENERAL, 1)}
UNITS = 2


@dataclass
class Talk:
    """Whoever owns the work: a conversation, as far as routing is concerned."""

    work_id: str
    queue_id: str
    units: int
    state: str = "open"
    round: int = 1
    offered_to: RepresentativeId | None = None
    until: datetime = MONDAY
    tells: list[Any] = field(default_factory=list[Any])

    def enters(self, now: datetime, not_to: tuple[RepresentativeId, ...] = ()) -> None:
        self.tells.append(OfferWork(self.work_id, self.round, self.queue_id, self.units, now, not_to))

    def hears(self, offer: WorkOffered) -> None:
        holder = (self.offered_to, self.round)
        if (self.state, self.round, self.offered_to) == ("open", offer.round, None):
            self.offered_to, self.until = offer.representative_id, offer.until
        elif holder != (offer.representative_id, offer.round):
            self.settles(offer.representative_id, offer.round, "elsewhere")

    def is_accepted(self, now: datetime) -> None:
        if self.state == "open" and self.offered_to and now < self.until:
            self.state = "active"
            self.settles(self.offered_to, self.round, "taken")
            self.tells.append(SettleWork(self.queue_id, self.work_id, self.round))

    def goes_back(self, outcome: WorkOutcome, now: datetime) -> None:
        if self.state == "open" and self.offered_to and (outcome == "declined" or now >= self.until):
            self.settles(self.offered_to, self.round, outcome)
            self.tells.append(SettleWork(self.queue_id, self.work_id, self.round))
            not_to = (self.offered_to,) if outcome == "declined" else ()
            self.round, self.offered_to = self.round + 1, None
            self.enters(now, not_to)

    def closes(self) -> None:
        if self.state == "open":
            self.tells.append(SettleWork(self.queue_id, self.work_id, self.round))
        if self.offered_to and self.state != "closed":
            self.settles(self.offered_to, self.round, "elsewhere" if self.state == "open" else "finished")
        self.state = "closed"

    def settles(self, representative_id: RepresentativeId, round_: int, outcome: WorkOutcome) -> None:
        self.tells.append(SettleCapacity(representative_id, self.work_id, round_, outcome, self.units))


@dataclass
class World:
    """A service centre whose messages lie in a bag, from which chance takes them."""

    centre: ServiceCentre
    chance: Random
    talks: dict[str, Talk] = field(default_factory=dict[str, Talk])
    bag: list[Any] = field(default_factory=list[Any])

    def begins(self) -> None:
        for queue_id in (GENERAL, REFILLS):
            self.centre.has_queue(queue_id)
        self.centre.comes(*STAFF, units=UNITS)
        for work_id, (queue_id, units) in TALKS.items():
            self.talks[work_id] = Talk(work_id, queue_id, units)
            self.talks[work_id].enters(self.centre.now)

    def any_talk(self) -> Talk:
        return self.chance.choice(list(self.talks.values()))

    def does(self, what: str) -> None:
        now, talk = self.centre.now, self.any_talk()
        match what:
            case "carry":
                self.carries(keep=False)
            case "carry and keep":
                self.carries(keep=True)
            case "accept":
                talk.is_accepted(now)
            case "decline":
                talk.goes_back("declined", now)
            case "lapse":
                talk.goes_back("missed", now)
            case "close":
                talk.closes()
            case "away" | "back":
                caller = self.chance.choice(STAFF)
                self.centre.is_present(caller, "offline" if what == "away" else "available")
            case "tick":
                self.centre.sweep(now=now)
            case _:
                self.centre.goes_on_for(seconds=self.chance.choice([1, 10, 40]))

    def carries(self, *, keep: bool) -> None:
        """Deliver one message, any of those under way; kept, it comes again later."""
        self.collects()
        if self.bag:
            place = self.chance.randrange(len(self.bag))
            message = self.bag[place] if keep else self.bag.pop(place)
            self.delivers(message)

    def collects(self) -> None:
        self.bag += self.centre.told()
        for talk in self.talks.values():
            self.bag += talk.tells
            talk.tells.clear()

    def delivers(self, message: Any) -> None:
        before = self.loads()
        if isinstance(message, WorkOffered):
            self.talks[message.work_id].hears(message)
            return
        try:
            until_it_wins(lambda: self.centre.tell(message))
        except Refusal:  # completed and logged, as the edge does
            return
        if isinstance(message, ReserveCapacity):
            after = self.loads()
            assert all(after[each] <= max(UNITS, before[each]) for each in after)

    def loads(self) -> dict[str, int]:
        return {each.subject: self.centre.used(each) for each in STAFF}

    def comes_to_rest(self) -> None:
        """Deliver all that is under way, and let minutes pass; in the end everybody is there."""
        for _ in range(6):
            self.rests()
            for talk in self.talks.values():
                talk.goes_back("missed", self.centre.now)
            self.rests()
            self.centre.goes_on_for(seconds=40)
            self.centre.sweep(now=self.centre.now)
        self.rests()
        for caller in STAFF:
            self.centre.is_present(caller, "available")
        self.rests()

    def rests(self) -> None:
        self.collects()
        while self.bag:
            self.carries(keep=False)
            self.collects()


WHAT = st.sampled_from(
    ["carry"] * 8
    + ["carry and keep"] * 2
    + ["accept", "accept", "decline", "lapse", "close", "away", "back", "tick", "pass", "pass"]
)


def played(folder: Path, seed: int, steps: list[str], check: Callable[[World], None]) -> None:
    with a_service_centre(folder) as centre:
        world = World(centre, Random(seed))  # noqa: S311  # chance in a test, drawn from hypothesis
        world.begins()
        for step in steps:
            world.does(step)
        world.comes_to_rest()
        check(world)


def holdings_of(world: World, caller: Caller, state: str) -> set[tuple[str, int]]:
    held = world.centre.who(caller).holding(world.centre.now)
    return {(each.work_id, each.units) for each in held if each.state == state}


def owned_by(world: World, caller: Caller) -> set[tuple[str, int]]:
    return {
        (talk.work_id, talk.units)
        for talk in world.talks.values()
        if talk.state == "active" and talk.offered_to == id_of(caller)
    }


def _all_is_well(world: World) -> None:
    for caller in STAFF:
        assert holdings_of(world, caller, "taken") == owned_by(world, caller)
    waiting = {each.work_id for queue_id in (GENERAL, REFILLS) for each in world.centre.waiting(queue_id)}
    assert waiting == {talk.work_id for talk in world.talks.values() if talk.state == "open"}


def _all_is_offered(world: World) -> None:
    """With everybody there, as much as fits has been held out to somebody."""
    for talk in world.talks.values():
        if talk.state != "open" or talk.offered_to is not None:
            continue
        assert all(world.centre.who(caller).room(world.centre.now) < talk.units for caller in STAFF)


class TestWhateverOrderMessagesComeIn:
    @given(st.integers(0, 10_000), st.lists(WHAT, max_size=50))
    @settings(max_examples=10, deadline=None)
    def test_no_work_is_lost_and_no_room_leaks(self, seed: int, steps: list[str]) -> None:
        with TemporaryDirectory() as folder:
            played(Path(folder), seed, steps, _all_is_well)

    def test_all_that_fits_is_offered_in_the_end(self, tmp_path: Path) -> None:
        steps = ["carry", "pass", "away", "carry and keep", "decline", "back", "lapse", "tick"] * 6

        played(tmp_path, 7, steps, _all_is_offered)
