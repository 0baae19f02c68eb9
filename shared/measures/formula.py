"""What a measure asks: over which facts, of whom, which calculations, split by what (UN-14).

A row counts as a record counts in a segment (`shared/segments/rules.py`): as of a moment, what is dated after
it does not count unless the measure looks ahead. Only rows of patients who are there count. An Appointment of
several patients is a row of each.
"""

from dataclasses import dataclass
from typing import Literal

from shared.fhir.criteria import Code
from shared.segments.rules import RecordTest, ResourceType, Rule, When

Kind = Literal["attribute", "customer", "business"]
Function = Literal["sum", "avg", "count", "count_unique", "max", "min", "first", "last", "arg_max", "arg_min"]
Column = str
MeasureState = Literal["draft", "live", "expired"]


@dataclass(frozen=True, slots=True)
class Records:
    """Clinical or administrative records of one type: each must meet all that is asked here.

    The fields mean what they mean in `HasRecords`.
    """

    kind: Literal["records"]
    resource: ResourceType
    codes: tuple[Code, ...] = ()
    tests: tuple[RecordTest, ...] = ()
    when: When | None = None
    dated_by: Literal["start", "end"] = "start"


@dataclass(frozen=True, slots=True)
class People:
    """The patients themselves, a row each."""

    kind: Literal["people"]


@dataclass(frozen=True, slots=True)
class Activities:
    """What happened with patients, as sources tell it (UN-13): of some types and events, or of any.

    One whose time has passed, being of real time, does not count.
    """

    kind: Literal["activities"]
    types: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    when: When | None = None


Source = Records | Activities | People


@dataclass(frozen=True, slots=True)
class Calculation:
    """One number, or other value, of all rows that belong together.

    `column` is what it is worked out from (`columns.py`); `count` without one counts rows. Instead of a
    column, `component` takes the value of the first component with one of these codes. What is unknown does
    not count, unless `null_as` stands for it. `first` and `last` go by the rows' date, `arg_max` and
    `arg_min` by the column `by`: they give the column's value where that is greatest or least. Of rows alike
    in that, first and arg_min are of the least id, last and arg_max of the greatest.
    """

    name: str
    function: Function
    column: Column | None = None
    component: tuple[Code, ...] = ()
    by: Column | None = None
    null_as: float | str | None = None


@dataclass(frozen=True, slots=True)
class Dimension:
    """By what the rows are split. A time is split by days, months or years, in the measure's zone.

    What is unknown is a group of its own, or belongs to the group that `null_as` names.
    """

    column: Column
    by: Literal["day", "month", "year"] | None = None
    null_as: str | None = None


@dataclass(frozen=True, slots=True)
class MeasureDraft:
    """What a person says about a measure.

    `kind`: an attribute is one value of each patient, a customer measure may have several and dimensions, a
    business measure is of all patients together. `among`: only the rows of patients whom this rule finds.
    `refresh`: how often it is worked out by itself; None is only when it is changed or somebody asks.
    `time_zone` (IANA) says when a day begins; None is UTC.
    """

    name: str
    kind: Kind
    over: Source
    calculations: tuple[Calculation, ...]
    dimensions: tuple[Dimension, ...] = ()
    among: Rule | None = None
    state: MeasureState = "draft"
    refresh: Literal["day", "week"] | None = None
    time_zone: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure as it is kept; see `MeasureDraft` for its fields. `version` counts its edits."""

    id: str
    version: int
    name: str
    kind: Kind
    over: Source
    calculations: tuple[Calculation, ...]
    dimensions: tuple[Dimension, ...] = ()
    among: Rule | None = None
    state: MeasureState = "draft"
    refresh: Literal["day", "week"] | None = None
    time_zone: str | None = None
    description: str = ""
