"""Show whoever has the link what would be copied, and how that stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.consent.copies.documents import copies_of
from shared.consent.copies.links import link_from
from shared.consent.copies.model import Copies, Copy, Matter
from shared.kernel.documents import Document, Documents
from shared.patients.read_related import ReadRelated


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
