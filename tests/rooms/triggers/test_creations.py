"""What is created on a server that does not count its versions (FH-9)."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.fhir.ports import Changes, Found, HistoryIsNotKept, Resource
from shared.kernel.identity import derived
from shared.triggers.model import PollChanges, ReactToChange, ResourceChanged
from shared.triggers.poll_changes import PollRecord
from shared.triggers.sources import ChangeSource, ChangeSources
from tests.rooms.triggers.builders import a_draft, an_hba1c
from tests.rooms.triggers.ward import Ward, a_ward


@dataclass
class Uncounted:
    """The record of a server whose versions have names that say nothing of their order."""

    whole: Any
    keeps_history: bool = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def read(self, type_: str, id_: str) -> Resource:
        return named(self.whole.read(type_, id_))

    def read_many(self, references: Sequence[tuple[str, str]]) -> Found:
        found = self.whole.read_many(references)
        return Found({key: named(one) for key, one in found.resources.items()}, found.gone)

    def history(self, type_: str, id_: str) -> Iterator[Resource]:
        if not self.keeps_history:
            raise HistoryIsNotKept
        return map(named, self.whole.history(type_, id_))

    def changes(self, after: str | None, **more: Any) -> Changes:
        told = self.whole.changes(after, **more)
        return replace(told, resources=tuple(map(named, told.resources)))


def named(resource: Resource) -> Resource:
    meta = resource["meta"]
    return {**resource, "meta": {**meta, "versionId": f"v-{derived(meta['versionId'])[:8]}"}}


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    """One whose record does not count, and whose hospital is a source of changes."""
    with a_ward(tmp_path) as ward:
        keep(ward, Uncounted(ward.record))
        poll(ward)
        yield ward


def keep(ward: Ward, record: Any) -> None:
    hospital = ChangeSources([ChangeSource("hospital", frozenset({"Observation"}))])
    ward.take_in = replace(ward.take_in, record=record, sources=hospital)
    ward.react = replace(ward.react, record=record)


def poll(ward: Ward) -> list[ResourceChanged]:
    """Look at the record; give what was told of it."""
    before = len(ward.told("ResourceChanged"))
    acts = ward.take_in
    look = PollRecord(acts.record, ward.house.documents, ward.live, acts.sources, ward.lately)
    look(PollChanges("hospital", "due", ward.now), now=ward.now)
    return [from_told(told) for told in ward.told("ResourceChanged")[before:]]


def from_told(told: dict[str, Any]) -> ResourceChanged:
    at = datetime.fromisoformat(told["at"])
    return ResourceChanged(
        told["source"], told["resource_type"], told["resource_id"], told["version"], at, told["happened"]
    )


def hears(ward: Ward, *hints: ResourceChanged) -> int:
    """Take hints in as they come from the queue, and react; give how often the trigger fired."""
    before = len(ward.told("TriggerFired"))
    ward.heard.announcements.clear()
    spelt = [
        {
            "source": hint.source,
            "resource_type": hint.resource_type,
            "resource_id": hint.resource_id,
            "version": hint.version,
            "at": hint.at.isoformat(),
            "happened": hint.happened,
        }
        for hint in hints
    ]
    assert ward.take_in(spelt, now=ward.now) == [None] * len(hints)
    for heard in ward.heard.announcements:
        assert isinstance(heard.content, ReactToChange)
        ward.react(heard.content, now=ward.now)
    return len(ward.told("TriggerFired")) - before


def a_word(ward: Ward, happened: Any = None) -> ResourceChanged:
    """Give what a hook says that knows no version."""
    return ResourceChanged("hospital", "Observation", "march", None, ward.now, happened)


def writes(ward: Ward, *values: float) -> None:
    for value in values:
        ward.house.clock.pass_by(timedelta(minutes=1))
        ward.write(an_hba1c(value))


class TestACreation:
    def test_is_known_by_its_history_of_one_version(self, ward: Ward) -> None:
        ward.has_trigger(a_draft(when="created"))
        writes(ward, 8.1)

        assert hears(ward, a_word(ward), a_word(ward)) == 1

    def test_is_none_where_a_hook_only_says_so(self, ward: Ward) -> None:
        ward.has_trigger(a_draft(when="created"))
        writes(ward, 6.1, 8.1)

        assert hears(ward, a_word(ward, "created")) == 0

    def test_is_found_by_looking(self, ward: Ward) -> None:
        ward.has_trigger(a_draft(when="created"))
        writes(ward, 8.1)

        (hint,) = poll(ward)

        assert (hint.happened, hint.version) == ("created", 0)
        assert hears(ward, hint, hint) == 1

    @pytest.mark.parametrize("turned", [False, True])
    def test_is_found_behind_later_versions(self, ward: Ward, *, turned: bool) -> None:
        ward.has_trigger(a_draft(when="created"))
        writes(ward, 8.1, 8.2)

        hints = poll(ward)

        assert [hint.happened for hint in hints] == ["created", "updated"]
        assert hears(ward, *(hints[::-1] if turned else hints)) == 1

    def test_of_long_ago_is_none_when_it_is_changed(self, ward: Ward) -> None:
        writes(ward, 8.1)
        ward.house.clock.pass_by(timedelta(hours=1))
        poll(ward)
        ward.house.clock.pass_by(timedelta(hours=1))
        ward.has_trigger(a_draft(when="created"))
        writes(ward, 8.2)

        hints = poll(ward)

        assert [hint.happened for hint in hints] == ["updated"]
        assert hears(ward, *hints) == 0

    def test_is_none_to_a_trigger_that_asks_for_updates(self, ward: Ward) -> None:
        ward.has_trigger(a_draft(when="updated"))
        writes(ward, 8.1)
        assert hears(ward, *poll(ward)) == 0

        writes(ward, 8.2)
        assert hears(ward, *poll(ward)) == 1

    def test_cannot_be_told_where_no_history_is_kept(self, ward: Ward) -> None:
        keep(ward, Uncounted(ward.record, keeps_history=False))
        ward.has_trigger(a_draft(when="created"), named="created")
        ward.has_trigger(a_draft(when="either"), named="either")
        writes(ward, 8.1)

        assert hears(ward, *poll(ward)) == 1
        assert [told["trigger_id"] for told in ward.told("TriggerFired")] == ["either"]


class TestATriggerThatNamesAttributes:
    def test_fires_where_they_change_and_nowhere_else(self, ward: Ward) -> None:
        ward.has_trigger(a_draft(when="updated", changed=("valueQuantity",)))
        writes(ward, 8.1)
        assert hears(ward, *poll(ward)) == 0

        ward.house.clock.pass_by(timedelta(minutes=1))
        ward.write(an_hba1c(8.1, note=[{"text": "Checked."}]))
        assert hears(ward, *poll(ward)) == 0

        writes(ward, 8.2, 8.3)
        assert hears(ward, a_word(ward), *poll(ward)) == 1

    def test_fires_once_for_a_creation_that_was_written_again(self, ward: Ward) -> None:
        ward.has_trigger(a_draft(when="either", changed=("valueQuantity",)))
        writes(ward, 8.1, 8.1)

        assert hears(ward, *poll(ward)) == 1
