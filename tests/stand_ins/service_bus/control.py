"""The control port: plain HTTP on loopback for the tests alone, in a thread beside the broker's loop."""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.stand_ins.service_bus import showing
from tests.stand_ins.service_bus.broker import Broker
from tests.stand_ins.service_bus.clocks import Clock
from tests.stand_ins.service_bus.refusals import Refused, WrongWish
from tests.stand_ins.service_bus.settings import settings_from

Wish = Mapping[str, Any]
SECONDS_TO_WAIT = 30


class Control:
    """Takes wishes and answers questions; each is done whole, in the broker's loop."""

    def __init__(self, broker: Broker, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _serving(self))
        self._server.daemon_threads = True
        self._acts: dict[tuple[str, str], Callable[[Broker, Wish], Any]] = _ACTS
        self._broker = broker
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, method: str, path: str, wish: Wish) -> tuple[int, Any]:
        """Do it in the loop, and give the status and what there is to say."""
        act = self._acts.get((method, path.removeprefix("/control/")))
        if not act:
            return 404, {"refused": f"{method} {path} is nothing"}
        try:
            return 200, asyncio.run_coroutine_threadsafe(self._done(act, wish), self._loop).result(
                SECONDS_TO_WAIT
            )
        except (ValueError, KeyError, TypeError, Refused) as wrong:
            return 400, {"refused": repr(wrong)}

    async def _done(self, act: Callable[[Broker, Wish], Any], wish: Wish) -> Any:
        return act(self._broker, wish)


def _move_clocks(broker: Broker, wish: Wish) -> dict[str, float]:
    if unknown := wish.keys() - {"now", "real"}:
        raise WrongWish(*sorted(unknown))
    for name, clock in (("now", broker.clocks.now), ("real", broker.clocks.real)):
        if name in wish:
            _move(clock, wish[name])
    return {"now": broker.clocks.now.now(), "real": broker.clocks.real.now()}


def _move(clock: Clock, wish: Wish) -> None:
    if "stopped_at" in wish:
        clock.move(stopped_at=datetime.fromisoformat(wish["stopped_at"]).timestamp())
    else:
        clock.move(ahead_by=float(wish["ahead_by_seconds"]))


def _drop(broker: Broker, wish: Wish) -> dict[str, int]:
    if "every" in wish:
        broker.keep_dropping(float(wish["every"]), float(wish["lasting"]))
        return {}
    return {"dropped": broker.drop_connections()}


def _detach(broker: Broker, wish: Wish) -> dict[str, int]:
    condition = wish.get("condition", "com.microsoft:server-busy")
    why = Refused(condition, "The link is detached by the test's wish.", 503)
    return {"detached": broker.detach(wish.get("queue"), why)}


def _expire(broker: Broker, wish: Wish) -> dict[str, int]:
    """End locks of a queue now: one session's, one message's, or all."""
    queue = broker.find(wish["queue"])
    if queue.sessions:
        names = [wish["session"]] if "session" in wish else list(queue.sessions.holders())
        for name in names:
            queue.sessions.lapse(queue.sessions.held(name))
        return {"ended": len(names)}
    number = wish.get("sequence_number")
    found = [one for one in queue.locked.values() if number in (None, one.sequence_number)]
    for message in found:
        queue.lapse(message)
    return {"ended": len(found)}


def _create(broker: Broker, wish: Wish) -> None:
    broker.create([settings_from(wish)])


def _empty(broker: Broker, wish: Wish) -> None:
    """Forget what lies in one queue, or in all."""
    for queue in [broker.find(wish["queue"])] if "queue" in wish else broker.queues.values():
        queue.empty()


def _forget_counts(broker: Broker, _: Wish) -> None:
    for queue in showing.with_the_dead(broker):
        queue.counts.clear()


def _set_faults(broker: Broker, wish: Wish) -> None:
    broker.faults.set(dict(wish))


_ACTS: dict[tuple[str, str], Callable[[Broker, Wish], Any]] = {
    ("POST", "clock"): _move_clocks,
    ("POST", "drop"): _drop,
    ("POST", "detach"): _detach,
    ("POST", "expire"): _expire,
    ("POST", "faults"): _set_faults,
    ("POST", "create"): _create,
    ("POST", "empty"): _empty,
    ("POST", "counts"): _forget_counts,
    ("GET", "counts"): showing.counts,
    ("GET", "queues"): showing.queues,
    ("GET", "links"): showing.links,
    ("GET", "tokens"): showing.tokens,
}


def _serving(control: Control) -> type[BaseHTTPRequestHandler]:
    class Serving(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            about = {name: values[0] for name, values in parse_qs(asked.query).items()}
            self._say(*control.answer("GET", asked.path, about))

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._say(*control.answer("POST", self.path, json.loads(said or b"{}")))

        def _say(self, status: int, body: Any) -> None:
            said = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Keep quiet."""

    return Serving
