"""A server that plays a part: it reads up to a mark, answers as told, and hangs up at the end."""

import contextlib
import re
import socket
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Step = tuple[bytes, bytes]
"""Read until this has come, then send that."""


@contextmanager
def a_server_that_says(*steps: Step, greeting: bytes = b"") -> Generator[int]:
    """Play the steps to one caller, then hang up; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        playing = threading.Thread(target=_play, args=(listening, greeting, steps))
        playing.start()
        yield listening.getsockname()[1]
        playing.join()


@contextmanager
def a_server_that_trickles(*steps: Step, drops: bytes, greeting: bytes = b"") -> Generator[int]:
    """Play the steps to one caller, then send the drops byte by byte until the caller has gone."""
    left = threading.Event()

    def play() -> None:
        connection, _ = listening.accept()
        with connection:
            _speak(connection, greeting, steps)
            _trickle(connection, drops, left)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        playing = threading.Thread(target=play)
        playing.start()
        yield listening.getsockname()[1]
        left.set()
        playing.join()


def _trickle(connection: socket.socket, drops: bytes, left: threading.Event) -> None:
    with contextlib.suppress(ConnectionError):
        for drop in drops:
            if left.wait(0.02):
                return
            connection.sendall(bytes([drop]))


def _play(listening: socket.socket, greeting: bytes, steps: Sequence[Step]) -> None:
    connection, _ = listening.accept()
    with connection:
        _speak(connection, greeting, steps)


def _speak(connection: socket.socket, greeting: bytes, steps: Sequence[Step]) -> None:
    connection.sendall(greeting)
    for mark, answer in steps:
        heard = b""
        while mark not in heard:
            heard += (more := connection.recv(65536))
            if not more:
                return
        connection.sendall(answer)


def http_answer(status: str, body: bytes = b"", *headers: bytes) -> bytes:
    """Spell an HTTP/1.1 answer."""
    head = [f"HTTP/1.1 {status}".encode(), f"content-length: {len(body)}".encode(), *headers]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


@dataclass(slots=True)
class Told:
    """What a server that plays several parts was told."""

    port: int
    parts: list[bytes]
    """What is still to be answered; more can be added."""
    heard: list[bytes] = field(default_factory=list[bytes])
    """Each caller's words, up to where the part ended."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/fhir"


@contextmanager
def a_server_of_parts(*parts: bytes) -> Generator[Told]:
    """Answer each caller in turn with the next part and hang up; with an empty part, hang up at once.

    Who comes after the last part is heard, and hung up on.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        told = Told(listening.getsockname()[1], list(parts))
        playing = threading.Thread(target=_play_parts, args=(listening, told))
        playing.start()
        try:
            yield told
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            playing.join()


def _play_parts(listening: socket.socket, told: Told) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection, contextlib.suppress(ConnectionError):
            told.heard.append(_request(connection))
            if told.parts:
                connection.sendall(_the_last_here(told.parts.pop(0)))


def _the_last_here(part: bytes) -> bytes:
    """Say in the head that nothing more comes: else a caller may go on where we are just hanging up."""
    return part.replace(b"\r\n", b"\r\nconnection: close\r\n", 1)


def _request(connection: socket.socket) -> bytes:
    """Hear one HTTP request to its end."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        if not (more := connection.recv(65536)):
            return heard
        heard += more
    head, _, body = heard.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while found and len(body) < int(found[1]):
        if not (more := connection.recv(65536)):
            break
        body += more
    return head + b"\r\n\r\n" + body
