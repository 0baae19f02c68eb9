"""Text messages through any gateway that keeps the custom channel contract (capabilities CH-5)."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from shared.adapters.errand import Errand, in_time
from shared.kernel.refusals import TransientFault
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import BounceCategory
from shared.messaging.ports import (
    Accepted,
    CannotSay,
    MessageProvider,
    NotThere,
    OutcomeUnknown,
    Outgoing,
    Rejected,
)

ANSWERS_WITHIN = timedelta(seconds=20)
"""What CH-5 gives the other side, from looking up its name to the last byte of its answer."""
LONGEST_WAIT = timedelta(minutes=15)
"""For as long we stay away at most, whatever a gateway asks for."""

_MAY_BE_TAKEN = {409}
"""A message of this key is there already, or on its way."""
_SOON = {429, 503}
_LONGEST_ANSWER = 65_536


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the gateway said, as far as we read it."""

    status: int
    headers: httpx.Headers
    body: dict[str, Any]


class GatewaySms(MessageProvider):
    """Posts each message with an IdempotencyId that is the same at every attempt.

    `honours_keys` says whether the gateway heeds it; one that does must answer `GET {url}/{RequestId}` too.
    A call is over within `timeout`, looking up the gateway's name included. A gateway that trickles headers
    keeps a connection of the pool, and a thread, for as long as it does; when all are kept, nothing is sent
    (`PoolTimeout`). A refusal counts against the
    address only where the gateway gives a reason of CH-6: a status alone is about us.
    """

    def __init__(
        self,
        url: str,
        secret: Sensitive[str],
        client: httpx.Client | None = None,
        *,
        sender: str = "clinic",
        honours_keys: bool = True,
        timeout: timedelta = ANSWERS_WITHIN,
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {secret.value}"}
        self._client = client or httpx.Client()
        self._within = timeout
        self._timeout = _timeout(timeout.total_seconds())
        self._sender = sender
        self._honours_keys = honours_keys

    @property
    def honours_keys(self) -> bool:
        return self._honours_keys

    def send(self, outgoing: Outgoing) -> Accepted | Rejected:
        body = _body(outgoing, self._sender)
        answer = in_time(lambda errand: self._posted(body, errand), self._within)
        if answer.status in _SOON:
            raise TransientFault(str(answer.status), retry_after=_retry_after(answer))
        if answer.status >= 500 or answer.status in _MAY_BE_TAKEN:
            raise OutcomeUnknown
        if answer.status >= 400:
            return _refused(answer)
        return _read(answer)

    def look_up(self, request_id: str) -> Accepted | NotThere | CannotSay:
        """Ask; a 404 counts only when the gateway names the request in it, for any server answers 404."""
        if not self._honours_keys:
            return CannotSay()
        url = f"{self._url}/{quote(request_id, safe='~')}"
        answer = in_time(lambda errand: self._exchanged(errand, "GET", url), self._within)
        if answer.status == 404 and answer.body.get("RequestId") == request_id:
            return NotThere()
        if answer.status == 200 and answer.body.get("Status") == "Sent":
            return Accepted(str(answer.body.get("MessageId") or request_id))
        return CannotSay()

    def _posted(self, body: dict[str, Any], errand: Errand) -> _Answer:
        """Post it; from the first byte of the request on the gateway may have it."""

        def watch(event: str, _: Any) -> None:
            if event.endswith(".send_request_headers.started"):
                errand.begin()

        return self._exchanged(errand, "POST", self._url, json=body, extensions={"trace": watch})

    def _exchanged(self, errand: Errand, method: str, url: str, **more: Any) -> _Answer:
        """Ask and hear. A failure keeps no cause: httpx's carries the request, and so the number (D17)."""
        try:
            with self._client.stream(
                method, url, headers=self._headers, timeout=self._timeout, **more
            ) as answer:
                return _Answer(answer.status_code, answer.headers, _json(_heard(answer, errand)))
        except httpx.RequestError as error:
            raise errand.broken_off(type(error).__name__) from None


def _timeout(answer: float) -> httpx.Timeout:
    return httpx.Timeout(read=answer, connect=answer / 10, pool=answer / 10, write=answer / 20)


def _body(outgoing: Outgoing, sender: str) -> dict[str, Any]:
    return {
        "ChannelDefinitionId": outgoing.channel.value,
        "RequestId": outgoing.request_id,
        "IdempotencyId": outgoing.request_id,
        "From": sender,
        "To": outgoing.to.value,
        "Message": {"text": outgoing.rendered.value.text},
        "MarketingAppContext": {
            "CustomerJourneyId": outgoing.because,
            "UserId": outgoing.patient_id,
            "UserEntityType": "Patient",
            "IsTestSend": False,
        },
    }


def _heard(answer: httpx.Response, errand: Errand) -> bytes:
    """Read the answer while there is time; one that does not end is none."""
    heard = b""
    for part in answer.iter_bytes():
        errand.left()
        heard += part
        if len(heard) > _LONGEST_ANSWER:
            return b""
    return heard


def _read(answer: _Answer) -> Accepted | Rejected:
    match answer.body.get("Status"):
        case "Sent":
            return Accepted(str(answer.body.get("MessageId") or answer.body.get("RequestId")))
        case "NotSent":
            return _rejected(_category(answer) or BounceCategory.OTHER)
        case _:
            raise OutcomeUnknown


def _refused(answer: _Answer) -> Rejected:
    """Take a 4xx for the message's own only where the gateway says what is wrong with it."""
    category = _category(answer)
    if answer.body.get("Status") != "NotSent" or category is None:
        raise TransientFault(str(answer.status), retry_after=_retry_after(answer) or LONGEST_WAIT)
    return _rejected(category)


def _rejected(category: BounceCategory) -> Rejected:
    return Rejected(category, permanent=category.is_hard)


def _category(answer: _Answer) -> BounceCategory | None:
    details: Any = answer.body.get("Details")
    reason: Any = details.get("Reason") if isinstance(details, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # any JSON may stand here
    return next((one for one in BounceCategory if one == reason), None)


def _json(text: bytes) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}  # pyright: ignore[reportUnknownVariableType]  # any JSON may stand here


def _retry_after(answer: _Answer) -> timedelta | None:
    """Give how long we are asked to stay away, in reason; a date, or nonsense, asks for nothing."""
    seconds = answer.headers.get("retry-after", "")
    if not re.fullmatch(r"[0-9]+", seconds):
        return None
    return min(LONGEST_WAIT, timedelta(seconds=int(seconds))) if len(seconds) <= 6 else LONGEST_WAIT
