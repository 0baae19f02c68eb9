"""The adapters that must keep the ports' promises, each in a house of its own."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from shared.kernel.documents import Index
from shared.kernel.identity import RandomIds
from tests.support import azurite
from tests.support.cosmos_house import CosmosServer, StoreHouse, a_cosmos_house, a_cosmos_server
from tests.support.house import House, a_house
from tests.support.judges import judge
from tests.support.outside_broker import OutsideClock, outside_place
from tests.support.service_bus_house import BrokerClock, Bus, ServiceBusBothHalves, a_bus

SESSION_QUEUES = frozenset({"journey-steps", "journey-starts"})
INDEXES = (
    Index("enrolment", "due_at"),
    Index("enrolment", "step.counter"),
    Index("enrolment", "note"),
    Index("announcement", "made_at"),
)


def _sqlite(folder: Path, indexes: Sequence[Index]) -> AbstractContextManager[House]:
    return a_house(folder, indexes, session_queues=SESSION_QUEUES)


ADAPTERS: dict[str, Callable[[Path, Sequence[Index]], AbstractContextManager[House]]] = {"sqlite": _sqlite}


@pytest.fixture(params=sorted(ADAPTERS))
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[House]:
    with ADAPTERS[request.param](tmp_path, INDEXES) as built:
        yield built


@pytest.fixture(scope="session")
def cosmos_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[CosmosServer]:
    """Run one gateway for all tests of this process."""
    with a_cosmos_server(tmp_path_factory.mktemp("cosmos")) as server:
        yield server


@pytest.fixture(params=["sqlite", "cosmos"])
def store_house(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[StoreHouse]:
    """Give documents and change feed, of each adapter in turn."""
    if request.param == "sqlite":
        with a_house(tmp_path, INDEXES) as built:
            yield built
    else:
        with a_cosmos_house(request.getfixturevalue("cosmos_server"), INDEXES) as built:
            yield built


@pytest.fixture(scope="session")
def blob_storage(tmp_path_factory: pytest.TempPathFactory) -> Generator[azurite.Azurite]:
    """Run the judge of all that is kept in blobs."""
    judge(azurite.NAME, available=azurite.is_installed())
    with azurite.an_azurite(tmp_path_factory.mktemp("azurite")) as one:
        yield one


@pytest.fixture
def container(blob_storage: azurite.Azurite) -> azurite.Container:
    """Give a container that nobody else uses."""
    one = azurite.Container(blob_storage, f"lake-{RandomIds().new()}")
    one.create()
    return one


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bus]:
    """Run the stand-in of Service Bus."""
    with a_bus(tmp_path_factory.mktemp("service-bus")) as one:
        yield one


@pytest.fixture(scope="session")
def bus_clock(bus: Bus) -> BrokerClock:
    return BrokerClock(bus.broker)


@pytest.fixture(scope="session")
def bus_queues(bus: Bus, bus_clock: BrokerClock) -> Generator[ServiceBusBothHalves]:
    """Keep the adapter open from test to test: it takes a second to open and close."""
    queues = ServiceBusBothHalves(bus.place, bus_clock)
    yield queues
    queues.close()


@pytest.fixture(scope="session")
def outside_queues() -> Generator[tuple[ServiceBusBothHalves, OutsideClock]]:
    """Open the broker that the environment names instead of ours."""
    place = outside_place()
    assert place is not None
    clock = OutsideClock()
    queues = ServiceBusBothHalves(place, clock)
    yield queues, clock
    queues.close()
