"""Which person takes this work? Act by act, on the embedded adapters."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.documents import Documents, replacing
from shared.kernel.refusals import LostRace, Nonsense
from shared.kernel.sensitive import Sensitive
from shared.routing.assign_work import AssigningWork
from shared.routing.documents import representative_partition, settled_id
from shared.routing.explain_waiting import ExplainWaiting
from shared.routing.list_representatives import WhichRepresentatives
from shared.routing.model import (
    AssignWork,
    CapacityReserved,
    OfferWork,
    ReserveCapacity,
    SettleCapacity,
    SettleWork,
    WorkOutcome,
)
from shared.routing.offer_work import OfferingWork
from shared.routing.set_capacity import CapacityAsked
from shared.routing.set_presence import PresenceAsked
from shared.routing.settled_rounds import Settled
from shared.routing.waiting import NotWaiting
from tests.rooms.routing.builders import AMIRA, BRUNO, CHLOE, GENERAL, MAKER, REFILLS, STAFF, a_queue, id_of
from tests.rooms.routing.service_centre import ServiceCentre, a_service_centre
from tests.rooms.triggers.interrupted import Interrupted


@pytest.fixture
def centre(tmp_path: Path) -> Generator[ServiceCentre]:
    with a_service_centre(tmp_path) as centre:
        centre.has_queue()
        yield centre


class PagesCounted:
    """Does all that documents do, and counts the pages that were read of partitions."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.pages = 0

    def __getattr__(self, name: str) -> Any:
        self.pages += name == "list"
        return getattr(self._documents, name)


class TestWorkThatWaits:
    def test_is_offered_to_whoever_is_there(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)

        centre.waits("talk")
        centre.settles_down()

        (offer,) = centre.offers
        assert (offer.work_id, offer.round, offer.who) == ("talk", 1, AMIRA.who)
        assert (offer.display_name, offer.until) == ("Amira", centre.now + timedelta(seconds=60))

    def test_is_offered_once_whoever_becomes_free(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, BRUNO, units=1)
        centre.waits("talk")
        centre.settles_down()

        centre.comes(CHLOE)
        centre.goes_on_for(seconds=30)
        centre.ticks()

        assert len(centre.offers) == 1

    def test_waits_for_somebody_to_come(self, centre: ServiceCentre) -> None:
        centre.waits("talk")
        centre.settles_down()
        assert centre.offers == []

        centre.goes_on_for(minutes=9)
        centre.comes(AMIRA)
        centre.settles_down()

        assert centre.offered() == {"talk": "amira"}

    def test_waits_all_night_and_is_not_lost(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, presence="offline")
        centre.waits("talk")
        for _ in range(5):
            centre.goes_on_for(hours=3)
            centre.ticks()
        assert [each.work_id for each in centre.waiting()] == ["talk"]

        centre.is_present(AMIRA, "available")
        centre.settles_down()

        assert centre.offered() == {"talk": "amira"}

    def test_is_served_oldest_first(self, centre: ServiceCentre) -> None:
        centre.waits("younger", since=centre.now - timedelta(minutes=1))
        centre.waits("oldest", since=centre.now - timedelta(minutes=9))
        centre.waits("youngest", since=centre.now)

        centre.comes(AMIRA, units=2)
        centre.settles_down()

        assert set(centre.offered()) == {"oldest", "younger"}
        assert [each.work_id for each in centre.queue().waiting] == ["oldest", "younger", "youngest"]

    def test_of_whom_we_know_goes_before_all_of_whom_we_do_not(self, centre: ServiceCentre) -> None:
        centre.a_visitor_waits("visitor", since=centre.now - timedelta(minutes=9))
        centre.waits("maria", since=centre.now)
        centre.waits("john", since=centre.now - timedelta(minutes=1))

        centre.comes(AMIRA, units=2)
        centre.settles_down()

        assert set(centre.offered()) == {"john", "maria"}
        assert [each.work_id for each in centre.queue().waiting] == ["john", "maria", "visitor"]

    def test_that_comes_back_later_has_one_place_and_that_the_later(self, centre: ServiceCentre) -> None:
        centre.waits("back", since=centre.now - timedelta(minutes=9))
        centre.waits("other", since=centre.now - timedelta(minutes=1))

        centre.waits("back", round_=2, since=centre.now)

        assert [(each.work_id, each.round) for each in centre.waiting()] == [("other", 1), ("back", 2)]
        centre.tell(SettleWork(GENERAL, "back", 2))
        assert [each.work_id for each in centre.waiting()] == ["other"]

    def test_behind_what_is_held_out_already_is_found(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, BRUNO, CHLOE, units=100)
        for number in range(45):
            centre.waits(f"talk-{number}", units=10)
        centre.settles_down()

        assert len(centre.offered()) == 30
        centre.waits("small", since=centre.now + timedelta(seconds=1))
        centre.becomes(AMIRA, "talk-0", "finished")
        centre.settles_down()

        assert len(centre.offered()) >= 31

    @pytest.mark.parametrize("somebody_is_free", [True, False])
    def test_in_masses_is_not_all_read_for_every_piece_of_it(
        self, centre: ServiceCentre, *, somebody_is_free: bool
    ) -> None:
        for number in range(300):
            centre.waits(f"talk-{number:03}")
        centre.told()
        if somebody_is_free:
            centre.comes(AMIRA, units=1)
            centre.told()
        counting = PagesCounted(centre.house.documents)

        AssigningWork(counting)(AssignWork(GENERAL), now=centre.now)  # pyright: ignore[reportArgumentType]  # does all that documents do

        assert counting.pages == (1 if somebody_is_free else 0)

    def test_passes_by_what_is_too_large_and_keeps_its_place(self, centre: ServiceCentre) -> None:
        centre.waits("large", units=3, since=centre.now - timedelta(minutes=9))
        centre.waits("small")

        centre.comes(AMIRA, units=2)
        centre.settles_down()

        assert set(centre.offered()) == {"small"}
        assert centre.queue().waiting[0].work_id == "large"

    def test_goes_to_members_only(self, centre: ServiceCentre) -> None:
        centre.has_queue(REFILLS, "bruno")
        centre.comes(AMIRA)

        centre.waits("talk", queue_id=REFILLS)
        centre.settles_down()
        assert centre.offers == []
        centre.comes(BRUNO)
        centre.settles_down()

        assert centre.offered() == {"talk": "bruno"}

    def test_goes_to_a_member_who_is_added(self, centre: ServiceCentre) -> None:
        seen = centre.put_queue(
            a_queue("bruno"), queue_id=REFILLS, caller=MAKER, now=centre.now, if_match=None
        )
        centre.comes(AMIRA)
        centre.waits("talk", queue_id=REFILLS)
        centre.settles_down()

        centre.put_queue(
            a_queue("bruno", "amira"), queue_id=REFILLS, caller=MAKER, now=centre.now, if_match=seen.etag
        )
        centre.settles_down()

        assert centre.offered() == {"talk": "amira"}

    def test_is_drained_forty_at_a_time(self, centre: ServiceCentre) -> None:
        for number in range(45):
            centre.waits(f"talk-{number:02}")
        centre.told()
        for caller in STAFF:
            centre.comes(caller, units=100)
        centre.told()

        centre.tell(AssignWork(GENERAL))
        told = centre.told()

        assert [type(each) for each in told] == [ReserveCapacity] * 40 + [AssignWork]
        for each in told:
            centre.tell(each)
        centre.settles_down()
        assert len(centre.offers) == 30  # ten talks each are the most (RT-12)


