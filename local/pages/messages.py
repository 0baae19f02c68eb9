"""What went out, as a person would see it: a phone, and a mail reader that runs nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.pages.rendering import Rendering
from shared.adapters.local_messages import LocalMessage, LocalMessages

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """A message with its secrets taken out, to be shown to whoever sits at this machine."""

    number: int
    channel: str
    to: str
    at: datetime
    purpose: str
    language: str
    subject: str
    text: str
    html: str | None
    patient_id: str
    because: str


@dataclass(frozen=True, slots=True)
class MessagePages:
    """`/local/messages`: the newest messages of the local outbox, by channel."""

    rendering: Rendering
    outbox: LocalMessages

    def routes(self) -> list[Route]:
        return [Route("/local/messages", self.show)]

    def show(self, request: Request) -> Response:
        page = self.outbox.list(limit=_AT_ONCE, after=request.query_params.get("after"))
        seen = [_seen(message) for message in page.items]
        return self.rendering.page(
            request,
            "messages.html",
            phones=_by_recipient(one for one in seen if one.channel == "sms"),
            mails=[one for one in seen if one.channel == "email"],
            others=[one for one in seen if one.channel not in {"sms", "email"}],
            older=page.next,
        )


def _by_recipient(messages: Iterable[Seen]) -> dict[str, list[Seen]]:
    """Lay out one phone per number, its oldest message on top, as phones do."""
    phones: dict[str, list[Seen]] = {}
    for message in messages:
        phones.setdefault(message.to, []).insert(0, message)
    return phones


def _seen(message: LocalMessage) -> Seen:
    return Seen(
        message.number,
        message.channel,
        message.recipient.value,
        datetime.fromisoformat(message.sent_at),
        message.purpose,
        message.language,
        message.subject.value or "No subject",
        message.text.value,
        message.html.value,
        message.patient_id,
        message.because,
    )
