"""Show from where each kind of resource is read, and what is on the timeline."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.patients.routes import View, view_of


@dataclass(frozen=True, slots=True)
class KeptView:
    """The view, and the etag to change it by; None while nobody has set one."""

    view: View
    etag: str | None


@dataclass(frozen=True, slots=True)
class ReadView:
    """Gives the view in force."""

    documents: Documents

    def __call__(self) -> KeptView:
        found = view_of(self.documents)
        return KeptView(found.body, found.etag) if found else KeptView(View(), None)
