"""The local host as a process: requests, queues, sessions, feed, timers; killed and started again (D14)."""

import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.own_host import ROOT
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.kernel.clock import SystemClock
from shared.kernel.documents import Create
from shared.wiring.edition import DOCUMENT, FINGERPRINT, PARTITION, KeptUnder, StoreEdition
from tests.support.local_host import TinyHost, a_tiny_host, tiny_host

__all__ = ["tiny_host"]  # the fixture

GUID = "0a7d1a34-0d5d-4d3c-9a57-93d2b1a5d1aa"
NHS_NUMBER = "9434765919"
NEWER = (
    "The local host cannot start: the store was written by a newer version (edition 3; this is 1): "
    "start that version, or restore a backup"
)
ANOTHER_KEY = (
    "The local host cannot start: "
    "CONTACT_KEY is not the key that this store was kept under: set that key again"
)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Generator[TinyHost]:
    """Have one host for all tests that leave nothing behind."""
    with a_tiny_host(tmp_path_factory.mktemp("host")) as running:
        yield running


class TestRequests:
    def test_reach_the_function_of_their_route_and_method(self, host: TinyHost) -> None:
        answer = host.http.put(
            f"/api/echo/{GUID}/a/b?tag=x&tag=y", content="hello", headers={"X-Custom": "1"}
        )

        assert answer.status_code == 201
        assert answer.json() == {
            "method": "PUT",
            "route": {"id": GUID, "rest": "a/b"},
            "params": {"tag": "x,y"},
            "custom": "1",
            "body": "hello",
        }
        assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
        assert answer.headers["content-type"] == "application/json"

    def test_reach_async_functions(self, host: TinyHost) -> None:
        answer = host.http.get(f"/api/echo/{GUID}/x")

        assert answer.text == "read by the loop"

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/api/nowhere", 404),
            ("GET", "/api/echo/not-a-guid/x", 404),
            ("DELETE", f"/api/echo/{GUID}/x", 405),
            ("HEAD", f"/api/echo/{GUID}/x", 201),
            ("HEAD", "/api/health/ready", 405),
            ("OPTIONS", "/api/health/ready", 204),
            ("OPTIONS", f"/api/echo/{GUID}/x", 204),
        ],
    )
    def test_are_answered_by_the_methods_that_are_declared(
        self, host: TinyHost, method: str, path: str, status: int
    ) -> None:
        assert host.http.request(method, path).status_code == status

    def test_learn_nothing_of_a_bug(self, host: TinyHost) -> None:
        answer = host.http.get("/api/stumble", params={"secret": NHS_NUMBER})

        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert NHS_NUMBER not in answer.text
        log = host.folder / "host.log"
        told = "local.request.failed  function=stumble error=LookupError at tests/support/tiny_app.py"
        host.until(lambda: told in log.read_text())
        assert NHS_NUMBER not in log.read_text()

    def test_are_refused_beyond_a_hundred_megabytes(self, host: TinyHost) -> None:
        with socket.create_connection(("127.0.0.1", host.port)) as connection:
            connection.sendall(
                f"PUT /api/echo/{GUID}/x HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                "Content-Length: 104857601\r\n\r\n".encode()
            )
            answer = connection.recv(1000)

        assert answer.startswith(b"HTTP/1.1 413")

    def test_are_refused_when_they_name_another_host(self, host: TinyHost) -> None:
        answer = host.http.get("/local", headers={"Host": "evil.example"})

        assert answer.status_code == 400


class TestPlainQueues:
    def test_hand_each_message_to_the_function_once(self, tiny_host: TinyHost) -> None:
        tiny_host.send("deliveries", *({"id": f"m{n}"} for n in range(300)))
        tiny_host.until_idle()

        ids = [line["id"] for line in tiny_host.journal("one_by_one")]
        assert sorted(ids) == sorted(f"m{n}" for n in range(300))

    def test_deliver_again_what_failed_and_count(self, tiny_host: TinyHost) -> None:
        tiny_host.send("deliveries", {"id": "m", "body": {"fail_first": 2}})
        tiny_host.until_idle()

        assert [line["delivery"] for line in tiny_host.journal("one_by_one")] == [1, 2, 3]

    def test_set_aside_what_fails_ten_times(self, tiny_host: TinyHost) -> None:
        tiny_host.send("deliveries", {"id": "m", "body": {"fail_first": 99, "number": NHS_NUMBER}})
        tiny_host.until_idle()

        assert len(tiny_host.journal("one_by_one")) == 10
        (queue,) = tiny_host.http.get("/local/depths").json()["queues"]
        assert (queue["queue"], queue["dead"], queue["waiting"]) == ("deliveries", 1, 0)
        assert NHS_NUMBER not in (tiny_host.folder / "host.log").read_text()

    def test_hand_over_batches_where_the_function_takes_many(self, tiny_host: TinyHost) -> None:
        tiny_host.send("fhir-changes", *({"id": f"m{n}"} for n in range(40)))
        tiny_host.until_idle()

        batches = [line["ids"] for line in tiny_host.journal("in_batches")]
        assert sorted(name for batch in batches for name in batch) == sorted(f"m{n}" for n in range(40))
        assert len(batches) < 40


