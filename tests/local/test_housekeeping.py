"""A laptop's store does not grow for ever."""

from datetime import timedelta
from pathlib import Path

from local.housekeeping import Housekeeping
from shared.kernel.documents import Create
from tests.support.house import a_house


class TestHousekeeping:
    def test_forgets_what_has_expired_once_an_hour(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as house:
            soon = house.clock.now() + timedelta(minutes=1)
            house.documents.commit("answers/1", changes=[Create("answer~kept", {"said": "yes"}, soon)])
            housekeeping = Housekeeping(house.documents.purge, house.clock)

            at_once = housekeeping.turn()
            house.clock.pass_by(timedelta(minutes=59))
            too_soon = housekeeping.turn()
            house.clock.pass_by(timedelta(minutes=1))
            later = housekeeping.turn()

            assert (at_once, too_soon, later) == (False, False, True)
            assert house.documents.purge(house.clock.now()) == 0

    def test_goes_on_when_the_machines_clock_is_set_back(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as house:
            housekeeping = Housekeeping(house.documents.purge, house.clock)
            housekeeping.turn()
            soon = house.clock.now() + timedelta(minutes=1)
            house.documents.commit("answers/1", changes=[Create("answer~kept", {"said": "yes"}, soon)])
            house.clock.instant = soon

            house.clock.machine -= timedelta(minutes=30)

            assert housekeeping.turn()
