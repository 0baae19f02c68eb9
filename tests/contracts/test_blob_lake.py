"""What a lake in blobs promises beside what every lake does (`test_lake.py`); Azurite is the judge."""

import socket
from collections import Counter
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any, Self

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import LinearRetry

from shared.adapters import blob_lake
from shared.adapters.blob_lake import BlobLake, container_client
from shared.adapters.parquet_listing import KEPT
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Throttled, TransientFault
from shared.segments.facts import ProfileFacts
from shared.segments.ports import LakeState
from tests.support.azurite import Container, OwnIdentity

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
EVERYBODY = "SELECT patient_id FROM patient ORDER BY 1"
AT_ONCE = LinearRetry(backoff=0, retry_total=1, random_jitter_range=0)
NEVER_AGAIN = LinearRetry(backoff=0, retry_total=0, random_jitter_range=0)


IN_PIECES = {
    "max_single_get_size": 1000,
    "max_chunk_get_size": 1000,
    "max_single_put_size": 1000,
    "max_block_size": 1000,
}
"""As files of many megabytes come and go."""


class Wire:
    """The real wire, on which something may go wrong once, where a request is of a kind."""

    def __init__(self, container: Container) -> None:
        self.asked: list[str] = []
        self._container = container.name
        self._real: Any = RequestsTransport(connection_verify=str(container.azurite.certificates.ca))
        self._place = ""
        self._wrong: Callable[[str, Any], Any] | None = None

    def goes_wrong(self, place: str, how: Callable[[str, Any], Any]) -> None:
        """Let the next request of this kind meet a failure."""
        self._place, self._wrong = place, how

    def send(self, request: Any, **more: Any) -> Any:
        self.asked.append(f"{request.method} {request.url.partition('?')[0].rpartition(self._container)[2]}")
        if self._wrong is None or not self.asked[-1].startswith(self._place):
            return self._real.send(request, **more)
        wrong, self._wrong = self._wrong, None
        return wrong(self.asked[-1], lambda: self._real.send(request, **more))

    def sleep(self, seconds: float) -> None:
        """Lose no time."""

    def __enter__(self) -> Self:
        self._real.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._real.close()


def cut_off(_: str, send: Callable[[], Any]) -> Any:
    """Do not let the request through."""
    del send
    raise ServiceRequestError(None)


def answer_lost(_: str, send: Callable[[], Any]) -> Any:
    """Let the request through, and not the answer."""
    send()
    raise ServiceResponseError(None)


def busy(_: str, send: Callable[[], Any]) -> Any:
    """Answer as a service that has too much to do."""
    answer = send()
    answer.status_code = answer.internal_response.status_code = 503
    answer.headers.update({"Retry-After": "7", "x-ms-error-code": "ServerBusy"})
    return answer


@pytest.fixture
def wire(container: Container) -> Wire:
    return Wire(container)


@pytest.fixture
def lake(container: Container, wire: Wire, tmp_path: Path) -> Generator[BlobLake]:
    with container.client(transport=wire, retry_policy=AT_ONCE) as client:
        yield BlobLake(client, tmp_path)


@pytest.fixture
def another(container: Container, tmp_path_factory: pytest.TempPathFactory) -> Generator[BlobLake]:
    with container.client() as client:
        yield BlobLake(client, tmp_path_factory.mktemp("another"))


def wrote(lake: BlobLake, *patients: str) -> None:
    mark = lake.state().mark
    facts = [ProfileFacts(PatientId(patient)) for patient in patients]
    lake.write(facts, after=mark, state=LakeState(str(int(mark or 0) + 1), NOON))


def everybody(lake: BlobLake) -> list[str]:
    return list(lake.population(EVERYBODY, as_of=NOON))


def fetched(folder: Path) -> list[Path]:
    return list(folder.glob("*/*"))


