"""One representative's room: never more than there is, and given back once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.sensitive import Sensitive
from shared.routing.capacity import chosen, has_already, reserved, settled
from shared.routing.model import ReserveCapacity, SettleCapacity
from shared.routing.presence import Presence
from shared.routing.representatives import SETTLING_TAKES, Representative, kept
from tests.rooms.routing.builders import AMIRA, GENERAL, MONDAY, id_of

UNITS = 3
WORK = ("talk-1", "talk-2", "talk-3", "talk-4")


def a_representative(units: int = UNITS) -> Representative:
    fresh = Representative(
        id=id_of(AMIRA),
        who=AMIRA.who,
        subject=AMIRA.subject,
        issuer=AMIRA.issuer,
        display_name=Sensitive("Amira"),
        presence=Presence("offline", "chosen", MONDAY),
        last_released_at=MONDAY,
        units=units,
    )
    return chosen(fresh, "available", MONDAY)


def asking(work_id: str = "talk-1", round_: int = 1, units: int = 1) -> ReserveCapacity:
    return ReserveCapacity(id_of(AMIRA), GENERAL, work_id, round_, units)


def told(outcome: str, work_id: str = "talk-1", round_: int = 1) -> SettleCapacity:
    return SettleCapacity(id_of(AMIRA), work_id, round_, outcome)  # pyright: ignore[reportArgumentType]  # a WorkOutcome


def keeping(
    asked: ReserveCapacity, of: Representative | None = None, at: datetime = MONDAY
) -> Representative:
    after = reserved(of or a_representative(), asked, at)
    assert after is not None
    return after


class TestReserved:
    def test_holds_room_until_the_offer_has_ended_and_its_word_had_time_to_come(self) -> None:
        holder = keeping(asking(units=2))
        ends = MONDAY + timedelta(seconds=60)

        assert holder.room(MONDAY) == 1
        assert holder.room(ends) == 1
        assert holder.room(ends + SETTLING_TAKES) == UNITS

    def test_is_refused_where_there_is_no_room(self) -> None:
        assert reserved(a_representative(), asking(units=4), MONDAY) is None
        assert reserved(keeping(asking(units=3)), asking("talk-2"), MONDAY) is None

    def test_is_refused_to_whoever_is_away(self) -> None:
        assert reserved(chosen(a_representative(), "offline", MONDAY), asking(), MONDAY) is None

    def test_is_refused_beyond_ten_talks(self) -> None:
        holder = a_representative(units=50)
        for number in range(10):
            holder = keeping(asking(f"talk-{number}"), holder)

        assert reserved(holder, asking("one-more"), MONDAY) is None
        assert holder.free_since is None

    def test_is_known_to_have_been_made(self) -> None:
        holder = keeping(asking(round_=2))

        assert has_already(holder, asking(round_=2), MONDAY)
        assert has_already(holder, asking(round_=1), MONDAY)
        assert not has_already(holder, asking(round_=3), MONDAY)


class TestSettled:
    def test_gives_back_what_went_elsewhere_and_leaves_the_person_where_they_are(self) -> None:
        holder = settled(keeping(asking()), told("elsewhere"), MONDAY)

        assert (holder.room(MONDAY), holder.presence.base) == (UNITS, "available")

    def test_leaves_a_later_reservation_alone_when_an_earlier_one_went_elsewhere(self) -> None:
        later = MONDAY + timedelta(minutes=2)
        holder = keeping(asking(), a_representative(), later)
        stale = SettleCapacity(holder.id, "talk-1", 1, "elsewhere", until=MONDAY + timedelta(minutes=1))

        assert settled(holder, stale, later).room(later) == UNITS - 1

    def test_makes_busy_who_takes_and_free_who_finishes(self) -> None:
        later = MONDAY + timedelta(minutes=9)
        taken = settled(keeping(asking()), told("taken"), MONDAY)
        done = settled(taken, told("finished"), later)

        assert (taken.presence.base, taken.room(later)) == ("busy", UNITS - 1)
        assert (done.presence.base, done.room(later), done.free_since) == ("available", UNITS, later)

    def test_counts_work_that_was_taken_after_its_reservation_had_lapsed(self) -> None:
        late = MONDAY + timedelta(minutes=9)
        word = SettleCapacity(id_of(AMIRA), "talk-1", 1, "taken", units=2)

        assert settled(a_representative(), word, late).room(late) == 1

    def test_lets_go_of_all_earlier_rounds_whatever_became_of_them(self) -> None:
        taken = settled(keeping(asking()), told("taken"), MONDAY)

        for outcome in ("declined", "missed", "finished"):
            assert settled(taken, told(outcome, round_=2), MONDAY).holdings == ()

    def test_lets_a_later_round_be(self) -> None:
        holder = keeping(asking(round_=2))

        for outcome in ("declined", "missed", "finished"):
            assert settled(holder, told(outcome), MONDAY).holdings == holder.holdings

    def test_never_lets_go_of_taken_work_but_when_it_is_finished(self) -> None:
        taken = settled(keeping(asking()), told("taken"), MONDAY)

        for outcome in ("declined", "missed", "elsewhere"):
            assert settled(taken, told(outcome), MONDAY).room(MONDAY) == UNITS - 1


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to a representative, some seconds after what happened before."""

    what: str
    work_id: str
    round: int
    units: int
    seconds: int


