"""What a type of activity must be to be kept: pure."""

import re
from collections.abc import Iterator
from dataclasses import asdict

from shared.activities.activity_types import ActivityType, ActivityTypeDraft, Naming
from shared.kernel.problems import NO_DEFINITION_ID, is_definition_id
from shared.kernel.refusals import Nonsense

SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")
PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}(\.[A-Za-z_][A-Za-z0-9_-]{0,63}){0,7}")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
LONGEST_NAME = 200
SYSTEM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s|\\]{1,200}")
"""A URI, as an identifier's system is one (R4 Identifier.system)."""
LONGEST_WAIT = 30
"""Days."""
OUR_OWN = "house"
"""The source of what our own flows did; nobody else speaks in its name."""


def drafted(
    type_id: str, draft: ActivityTypeDraft, version: int, *, ours: ActivityType | None
) -> ActivityType:
    """Make the type of a draft. Raises `Nonsense` naming all problems.

    Of a type of `ours` only its name and who may see it are the house's to say.
    """
    found = list(problems(type_id, draft) if ours is None else _otherwise(draft, ours))
    if found:
        raise Nonsense(*found)
    return ActivityType(
        id=type_id,
        version=version,
        name=draft.name,
        source=draft.source,
        kind=draft.kind,
        fields=draft.fields,
        state=draft.state,
        is_hidden=draft.is_hidden,
        is_clinical=draft.is_clinical,
        for_patients=draft.for_patients,
        is_real_time=draft.is_real_time,
        naming=draft.naming,
        waits_days=draft.waits_days,
    )


def _otherwise(draft: ActivityTypeDraft, ours: ActivityType) -> Iterator[tuple[str, str]]:
    yield from _misnamed(draft)
    for name in ("source", "kind", "fields", "state", "is_real_time", "naming", "waits_days"):
        if getattr(draft, name) != getattr(ours, name):
            yield name, "not as our own flows have it"


def _misnamed(draft: ActivityTypeDraft) -> Iterator[tuple[str, str]]:
    if not draft.name.strip() or len(draft.name) > LONGEST_NAME or CONTROLS.search(draft.name):
        yield "name", f"not 1 to {LONGEST_NAME} letters without control characters"


def problems(type_id: str, draft: ActivityTypeDraft) -> Iterator[tuple[str, str]]:
    """Give what is wrong, as field paths and reasons that never hold a value."""
    if not is_definition_id(type_id) or type_id.startswith(f"{OUR_OWN}-"):
        yield "type_id", "not up to 40 small letters, digits and hyphens, or one of our own"
    yield from _misnamed(draft)
    if not SOURCE.fullmatch(draft.source) or draft.source == OUR_OWN:
        yield "source", "not up to 100 letters, digits, blanks, dots and hyphens, or our own"
    for name, path in asdict(draft.fields).items():
        if path is not None and not PATH.fullmatch(path):
            yield f"fields.{name}", "not names joined by dots"
    yield from _naming_problems(draft.naming)
    if not 0 <= draft.waits_days <= LONGEST_WAIT:
        yield "waits_days", f"not 0 to {LONGEST_WAIT}"


def _naming_problems(naming: Naming) -> Iterator[tuple[str, str]]:
    if naming.system is not None and (naming.by != "identifier" or not SYSTEM.fullmatch(naming.system)):
        yield "naming.system", "not the URI of an identifier's system, or not by identifier"
    if (naming.matching is not None) != (naming.by in {"person", "source_key"}):
        yield "naming.matching", "names the matching by whose persons or sources, and nothing else"
    elif naming.matching is not None and not is_definition_id(naming.matching):
        yield "naming.matching", NO_DEFINITION_ID
    if (naming.source is not None) != (naming.by == "source_key"):
        yield "naming.source", "names the source by whose keys, and nothing else"
    elif naming.source is not None and not is_definition_id(naming.source):
        yield "naming.source", NO_DEFINITION_ID
