"""A FHIR server in a process of its own: the embedded record over HTTP, telling its changes to a web hook.

It stands for a hospital's own server to a house that keeps its record there (`RECORD=fhir`). Whoever writes
is answered once the change was told, so that a story may ask what came of it; what could not be told then is
told later. Its business time follows the house's.
"""

import argparse
import json
import logging
import socket
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.fhir_server import fhir_app
from local.web import RecordAtItsBase
from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.clock import MovableClock

_AT_ONCE = 200
_READING = frozenset({"GET", "HEAD"})
_PATIENCE_SECONDS = 10.0
_LATER_SECONDS = 1.0


class Telling:
    """Posts the record's change events to one address, in order, and forgets those that were taken."""

    def __init__(self, record: SqliteRecord, address: str) -> None:
        self._record = record
        self._address = address
        self._one_at_a_time = threading.Lock()
        self._client = httpx.Client(timeout=_PATIENCE_SECONDS, trust_env=False)

    def tell(self) -> bool:
        """Tell all there is; say whether it was taken."""
        with self._one_at_a_time:
            while told := self._record.events(0, _AT_ONCE):
                try:
                    answer = self._client.post(self._address, json=[event for _, event in told])
                except httpx.HTTPError:
                    return False
                if not answer.is_success:
                    return False
                self._record.forget_events(told[-1][0])
            return True

    def tell_later(self, ended: threading.Event) -> None:
        """Tell what was left, as long as this process lives."""
        while not ended.wait(_LATER_SECONDS):
            self.tell()


class TellsBeforeItAnswers:
    """Lets nobody who wrote go before the change was told, or could not be."""

    def __init__(self, app: ASGIApp, telling: Telling) -> None:
        self._app = app
        self._telling = telling

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_told = scope.get("method") in _READING

        async def told_first(message: Message) -> None:
            nonlocal is_told
            if not is_told:
                is_told = True
                await run_in_threadpool(self._telling.tell)
            await send(message)

        await self._app(scope, receive, told_first)


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop."""
    said = _parser().parse_args(arguments)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    clock, ended = MovableClock(), threading.Event()
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:  # named so, it answers without delay
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", said.port))
        listening.listen()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        base_url = f"{address}/fhir"
        said.folder.mkdir(parents=True, exist_ok=True)
        with closing(SqliteRecord(said.folder / "record.db", clock=clock, home=base_url)) as record:
            telling = Telling(record, said.tells)
            served = TellsBeforeItAnswers(fhir_app(record, base_url=base_url), telling)
            app = RecordAtItsBase(Starlette(routes=[_travels(clock), Mount("/fhir", served)]))
            threading.Thread(target=telling.tell_later, args=(ended,), daemon=True).start()
            print(json.dumps({"base_url": base_url, "travels_with": f"{address}/time"}), flush=True)
            config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none")
            uvicorn.Server(config).run(sockets=[listening])
            ended.set()
    return 0


def _travels(clock: MovableClock) -> Route:
    async def travel(request: Request) -> Response:
        told = await request.json()
        clock.ahead_by = timedelta(seconds=told["now"]["ahead_by_seconds"])
        return Response(status_code=204)

    return Route("/time", travel, methods=["POST"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.record_beside", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the folder of its record.db")
    parser.add_argument("--port", type=int, default=0, help="its port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--tells", required=True, metavar="URL", help="who is told of changes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
