"""A feed whose function keeps failing is tried on and on."""

from local.feed_pumps import back_off


class TestBackOff:
    def test_doubles_up_to_half_a_minute(self) -> None:
        assert [back_off(failures) for failures in (0, 1, 2, 8, 9)] == [0.1, 0.2, 0.4, 25.6, 30.0]

    def test_stays_there_however_often_it_fails(self) -> None:
        assert back_off(1_000_000) == back_off(2_000) == 30.0
