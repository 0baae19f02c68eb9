"""Asking a house anywhere: a token goes to it alone, and what is no house is told from one that is."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from local.bearer import Bearer
from local.house_api import HouseApi, address_of, connected, is_on_this_machine
from local.own_api import Answer
from local.pages.parked import trouble_of
from tests.support.scripted_server import a_server_that_says, http_answer

END_OF_HEAD = b"\r\n\r\n"
LAST = b"connection: close"


def asked_of(port: int) -> Answer:
    with connected(f"http://127.0.0.1:{port}") as http:
        return HouseApi(http, Bearer(lambda: "a.good.token")).get("/api/parked")


class TestAnAnswer:
    @pytest.mark.parametrize(
        ("answer", "sentence"),
        [
            (
                http_answer("200 OK", b"<p>It works!</p>", LAST),
                "What answers at this address is not a house.",
            ),
            (http_answer("200 OK", b"[1]", LAST), "What answers at this address is not a house."),
            (
                http_answer("302 Found", b"", b"location: http://127.0.0.1:1/elsewhere", LAST),
                "The house sends us elsewhere; give the address where it stands.",
            ),
            (
                http_answer("500 Oops", b"<p>Oops</p>", LAST),
                "The app did not give what was asked of it (status 500).",
            ),
            (b"not even HTTP\r\n\r\n", "The house does not answer."),
            (b"", "The house does not answer."),
        ],
    )
    def test_that_no_house_gives_is_told_from_one(self, answer: bytes, sentence: str) -> None:
        with a_server_that_says((END_OF_HEAD, answer)) as port:
            given = asked_of(port)

        assert (given.is_good, trouble_of(given)) == (False, sentence)

    def test_of_a_house_is_given_as_it_is(self) -> None:
        good = http_answer("200 OK", b'{"messages": []}', LAST)
        with a_server_that_says((b"Bearer a.good.token", good)) as port:
            assert asked_of(port) == Answer(200, {"messages": []})


class TestTheToken:
    def test_is_read_anew_once_however_many_find_that_it_has_run_out(self) -> None:
        reads: list[str] = []

        def source() -> str:
            reads.append("read")
            return f"token-{len(reads)}"

        bearer = Bearer(source)
        run_out = bearer.token()
        with ThreadPoolExecutor(8) as many:
            asked = [many.submit(bearer.instead_of, run_out) for _ in range(50)]

        assert {each.result().value for each in asked} == {"token-2"}
        assert len(reads) == 2

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
    def test_may_go_unencrypted_on_this_machine(self, host: str) -> None:
        assert is_on_this_machine(host)

    @pytest.mark.parametrize("host", ["house.example", "10.0.0.1", "localhost.evil.example", "0.0.0.0"])  # noqa: S104  # an address that is refused
    def test_may_not_leave_it_so(self, host: str) -> None:
        assert not is_on_this_machine(host)

    def test_goes_to_an_address_without_its_last_slash(self) -> None:
        assert address_of("https://house.example/") == "https://house.example"