STEPS = st.builds(
    Step,
    st.sampled_from(
        ["reserve", "reserve", "reserve", "taken", "declined", "missed", "elsewhere", "finished"]
    ),
    st.sampled_from(WORK),
    st.integers(1, 2),
    st.integers(1, 3),
    st.sampled_from([0, 1, 50, 100]),
)


def after(steps: Sequence[Step]) -> tuple[Representative, datetime]:
    """Let it all happen; a word that work was taken comes only while its reservation holds."""
    now, holder = MONDAY, a_representative()
    for step in steps:
        now += timedelta(seconds=step.seconds)
        holder = _after_step(holder, step, now)
        assert holder.in_hand(now).units <= UNITS
        assert sum(each.units for each in holder.holdings) <= UNITS
        is_free = holder.presence.takes_work and holder.room(now) > 0
        assert is_free or holder.free_since is None
        assert is_free == (kept(holder, now).free_since is not None)
    return holder, now


def _after_step(holder: Representative, step: Step, now: datetime) -> Representative:
    if holder.presence.stays:
        holder = chosen(holder, "available", now)
    asked = asking(step.work_id, step.round, step.units)
    if step.what == "reserve":
        is_kept = has_already(holder, asked, now)
        return holder if is_kept else (reserved(holder, asked, now) or holder)
    held = {(each.work_id, each.round) for each in holder.holding(now)}
    if step.what == "taken" and (step.work_id, step.round) not in held:
        return holder
    return settled(holder, told(step.what, step.work_id, step.round), now)


class TestCapacity:
    @given(st.lists(STEPS, max_size=30))
    def test_is_never_exceeded_whatever_happens_in_whatever_order(self, steps: list[Step]) -> None:
        after(steps)

    @given(st.lists(STEPS, max_size=20))
    def test_comes_back_whole_once_all_is_settled(self, steps: list[Step]) -> None:
        holder, now = after(steps)

        for work_id in WORK:
            holder = settled(holder, told("finished", work_id, 2), now)

        assert holder.holdings == ()
        assert holder.room(now) == UNITS

    @given(st.lists(STEPS, max_size=20))
    def test_is_given_back_once_however_often_it_is_told(self, steps: list[Step]) -> None:
        holder, now = after(steps)

        for outcome in ("elsewhere", "finished"):
            once = settled(holder, told(outcome), now)
            assert settled(once, told(outcome), now).holdings == once.holdings
            assert once.room(now) >= holder.room(now)

    @given(st.lists(STEPS, max_size=20))
    def test_is_held_by_no_reservation_that_has_lapsed(self, steps: list[Step]) -> None:
        holder, now = after(steps)
        later = now + timedelta(minutes=5)

        assert holder.in_hand(later).units == holder.taken().units
