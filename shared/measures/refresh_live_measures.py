"""Work all live measures out anew, as a stage of a refresh (UN-17)."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.measures.ask_for_values import AskForValues
from shared.measures.documents import measures_in_state, refresh_of
from shared.measures.model import MeasureIsNotLive
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.patients.refreshes import StagePartFailed, StageStep, StageTookTooLong

HOUSE = Caller("refresh", "house")
LOOKS_EVERY = timedelta(seconds=15)
LONGEST = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class RefreshLiveMeasures:
    """Asks for all, and is through once none is waited for any more.

    Raises `FeatureIsOff` while segments are switched off, `StagePartFailed` once all are over and one has
    failed, and `StageTookTooLong` after six hours.
    """

    documents: Documents
    ask: AskForValues
    features: LiveFeatures

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:  # noqa: ARG002  # a stage's own words
        self.features.require(Feature.SEGMENTS)
        measures = list(measures_in_state(self.documents, "live"))
        if after is None and measures:
            for measure in measures:
                with suppress(MeasureIsNotLive):  # since it was listed
                    self.ask(measure_id=measure.id, caller=HOUSE, now=now)
            return StageStep(0, now.isoformat(), is_through=False, again_in=LOOKS_EVERY)
        stand = [refresh_of(self.documents, measure.id) for measure in measures]
        states = [one.body.status for one in stand if one is not None]
        if "queued" not in states:
            if "failed" in states:
                raise StagePartFailed
            return StageStep(len(measures), None, is_through=True)
        if after is not None and now - datetime.fromisoformat(after) > LONGEST:
            raise StageTookTooLong
        return StageStep(0, after, is_through=False, again_in=LOOKS_EVERY)