class TestLeastActive:
    def test_is_whoever_was_done_with_work_the_longest_time_ago(self, centre: ServiceCentre) -> None:
        for caller in STAFF:
            centre.comes(caller)
            centre.goes_on_for(minutes=1)
        for work_id, caller in (("one", AMIRA), ("two", BRUNO), ("three", CHLOE)):
            centre.waits(work_id)
            centre.settles_down()
            assert centre.offered()[work_id] == caller.subject
            centre.takes(caller, work_id)
            centre.goes_on_for(minutes=1)
        for work_id, caller in (("two", BRUNO), ("three", CHLOE), ("one", AMIRA)):
            centre.becomes(caller, work_id, "finished")
            centre.goes_on_for(minutes=1)

        centre.waits("next")
        centre.settles_down()

        assert centre.offered()["next"] == "bruno"

    def test_spreads_what_waits_over_all_who_are_there(self, centre: ServiceCentre) -> None:
        for number in range(6):
            centre.waits(f"talk-{number}")
        centre.comes(*STAFF)
        centre.told()

        centre.tell(AssignWork(GENERAL))
        centre.settles_down()

        assert [centre.used(caller) for caller in STAFF] == [2, 2, 2]


class TestDeclinedWork:
    def declines(self, centre: ServiceCentre, work_id: str = "talk") -> None:
        centre.becomes(AMIRA, work_id, "declined")
        centre.tell(SettleWork(GENERAL, work_id, 1))
        centre.waits(work_id, 2, not_to=[AMIRA])
        centre.is_present(AMIRA, "available")

    def test_goes_to_others_first(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.waits("talk")
        centre.settles_down()

        centre.comes(BRUNO)
        self.declines(centre)
        centre.settles_down()

        assert [each.who for each in centre.offers] == [AMIRA.who, BRUNO.who]

    def test_comes_back_to_the_only_one_there_after_a_minute(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.waits("talk")
        centre.settles_down()

        self.declines(centre)
        centre.settles_down()
        centre.goes_on_for(seconds=59)
        centre.ticks()
        assert len(centre.offers) == 1
        centre.goes_on_for(seconds=1)
        centre.ticks()

        assert [(each.round, each.who) for each in centre.offers] == [(1, AMIRA.who), (2, AMIRA.who)]

    def test_sends_whoever_declined_away_once_only(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.waits("talk")
        centre.settles_down()
        centre.becomes(AMIRA, "talk", "declined")
        assert centre.who(AMIRA).presence.base == "do_not_disturb"

        centre.is_present(AMIRA, "available")
        centre.becomes(AMIRA, "talk", "declined")

        assert centre.who(AMIRA).presence.base == "available"

    @pytest.mark.parametrize("outcome", ["declined", "missed"])
    def test_sends_nobody_away_who_has_come_back_since(
        self, centre: ServiceCentre, outcome: WorkOutcome
    ) -> None:
        centre.comes(AMIRA)
        centre.waits("talk")
        centre.settles_down()
        ended = SettleCapacity(id_of(AMIRA), "talk", 1, outcome, ended_at=centre.now)
        centre.goes_on_for(seconds=5)
        centre.is_present(AMIRA, "available")
        centre.goes_on_for(seconds=5)

        centre.tell(ended)

        assert centre.who(AMIRA).presence.base == "available"
        assert centre.used(AMIRA) == 0

    @pytest.mark.parametrize("outcome", ["declined", "missed"])
    def test_sends_away_who_was_there_before(self, centre: ServiceCentre, outcome: WorkOutcome) -> None:
        centre.comes(AMIRA)
        centre.goes_on_for(seconds=5)
        ended = SettleCapacity(id_of(AMIRA), "talk", 1, outcome, ended_at=centre.now)
        centre.goes_on_for(seconds=5)
        centre.becomes(AMIRA, "another", "taken")

        centre.tell(ended)

        assert centre.who(AMIRA).presence.because == outcome

    def test_makes_inactive_who_missed_it(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.waits("talk")
        centre.settles_down()

        centre.becomes(AMIRA, "talk", "missed")

        assert centre.work_of(AMIRA).presence == "inactive"
        assert centre.used(AMIRA) == 0


class TestCapacity:
    def test_lets_nobody_have_more_than_it_holds(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, units=2)
        for number in range(5):
            centre.waits(f"talk-{number}")
        centre.settles_down()

        assert len(centre.offers) == 2
        assert centre.used(AMIRA) == 2

    def test_brings_the_next_work_when_it_comes_free(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, units=1)
        centre.waits("first")
        centre.waits("second", since=centre.now + timedelta(seconds=1))
        centre.settles_down()
        centre.takes(AMIRA, "first")
        centre.settles_down()
        assert centre.work_of(AMIRA).presence == "do_not_disturb"

        centre.becomes(AMIRA, "first", "finished")
        centre.settles_down()

        assert centre.offered() == {"first": "amira", "second": "amira"}

    def test_is_kept_by_no_word_that_comes_twice_after_the_end(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.waits("talk")
        asked = ReserveCapacity(id_of(AMIRA), GENERAL, "talk", 1, 1)
        centre.settles_down()
        for outcome in ("taken", "finished"):
            centre.becomes(AMIRA, "talk", outcome)

        centre.becomes(AMIRA, "talk", "taken")
        centre.tell(asked)
        centre.settles_down()

        assert centre.used(AMIRA) == 0

    @pytest.mark.parametrize("outcome", ["declined", "missed", "finished"])
    def test_comes_back_though_the_end_of_a_later_stay_was_told_first(
        self, centre: ServiceCentre, outcome: WorkOutcome
    ) -> None:
        centre.comes(AMIRA, units=1)
        centre.becomes(AMIRA, "talk", "taken", 1)

        centre.becomes(AMIRA, "talk", outcome, 3)
        centre.becomes(AMIRA, "talk", "finished", 1)
        centre.is_present(AMIRA, "available")

        assert centre.who(AMIRA).holdings == ()
        assert centre.who(AMIRA).room(centre.now) == 1

    def test_comes_back_where_the_mark_of_a_later_stay_stands_beside_it(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, units=1)
        centre.becomes(AMIRA, "talk", "declined", 1)
        centre.becomes(AMIRA, "talk", "taken", 2)
        mark = centre.house.documents.read(
            representative_partition(id_of(AMIRA)), settled_id("talk"), Settled
        )
        later = replacing(mark, Settled("talk", 3))
        centre.house.documents.commit(mark.partition, changes=[later])

        centre.becomes(AMIRA, "talk", "finished", 2)

        assert centre.who(AMIRA).holdings == ()

    def test_is_not_taken_when_the_end_is_told_before_the_beginning(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)

        centre.becomes(AMIRA, "talk", "finished")
        centre.becomes(AMIRA, "talk", "taken")

        assert centre.used(AMIRA) == 0

    def test_shared_by_two_queues_is_promised_once(self, centre: ServiceCentre) -> None:
        centre.has_queue(REFILLS)
        centre.comes(AMIRA, units=1)
        centre.waits("one")
        centre.waits("two", queue_id=REFILLS)
        asked = [each for each in centre.told() if isinstance(each, AssignWork)]
        for each in asked:
            centre.tell(each)
        centre.settles_down()

        assert len(centre.offers) == 1
        assert centre.used(AMIRA) == 1

    def test_set_higher_brings_more_at_once(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, units=1)
        centre.waits("one")
        centre.waits("two")
        centre.settles_down()

        shown = centre.set_capacity(
            CapacityAsked(2), representative_id=id_of(AMIRA), caller=MAKER, now=centre.now
        )
        centre.settles_down()

        assert (shown.units_total, len(centre.offers)) == (2, 2)

    def test_of_nothing_is_nothing_and_not_without_limit(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, units=0)
        centre.waits("talk")
        centre.settles_down()

        assert centre.offers == []

    @pytest.mark.parametrize("units", [-1, 101])
    def test_is_refused_out_of_reach(self, centre: ServiceCentre, units: int) -> None:
        centre.comes(AMIRA)

        with pytest.raises(Nonsense):
            centre.set_capacity(
                CapacityAsked(units), representative_id=id_of(AMIRA), caller=MAKER, now=centre.now
            )


class TestReservation:
    def test_lapses_and_the_work_goes_to_somebody_else(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.waits("talk")
        centre.settles_down()
        centre.comes(BRUNO)
        centre.is_present(AMIRA, "appear_away")

        centre.goes_on_for(minutes=3)
        centre.ticks()

        assert centre.used(AMIRA) == 0
        assert centre.who(AMIRA).holdings == ()
        assert [each.who for each in centre.offers] == [AMIRA.who, BRUNO.who]

    def test_of_work_that_has_gone_is_given_back(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.waits("talk")
        (assign,) = [each for each in centre.told() if isinstance(each, AssignWork)][-1:]
        centre.tell(assign)
        (reserve,) = centre.told()
        centre.tell(reserve)
        (kept,) = centre.told()

        centre.tell(SettleWork(GENERAL, "talk", 1))
        centre.tell(kept)
        (given_back,) = centre.told()
        centre.tell(given_back)

        assert isinstance(given_back, SettleCapacity)
        assert (centre.used(AMIRA), centre.offers) == (0, [])

    def test_that_comes_second_is_given_back(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, BRUNO)
        centre.waits("talk")
        centre.settles_down()
        late = centre.now + timedelta(seconds=60)

        centre.tell(ReserveCapacity(id_of(BRUNO), GENERAL, "talk", 1, 1))
        centre.settles_down()

        assert [each.until for each in centre.offers] == [late]
        assert [centre.used(caller) for caller in (AMIRA, BRUNO)] == [1, 0]

    def test_is_asked_of_somebody_else_when_there_is_no_room(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.goes_on_for(seconds=1)
        centre.comes(BRUNO)
        centre.waits("talk")
        for each in centre.told():
            centre.tell(each)
        (reserve,) = centre.told()
        assert isinstance(reserve, ReserveCapacity)
        assert reserve.representative_id == id_of(AMIRA)

        centre.is_present(AMIRA, "offline")
        centre.tell(reserve)
        centre.settles_down()

        assert centre.offered() == {"talk": "bruno"}

    def test_is_asked_of_somebody_else_when_no_answer_comes(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.waits("talk")
        for each in centre.told():
            centre.tell(each)
        centre.told()  # what asked for the reservation is held up

        centre.goes_on_for(seconds=15)
        centre.ticks()

        assert centre.offered() == {"talk": "amira"}

    def test_that_was_made_too_late_makes_no_offer(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.waits("talk")
        centre.told()
        kept = CapacityReserved(id_of(AMIRA), GENERAL, "talk", 1, centre.now, AMIRA.who, Sensitive("Amira"))

        centre.tell(kept)

        assert [type(each) for each in centre.told()] == [SettleCapacity]


class TestStay:
    def test_begins_once(self, centre: ServiceCentre) -> None:
        centre.waits("talk")
        centre.waits("talk", units=2)

        assert [each.units for each in centre.waiting()] == [1]

    def test_does_not_begin_after_its_end_was_told(self, centre: ServiceCentre) -> None:
        centre.tell(SettleWork(GENERAL, "talk", 1))
        centre.waits("talk")

        assert centre.waiting() == []

    def test_does_not_begin_when_its_end_is_told_in_that_very_moment(self, centre: ServiceCentre) -> None:
        def end() -> None:
            centre.tell(SettleWork(GENERAL, "talk", 1))

        offer = OfferingWork(Interrupted(centre.house.documents, "look", end))  # pyright: ignore[reportArgumentType]  # does all that documents do
        asked = OfferWork("talk", 1, GENERAL, 1, centre.now)

        with pytest.raises(LostRace):
            offer(asked, now=centre.now)
        offer(asked, now=centre.now)

        assert centre.waiting() == []

    def test_begins_anew_in_the_next_round(self, centre: ServiceCentre) -> None:
        centre.waits("talk")
        centre.waits("talk", 2)
        centre.tell(SettleWork(GENERAL, "talk", 1))
        centre.waits("talk", 1)

        assert [each.round for each in centre.waiting()] == [2]

    def test_waits_in_a_queue_that_is_not_there_until_it_is(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA)
        centre.waits("talk", queue_id=REFILLS)
        centre.settles_down()

        centre.has_queue(REFILLS)
        centre.settles_down()

        assert centre.offered() == {"talk": "amira"}


class TestPresence:
    def test_needs_a_name_at_first_and_keeps_it(self, centre: ServiceCentre) -> None:
        with pytest.raises(Nonsense):
            centre.set_presence(PresenceAsked("available"), caller=AMIRA, now=centre.now)
        centre.is_present(AMIRA, "available")

        shown = centre.set_presence(PresenceAsked("appear_away"), caller=AMIRA, now=centre.now)

        assert shown.presence == "appear_away"
        assert centre.who(AMIRA).display_name.value == "Amira"

    @pytest.mark.parametrize("name", ["", "  ", "A\u202emira", "Amira\n", "x" * 61])
    def test_takes_no_name_that_could_play_tricks(self, centre: ServiceCentre, name: str) -> None:
        asked = PresenceAsked("available", Sensitive(name))

        if name == "Amira\n":
            centre.set_presence(asked, caller=AMIRA, now=centre.now)
            assert centre.who(AMIRA).display_name.value == "Amira"
        else:
            with pytest.raises(Nonsense):
                centre.set_presence(asked, caller=AMIRA, now=centre.now)

    def test_is_offline_for_whoever_has_never_come(self, centre: ServiceCentre) -> None:
        own = centre.work_of(CHLOE)

        assert (own.presence, own.units_total, own.offers) == ("offline", 3, ())

    def test_is_shown_with_what_is_used(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, BRUNO)
        centre.is_present(BRUNO, "offline")
        centre.waits("talk")
        centre.settles_down()

        found = centre.list(WhichRepresentatives(presence="available"), now=centre.now).representatives

        assert [(each.subject, each.units_used, each.units_total) for each in found] == [("amira", 1, 3)]


class TestExplainWaiting:
    def test_says_why_it_is_nobodys_yet(self, centre: ServiceCentre) -> None:
        centre.comes(AMIRA, BRUNO, CHLOE, units=1)
        centre.waits("other")
        centre.settles_down()
        centre.is_present(BRUNO, "appear_away")
        centre.waits("talk", not_to=[CHLOE])
        centre.settles_down()

        why = centre.explain(queue_id=GENERAL, work_id="talk", now=centre.now)
        other = centre.explain(queue_id=GENERAL, work_id="other", now=centre.now)

        assert {each.representative_id: each.verdict for each in why.members} == {
            id_of(AMIRA): "full",
            id_of(BRUNO): "away",
            id_of(CHLOE): "declined",
        }
        assert {each.verdict for each in other.members} >= {"offered"}

    def test_knows_nothing_of_what_does_not_wait(self, centre: ServiceCentre) -> None:
        with pytest.raises(NotWaiting):
            ExplainWaiting(centre.house.documents)(queue_id=GENERAL, work_id="talk", now=centre.now)