class TestTheFolder:
    def test_may_be_taken_away_between_two_questions(self, lake: BlobLake, tmp_path: Path) -> None:
        wrote(lake, "ada")
        wrote(lake, "bob")
        rmtree(tmp_path)

        assert everybody(lake) == ["ada", "bob"]

    def test_spares_what_was_fetched_before(self, lake: BlobLake, wire: Wire) -> None:
        wrote(lake, "ada")
        everybody(lake)
        before = len(wire.asked)

        everybody(lake)

        looked, read = wire.asked[before:]
        assert (looked, read) == ("GET ", "GET /list-000000000001.json")

    def test_holds_no_more_than_it_may_beside_what_is_asked(
        self, container: Container, another: BlobLake, tmp_path: Path
    ) -> None:
        with container.client() as client:
            lake = BlobLake(client, tmp_path, most_fetched=0)
            wrote(another, "ada")
            everybody(lake)
            another.write([ProfileFacts(PatientId("bob"))], after=None, state=LakeState("1", NOON))

            assert everybody(lake) == ["bob"]
        assert len(fetched(tmp_path)) == 1

    def test_holds_what_there_is_room_for(self, lake: BlobLake, another: BlobLake, tmp_path: Path) -> None:
        wrote(another, "ada")
        everybody(lake)
        another.write([ProfileFacts(PatientId("bob"))], after=None, state=LakeState("1", NOON))

        assert everybody(lake) == ["bob"]
        assert len(fetched(tmp_path)) == 2

    def test_holds_nothing_that_came_by_half(
        self, container: Container, another: BlobLake, wire: Wire, tmp_path: Path
    ) -> None:
        wrote(another, "ada")

        def cut_off_in_the_middle(_: str, send: Callable[[], Any]) -> Any:
            wire.goes_wrong("GET /patient", cut_off)
            return send()

        with container.client(transport=wire, retry_policy=NEVER_AGAIN, **IN_PIECES) as client:
            lake = BlobLake(client, tmp_path)
            wire.goes_wrong("GET /patient", cut_off_in_the_middle)
            with pytest.raises(TransientFault):
                everybody(lake)
            left = fetched(tmp_path)

            assert everybody(lake) == ["ada"]
        assert left == []


class TestAFile:
    def test_comes_and_goes_in_pieces_where_it_is_large(
        self, container: Container, wire: Wire, tmp_path: Path
    ) -> None:
        with container.client(transport=wire, retry_policy=AT_ONCE, **IN_PIECES) as client:
            lake = BlobLake(client, tmp_path)
            wire.goes_wrong("PUT /patient", answer_lost)
            wrote(lake, "ada")
            rmtree(tmp_path)

            assert everybody(lake) == ["ada"]
        pieces = Counter(asked.partition(" /")[0] for asked in wire.asked if "/patient" in asked)
        assert (pieces["PUT"] > 2, pieces["GET"] > 1) == (True, True)


class TestAList:
    def test_whose_answer_was_lost_is_known_as_ones_own(self, lake: BlobLake, wire: Wire) -> None:
        wire.goes_wrong("PUT /list", answer_lost)

        wrote(lake, "ada")

        assert everybody(lake) == ["ada"]
        assert [asked for asked in wire.asked if asked.startswith("PUT /list")] == [
            "PUT /list-000000000001.json"
        ] * 2

    def test_of_another_is_a_race_lost_though_an_answer_was_lost(
        self, lake: BlobLake, another: BlobLake, wire: Wire
    ) -> None:
        def overtaken(_: str, send: Callable[[], Any]) -> Any:
            wrote(another, "bob")
            return send()

        wire.goes_wrong("PUT /list", overtaken)

        with pytest.raises(LostRace):
            wrote(lake, "ada")

        assert everybody(lake) == ["bob"]

    def test_that_was_swept_while_it_was_to_be_read_asks_to_begin_anew(
        self, lake: BlobLake, another: BlobLake, wire: Wire
    ) -> None:
        wrote(another, "ada")

        def swept(_: str, send: Callable[[], Any]) -> Any:
            for _time in range(KEPT):
                wrote(another, "bob")
            return send()

        wire.goes_wrong("GET /list", swept)

        with pytest.raises(LostRace):
            lake.state()


