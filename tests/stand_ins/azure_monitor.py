"""Azure Monitor's intake on loopback, over TLS: it takes what comes with a token and keeps it."""

import gzip
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.stand_ins.certificates import Certificates


@dataclass(slots=True)
class Intake:
    """`items` holds each item as it was sent; without a token it takes nothing."""

    address: str = ""
    items: list[Any] = field(default_factory=list[Any])
    tokens: set[str] = field(default_factory=set[str])

    @property
    def connection(self) -> str:
        """Give the connection string of this place; what looks like a key opens nothing."""
        return f"InstrumentationKey={'0' * 8}-0000-4000-8000-{'0' * 12};IngestionEndpoint={self.address}/"

    def of(self, kind: str) -> list[Any]:
        """Give what was sent of one kind: `Request`, `RemoteDependency`, `Message` or `Metric`."""
        named = f"Microsoft.ApplicationInsights.{kind}"
        return [item for item in self.items if item["name"] == named]

    def take(self, authorization: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if not authorization.startswith("Bearer "):
            return 401, {"itemsReceived": 0, "itemsAccepted": 0, "errors": []}
        self.tokens.add(authorization.removeprefix("Bearer "))
        sent: list[Any] = json.loads(body)
        self.items += sent
        return 200, {"itemsReceived": len(sent), "itemsAccepted": len(sent), "errors": []}


@contextmanager
def an_intake(certificates: Certificates) -> Generator[Intake]:
    """Serve an intake."""
    intake = Intake()

    class Serving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            status, answer = intake.take(self.headers.get("Authorization", ""), body)
            told = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Serving)
    server.socket = certificates.for_a_server().wrap_socket(server.socket, server_side=True)
    intake.address = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield intake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
