"""E-mail through an SMTP server (RFC 5321)."""

import re
import smtplib
import time
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from shared.kernel.identity import derived
from shared.kernel.refusals import TransientFault
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import BounceCategory, Purpose
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
"""From the connection to the last answer."""

_LEADING_DOT = re.compile(rb"(?m)^\.")
"""RFC 5321 §4.5.2: a line that begins with a dot gets one more."""
_ENHANCED = re.compile(rb"\b5\.(\d{1,3})\.(\d{1,3})\b")
_BY_ENHANCED_CODE = {
    (1, 1): BounceCategory.INVALID_MAILBOX,
    (1, 2): BounceCategory.INVALID_DOMAIN,
    (1, 3): BounceCategory.INVALID_MAILBOX,
    (1, 10): BounceCategory.INVALID_DOMAIN,
    (2, 1): BounceCategory.INACTIVE_MAILBOX,
    (2, 2): BounceCategory.FULL_MAILBOX,
}
"""RFC 3463; RFC 7505 for 5.1.10."""


@dataclass(frozen=True, slots=True)
class SmtpLogin:
    """How to sign in; only ever used after STARTTLS."""

    user: str
    password: Sensitive[str]


class _Answered(Exception):
    """The server has said no."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__()
        self.code = code
        self.text = text


class _Deadline:
    """The time by which all of it must be over: each step gets what the ones before it have left."""

    def __init__(self, timeout: timedelta) -> None:
        self._ends = time.monotonic() + timeout.total_seconds()

    def left(self) -> float:
        """Give what is left, in seconds; hardly anything rather than nothing, which would mean for ever."""
        return max(self._ends - time.monotonic(), 0.001)

    def keep(self, connection: smtplib.SMTP) -> smtplib.SMTP:
        """Let the next step take no longer than what is left."""
        if connection.sock is not None:
            connection.sock.settimeout(self.left())
        return connection


class SmtpEmail(MessageProvider):
    """Sends each message in a connection of its own. SMTP knows no keys, and cannot be asked later."""

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        login: SmtpLogin | None = None,
        timeout: timedelta = ANSWERS_WITHIN,
    ) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._login = login
        self._timeout = timeout

    @property
    def honours_keys(self) -> bool:
        return False

    def look_up(self, request_id: str) -> Accepted | NotThere | CannotSay:  # noqa: ARG002  # whichever it is
        return CannotSay()

    def send(self, outgoing: Outgoing) -> Accepted | Rejected:
        if not outgoing.to.value.isascii():
            return Rejected(BounceCategory.INVALID_MAILBOX, permanent=True)
        message = composed(outgoing, self._sender)
        deadline = _Deadline(self._timeout)
        connection = self._connected(deadline)
        try:
            self._envelope(connection, outgoing, deadline)
            _hand_over(connection, message.as_bytes(), deadline)
        except _Answered as answer:
            return _rejected(answer)
        finally:
            connection.close()  # not quit(): whatever is answered to that changes nothing
        return Accepted(message["Message-ID"])

    def _connected(self, deadline: _Deadline) -> smtplib.SMTP:
        try:
            connection = smtplib.SMTP(self._host, self._port, timeout=deadline.left())
            if self._login is not None:
                deadline.keep(connection).starttls()
                deadline.keep(connection).login(self._login.user, self._login.password.value)
            deadline.keep(connection).ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            raise TransientFault(type(error).__name__) from None
        return connection

    def _envelope(self, connection: smtplib.SMTP, outgoing: Outgoing, deadline: _Deadline) -> None:
        """Say from whom and to whom; until there is a text, nothing has been taken."""
        try:
            _check(*deadline.keep(connection).mail(self._sender))
            _check(*deadline.keep(connection).rcpt(outgoing.to.value))
            code, text = deadline.keep(connection).docmd("DATA")
            _check(code, text)
        except (OSError, smtplib.SMTPException) as error:
            raise TransientFault(type(error).__name__) from None


def composed(outgoing: Outgoing, sender: str) -> EmailMessage:
    """Write it as plain text, and HTML beside it; the Message-ID is the same at every attempt."""
    rendered = outgoing.rendered.value
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = outgoing.to.value
    message["Subject"] = rendered.subject or ""
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{derived(outgoing.request_id)}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["X-Request-Id"] = outgoing.request_id
    message["Content-Language"] = rendered.language
    if outgoing.purpose is Purpose.COMMERCIAL and outgoing.way_out:
        message["List-Unsubscribe"] = f"<{outgoing.way_out}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(rendered.text)
    if rendered.html:
        message.add_alternative(rendered.html, subtype="html")
    return message


def _hand_over(connection: smtplib.SMTP, text: bytes, deadline: _Deadline) -> None:
    """Send the text; a connection lost from here on may have been lost after the server took it."""
    try:
        deadline.keep(connection).send(_LEADING_DOT.sub(b"..", text) + b".\r\n")
        code, answer = deadline.keep(connection).getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise OutcomeUnknown(type(error).__name__) from None
    _check(code, answer)


def _check(code: int, text: bytes) -> None:
    """Let 2xx pass; 4xx means later, 5xx means no. The server's words are not kept: they quote addresses."""
    if 400 <= code < 500:
        raise TransientFault(str(code))
    if code >= 500:
        raise _Answered(code, text)


def _rejected(answer: _Answered) -> Rejected:
    found = _ENHANCED.search(answer.text)
    enhanced = (int(found.group(1)), int(found.group(2))) if found else (0, 0)
    if enhanced[0] == 7:
        return Rejected(BounceCategory.POLICY, permanent=True)
    fallback = BounceCategory.INVALID_MAILBOX if answer.code == 550 and not found else BounceCategory.OTHER
    return Rejected(_BY_ENHANCED_CODE.get(enhanced, fallback), permanent=True)
