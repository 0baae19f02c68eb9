"""Text messages through any gateway that keeps the custom channel contract (capabilities CH-5)."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

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
"""What CH-5 gives the other side. Finding and reaching it may take a quarter of that on top."""

_NEVER_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NOT_TAKEN = {401, 403, 404, 429, 503}
"""The gateway did not look at the message: we are unknown, at the wrong address, or one too many."""


class GatewaySms(MessageProvider):
    """Posts each message with an IdempotencyId that is the same at every attempt.

    `honours_keys` says whether the gateway heeds it; one that does must answer `GET {url}/{RequestId}` too.
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
        self._timeout = _timeout(timeout.total_seconds())
        self._sender = sender
        self._honours_keys = honours_keys

    @property
    def honours_keys(self) -> bool:
        return self._honours_keys

    def send(self, outgoing: Outgoing) -> Accepted | Rejected:
        answer = self._post(_body(outgoing, self._sender))
        if answer.status_code in _NOT_TAKEN:
            raise TransientFault(str(answer.status_code), retry_after=_retry_after(answer))
        if answer.status_code >= 500:
            raise OutcomeUnknown
        if answer.status_code >= 400:
            return Rejected(BounceCategory.OTHER, permanent=False)
        return _read(answer)

    def look_up(self, request_id: str) -> Accepted | NotThere | CannotSay:
        """Ask; a 404 counts only when the gateway names the request in it, for any server answers 404."""
        if not self._honours_keys:
            return CannotSay()
        try:
            answer = self._client.get(
                f"{self._url}/{quote(request_id, safe='~')}", headers=self._headers, timeout=self._timeout
            )
        except httpx.TransportError as error:
            raise TransientFault(type(error).__name__) from None
        body = _json(answer)
        if answer.status_code == 404 and body.get("RequestId") == request_id:
            return NotThere()
        if answer.status_code == 200 and body.get("Status") == "Sent":
            return Accepted(str(body.get("MessageId") or request_id))
        return CannotSay()

    def _post(self, body: dict[str, Any]) -> httpx.Response:
        """Post it. A failure keeps no cause: httpx's would carry the request, and so the number (D17)."""
        try:
            return self._client.post(self._url, json=body, headers=self._headers, timeout=self._timeout)
        except _NEVER_REACHED as error:
            raise TransientFault(type(error).__name__) from None
        except httpx.TransportError as error:
            raise OutcomeUnknown(type(error).__name__) from None


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


def _read(answer: httpx.Response) -> Accepted | Rejected:
    body = _json(answer)
    match body.get("Status"):
        case "Sent":
            return Accepted(str(body.get("MessageId") or body.get("RequestId")))
        case "NotSent":
            details: Any = body.get("Details")
            return _rejected(details.get("Reason") if isinstance(details, dict) else None)  # pyright: ignore[reportUnknownMemberType]  # any JSON may stand here
        case _:
            raise OutcomeUnknown


def _rejected(reason: Any) -> Rejected:
    category = next((one for one in BounceCategory if one == reason), BounceCategory.OTHER)
    return Rejected(category, permanent=category.is_hard)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}  # pyright: ignore[reportUnknownVariableType]  # any JSON may stand here


def _retry_after(answer: httpx.Response) -> timedelta | None:
    seconds = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() else None
