"""The control port: what a deployment, a bad day and a test do to the gateway, over plain HTTP.

PUT    /control/containers            {database, container, partition_key, indexing_policy,
                                      default_ttl, role: "write" or "append-only", ranges}
DELETE /control/containers/DATABASE/CONTAINER
GET    /control/documents             ?database=&container=   what lives, as it was written
GET    /control/counts                by container and kind; POST resets them
POST   /control/faults                a `faults.Fault`, `kinds` a list, `seconds`, `seed`; DELETE clears
POST   /control/lag                   {database, container, writes, seconds}
POST   /control/clock                 {ahead_by_seconds} or {stopped_at}
"""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tests.stand_ins.cosmos.container import Lag
from tests.stand_ins.cosmos.gateway import Gateway
from tests.stand_ins.cosmos.refusals import Refused
from tests.stand_ins.cosmos.wire import Answer, Request


@dataclass(slots=True)
class Control:
    """Answers the tests."""

    gateway: Gateway

    def answer(self, request: Request) -> Answer:
        steps = request.steps
        door = self._doors().get((request.method, steps[1] if len(steps) > 1 else ""))
        if steps[:1] != ["control"] or door is None:
            return Answer(404, b"There is nothing here.")
        try:
            said = door(request)
        except Refused as refused:
            return Answer(refused.status, refused.why.encode())
        except (KeyError, TypeError, ValueError):
            return Answer(400, traceback.format_exc().encode())
        return Answer(200, orjson.dumps(said), {"content-type": "application/json"})

    def _doors(self) -> Mapping[tuple[str, str], Callable[[Request], Any]]:
        return {
            ("PUT", "containers"): self._make,
            ("POST", "containers"): self._make,
            ("DELETE", "containers"): self._remove,
            ("GET", "documents"): self._documents,
            ("GET", "counts"): lambda _request: self.gateway.counts.shown(),
            ("POST", "counts"): lambda _request: self.gateway.counts.reset(),
            ("POST", "faults"): lambda request: self.gateway.faults.add(orjson.loads(request.body)),
            ("GET", "faults"): lambda _request: {"struck": self.gateway.faults.struck},
            ("DELETE", "faults"): lambda _request: self.gateway.faults.clear(),
            ("POST", "lag"): self._lag,
            ("POST", "clock"): self._set_clock,
        }

    def _make(self, request: Request) -> Any:
        return self.gateway.account.make(orjson.loads(request.body)).properties()

    def _remove(self, request: Request) -> Any:
        database, name = request.steps[2:4]
        return self.gateway.account.containers.pop((database, name), None) is not None

    def _documents(self, request: Request) -> Any:
        container = self.gateway.account.container(request.wishes["database"], request.wishes["container"])
        items = (item for each in container.ranges for item in each.items.values())
        return [item.body for item in items if container.lives(item)]

    def _lag(self, request: Request) -> Any:
        wish = orjson.loads(request.body)
        container = self.gateway.account.container(wish["database"], wish["container"])
        container.behind(Lag(wish.get("writes", 0), wish.get("seconds", 0.0)))

    def _set_clock(self, request: Request) -> Any:
        self.gateway.account.clock.set(orjson.loads(request.body))
        return {"now": self.gateway.account.clock.now()}
