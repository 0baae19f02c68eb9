"""How much the host hands out before a thread is free for it."""

from local.pumps import Ahead

THREADS = 16


class TestAhead:
    def test_begins_carefully(self) -> None:
        assert Ahead(THREADS).most == 2 * THREADS

    def test_hands_out_more_of_what_is_quick(self) -> None:
        ahead = Ahead(THREADS)

        for _ in range(100):
            ahead.note(0.002)

        assert ahead.most == 8 * THREADS

    def test_is_careful_again_after_the_first_that_is_slow(self) -> None:
        ahead = Ahead(THREADS)
        for _ in range(1000):
            ahead.note(0.002)

        ahead.note(10.0)  # an SMS gateway that hangs
        ahead.note(0.002)

        assert ahead.most == 2 * THREADS

    def test_forgets_a_slow_one_when_enough_were_quick(self) -> None:
        ahead = Ahead(THREADS)
        ahead.note(10.0)

        for _ in range(100):
            ahead.note(0.002)

        assert ahead.most == 8 * THREADS
