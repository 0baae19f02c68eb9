"""Switch features on and off."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, as_seen, replacing
from shared.kernel.refusals import Nonsense
from shared.operations.feature_documents import CURRENT, ORGANISATION, features_of
from shared.operations.features import (
    Feature,
    Features,
    FeaturesAreThere,
    FeaturesChangedMeanwhile,
    FeaturesWanted,
)
from shared.operations.read_features import KeptFeatures

log = logging.getLogger(__name__)

LONGEST_WHY = 500


@dataclass(frozen=True, slots=True)
class PutFeatures:
    """Sets all switches at once; they are in force everywhere within two seconds, without a restart.

    Once they have been set, they are set only by whoever has seen them. What was set so, by whom and why is
    audited.
    """

    documents: Documents

    def __call__(
        self, wanted: FeaturesWanted, *, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptFeatures:
        """Set them, or raise `Nonsense`, `FeaturesAreThere` or `FeaturesChangedMeanwhile`."""
        problems = list(_problems(wanted))
        if problems:
            raise Nonsense(*problems)
        before = features_of(self.documents)
        as_seen(before, if_match, is_there=FeaturesAreThere, changed=FeaturesChangedMeanwhile)
        after = _as_wanted(wanted, caller, now)
        write = replacing(before, after) if before else Create(CURRENT, after)
        told = audited(
            write,
            what="put_features",
            subject=ORGANISATION,
            who=caller.who,
            now=now,
            why=f"off: {_off(after) or 'nothing'}; {wanted.why.strip()}",
        )
        etags = self.documents.commit(ORGANISATION, changes=[write], announcements=[told])
        log.warning("operations.features.set", extra={"off": _off(after)})
        return KeptFeatures(after, etags[CURRENT])


def _problems(wanted: FeaturesWanted) -> Iterator[tuple[str, str]]:
    if not wanted.why.strip():
        yield "why", "missing"
    elif len(wanted.why) > LONGEST_WHY or not wanted.why.isprintable():
        yield "why", "not one line of up to 500 characters"


def _as_wanted(wanted: FeaturesWanted, caller: Caller, now: datetime) -> Features:
    return Features(
        chat=wanted.chat,
        booking=wanted.booking,
        surveys=wanted.surveys,
        journeys=wanted.journeys,
        segments=wanted.segments,
        outreach=wanted.outreach,
        why=wanted.why.strip(),
        changed_by=caller.who,
        changed_at=now,
    )


def _off(features: Features) -> str:
    return ", ".join(feature for feature in Feature if not features.has(feature))
