"""A text message gateway on loopback that keeps CH-5's contract, and keeps what it was asked."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Gateway:
    """`asked` holds method, path and headers of every request; `taken` each message by its key, once.

    It takes the next `answers_to_lose` messages and hangs up before it says so, and says of the next
    `busy_for` that it is too busy to take them. For as long as it `answers` with a status and a body of the
    test's own, it takes nothing.
    """

    url: str = ""
    asked: list[tuple[str, str, dict[str, str]]] = field(
        default_factory=list[tuple[str, str, dict[str, str]]]
    )
    taken: dict[str, Any] = field(default_factory=dict[str, Any])
    answers_to_lose: int = 0
    busy_for: int = 0
    answers: tuple[int, dict[str, Any]] | None = None

    def take(self, body: Any) -> dict[str, str] | None:
        """Take a message; give the answer, or None where it gets lost on its way."""
        self.taken.setdefault(body["IdempotencyId"], body)
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            return None
        return {"Status": "Sent", "MessageId": "g1", "RequestId": body["RequestId"]}

    def look_up(self, request_id: str) -> tuple[int, dict[str, str]]:
        """Say whether a message was taken."""
        known = request_id in self.taken
        return (200, {"Status": "Sent", "MessageId": "g1"}) if known else (404, {"RequestId": request_id})


@contextmanager
def a_gateway() -> Generator[Gateway]:
    """Serve a gateway."""
    gateway = Gateway()

    class Serving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self._heard())
            if gateway.busy_for:
                gateway.busy_for -= 1
                self._say(503, {})
                return
            if gateway.answers is not None:
                self._say(*gateway.answers)
                return
            answer = gateway.take(body)
            if answer is not None:
                self._say(200, answer)

        def do_GET(self) -> None:
            self._heard()
            self._say(*gateway.look_up(self.path.rpartition("/")[2]))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Keep quiet."""

        def _heard(self) -> bytes:
            gateway.asked.append((self.command, self.path, dict(self.headers.items())))
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _say(self, status: int, answer: dict[str, Any]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Serving)
    gateway.url = f"http://127.0.0.1:{server.server_port}/messages"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
