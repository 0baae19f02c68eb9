"""Which columns a measure may speak of, and what is in them: pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from shared.measures.formula import Activities, People, Records, Source

Holds = Literal["text", "number", "instant", "date", "truth"]

OF_RECORDS: Mapping[str, Holds] = MappingProxyType(
    {
        "id": "text",
        "code": "text",
        "status": "text",
        "clinical_status": "text",
        "verification_status": "text",
        "class": "text",
        "intent": "text",
        "start": "instant",
        "end": "instant",
        "value": "number",
        "unit": "text",
        "coded_value": "text",
    }
)
"""`code` and `coded_value` are the first codings, spelt `system|code`; `value` is a quantity's."""
OF_ACTIVITIES: Mapping[str, Holds] = MappingProxyType(
    {"id": "text", "type": "text", "source": "text", "kind": "text", "event": "text", "start": "instant"}
)
OF_PATIENTS: Mapping[str, Holds] = MappingProxyType(
    {
        "patient.gender": "text",
        "patient.city": "text",
        "patient.language": "text",
        "patient.birth_date": "date",
        "patient.age": "number",
        "patient.is_active": "truth",
        "patient.is_deceased": "truth",
    }
)
"""Of the patient whose row it is. `patient.age` is in full years as of the moment asked about."""
TIMES = frozenset({"instant", "date"})
SPLITTABLE_NUMBERS = frozenset({"patient.age"})
"""Numbers that rows may be split by: few are different."""


def columns_of(source: Source) -> Mapping[str, Holds]:
    """Give the columns that a measure over this may name."""
    match source:
        case Records():
            return {**OF_RECORDS, **OF_PATIENTS}
        case Activities():
            return {**OF_ACTIVITIES, **OF_PATIENTS}
        case People():
            return OF_PATIENTS


def is_dated(source: Source) -> bool:
    """Say whether the rows have a date, so that there is a first and a last."""
    return not isinstance(source, People)
