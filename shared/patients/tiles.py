"""What stands on a patient's page beside the two forms, each on the terms of a door of its own (UN-15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, get_args

from shared.access.model import CLINICAL_ROLES, Caller, Role, may
from shared.kernel.refusals import Nonsense

TileName = Literal["timeline", "activities", "measures", "ids_by_source"]
TILES: tuple[TileName, ...] = get_args(TileName)
USUAL: tuple[TileName, ...] = ("timeline", "activities")
"""What is shown where nothing is said: measures are read from files, some thirty milliseconds for each; and
for ids every matching is asked, and every record that was merged with this one."""
Standing = Literal["shown", "unavailable", "withheld"]
"""Shown; not to be had just now; or behind a door that the caller may not open."""
MOST_ON_A_TILE = 20
MOST_IDS = 50
"""Of all sources together."""

_CARERS = frozenset(
    {
        Role.CARE_COORDINATOR,
        Role.HEALTHCARE_USER,
        Role.OUTREACH_SPECIALIST,
        Role.HEALTHCARE_NON_CLINICAL_USER,
    }
)
OPEN_TO: Mapping[TileName, frozenset[Role]] = MappingProxyType(
    {"activities": _CARERS, "measures": _CARERS, "ids_by_source": CLINICAL_ROLES}
)
"""Who may be shown which, as at its own door; a tile that is not named here is for all who see the page.

Ids by source have no door of one patient; what a source or matching is called may tell of an illness.
"""


@dataclass(frozen=True, slots=True)
class WhichTiles:
    """Which tiles to show (`timeline,measures`): the usual where nothing is said, none where it is empty."""

    include: str | None = None

    def names(self) -> frozenset[TileName]:
        """Read them. Raises `Nonsense`."""
        if self.include is None:
            return frozenset(USUAL)
        asked = [one for one in self.include.split(",") if one]
        if not set(asked) <= set(TILES):
            raise Nonsense(("include", f"not of {', '.join(TILES)}"))
        return frozenset(one for one in TILES if one in asked)


@dataclass(frozen=True, slots=True)
class ActivityOnTile:
    """Something that happened; `about` is for those who treat."""

    id: str
    name: str
    activity_type: str
    source: str
    kind: str
    at: datetime
    event: str | None
    detail: str | None
    url: str | None
    about: str | None


@dataclass(frozen=True, slots=True)
class ActivitiesTile:
    """What happened last, newest first; `next` goes on at the door of activities."""

    standing: Standing
    activities: tuple[ActivityOnTile, ...] = ()
    next: str | None = None


@dataclass(frozen=True, slots=True)
class GroupOnTile:
    """What a measure gave, for one value of each dimension that it is split by."""

    dimensions: Mapping[str, str | bool | float | int | None]
    values: Mapping[str, str | bool | float | int | None]


@dataclass(frozen=True, slots=True)
class MeasureOnTile:
    """What a measure gave of the patient, as of when; `groups` are the first of those that it is split in."""

    measure_id: str
    name: str
    as_of: datetime
    groups: tuple[GroupOnTile, ...]


@dataclass(frozen=True, slots=True)
class MeasuresTile:
    """The first measures of the patient; `has_more` are at the door of measures."""

    standing: Standing
    measures: tuple[MeasureOnTile, ...] = ()
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class SourceId:
    """A record of the person: its source, and its primary key there."""

    source: str
    key: str


@dataclass(frozen=True, slots=True)
class PersonOnTile:
    """Who a matching has found the patient to be, as of its last run and reviews since (UN-9, UN-10).

    `id` is the stable one, `previous_ids` those by which these records were known before, and `household` the
    id that whoever lives with them has too.
    """

    matching_id: str
    name: str
    as_of: datetime
    id: str
    ids: tuple[SourceId, ...]
    previous_ids: tuple[str, ...]
    household: str | None


@dataclass(frozen=True, slots=True)
class IdsBySourceTile:
    """Under which keys the sources know the patient, as each matching has found.

    Several persons of one matching are records that were merged here, and that it does not take for one.
    `unsettled` are matchings, by id, of which a run is writing or was stopped while it wrote: what stands
    there is of no one run, and is not shown. With `has_more` something was left out.
    """

    standing: Standing
    persons: tuple[PersonOnTile, ...] = ()
    unsettled: tuple[str, ...] = ()
    has_more: bool = False


def is_open_to(tile: TileName, caller: Caller) -> bool:
    """Say whether the caller could have the same from its own door."""
    return tile not in OPEN_TO or may(caller, *OPEN_TO[tile])