class TestSessions:
    def test_keep_their_order_when_a_message_fails(self, tiny_host: TinyHost) -> None:
        sent = [
            {"id": f"{session}{n}", "session": session, "body": {"fail_first": n % 3}}
            for n in range(12)
            for session in "abc"
        ]
        tiny_host.send("journey-steps", *sent)
        tiny_host.until_idle()

        for session in "abc":
            handled = [line for line in tiny_host.journal("in_order") if line["session"] == session]
            seen = [(line["id"], line["delivery"]) for line in handled]
            assert seen == [(f"{session}{n}", time + 1) for n in range(12) for time in range(n % 3 + 1)]

    def test_run_side_by_side(self, tiny_host: TinyHost) -> None:
        tiny_host.send("journey-steps", {"id": "stuck", "session": "a", "body": {"linger_until_there": True}})
        tiny_host.send("journey-steps", {"id": "quick", "session": "b"})

        tiny_host.until(lambda: "quick" in [line["id"] for line in tiny_host.journal("in_order")])
        assert tiny_host.http.get("/local/idle").json()["idle"] is False


class TestChangeFeed:
    def test_tells_of_every_commit(self, tiny_host: TinyHost) -> None:
        for n in range(25):
            tiny_host.http.post(f"/api/write/{n}", json={"n": n}).raise_for_status()
        tiny_host.until_idle()

        told = [name for line in tiny_host.journal("see_changes") for name in line["ids"]]
        assert told == [f"thing~{n}" for n in range(25)]

    def test_gives_a_batch_that_failed_again_and_skips_nothing(self, tiny_host: TinyHost) -> None:
        tiny_host.http.post("/api/write/bad", json={"refuse_until_there": True})
        tiny_host.until(lambda: len(tiny_host.journal("see_changes")) >= 3)
        tiny_host.http.post("/api/write/good", json={})

        tiny_host.let_linger_no_more()
        tiny_host.until_idle()

        told = [line["ids"] for line in tiny_host.journal("see_changes")]
        assert all(batch[0] == "thing~bad" for batch in told[:3])
        assert told[-1][-1] == "thing~good"


class TestTimers:
    def test_tick_by_their_schedule(self, tmp_path: Path) -> None:
        with a_tiny_host(tmp_path, schedule="* * * * * *") as host:
            host.until(lambda: len(host.journal("on_time")) >= 2)

            assert {line["past_due"] for line in host.journal("on_time")} == {False}

    def test_tick_when_asked(self, tiny_host: TinyHost) -> None:
        answer = tiny_host.http.post("/local/tick/on_time")
        tiny_host.until_idle()

        assert answer.status_code == 202
        assert len(tiny_host.journal("on_time")) == 1

    def test_that_are_not_there_are_not_found(self, host: TinyHost) -> None:
        assert host.http.post("/local/tick/no_such").status_code == 404

    def test_tick_once_after_a_start_on_old_data(self, tiny_host: TinyHost) -> None:
        tiny_host.stop()
        tiny_host.start()
        tiny_host.until_idle()

        assert [line["past_due"] for line in tiny_host.journal("on_time")] == [True]


class TestTimeTravel:
    def test_makes_due_what_was_for_later_and_ticks_every_timer(self, tiny_host: TinyHost) -> None:
        later = (datetime.now(UTC) + timedelta(days=3)).isoformat()  # noqa: TID251  # the test's own machine time
        tiny_host.send("deliveries", {"id": "later", "due_at": later})
        tiny_host.until_idle()
        before = tiny_host.journal("one_by_one")

        tiny_host.http.post("/local/time", json={"days": 3, "hours": 1}).raise_for_status()
        tiny_host.until_idle()

        assert before == []
        assert [line["id"] for line in tiny_host.journal("one_by_one")] == ["later"]
        assert len(tiny_host.journal("on_time")) == 1

    def test_survives_a_restart(self, tiny_host: TinyHost) -> None:
        tiny_host.http.post("/local/time", json={"to": "2021-04-01T08:00:00Z"}).raise_for_status()

        tiny_host.kill()
        tiny_host.start()

        now = tiny_host.http.get("/local/time", headers={"Accept": "application/json"}).json()["now"]
        assert now.startswith("2021-04-01T08:")

    @pytest.mark.parametrize(
        "said", [{}, {"to": "soon"}, {"to": "9999-01-01"}, {"days": 1e12}, {"days": "x"}]
    )
    def test_refuses_what_is_no_time(self, host: TinyHost, said: dict[str, Any]) -> None:
        assert host.http.post("/local/time", json=said).status_code == 400


