"""What an export is, and what it must be to be kept: pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from shared.consent.model import Purpose
from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import Nonsense

PersonColumn = Literal[
    "birth_date",
    "gender",
    "city",
    "language",
    "time_zone",
    "is_active",
    "is_deceased",
    "given",
    "family",
    "phone",
    "email",
]
MemberColumn = Literal["since", "occurrence"]
NAMES: frozenset[str] = frozenset({"given", "family"})
POINTS: frozenset[str] = frozenset({"phone", "email"})
ExportState = Literal["draft", "live", "stopped"]
Format = Literal["csv", "parquet"]
ConsentedFor = Literal["commercial", "transactional", "anybody"]
CONSENT: dict[ConsentedFor, Purpose] = {
    "commercial": Purpose.COMMERCIAL,
    "transactional": Purpose.TRANSACTIONAL,
}
MOST_KEPT = 30
LONGEST_NAME, LONGEST_PURPOSE = 200, 500
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a segment, with these columns beside their id."""

    kind: Literal["members"]
    segment_id: str
    columns: tuple[PersonColumn | MemberColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class Values:
    """All values of a measure, as it was last worked out."""

    kind: Literal["values"]
    measure_id: str


@dataclass(frozen=True, slots=True)
class Patients:
    """Everybody, with these columns beside their id."""

    kind: Literal["patients"]
    columns: tuple[PersonColumn, ...] = ()


What = Members | Values | Patients


@dataclass(frozen=True, slots=True)
class ExportDraft:
    """What a person says about an export.

    `purpose` is why it is made, in words; names and contact points leave the house with a purpose alone.
    `consented_for`: of contact points, those that may be written to for that; or `anybody`'s. `keep` is how
    many runs lie there at once, the latest first.
    """

    name: str
    what: What
    format: Format = "csv"
    state: ExportState = "draft"
    purpose: str | None = None
    consented_for: ConsentedFor | None = None
    keep: int = 3


@dataclass(frozen=True, slots=True)
class Export:
    """An export as it is kept; `version` counts its edits.

    `may_be_clinical`: who wrote this version may see clinical data, so that it may hold some.
    """

    id: str
    version: int
    name: str
    what: What
    format: Format
    state: ExportState
    purpose: str | None
    consented_for: ConsentedFor | None
    keep: int
    may_be_clinical: bool


def drafted(export_id: str, draft: ExportDraft, version: int, *, may_be_clinical: bool) -> Export:
    """Make the export of a draft. Raises `Nonsense` naming all problems."""
    found = list(problems(export_id, draft))
    if found:
        raise Nonsense(*found)
    return Export(
        id=export_id,
        version=version,
        name=draft.name,
        what=draft.what,
        format=draft.format,
        state=draft.state,
        purpose=draft.purpose,
        consented_for=draft.consented_for,
        keep=draft.keep,
        may_be_clinical=may_be_clinical,
    )


def columns_in(what: What) -> tuple[str, ...]:
    """Give the chosen columns; a measure has those of its own."""
    return () if isinstance(what, Values) else what.columns


def has_points(what: What) -> bool:
    return not POINTS.isdisjoint(columns_in(what))


def problems(export_id: str, draft: ExportDraft) -> Iterator[Problem]:
    """Give what is wrong, as field paths and reasons that never hold a value."""
    if not is_definition_id(export_id):
        yield "export_id", NO_DEFINITION_ID
    yield from _wording("name", draft.name, LONGEST_NAME)
    if draft.purpose is not None:
        yield from _wording("purpose", draft.purpose, LONGEST_PURPOSE)
    chosen = columns_in(draft.what)
    if len(set(chosen)) < len(chosen):
        yield "what.columns", "the same twice"
    if draft.purpose is None and (NAMES | POINTS) & set(chosen):
        yield "purpose", "needed for names and contact points"
    if has_points(draft.what) and draft.consented_for is None:
        yield "consented_for", f"needed for contact points: one of {', '.join(get_args(ConsentedFor))}"
    if not 1 <= draft.keep <= MOST_KEPT:
        yield "keep", f"not 1 to {MOST_KEPT}"


def _wording(field: str, text: str, longest: int) -> Iterator[Problem]:
    if not text.strip() or len(text) > longest or _CONTROLS.search(text):
        yield field, f"not 1 to {longest} letters without control characters"
