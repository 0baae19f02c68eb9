"""A stand-in for the outside world: an SMS gateway and an SMTP server that journal before they answer.

    python -m local.sink --port 7080 --smtp-port 7025 --journal sink.jsonl

Runs as a process of its own, so that killing ours loses nothing of what it has seen.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.kernel.clock import SystemClock

REPORT_ATTEMPTS = 5


@dataclass
class Journal:
    """Every attempt, one JSON line each, on the disk before anybody is answered."""

    path: Path
    forgets_keys: bool
    _known: dict[str, str] = field(default_factory=dict[str, str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        for line in map(json.loads, lines):
            self._known.setdefault(line["idempotency_id"], line["message_id"])
        self._count = len(lines)

    def keep(self, attempt: dict[str, Any], *, keyed: bool) -> tuple[str, bool]:
        """Write an attempt down; give the message's name here, and whether it had been taken before."""
        with self._lock:
            self._count += 1
            key = str(attempt["idempotency_id"])
            former = None if self.forgets_keys or not keyed else self._known.get(key)
            message_id = former or f"sink-{self._count}"
            self._known.setdefault(key, message_id)
            outcome = "repeated" if former else "accepted"
            self._append({**attempt, "outcome": outcome, "message_id": message_id})
            return message_id, former is not None

    def look_up(self, key: str) -> str | None:
        """Give the name of a message that was taken before."""
        with self._lock:
            return self._known.get(key)

    def _append(self, line: dict[str, Any]) -> None:
        stamped = {"at": SystemClock().real().isoformat(), **line}
        with self.path.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(stamped, ensure_ascii=False) + "\n")
            journal.flush()
            os.fsync(journal.fileno())


@dataclass(frozen=True)
class Reporter:
    """Tells whoever sent it that a message arrived, signed as our own door wants it."""

    url: str | None
    secret: str

    async def report(self, request_id: str, message_id: str, channel: str) -> None:
        """Post `Delivered`, a few times if need be; a house that stays down never hears of it."""
        if self.url is None:
            return
        body = {
            "ChannelDefinitionId": channel,
            "RequestId": request_id,
            "MessageId": message_id,
            "Status": "Delivered",
        }
        async with httpx.AsyncClient(timeout=5.0) as client:
            for wait in range(REPORT_ATTEMPTS):
                if await self._posted(client, json.dumps(body).encode()):
                    return
                await asyncio.sleep(2**wait)

    async def _posted(self, client: httpx.AsyncClient, body: bytes) -> bool:
        headers = {"content-type": "application/json", **signed(body, self.secret)}
        try:
            answer = await client.post(self.url or "", content=body, headers=headers)
        except httpx.TransportError:
            return False
        return answer.status_code < 500 and answer.status_code not in {404, 429}


def signed(body: bytes, secret: str) -> dict[str, str]:
    """Give the headers that prove who reports, as `doors.webhook_proof` wants them."""
    timestamp = str(int(SystemClock().real().timestamp()))
    proof = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"x-webhook-timestamp": timestamp, "x-webhook-signature": f"sha256={proof}"}


@dataclass(frozen=True)
class Gateway:
    """The SMS half: the custom channel contract of CH-5."""

    journal: Journal
    reporter: Reporter
    delay: float

    async def take(self, request: Request) -> JSONResponse:
        """Journal a message, then answer: at once, or after the delay in which a caller may die."""
        sent = await request.json()
        attempt = {
            "channel": "sms",
            "request_id": sent["RequestId"],
            "idempotency_id": sent["IdempotencyId"],
            "to": sent["To"],
            "text": sent["Message"]["text"],
            "patient_id": sent["MarketingAppContext"]["UserId"],
            "because": sent["MarketingAppContext"]["CustomerJourneyId"],
        }
        message_id, repeated = self.journal.keep(attempt, keyed=True)
        await asyncio.sleep(self.delay)
        answer = {
            "ChannelDefinitionId": sent["ChannelDefinitionId"],
            "RequestId": sent["RequestId"],
            "MessageId": message_id,
            "Status": "Sent",
        }
        report = BackgroundTask(self.reporter.report, sent["RequestId"], message_id, "sms")
        return JSONResponse(answer, background=None if repeated else report)

    async def look_up(self, request: Request) -> JSONResponse:
        """Say whether a message was taken; a gateway that forgets keys does not offer this."""
        request_id = request.path_params["request_id"]
        if self.journal.forgets_keys:
            return JSONResponse({"Status": "Unsupported"}, status_code=501)
        message_id = self.journal.look_up(request_id)
        if message_id is None:
            return JSONResponse({"RequestId": request_id, "Status": "NotFound"}, status_code=404)
        return JSONResponse({"RequestId": request_id, "MessageId": message_id, "Status": "Sent"})

    async def ready(self, _request: Request) -> JSONResponse:
        """Answer whoever waits for the start."""
        return JSONResponse({"ready": True})

    def app(self) -> Starlette:
        """Put it behind its routes."""
        return Starlette(
            routes=[
                Route("/ready", self.ready),
                Route("/messages", self.take, methods=["POST"]),
                Route("/messages/{request_id}", self.look_up),
            ]
        )


@dataclass(frozen=True)
class Mailbox:
    """The e-mail half. SMTP knows no keys, so every delivery is accepted anew."""

    journal: Journal
    reporter: Reporter
    delay: float
    reports: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Journal a message, then answer. Some recipients' names choose a refusal, for who tests refusals."""
        to = envelope.rcpt_tos[0]
        if to.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if to.startswith("later@"):
            return "451 4.7.1 come back later"
        read = message_from_bytes(_bytes(envelope.content), policy=policy.default)
        message_id, _ = self.journal.keep(_mail_attempt(read, to), keyed=False)
        await asyncio.sleep(self.delay)
        report = asyncio.create_task(self.reporter.report(str(read["X-Request-Id"]), message_id, "email"))
        self.reports.add(report)  # a task that nobody holds may be collected before it has run
        report.add_done_callback(self.reports.discard)
        return f"250 OK {message_id}"


def _bytes(content: bytes | str | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""


def _mail_attempt(read: EmailMessage, to: str) -> dict[str, Any]:
    plain = read.get_body(preferencelist=("plain",))
    return {
        "channel": "email",
        "request_id": str(read["X-Request-Id"]),
        "idempotency_id": str(read["Message-ID"]),
        "to": to,
        "subject": str(read["Subject"]),
        "text": plain.get_content().replace("\r\n", "\n") if plain else "",
        "has_html": read.get_body(preferencelist=("html",)) is not None,
        "list_unsubscribe": str(read["List-Unsubscribe"]) if read["List-Unsubscribe"] else None,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.sink", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--forgets-keys", action="store_true")
    parser.add_argument("--delay-ms", type=int, default=0)
    parser.add_argument("--report-to")
    parser.add_argument("--secret", default="")
    return parser.parse_args()


def main() -> None:
    """Serve until told to stop."""
    arguments = _arguments()
    journal = Journal(arguments.journal, arguments.forgets_keys)
    reporter, delay = Reporter(arguments.report_to, arguments.secret), arguments.delay_ms / 1000
    mail = Controller(Mailbox(journal, reporter, delay), hostname="127.0.0.1", port=arguments.smtp_port)
    mail.start()
    app = Gateway(journal, reporter, delay).app()
    try:
        uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")
    finally:
        mail.stop()


if __name__ == "__main__":
    main()
