"""One stand-in for Cosmos DB for the tests of this folder."""

from collections.abc import Generator

import pytest
from azure.cosmos import ContainerProxy
from azure.identity import ManagedIdentityCredential

from tests.stand_ins.cosmos.asking import Cosmos, a_client
from tests.stand_ins.identity import CLIENT_ID, an_identity
from tests.stand_ins.process import a_stand_in


@pytest.fixture(scope="session")
def cosmos_for_all(tmp_path_factory: pytest.TempPathFactory) -> Generator[Cosmos]:
    """Run one gateway and sign in once."""
    folder = tmp_path_factory.mktemp("cosmos")
    with (
        an_identity(folder) as identity,
        a_stand_in("tests.stand_ins.cosmos", folder) as gateway,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in identity.environment.items():
            environment.setenv(name, value)
        with (
            ManagedIdentityCredential(client_id=CLIENT_ID) as credential,
            a_client(gateway, folder, credential) as client,
        ):
            yield Cosmos(gateway, identity, folder, credential, client)


@pytest.fixture
def cosmos(cosmos_for_all: Cosmos) -> Generator[Cosmos]:
    """Have a gateway that behaves, whatever the test before made it do."""
    yield cosmos_for_all
    cosmos_for_all.gateway.control.delete("/control/faults").raise_for_status()
    cosmos_for_all.gateway.tell("clock", ahead_by_seconds=0)


@pytest.fixture
def container(cosmos: Cosmos) -> ContainerProxy:
    """Have an empty container of one's own."""
    return cosmos.container()