class TestKilling:
    def test_loses_nothing_and_begins_again_at_once(self, tiny_host: TinyHost) -> None:
        stuck = {"linger_until_there": True}
        tiny_host.send("deliveries", *({"id": f"m{n}", "body": stuck} for n in range(10)))
        tiny_host.send("journey-steps", *({"id": f"s{n}", "session": "a", "body": stuck} for n in range(5)))
        tiny_host.until(lambda: bool(tiny_host.journal("one_by_one")) and bool(tiny_host.journal("in_order")))

        tiny_host.kill()
        tiny_host.let_linger_no_more()
        killed_after = len(tiny_host.journal())
        tiny_host.start()
        tiny_host.until_idle()

        again = tiny_host.journal()[killed_after:]
        ids = {line["id"] for line in again if line["function"] == "one_by_one"}
        assert ids == {f"m{n}" for n in range(10)}
        assert [line["id"] for line in again if line["function"] == "in_order"] == [f"s{n}" for n in range(5)]
        assert {line["delivery"] for line in again if "delivery" in line} == {1}


class TestStopping:
    def test_ends_in_order_when_asked_to(self, tiny_host: TinyHost) -> None:
        tiny_host.send("deliveries", *({"id": f"m{n}"} for n in range(200)))
        assert tiny_host.process is not None
        tiny_host.process.send_signal(signal.SIGTERM)

        assert tiny_host.process.wait(timeout=30) == 0
        tiny_host.start()
        tiny_host.until_idle()
        ids = [line["id"] for line in tiny_host.journal("one_by_one")]
        assert sorted(ids) == sorted(f"m{n}" for n in range(200))

    def test_does_not_wait_for_ever_for_what_does_not_end(self, tiny_host: TinyHost) -> None:
        tiny_host.send("deliveries", {"id": "stuck", "body": {"linger_until_there": True}})
        tiny_host.until(lambda: bool(tiny_host.journal("one_by_one")))
        assert tiny_host.process is not None
        tiny_host.process.send_signal(signal.SIGTERM)

        assert tiny_host.process.wait(timeout=30) == 0
        tiny_host.let_linger_no_more()
        tiny_host.start()
        tiny_host.until_idle()
        assert [line["delivery"] for line in tiny_host.journal("one_by_one")] == [1, 1]


class TestStarting:
    def test_says_that_the_port_is_busy(self, host: TinyHost, tmp_path: Path) -> None:
        second = _start("--data", str(tmp_path / "other"), "--port", str(host.port))

        assert second.returncode == 2
        assert second.stderr == (
            f"Port {host.port} on 127.0.0.1 is in use by another program: "
            "stop it, or choose another with --port.\n"
        )

    def test_says_that_the_folder_is_in_use(self, host: TinyHost) -> None:
        second = _start("--data", str(host.folder), "--port", "0")

        assert second.returncode == 2
        assert "Another local host is running on" in second.stderr

    def test_names_a_setting_that_is_missing(self, tmp_path: Path) -> None:
        host = _start("--data", str(tmp_path), "--port", "0", "--app", "tests.support.tiny_app")

        assert host.returncode == 2
        assert host.stderr.splitlines()[-1] == (
            "The local host cannot start: function on_time needs the setting TINY_SCHEDULE, which is not set"
        )

    @pytest.mark.parametrize("file", ["store.db", "record.db"])
    def test_says_that_a_newer_version_has_written_the_store(self, tmp_path: Path, file: str) -> None:
        with closing(sqlite3.connect(tmp_path / file)) as newer:
            newer.execute("PRAGMA user_version = 3")

        host = _start("--data", str(tmp_path), "--port", "0")

        assert host.returncode == 2
        assert host.stderr.splitlines()[-1] == NEWER

    def test_says_so_too_where_only_a_document_tells(self, tmp_path: Path) -> None:
        with closing(SqliteFile(tmp_path / "store.db")) as file:
            documents = SqliteDocuments(file, clock=SystemClock())
            documents.commit(PARTITION, changes=[Create(DOCUMENT, StoreEdition(3))])

        host = _start("--data", str(tmp_path), "--port", "0")

        assert host.returncode == 2
        assert host.stderr.splitlines()[-1] == NEWER

    def test_says_so_where_the_store_is_kept_under_another_contact_key(self, tmp_path: Path) -> None:
        with closing(SqliteFile(tmp_path / "store.db")) as file:
            documents = SqliteDocuments(file, clock=SystemClock())
            documents.commit(PARTITION, changes=[Create(FINGERPRINT, KeptUnder("of another key"))])

        host = _start("--data", str(tmp_path), "--port", "0")

        assert host.returncode == 2
        assert host.stderr.splitlines()[-1] == ANOTHER_KEY


def _start(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "local.host", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
