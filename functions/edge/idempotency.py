"""The same POST twice under one Idempotency-Key is done once and answered twice.

A request takes a short lease before it acts and leaves its answer behind. Killed between, the lease lapses
and the next attempt acts again: what it makes should take its id from `http.request_id`, which is then
the same.
"""

import base64
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import azure.functions as func

from functions.edge.exchange import header
from functions.edge.problems import KeyUsedForAnother, StillInProgress, answer_to
from shared.kernel.clock import Clock
from shared.kernel.documents import Create, Document, Documents, Replace, replacing
from shared.kernel.identity import derived
from shared.kernel.refusals import AlreadyExists, Conflict, LostRace, Nonsense, NotAllowed, Refusal
from shared.kernel.sensitive import Sensitive

log = logging.getLogger(__name__)

LEASE_LASTS = timedelta(seconds=60)
"""Machine time: longer than any request may take, short enough to wait out a crash."""
ANSWER_LASTS = timedelta(hours=24)
LONGEST_KEY = 255
LARGEST_ANSWER = 1_000_000
"""Bytes; spelt in base64 they still fit into one document (D4: 2 MB)."""
DOCUMENT = "answer~kept"


class AnswerNotKept(Conflict):
    """It has been done before; its answer was too large to keep, so read it anew."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered, byte for byte (base64)."""

    status: int
    headers: Mapping[str, str]
    media_type: str
    body: Sensitive[str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request under a key: what was asked, until when it is being worked on, and its answer."""

    asked: str
    leased_until: datetime
    answer: KeptAnswer | None = None


@dataclass(frozen=True, slots=True)
class OnlyOnce:
    """Runs what one caller asks under one key once at a time, and gives its first answer to repetitions."""

    documents: Documents
    clock: Clock

    def __call__(self, partition: str, asked: str, act: Callable[[], func.HttpResponse]) -> func.HttpResponse:
        """Act, or repeat what was answered.

        Raises `KeyUsedForAnother` when the key came with another request, and `StillInProgress` while another
        attempt is at it. What is not an answer to keep frees the key: a fault, nonsense, no permission, or a
        conflict, which may have been with a passing state.
        """
        begun = self._begun(partition, asked)
        if begun.body.answer is not None:
            return _replayed(begun.body.answer)
        try:
            response = act()
        except (NotAllowed, Conflict):
            self._freed(begun)
            raise
        except Refusal as refused:
            response = answer_to(refused)
        except Exception:  # whatever failed, the next attempt may try; the edge tells it as what it is
            self._freed(begun)
            raise
        self._kept(begun, response)
        return response

    def _begun(self, partition: str, asked: str) -> Document[Attempt]:
        """Take the lease, or give the attempt that has been answered."""
        before = self.documents.look(partition, DOCUMENT, Attempt)
        if before is not None and before.body.asked != asked:
            raise KeyUsedForAnother
        if before is not None and before.body.answer is not None:
            return before
        real = self.clock.real()
        if before is not None and before.body.leased_until > real:
            raise StillInProgress(before.body.leased_until - real)
        attempt = Attempt(asked, real + LEASE_LASTS)
        expires_at = self.clock.now() + ANSWER_LASTS
        change = (
            Create(DOCUMENT, attempt, expires_at)
            if before is None
            else replacing(before, attempt, expires_at=expires_at)
        )
        try:
            etags = self.documents.commit(partition, changes=[change])
        except (AlreadyExists, LostRace):
            raise StillInProgress(LEASE_LASTS) from None
        return Document(partition, DOCUMENT, change.version, etags[DOCUMENT], attempt, expires_at)

    def _kept(self, begun: Document[Attempt], response: func.HttpResponse) -> None:
        if len(response.get_body()) > LARGEST_ANSWER:
            response = answer_to(AnswerNotKept())
        answer = KeptAnswer(
            response.status_code,
            dict(response.headers.items()),
            response.mimetype,
            Sensitive(base64.b64encode(response.get_body()).decode()),
        )
        attempt = Attempt(begun.body.asked, begun.body.leased_until, answer)
        self._settled(begun, replacing(begun, attempt, expires_at=begun.expires_at))

    def _freed(self, begun: Document[Attempt]) -> None:
        """Let the lease lapse now, keeping what was asked: the key stays bound to this request."""
        attempt = Attempt(begun.body.asked, self.clock.real())
        self._settled(begun, replacing(begun, attempt, expires_at=begun.expires_at))

    def _settled(self, begun: Document[Attempt], change: Replace) -> None:
        try:
            self.documents.commit(begun.partition, changes=[change])
        except LostRace:  # we took longer than the lease; whoever took over answers the repetitions
            log.warning("edge.idempotency.lease_lost")


def _replayed(answer: KeptAnswer) -> func.HttpResponse:
    return func.HttpResponse(
        base64.b64decode(answer.body.value),
        status_code=answer.status,
        headers={**answer.headers, "Idempotency-Replayed": "true"},
        mimetype=answer.media_type,
    )


def partition_of(who: tuple[str, str], key: str) -> str:
    """Name the place of one caller's key; what one caller was answered is never given to another."""
    return f"idempotency/{derived(*who, key)}"


def key_of(req: func.HttpRequest) -> str | None:
    """Read the Idempotency-Key, if there is one."""
    key = header(req, "Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise Nonsense(("Idempotency-Key", f"must be 1 to {LONGEST_KEY} printable characters"))
    return key


def fingerprint(req: func.HttpRequest) -> str:
    """Tell one request from another: method, address, version named, for whom, and body."""
    asked = (req.method, req.url, header(req, "If-Match") or "", header(req, "Content-Type") or "")
    if header(req, "On-Behalf-Of"):
        asked = (*asked, header(req, "On-Behalf-Of") or "")
    return hashlib.sha256("\x1f".join(asked).encode() + b"\x1f" + req.get_body()).hexdigest()
