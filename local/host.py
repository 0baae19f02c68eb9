"""The local host: the whole house in one process on 127.0.0.1 (D14)."""

import asyncio
import errno
import gc
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from local.app_index import AppRefused, read_index
from local.bells import Bells, CommitBell
from local.delivery_reports import DeliveryReports
from local.engine import Engine
from local.feed_pumps import EventPump
from local.fellow_travellers import FellowTravellers
from local.host_file import read_host_file
from local.house import House, open_house
from local.housekeeping import Housekeeping
from local.laptop_settings import EXAMPLE, ROOT, laptop_settings, put_into_environment
from local.locks import FolderInUse, only_host_of
from local.options import Options, options
from local.reach import CannotBeReached
from local.readable_log import log_to_stderr
from local.site import site
from local.travel import Travel
from local.web import Lifespan
from shared.adapters.store_edition import StoreIsNewer
from shared.wiring.edition import ContactKeyIsAnother
from shared.wiring.settings import SettingRefused

log = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
COULD_NOT_START = 2
_DRAIN_SECONDS = 5
_BACKLOG = 2048


class PortIsBusy(Exception):
    """Another program listens on this port."""


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; give the exit status."""
    said = options(arguments)
    log_to_stderr()
    try:
        with only_host_of(said.data), _listening_at(said.port) as listener:
            return _run(said, listener)
    except PortIsBusy:
        _complain(
            f"Port {said.port} on {ADDRESS} is in use by another program: "
            "stop it, or choose another with --port."
        )
    except FolderInUse:
        _complain(
            f"Another local host is running on {said.data}: stop it, or choose another folder with --data."
        )
    except (SettingRefused, AppRefused, StoreIsNewer, ContactKeyIsAnother, CannotBeReached) as refused:
        _complain(f"The local host cannot start: {refused}")
    return COULD_NOT_START


def _run(said: Options, listener: socket.socket) -> int:
    port = listener.getsockname()[1]
    settings = laptop_settings(EXAMPLE, port=port, data=said.data, said=said.settings)
    put_into_environment(settings)
    is_new = not (said.data / "keys").exists()
    travel = Travel(said.data / "clock.json")
    bells = Bells()
    address = f"http://{ADDRESS}:{port}"
    house = open_house(settings, clock=travel.clock, bells=bells, record_address=f"{address}/fhir")
    try:
        engine = _engine(said.app, settings, house, bells)
        _tell_of_changes(house, engine, settings)
        _report_deliveries(house, engine, address)
        if house.purge is not None:
            engine.add("housekeeping", Housekeeping(house.purge, travel.clock))
        fellows = FellowTravellers(said.travels_with, travel.clock)
        fellows()
        travel.tell(fellows)
        travel.tell(bells.ring_all)
        travel.tell(engine.timers.tick_all)
        serving = site(house, engine, travel, settings, address, _lifespan(engine, catch_up=not is_new))
        _announce(address, said.data)
        _leave_out_of_searches_what_is_there()
        asyncio.run(_serve(serving, listener))
    finally:
        house.close()
    return 0


def _engine(app: str, settings: Mapping[str, str], house: House, bells: Bells) -> Engine:
    """Index the app, once, and build what runs it."""
    sys.path.insert(0, str(ROOT))
    host_file = read_host_file(ROOT / "host.json")
    functions = importlib.import_module(app).app.get_functions()
    index = read_index(functions, settings, route_prefix=host_file.route_prefix)
    threads = int(settings.get("PYTHON_THREADPOOL_THREAD_COUNT", "16"))
    return Engine(index, house.stores, host_file, threads, bells)


def _leave_out_of_searches_what_is_there() -> None:
    """Leave what is there for good out of every search for cycles (`NEW_BEFORE_A_SEARCH` says how often)."""
    gc.collect()
    gc.freeze()


def _tell_of_changes(house: House, engine: Engine, settings: Mapping[str, str]) -> None:
    """Do what Event Grid does: bring an embedded record's change events to their queue."""
    if house.embedded is None:
        return
    queues = house.application.queues
    events = EventPump(house.embedded, queues, settings["FHIR_CHANGES_QUEUE"], engine.workers.workload)
    bell = CommitBell(house.embedded.wait_for_events)
    engine.add("change events", events, bell=bell, unfinished=events.is_unfinished)


def _report_deliveries(house: House, engine: Engine, address: str) -> None:
    """Do what providers do: report what they were given as delivered."""
    application = house.application
    reports = DeliveryReports(
        application.local_messages,
        application.folder / "delivery-reports.json",
        f"{address}/api/delivery-reports",
        application.settings.delivery_report_secret.value,
        application.clock,
    )
    engine.add("delivery reports", reports, unfinished=reports.is_unfinished)


def _lifespan(engine: Engine, *, catch_up: bool) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        loop = asyncio.get_running_loop()
        engine.start(loop, catch_up=catch_up)
        yield
        if not await loop.run_in_executor(None, engine.stop):
            log.warning("local.host.impatient", extra={"still_running": engine.is_busy_with()})
            logging.shutdown()
            os._exit(0)  # as safe as a kill: what was not settled comes again at the next start

    return lifespan


async def _serve(serving: Starlette, listener: socket.socket) -> None:
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, _is_handled)
    config = uvicorn.Config(
        serving, log_config=None, access_log=False, timeout_graceful_shutdown=_DRAIN_SECONDS, lifespan="on"
    )
    await uvicorn.Server(config).serve(sockets=[listener])


def _listening_at(port: int) -> socket.socket:
    """Take the port before anything else is done: who asks meanwhile waits for the answer."""
    # Named TCP, it answers at once: for a socket that is not, asyncio leaves Nagle's algorithm on, and an
    # answer of two packets waits 40 ms for whoever keeps the connection.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortIsBusy from None
        raise
    return listener


def _is_handled(*_: object) -> None:
    """Do nothing: the server stops by its own handling, then hands the signal back to this."""


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _announce(address: str, data: Path) -> None:
    print(f"The house stands at {address}/local (this machine only).")
    print(
        f"Its data is kept in {data}. Stop it with Ctrl-C; the next start goes on where it stopped.",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
