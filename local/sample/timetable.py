"""When a practice is open: working days of twenty-one appointments, in its own zone, summer time included."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

VISIT = timedelta(minutes=20)
_HOURS = tuple(time(hour, minute) for hour in (8, 9, 10, 11, 13, 14, 15) for minute in (0, 20, 40))
CELLS_A_DAY = len(_HOURS)


@dataclass(frozen=True, slots=True)
class Cell:
    """One place in the timetable: its local day, and both ends as FHIR instants with that day's offset."""

    day: date
    start: str
    end: str
    clock: str


class Timetable:
    """The cells of one zone around one day: 0 is the first of the day itself or after, -1 the last before it.

    Every cell below 0 is over by midnight UTC of that day, every other begins after it. Cells are worked out
    when first asked for and kept; nobody asks for more than three years of them.
    """

    def __init__(self, zone: str, as_of: date) -> None:
        self._zone = ZoneInfo(zone)
        self._monday = as_of - timedelta(days=as_of.weekday())
        self._offset = min(as_of.weekday(), 5)
        self._cells: dict[int, Cell] = {}

    def cell(self, number: int) -> Cell:
        found = self._cells.get(number)
        if found is None:
            found = self._cells[number] = self._worked_out(number)
        return found

    def _worked_out(self, number: int) -> Cell:
        working_day, place = divmod(number, CELLS_A_DAY)
        weeks, weekday = divmod(self._offset + working_day, 5)
        day = self._monday + timedelta(weeks=weeks, days=weekday)
        start = datetime.combine(day, _HOURS[place], self._zone)
        return Cell(day, start.isoformat(), (start + VISIT).isoformat(), start.strftime("%Y%m%d%H%M"))
