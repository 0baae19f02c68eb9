"""The application over what a host keeps, opened beside it or when it has stopped; nothing runs in it."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from local.laptop_settings import EXAMPLE, laptop_settings
from local.options import options
from local.own_host import OwnHost
from shared.kernel.clock import StoppedClock
from shared.wiring.composition import Application, build
from shared.wiring.settings import Settings


@contextmanager
def house_of(host: OwnHost, now: datetime) -> Generator[Application]:
    """Open what the host's own settings name, at a moment of business time."""
    said = options(["--data", str(host.folder), *host.options]).settings
    settings = laptop_settings(EXAMPLE, port=host.port, data=host.folder, said=said)
    house = build(Settings.read_from(settings), clock=StoppedClock(now))
    try:
        yield house
    finally:
        house.close()
