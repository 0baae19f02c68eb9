"""Date searches agree with a naive evaluation of the same question on every resource."""

import calendar
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import SearchParameters
from shared.kernel.clock import StoppedClock

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAWN, DUSK = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Time:
    """A text and the first and last moment that it means, worked out apart from the code under test."""

    text: str
    first: datetime
    last: datetime


@st.composite
def times(draw: st.DrawFn) -> Time:
    moment = datetime(2019, 12, 1, tzinfo=UTC) + timedelta(seconds=draw(st.integers(0, 428 * 86_400)))
    year, month, day = moment.year, moment.month, moment.day
    match draw(st.sampled_from(["year", "month", "day", "second"])):
        case "year":
            return Time(
                f"{year}", datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC) - TICK
            )
        case "month":
            start = datetime(year, month, 1, tzinfo=UTC)
            return Time(
                f"{year}-{month:02}",
                start,
                start + timedelta(days=calendar.monthrange(year, month)[1]) - TICK,
            )
        case "day":
            start = datetime(year, month, day, tzinfo=UTC)
            return Time(f"{year}-{month:02}-{day:02}", start, start + timedelta(days=1) - TICK)
        case _:
            return Time(moment.isoformat(), moment, moment + timedelta(seconds=1) - TICK)


@st.composite
def encounters(draw: st.DrawFn) -> tuple[dict[str, Any], datetime, datetime]:
    start, end = draw(st.none() | times()), draw(st.none() | times())
    assume(start is None or end is None or start.first <= end.last)
    period = {name: time.text for name, time in (("start", start), ("end", end)) if time}
    return period, start.first if start else DAWN, end.last if end else DUSK


PREFIXES = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"]


def meets(first: datetime, last: datetime, prefix: str, asked: Time) -> bool:
    within = asked.first <= first and last <= asked.last
    return {
        "": within,
        "eq": within,
        "ne": not within,
        "gt": last > asked.last,
        "lt": first < asked.first,
        "ge": last >= asked.first,
        "le": first <= asked.last,
        "sa": first > asked.last,
        "eb": last < asked.first,
    }[prefix]


class TestDateSearch:
    @settings(max_examples=60)
    @given(
        st.lists(encounters(), min_size=1, max_size=12),
        st.lists(
            st.lists(st.tuples(st.sampled_from(PREFIXES), times()), min_size=1, max_size=2),
            min_size=1,
            max_size=3,
        ),
    )
    def test_agrees_with_a_naive_one(
        self,
        stays: list[tuple[dict[str, Any], datetime, datetime]],
        asked: list[list[tuple[str, Time]]],
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            record = SqliteRecord(Path(folder) / "record.db", clock=StoppedClock(NOW))
            record.load(
                {
                    "resourceType": "Encounter",
                    "id": str(n),
                    "status": "finished",
                    **({"period": period} if period else {}),
                }
                for n, (period, _, _) in enumerate(stays)
            )
            pairs = [("date", ",".join(prefix + time.text for prefix, time in values)) for values in asked]

            page = record.search(
                "Encounter", SearchParameters([*pairs, ("_count", "100"), ("_total", "accurate")])
            )
            record.close()

        expected = {
            str(n)
            for n, (period, first, last) in enumerate(stays)
            if period
            and all(any(meets(first, last, prefix, time) for prefix, time in values) for values in asked)
        }
        assert {match["id"] for match in page.matches} == expected
        assert page.total == len(expected)
