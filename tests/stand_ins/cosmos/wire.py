"""HTTP/1.1 over asyncio, as much as an SDK speaks: keep-alive, bodies, and hanging up on purpose."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

import httptools

from tests.stand_ins.cosmos.refusals import CODES

_PHRASES = {200: "OK", 201: "Created", 204: "No Content", 207: "Multi-Status", **CODES}


@dataclass(slots=True)
class Request:
    """What was asked; names of headers in small letters."""

    method: str = ""
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @property
    def steps(self) -> list[str]:
        """Give the steps of the path, each as it is meant."""
        return [unquote(step) for step in urlsplit(self.target).path.split("/") if step]

    @property
    def wishes(self) -> dict[str, str]:
        """Give what stands after the question mark."""
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass(slots=True)
class Answer:
    """What is said, after how many seconds; None for a status hangs up without a word."""

    status: int | None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    after: float = 0.0

    def spelled(self) -> bytes:
        status = self.status or 500
        lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        length = [] if status in (204, 304) else [f"content-length: {len(self.body)}"]
        return "\r\n".join([*lines, *length, "", ""]).encode("latin-1") + self.body


Answering = Callable[[Request], Answer]


class Connection(asyncio.Protocol):
    """One client's connection: it asks, is answered, and asks again."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request()
        self._body: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._hang_up()

    def on_message_begin(self) -> None:
        self._request, self._body = Request(), []

    def on_url(self, url: bytes) -> None:
        self._request.target += url.decode("ascii")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers[name.decode("ascii").lower()] = value.decode("utf-8")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._request.method = self._parser.get_method().decode("ascii")
        self._request.body = b"".join(self._body)
        answer = self._answering(self._request)
        if answer.after:
            asyncio.get_running_loop().call_later(answer.after, self._say, answer)
        else:
            self._say(answer)

    def _say(self, answer: Answer) -> None:
        if answer.status is None:
            self._hang_up()
        elif self._transport and not self._transport.is_closing():
            self._transport.write(answer.spelled())

    def _hang_up(self) -> None:
        if self._transport:
            self._transport.abort()


async def serve(answering: Answering, port: int, tls: ssl.SSLContext | None = None) -> asyncio.Server:
    """Listen on loopback."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(answering), "127.0.0.1", port, ssl=tls)


def port_of(server: asyncio.Server) -> int:
    """Give the port a server listens on."""
    return server.sockets[0].getsockname()[1]
