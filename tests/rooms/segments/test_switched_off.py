"""While segments are switched off the timers queue nothing: what is due stays due (OP-3)."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.operations.features import Feature, FeatureIsOff, FeaturesWanted
from shared.operations.put_features import PutFeatures
from shared.segments.model import ReconsiderPatient, RefreshSegment
from tests.rooms.segments.ward import ADA, MAKER, Ward, a_patient, a_ward, result

ALL_ON = FeaturesWanted(
    chat=True, booking=True, surveys=True, journeys=True, segments=True, outreach=True, why="A test"
)


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with a_ward(tmp_path) as one:
        one.has_segment()
        one.writes(a_patient(), result())
        one.comes_to_rest()
        one.house.clock.pass_by(timedelta(days=91))  # by then the result is too old for the segment
        yield one


def set_segments(ward: Ward, *, on: bool, if_match: str | None = None) -> str | None:
    put = PutFeatures(ward.house.documents)
    kept = put(replace(ALL_ON, segments=on), caller=MAKER, now=ward.now, if_match=if_match)
    ward.house.clock.pass_by(timedelta(seconds=2))
    return kept.etag


class TestTimers:
    def test_queue_nothing_until_they_are_on_again(self, ward: Ward) -> None:
        etag = set_segments(ward, on=False)
        off = ward.queue_refreshes(now=ward.now), ward.queue_expiring(now=ward.now)
        set_segments(ward, on=True, if_match=etag)

        assert off == (0, 0)
        assert (ward.queue_refreshes(now=ward.now), ward.queue_expiring(now=ward.now)) == (1, 1)


class TestWhatWasQueuedBefore:
    def test_is_refused_by_name_and_not_waited_for(self, ward: Ward) -> None:
        set_segments(ward, on=False)

        assert not ward.features.has(Feature.SEGMENTS)
        with pytest.raises(FeatureIsOff):
            ward.refresh(RefreshSegment("too-high", 1, because="due"), now=ward.now)
        with pytest.raises(FeatureIsOff):
            ward.reconsider(ReconsiderPatient(ADA, "time", segment_id="too-high"), now=ward.now)

        assert not FeatureIsOff.needs_a_person
