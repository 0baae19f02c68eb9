"""Set from where each kind of resource is read, and what is on the timeline (FH-8, WS-3)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, as_seen, replacing
from shared.kernel.refusals import Nonsense
from shared.patients.declarations import ResourceType
from shared.patients.read_view import KeptView
from shared.patients.routes import (
    CURRENT,
    ORGANISATION,
    TypeView,
    View,
    ViewChangedMeanwhile,
    ViewIsThere,
    view_of,
)

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class ViewWanted:
    """How kinds shall be read and shown; one that is not named is read locally and shown as declared."""

    types: Mapping[ResourceType, TypeView]


@dataclass(frozen=True, slots=True)
class PutView:
    """Sets all kinds at once, in force with the next reading; nobody who reads needs to know. Audited."""

    documents: Documents

    def __call__(
        self, wanted: ViewWanted, *, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptView:
        """Set it, or raise `Nonsense`, `ViewIsThere` or `ViewChangedMeanwhile`."""
        problems = list(_problems(wanted))
        if problems:
            raise Nonsense(*problems)
        before = view_of(self.documents)
        as_seen(before, if_match, is_there=ViewIsThere, changed=ViewChangedMeanwhile)
        after = View(wanted.types, caller.who, now)
        write = replacing(before, after) if before else Create(CURRENT, after)
        told = audited(write, what="put_view", subject=ORGANISATION, who=caller.who, now=now)
        etags = self.documents.commit(ORGANISATION, changes=[write], announcements=[told])
        return KeptView(after, etags[CURRENT])


def _problems(wanted: ViewWanted) -> Iterator[tuple[str, str]]:
    for type_, view in wanted.types.items():
        name = view.display_name
        if name is not None and not (0 < len(name.strip()) <= LONGEST_NAME and name.isprintable()):
            yield f"types.{type_}.display_name", f"not one line of 1 to {LONGEST_NAME} characters"
