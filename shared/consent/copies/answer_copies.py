"""Hear from whoever reads a contact point whether they want copies there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from shared.consent.copies.keep_copy import keep_copy
from shared.consent.copies.links import link_from
from shared.consent.copies.model import accepted, ended
from shared.consent.copies.open_copies import CopiesView, OpenCopies
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense

MOST_FIELDS = 10


@dataclass(frozen=True, slots=True)
class AnswerCopies:
    """Keeps a yes within 28 days of being asked, and a no at any time; said again, it changes nothing.

    A no ends these copies alone: nobody else's, and nothing that is written to the reader as a patient.
    """

    documents: Documents
    open_copies: OpenCopies

    def __call__(self, body: bytes, *, told: Mapping[str, str], now: datetime) -> CopiesView:
        """Keep it and give the page. Raises `SealBroken`, or `Nonsense` for what is no answer.

        A mail program's one click (RFC 8058) is a no.
        """
        wants = _answer(body)
        found, copy = self.open_copies.found(told)
        if found is None or copy is None:
            return self.open_copies.view(None, told=told, now=now)
        after = accepted(copy, now) if wants else ended(copy, now)
        keep_copy(
            self.documents,
            found,
            after,
            what="accept_copies" if wants else "stop_copies",
            who=f"link|{copy.contact}",
            why=None,
            patient_id=link_from(told).patient_id,
            now=now,
        )
        return self.open_copies.view(after, told=told, now=now)


def _answer(body: bytes) -> bool:
    if b"List-Unsubscribe" in body and b"One-Click" in body:
        return False
    try:
        given = parse_qs(body.decode(), max_num_fields=MOST_FIELDS).get("wants", [])
    except ValueError:
        given = []
    if given not in (["yes"], ["no"]):
        raise Nonsense(("wants", "must be yes or no"))
    return given == ["yes"]
