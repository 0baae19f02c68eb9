"""What the API's description says is what the API does, whatever it is asked (schemathesis)."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.judges import installed, judge
from tests.support.product_busy_house import made_busy
from tests.support.product_chat_house import ChatHouse, a_chat_house
from tests.support.product_fuzzing import fuzzed

MOST_DO_SOMETHING = 60
"""Operations: a fuzzer that everything is refused to has seen nothing but refusals."""


@pytest.fixture
def house(tmp_path: Path) -> Generator[ChatHouse]:
    judge("schemathesis", available=installed("schemathesis"))
    with a_chat_house(tmp_path / "data") as house:
        yield house


class TestTheDescription:
    def test_holds_for_whatever_is_asked(self, house: ChatHouse, tmp_path: Path) -> None:
        """No 5xx, and no status, content type or shape of an answer that is not described."""
        done = fuzzed(house.host, made_busy(house), tmp_path)

        assert done.exit_status == 0, done.said
        assert done.untried == 0
        assert done.done > MOST_DO_SOMETHING
