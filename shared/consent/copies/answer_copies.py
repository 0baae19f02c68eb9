"""Hear from whoever reads a contact point whether they want copies there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qs

from shared.consent.copies.documents import copies_of
from shared.consent.copies.keep_copy import keep_copy
from shared.consent.copies.links import link_from
from shared.consent.copies.model import Copies, Copy, Matter, accepted, ended
from shared.kernel.documents import Document, Documents
from shared.kernel.refusals import Nonsense
from shared.patients.read_related import ReadRelated

MOST_FIELDS = 10


@dataclass(frozen=True, slots=True)
class CopiesView:
    """The page: what would be copied, and how that stands. Of the patient it says nothing."""

    stands: Literal["open", "accepted", "stopped", "expired"]
    language: str
    matters: tuple[Matter, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenCopies:
    """Gives the page, and changes nothing: mail scanners open every link first."""

    documents: Documents
    related: ReadRelated
    language: str

    def __call__(self, *, told: Mapping[str, str], now: datetime) -> CopiesView:
        """Give it, or raise `SealBroken`."""
        _, copy = self.found(told)
        return self.view(copy, told=told, now=now)

    def found(self, told: Mapping[str, str]) -> tuple[Document[Copies] | None, Copy | None]:
        """Give what the link is about; None for what was forgotten."""
        link = link_from(told)
        found = copies_of(self.documents, link.patient_id)
        return found, found.body.copy(link.copy_id) if found else None

    def view(self, copy: Copy | None, *, told: Mapping[str, str], now: datetime) -> CopiesView:
        if copy is None:
            return CopiesView("stopped", self.language)
        link = link_from(told)
        reader = self.related(copy.terms.related_person_id, patient_id=link.patient_id, now=now)
        language = (reader.language if reader else None) or self.language
        match copy.state(now):
            case "asked":
                return CopiesView("open", language, copy.matters)
            case "accepted":
                return CopiesView("accepted", language, copy.matters)
            case "ended":
                return CopiesView("stopped", language)
            case "expired":
                return CopiesView("expired", language)


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