class TestSweeping:
    def test_keeps_few_lists_and_no_old_files_that_none_names(
        self, lake: BlobLake, container: Container, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(blob_lake, "LEFT_ALONE_SECONDS", -1.0)
        with container.client() as client:
            for name in ("patient/left-by-a-killed-write.parquet", "of-somebody-else.txt"):
                client.upload_blob(name, b"")
            for number in range(KEPT + 2):
                lake.write([ProfileFacts(PatientId(f"p{number}"))], after=None, state=LakeState(str(number)))
            names = list(client.list_blob_names())

        assert len([name for name in names if name.startswith("list-")]) == KEPT
        assert len([name for name in names if name.startswith("patient/")]) == KEPT
        assert "of-somebody-else.txt" in names
        assert everybody(lake) == [f"p{KEPT + 1}"]

    def test_leaves_alone_what_may_be_about_to_be_listed(self, lake: BlobLake, container: Container) -> None:
        with container.client() as client:
            client.upload_blob("patient/of-another-who-writes.parquet", b"")
            wrote(lake, "ada")

            assert "patient/of-another-who-writes.parquet" in list(client.list_blob_names())

    def test_that_fails_takes_nothing_back(self, container: Container, wire: Wire, tmp_path: Path) -> None:
        def busy_afterwards(_: str, send: Callable[[], Any]) -> Any:
            answer = send()
            wire.goes_wrong("GET ", cut_off)
            return answer

        with container.client(transport=wire, retry_policy=NEVER_AGAIN) as client:
            lake = BlobLake(client, tmp_path)
            wire.goes_wrong("PUT /list", busy_afterwards)
            lake.write([ProfileFacts(PatientId("ada"))], after=None, state=LakeState("1"))

            assert everybody(lake) == ["ada"]


class TestFaults:
    @pytest.mark.parametrize("fault", [cut_off, answer_lost, busy])
    def test_that_pass_at_once_are_not_noticed(
        self, lake: BlobLake, wire: Wire, fault: Callable[[str, Any], Any]
    ) -> None:
        for place in ("PUT /patient", "GET /list"):
            wire.goes_wrong(place, fault)
            wrote(lake, "ada")

        assert everybody(lake) == ["ada"]

    def test_that_last_are_transient(self, container: Container, wire: Wire, tmp_path: Path) -> None:
        with container.client(transport=wire, retry_policy=NEVER_AGAIN) as client:
            wire.goes_wrong("GET ", cut_off)

            with pytest.raises(TransientFault):
                BlobLake(client, tmp_path).state()

    def test_of_a_busy_service_say_when_to_come_again(
        self, container: Container, wire: Wire, tmp_path: Path
    ) -> None:
        with container.client(transport=wire, retry_policy=NEVER_AGAIN) as client:
            wire.goes_wrong("PUT /patient", busy)

            with pytest.raises(Throttled) as told:
                wrote(BlobLake(client, tmp_path), "ada")

        assert told.value.retry_after == timedelta(seconds=7)

    def test_of_a_service_that_is_not_there_are_transient(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            nowhere = f"https://127.0.0.1:{reserved.getsockname()[1]}/account"
        client = container_client(nowhere, "lake", OwnIdentity(), retry_policy=NEVER_AGAIN)

        with client, pytest.raises(TransientFault):
            BlobLake(client, tmp_path).state()

    def test_of_a_wrong_setting_are_not(self, container: Container, tmp_path: Path) -> None:
        with (
            container.azurite.client("of-another-name") as nowhere,
            pytest.raises(ResourceNotFoundError),
        ):
            BlobLake(nowhere, tmp_path).state()

    def test_of_a_token_for_somebody_else_are_not(self, container: Container, tmp_path: Path) -> None:
        with (
            container.client(credential=OwnIdentity("https://vault.azure.net")) as stranger,
            pytest.raises(ClientAuthenticationError),
        ):
            BlobLake(stranger, tmp_path).state()
