"""The operator's desk, in a process of its own, at a real house in another: it works by routes alone."""

import html
import re
import subprocess
import sys
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.own_host import ROOT, OwnHost, a_free_port, own_host
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_queues import SqliteQueues
from shared.kernel.clock import SystemClock
from shared.kernel.queues import OutgoingMessage
from shared.wiring.queues import SESSION_QUEUES
from tests.support.operators_desk import Desk, a_desk, command
from tests.support.page import Page

NHS_NUMBER = "9434765919"
NOBODYS = "left-alone"
"""A queue that no function listens to, so that a test decides what becomes of its messages."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Generator[OwnHost]:
    with own_host(tmp_path_factory.mktemp("house")) as running:
        yield running


def olgas(house: OwnHost, *roles: str) -> str:
    return house.token("staff", subject="olga", roles=list(roles or ("operator",)))


@pytest.fixture(scope="module")
def token_file(house: OwnHost, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tokens") / "token"
    file.write_text(olgas(house) + "\n")
    return file


@pytest.fixture(scope="module")
def desk(house: OwnHost, token_file: Path) -> Generator[Desk]:
    """Have one desk, whose token comes from a command."""
    prints = f"{sys.executable} -c \"print(open('{token_file}').read())\""
    with a_desk(house.url, "--token-command", prints, folder=token_file.parent) as one:
        yield one


def park(house: OwnHost, name: str) -> str:
    """Send what no function can read; give the id under which it is parked."""
    before = {one["id"] for one in parked(house)}
    body = f'{{"number": "{NHS_NUMBER}"}}'.encode()
    _send(house, "deliveries", OutgoingMessage(name, body, properties={"type": "DeliverMessage"}))
    house.until(lambda: len(parked(house)) > len(before))
    (parked_id,) = {one["id"] for one in parked(house)} - before
    return str(parked_id)


def let_die(house: OwnHost, name: str) -> str:
    """Put a message among the dead letters; give its number."""
    queues = _send(house, NOBODYS, OutgoingMessage(name, f'{{"number": "{NHS_NUMBER}"}}'.encode()))
    (message,) = queues.receive(NOBODYS, limit=1, lock_for=timedelta(minutes=1))
    queues.dead_letter(message, reason="TooOften", description=NHS_NUMBER)
    return str(message.sequence_number)


def _send(house: OwnHost, queue: str, message: OutgoingMessage) -> SqliteQueues:
    file = SqliteFile(house.folder / "store.db")
    queues = SqliteQueues(file, clock=SystemClock(), session_queues=SESSION_QUEUES)
    queues.send(queue, [message])
    return queues


def asked(house: OwnHost, path: str, role: str = "operator") -> Any:
    headers = {"Authorization": f"Bearer {house.token('staff', subject='pia', roles=[role])}"}
    return house.http.get(path, headers=headers).raise_for_status().json()


def parked(house: OwnHost) -> list[dict[str, Any]]:
    return asked(house, "/api/parked?limit=500")["messages"]


def told(answer: httpx.Response) -> str:
    """Give what a page warns of."""
    notice = re.search(r'<p class="notice bad" role="alert">([^<]+)</p>', answer.text)
    return html.unescape(notice[1]) if notice else ""


class TestThePages:
    @pytest.mark.parametrize("path", ["parked", "message-queues"])
    def test_are_built_for_everybody_and_run_nothing(self, desk: Desk, path: str) -> None:
        answer = desk.shows(path)
        shown = Page(answer.text)

        assert answer.status_code == 200
        assert shown.attributes("html")["lang"] == "en-GB"
        assert [shown.count(tag) for tag in ("header", "nav", "main", "footer", "h1")] == [1, 1, 1, 1, 1]
        assert (shown.unlabelled, shown.count("script")) == ([], 0)
        assert "default-src 'none'" in answer.headers["content-security-policy"]

    def test_name_the_house_and_its_own_pages_alone(self, desk: Desk, house: OwnHost) -> None:
        text = desk.shows("parked").text

        assert house.url.removeprefix("http://") in text
        assert set(re.findall(r'href="(/local/[a-z-]+)"', text)) == {"/local/parked", "/local/message-queues"}

    def test_open_only_to_who_has_the_key(self, desk: Desk) -> None:
        with httpx.Client(base_url=desk.url, trust_env=False) as stranger:
            answers = [
                stranger.get("/local/parked"),
                stranger.get("/?key=guessed"),
                stranger.post("/local/parked", data={"decision": "discard"}),
                stranger.get("/local/parked", headers={"Host": "house.example"}),
            ]

        assert [answer.status_code for answer in answers] == [403, 403, 403, 400]

    @pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}])
    def test_take_no_form_of_another_origin(self, desk: Desk, headers: dict[str, str]) -> None:
        assert desk.http.post("/local/parked", data={}, headers=headers).status_code == 403


class TestAParkedMessage:
    def test_is_explained_without_its_values(self, desk: Desk, house: OwnHost) -> None:
        parked_id = park(house, "to-be-explained")

        listed, explained = desk.shows("parked"), desk.shows(f"parked/{parked_id}")

        assert parked_id in listed.text
        assert (explained.status_code, "Nonsense" in explained.text) == (200, True)
        assert NHS_NUMBER not in listed.text + explained.text

    def test_is_replayed_by_whoever_the_token_is_of(self, desk: Desk, house: OwnHost) -> None:
        parked_id = park(house, "to-be-replayed")

        answer = desk.decides("replay", "Mended", parked_id=parked_id)
        house.until_idle()

        assert answer.status_code == 303
        assert "The message has been sent again." in desk.http.get(answer.headers["location"]).text
        (replayed,) = [one for one in parked(house) if one["id"] == parked_id]
        assert (replayed["state"], replayed["why"]) == ("replayed", "Mended")
        day = house.now().date()
        entries = asked(house, f"/api/audit?day={day}&limit=500", "privacy_officer")["entries"]
        (entry,) = [one for one in entries if one["subject"] == f"parked/{parked_id}"]
        assert (entry["what"], entry["who"].rpartition("|")[2]) == ("replay_parked", "olga")

    def test_decided_about_by_another_says_so(self, desk: Desk, house: OwnHost) -> None:
        parked_id = park(house, "decided-twice")
        desk.decides("discard", "First", parked_id=parked_id)

        again = desk.decides("replay", "Second", parked_id=parked_id)

        assert (again.status_code, told(again)) == (409, "Somebody has already decided about this message.")

    def test_that_is_not_there_is_not_found(self, desk: Desk) -> None:
        assert desk.shows("parked/none").status_code == 404


class TestADeadLetter:
    def test_is_counted_explained_and_discarded_with_a_reason(self, desk: Desk, house: OwnHost) -> None:
        number = let_die(house, "dead")
        counted, listed = desk.shows("message-queues"), desk.shows("parked")

        answer = desk.decides("discard", "Nobody's", queue=NOBODYS, sequence_number=number)
        house.until_idle()

        assert f'<th scope="row">{NOBODYS}</th>' in counted.text
        assert f"Number {number} in {NOBODYS}" in listed.text
        assert "TooOften" in listed.text
        assert NHS_NUMBER not in listed.text
        assert answer.status_code == 303
        assert asked(house, f"/api/dead-letters/{NOBODYS}")["letters"] == []
        (kept,) = [one for one in parked(house) if one["queue"] == NOBODYS]
        assert (kept["state"], kept["why"], kept["decided_by"].rpartition("|")[2]) == (
            "discarded",
            "Nobody's",
            "olga",
        )


class TestTheToken:
    def test_that_has_run_out_is_read_anew(self, house: OwnHost, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text("a.wrong.token")
        with a_desk(house.url, "--token-file", str(file), folder=tmp_path) as desk:
            at_first = desk.shows("parked")
            file.write_text(olgas(house))
            then = desk.shows("parked")

        assert at_first.status_code == 502
        assert told(at_first).startswith("The house does not accept the token")
        assert "Not known." in at_first.text
        assert (then.status_code, told(then)) == (200, "")

    def test_of_somebody_who_may_not_is_told_so(self, house: OwnHost, tmp_path: Path) -> None:
        with a_desk(house.url, folder=tmp_path, types=olgas(house, "csr_manager") + "\n") as desk:
            shown, queues = desk.shows("parked"), desk.shows("message-queues")

        assert "takes the role operator" in told(shown)
        assert "takes the role operator" in told(queues)

    def test_typed_once_is_asked_for_again_when_it_has_run_out(self, house: OwnHost, tmp_path: Path) -> None:
        with a_desk(house.url, folder=tmp_path, types="a.wrong.token\n") as desk:
            assert told(desk.shows("parked")).startswith("The token was read once")

    def test_stands_in_no_argument_no_page_and_no_log(
        self, desk: Desk, house: OwnHost, token_file: Path
    ) -> None:
        token = token_file.read_text().strip()
        arguments = Path(f"/proc/{desk.process.pid}/cmdline").read_bytes().decode()

        desk.shows("parked/none")
        pages = desk.shows("parked").text + desk.shows("message-queues").text

        assert house.url in arguments
        for place in (arguments, desk.said, pages, (token_file.parent / "operate.log").read_text()):
            assert token not in place


class TestAHouse:
    def test_that_does_not_answer_is_told_to(self, tmp_path: Path) -> None:
        nobody = f"http://127.0.0.1:{a_free_port()}"
        with a_desk(nobody, folder=tmp_path, types="any.good.token\n") as desk:
            answers = [desk.shows("parked"), desk.shows("parked/x"), desk.shows("message-queues")]

        assert [answer.status_code for answer in answers] == [502, 502, 502]
        assert {told(answer) for answer in answers} == {"The house does not answer."}
        assert (tmp_path / "operate.log").read_text() == ""

    def test_that_goes_down_over_a_decision_takes_it_when_it_is_up_again(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        with own_host(tmp_path / "house") as house:
            file.write_text(olgas(house))
            parked_id = park(house, "in-between")
            with a_desk(house.url, "--token-file", str(file), folder=tmp_path) as desk:
                desk.decides("discard", "For the form", parked_id="2026-01-01~none")
                house.kill()
                down = desk.decides("discard", "Seen to", parked_id=parked_id)
                house.start()
                file.write_text(olgas(house))
                up = desk.decides("discard", "Seen to", parked_id=parked_id)

            (message,) = parked(house)

        assert (down.status_code, told(down)) == (502, "The house does not answer.")
        assert (up.status_code, message["state"]) == (303, "discarded")

    @pytest.mark.parametrize(
        ("url", "because"),
        [
            ("http://house.example", "would get the token unencrypted"),
            ("house.example", "is not an address"),
            ("https://olga:secret@house.example", "holds more than an address"),
            ("https://house.example/?code=x", "holds more than an address"),
        ],
    )
    def test_that_no_token_may_be_sent_to_is_refused(self, url: str, because: str) -> None:
        ended = _run("--url", url, types="any.good.token\n")

        assert ended.returncode == 2
        assert because in " ".join(ended.stderr.split())


class TestStarting:
    @pytest.mark.parametrize(
        ("arguments", "types", "because"),
        [
            ([], "", "What was given is no token."),
            ([], "two words\n", "What was given is no token."),
            (["--token-file", "/nowhere/token"], "", "The file /nowhere/token cannot be read."),
            (["--token-command", "false"], "", "The command for the token ended with status 1."),
            (["--token-command", "/nowhere/az"], "", "The command for the token cannot be run"),
        ],
    )
    def test_without_a_token_is_refused(self, arguments: list[str], types: str, because: str) -> None:
        ended = _run("--url", "https://house.example", "--port", "0", *arguments, types=types)

        assert (ended.returncode, ended.stdout) == (2, "")
        assert because in ended.stderr


def _run(*arguments: str, types: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=ROOT, input=types, capture_output=True, text=True, timeout=60, check=False
    )
