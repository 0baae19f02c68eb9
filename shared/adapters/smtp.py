"""E-mail through an SMTP server (RFC 5321)."""

import contextlib
import re
import smtplib
import socket
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from functools import partial

from shared.adapters.errand import Errand, in_time
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
"""From looking up the server's name to its last answer."""
REFUSES_US_FOR = timedelta(minutes=15)
"""When we come back to a server that refuses us, and not the address: until somebody has set it right."""

_MAILBOX = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@|\"(?:[^\"]{1,62})\"@)"
    r"(?:[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+|\"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~@()<>,:;-]+\")"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
"""What we can spell in a header and an envelope alike: RFC 5321 §4.1.2 without address literals and escapes,
and with dots anywhere in the local part, as some telephone companies hand them out."""
_TO_US = {500, 502, 503, 504, 530, 534, 535, 538}
"""RFC 5321 §4.2.2 and RFC 4954 §6: a command we should not have sent, or one that wants us signed in."""
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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the server says to one command. Its words are not kept: they quote addresses."""

    code: int
    text: bytes

    @property
    def is_no(self) -> bool:
        return self.code >= 400

    @property
    def against_the_recipient(self) -> Rejected:
        """Read a no to the recipient; one to the command, or to who gives it, is one to us."""
        if self.code < 500 or self.code in _TO_US:
            raise _against_us(self.code)
        if self._enhanced[0] == 7:
            return Rejected(BounceCategory.POLICY, permanent=True)
        plain = self.code == 550 and self._enhanced == (0, 0)
        fallback = BounceCategory.INVALID_MAILBOX if plain else BounceCategory.OTHER
        return Rejected(_BY_ENHANCED_CODE.get(self._enhanced, fallback), permanent=True)

    @property
    def against_the_mailbox(self) -> Rejected:
        """Read a no to what follows the recipient: it is the mailbox's only where it says so."""
        if self.code < 500 or self._enhanced not in _BY_ENHANCED_CODE:
            raise _against_us(self.code)
        return Rejected(_BY_ENHANCED_CODE[self._enhanced], permanent=True)

    @property
    def _enhanced(self) -> tuple[int, int]:
        found = _ENHANCED.search(self.text)
        return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


class SmtpEmail(MessageProvider):
    """Sends each message in a connection of its own. SMTP knows no keys, and cannot be asked later.

    It is over within `timeout`, whatever the server does. What the server has against us is no fault of the
    address: only a refusal of the recipient counts, or one of the text that names a fault of the mailbox.
    """

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
        if not _MAILBOX.fullmatch(outgoing.to.value):
            return Rejected(BounceCategory.INVALID_MAILBOX, permanent=True)
        message = composed(outgoing, self._sender)
        return in_time(lambda errand: self._sent(message, outgoing.to, errand), self._timeout)

    def _sent(self, message: EmailMessage, to: Sensitive[str], errand: Errand) -> Accepted | Rejected:
        """Hold the whole conversation. A failure keeps no cause: smtplib's may quote the address (D17)."""
        try:
            with contextlib.closing(self._connected(errand)) as connection:  # no QUIT: nothing hangs on it
                self._introduce(connection, errand)
                refused = self._refused(connection, to, errand)
                return refused or _handed_over(connection, message, errand)
        except smtplib.SMTPResponseException as error:  # at the door, to STARTTLS or to our login
            raise errand.broken_off(str(error.smtp_code), retry_after=_stay_away(error.smtp_code)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise errand.broken_off(type(error).__name__) from None

    def _connected(self, errand: Errand) -> smtplib.SMTP:
        connection = smtplib.SMTP(self._host, self._port, timeout=errand.left())
        errand.hangs_up_by(partial(_hang_up, connection))
        return connection

    def _introduce(self, connection: smtplib.SMTP, errand: Errand) -> None:
        if self._login is not None:
            _keep(connection, errand).starttls()
            _keep(connection, errand).login(self._login.user, self._login.password.value)
        _keep(connection, errand).ehlo_or_helo_if_needed()

    def _refused(self, connection: smtplib.SMTP, to: Sensitive[str], errand: Errand) -> Rejected | None:
        """Say from whom and to whom; until there is a text, nothing has been taken."""
        from_us = _Answer(*_keep(connection, errand).mail(self._sender))
        if from_us.is_no:
            raise _against_us(from_us.code)
        to_them = _Answer(*_keep(connection, errand).rcpt(to.value))
        if to_them.is_no:
            return to_them.against_the_recipient
        go_on = _Answer(*_keep(connection, errand).docmd("DATA"))
        if go_on.is_no:
            return go_on.against_the_mailbox
        return None


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


def _handed_over(connection: smtplib.SMTP, message: EmailMessage, errand: Errand) -> Accepted | Rejected:
    """Send the text; a connection lost from here on may have been lost after the server took it."""
    text = _LEADING_DOT.sub(b"..", message.as_bytes())
    _keep(connection, errand)
    errand.begin()
    connection.send(text + b".\r\n")
    taken = _Answer(*_keep(connection, errand).getreply())
    if taken.is_no:
        return taken.against_the_mailbox
    if taken.code < 200:
        raise OutcomeUnknown(str(taken.code))
    return Accepted(message["Message-ID"])


def _keep(connection: smtplib.SMTP, errand: Errand) -> smtplib.SMTP:
    """Let the next step take no longer than what is left."""
    if connection.sock is not None:
        connection.sock.settimeout(errand.left())
    return connection


def _hang_up(connection: smtplib.SMTP) -> None:
    """End it while another thread is listening, which would hold up a plain close."""
    with contextlib.suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)


def _against_us(code: int) -> TransientFault:
    return TransientFault(str(code), retry_after=_stay_away(code))


def _stay_away(code: int) -> timedelta | None:
    """Take 4xx for later, and 5xx for what somebody has to set right first."""
    return REFUSES_US_FOR if code >= 500 else None
