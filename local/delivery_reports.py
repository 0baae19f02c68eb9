"""Reports the local outbox's messages as delivered, as a provider would: over the app's web hook."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from functions.edge.callers import signature
from local.durable_file import read_json, write_json
from shared.adapters.local_messages import LocalMessage, LocalMessages
from shared.kernel.clock import Clock

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 30.0
_AT_ONCE = 100


class NotTaken(Exception):
    """The app could not take a report now: it is sent again."""


@dataclass(slots=True)
class DeliveryReports:
    """Reports from the oldest message that it has not yet; killed in between, it reports again."""

    outbox: LocalMessages
    mark: Path
    url: str
    secret: str
    clock: Clock
    _reported: int = field(init=False)
    _http: Any = None

    def __post_init__(self) -> None:
        self._reported = read_json(self.mark, without=0)

    def turn(self) -> bool:
        waiting = self._waiting()
        for message in waiting:
            self._report(message)
            self._reported = message.number
        if waiting:
            write_json(self.mark, self._reported)
        return bool(waiting)

    def is_unfinished(self) -> bool:
        """Say whether a message waits to be reported."""
        newest = self.outbox.list(limit=1).items
        return bool(newest) and newest[0].number > self._reported

    def _waiting(self) -> Sequence[LocalMessage]:
        """Give what has not been reported, oldest first; the outbox lists the newest first."""
        found: list[LocalMessage] = []
        after = None
        while True:
            page = self.outbox.list(limit=_AT_ONCE, after=after)
            fresh = [message for message in page.items if message.number > self._reported]
            found += fresh
            after = page.next
            if after is None or len(fresh) < len(page.items):
                return found[::-1]

    def _report(self, message: LocalMessage) -> None:
        reference = f"local-{message.number}"
        body = orjson.dumps({"RequestId": message.request_id, "MessageId": reference, "Status": "Delivered"})
        timestamp = str(int(self.clock.real().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Webhook-Timestamp": timestamp,
            "X-Webhook-Signature": signature(self.secret, timestamp, body),
        }
        status = self._client().post(self.url, content=body, headers=headers).status_code
        if status == 429 or status >= 500:
            raise NotTaken
        if status >= 400:
            log.warning("local.report.refused", extra={"number": message.number, "status": status})

    def _client(self) -> Any:
        if self._http is None:
            import httpx  # noqa: PLC0415  # heavy: loaded with the first message

            self._http = httpx.Client(timeout=_PATIENCE_SECONDS, trust_env=False)
        return self._http
