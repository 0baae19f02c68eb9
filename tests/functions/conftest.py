"""The real product, for the tests of its functions."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.issuer import Issuer, an_issuer
from tests.support.product import Product, a_product
from tests.support.product_elsewhere import with_its_record_elsewhere
from tests.support.told import Told, telling


@pytest.fixture(scope="session")
def issuer() -> Generator[Issuer]:
    with an_issuer() as one:
        yield one


@pytest.fixture
def product(request: pytest.FixtureRequest, tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    """Give a product of the test's own, with nothing in it; told so, with its record `elsewhere`."""
    is_elsewhere = getattr(request, "param", "embedded") == "elsewhere"
    with a_product(tmp_path, issuer) as one, ExitStack() as beside:
        if is_elsewhere:
            beside.enter_context(with_its_record_elsewhere(one))
        yield one


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Generator[Product]:
    """Give a product that a module's tests share, for they change nothing in it."""
    with a_product(tmp_path_factory.mktemp("product"), issuer) as one:
        yield one


@pytest.fixture
def told() -> Generator[Told]:
    """Let everything be told to the test, as to a collector."""
    with telling() as one:
        yield one
