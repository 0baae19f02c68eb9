"""A small application to try the edge with: the shipped adapters, and one act that does as it is told."""

import json
import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.functions.servicebus import ServiceBusMessage

from shared.access.model import Caller
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import PatientId
from shared.kernel.queues import ReceivedMessage
from shared.kernel.sensitive import Sensitive
from shared.wiring.composition import Application, serve_as
from shared.wiring.settings import Settings
from tests.support.issuer import NOON, Issuer

PLANTED = "9434765919"
"""An NHS number made for tests: found anywhere in what is emitted, it has leaked."""

EXAMPLE = Path(__file__).parents[2] / "local.settings.example.json"


@dataclass(frozen=True, slots=True)
class NoteAsked:
    """A note to take."""

    text: Sensitive[str]
    copies: int = 1


@dataclass(frozen=True, slots=True)
class NotesWanted:
    """Which notes."""

    since: date | None = None
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was taken."""

    id: str
    by: str
    copies: int


@dataclass(frozen=True, slots=True)
class TakeNote:
    """Takes a note, unless it was told to raise: once for each thing in `raises`, first thing first."""

    raises: list[BaseException] = field(default_factory=list[BaseException])
    taken: list[NoteAsked] = field(default_factory=list[NoteAsked])

    def __call__(self, asked: NoteAsked, *, caller: Caller | None = None, now: datetime) -> Note:
        del now
        self.taken.append(asked)
        if self.raises:
            raise self.raises.pop(0)
        return Note(f"note-{len(self.taken)}", caller.subject if caller else "nobody", asked.copies)


@dataclass(frozen=True, slots=True)
class FindNotes:
    """Finds notes; it is asked by query string."""

    def __call__(self, asked: NotesWanted) -> Note:
        return Note("found", str(asked.since), asked.limit)


@dataclass(frozen=True, slots=True)
class ReadNote:
    """Reads one patient's note."""

    def __call__(self, *, note_id: str, patient_id: PatientId, if_match: str | None) -> Note:
        return Note(note_id, f"{patient_id} {if_match}", 1)


class EdgeApplication(Application):
    """The real application with acts of its own beside it."""

    def __init__(self, settings: Settings, clock: StoppedClock) -> None:
        super().__init__(settings, clock=clock)
        self.stopped = clock
        self.take_note = TakeNote()
        self.find_notes = FindNotes()
        self.read_note = ReadNote()


@contextmanager
def an_application(folder: Path, issuer: Issuer | None = None) -> Generator[EdgeApplication]:
    """Serve as an application of the example's settings, in `folder`, at noon."""
    values = json.loads(EXAMPLE.read_text())["Values"] | {"DATA_FOLDER": str(folder)}
    settings = Settings.read_from(values)
    issuers = issuer.settings() if issuer else ()
    app = EdgeApplication(
        replace(settings, token_issuers=issuers, cors_origins=("https://portal.example",)), StoppedClock(NOON)
    )
    serve_as(app)
    try:
        yield app
    finally:
        serve_as(None)
        app.store.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(  # noqa: PLR0913  # a request has this many sides
    function: Callable[..., func.HttpResponse],
    *,
    method: str = "POST",
    body: object = None,
    token: str | None = None,
    headers: dict[str, str] | None = None,
    params: dict[str, str] | None = None,
    path: dict[str, str] | None = None,
) -> Answer:
    """Send a request straight to a function, as the host would."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} if raw else {}
    sent |= {"Authorization": f"Bearer {token}"} if token else {}
    request = func.HttpRequest(
        method,
        "https://hospital.example/api/notes",
        headers=sent | (headers or {}),
        params=params or {},
        route_params=path or {},
        body=raw,
    )
    response = function(req=request)
    told = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, told, response.get_body())


def a_message(
    body: object,
    *,
    id: str = "m1",  # noqa: A002  # the message's own word
    properties: dict[str, str] | None = None,
    session: str | None = None,
    deliveries: int = 1,
    enqueued_at: datetime = NOON,
) -> func.ServiceBusMessage:
    """Build a message as the host gives it."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ServiceBusMessage(
        body=raw,
        message_id=id,
        application_properties=dict(properties or {}),
        user_properties=dict(properties or {}),
        session_id=session,
        delivery_count=deliveries,
        enqueued_time_utc=enqueued_at,
    )


def as_delivered(received: ReceivedMessage) -> func.ServiceBusMessage:
    """Give a message from the embedded queues as the host would."""
    return a_message(
        received.body,
        id=received.id,
        properties=dict(received.properties),
        session=received.session,
        deliveries=received.delivery_count,
        enqueued_at=received.enqueued_at,
    )


def everything_in(records: Sequence[logging.LogRecord]) -> str:
    """Give all that log records would tell anyone: texts, extras, and exceptions with their causes."""
    formatter = logging.Formatter()
    return "\n".join(f"{formatter.format(record)} {vars(record)!r}" for record in records)
