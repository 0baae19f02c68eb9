"""`Documents` against a model of it: whatever is done, in whatever order, with crashes in between."""

import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shared.kernel.documents import Change, Create, Delete, Index, Replace, Unchanged, announcing
from shared.kernel.refusals import AlreadyExists, LostRace
from tests.support.cosmos_house import CosmosHouse, CosmosServer, StoreHouse
from tests.support.house import House, build_house

DUE = Index("enrolment", "due_at")
MADE = Index("announcement", "made_at")
INDEXES = (DUE, MADE)
PARTITIONS = st.sampled_from(["patient/astrid", "patient/bento"])
IDS = st.sampled_from(["enrolment~flu", "enrolment~hba1c", "survey~1"])
MINUTES = st.none() | st.integers(-3, 3)
Wish = tuple[str, int | None, int | None, bool]
WISHES = st.tuples(
    st.sampled_from(["create", "replace", "delete", "rest on"]), MINUTES, MINUTES, st.booleans()
)


@dataclass(frozen=True, slots=True)
class Enrolment:
    number: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class EnrolmentMoved:
    number: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What the model holds of one document; `body` is None for a tombstone."""

    version: int
    etag: str
    body: Enrolment | None
    expires_at: datetime | None = None


Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Intent:
    """One part of a commit, what should forbid it, and what it should leave behind."""

    place: Place
    change: Change | Unchanged
    refusal: type[Exception] | None
    after: Expected | None


FIRST = Create("first", Enrolment(0, None))
STALE = "1"
"""The etag of the very first write, which nothing else ever has."""


class DocumentsAsAModel(RuleBasedStateMachine):
    """The model is a dict; the store must agree with it after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.house: StoreHouse = self.open()
        self.model: dict[Place, Expected] = {}
        self.told: set[tuple[str, int]] = set()
        self.count = 0

    def open(self) -> StoreHouse:
        """Open the store for the first time."""
        raise NotImplementedError

    def open_again(self) -> StoreHouse:
        """Leave the store as a crash does, and open it again."""
        raise NotImplementedError

    @initialize()
    def prepare(self) -> None:
        self.house.documents.commit("first", changes=[FIRST])

    @rule(partition=PARTITIONS, wishes=st.dictionaries(IDS, WISHES, max_size=3), tells=st.booleans())
    def commit(self, partition: str, wishes: dict[str, Wish], tells: bool) -> None:  # noqa: FBT001  # drawn
        intents = [self.intent((partition, name), wish) for name, wish in wishes.items()]
        told = [announcing(EnrolmentMoved(self.count), of=FIRST, named=str(self.count))] if tells else []
        refusals = {intent.refusal for intent in intents if intent.refusal}
        try:
            etags = self.house.documents.commit(
                partition,
                changes=[intent.change for intent in intents if not isinstance(intent.change, Unchanged)],
                unchanged=[intent.change for intent in intents if isinstance(intent.change, Unchanged)],
                announcements=told,
            )
        except (AlreadyExists, LostRace) as refusal:
            assert type(refusal) in refusals  # noqa: PT017  # a refusal is one of the right answers
            return
        assert not refusals
        for intent in intents:
            if intent.after:
                self.model[intent.place] = replace(intent.after, etag=etags.get(intent.place[1], ""))
        self.told |= {(partition, self.count) for _ in told}

    def intent(self, place: Place, wish: Wish) -> Intent:
        """Say what is asked of the store for a wish, and what it should answer and leave behind."""
        self.count += 1
        kind, due, expiry, is_stale = wish
        live = self.live(place)
        body, until = Enrolment(self.count, self.in_minutes(due)), self.in_minutes(expiry)
        if kind == "create":
            version = self.model[place].version + 1 if place in self.model else 1
            refusal = AlreadyExists if live else None
            return Intent(place, Create(place[1], body, until), refusal, Expected(version, "", body, until))
        refusal = LostRace if live is None or is_stale else None
        etag = live.etag if live and not is_stale else STALE
        version = live.version + 1 if live else 1
        if kind == "rest on":
            return Intent(place, Unchanged(place[1], etag), refusal, None)
        if kind == "delete":
            return Intent(place, Delete(place[1], etag), refusal, Expected(version, "", None))
        written = Replace(place[1], body, etag, version, until)
        return Intent(place, written, refusal, Expected(version, "", body, until))

    @rule(minutes=st.integers(1, 3))
    def time_passes(self, minutes: int) -> None:
        self.house.clock.pass_by(timedelta(minutes=minutes))

    @rule()
    def crash(self) -> None:
        self.house = self.open_again()

    @rule(partition=PARTITIONS)
    def relay(self, partition: str) -> None:
        told = self.house.documents.list(partition, "announcement", dict[str, Any]).items
        self.house.documents.commit(partition, changes=[Delete(each.id, each.etag) for each in told])
        self.told = {each for each in self.told if each[0] != partition}

    @invariant()
    def reads_what_the_model_holds(self) -> None:
        for partition, name in self.model:
            found = self.house.documents.look(partition, name, Enrolment)
            expected = self.live((partition, name))
            assert (found is None) == (expected is None)
            if found and expected:
                assert (found.body, found.etag) == (expected.body, expected.etag)
                assert (found.version, found.expires_at) == (expected.version, expected.expires_at)

    @invariant()
    def finds_what_is_due_in_order(self) -> None:
        expected = sorted(
            (held.body.due_at, partition, name)
            for (partition, name), held in self.model.items()
            if self.live((partition, name))
            and name.startswith("enrolment")
            and held.body
            and held.body.due_at
        )
        found = self.house.documents.find(DUE, Enrolment)

        assert [(each.body.due_at, each.partition, each.id) for each in found.items] == expected

    @invariant()
    def keeps_what_was_announced_with_what_was_written(self) -> None:
        found = self.house.documents.find(MADE, dict[str, Any], limit=1_000)
        assert {(each.partition, each.body["content"]["number"]) for each in found.items} == self.told

    def live(self, place: Place) -> Expected | None:
        held = self.model.get(place)
        if held is None or held.body is None:
            return None
        has_expired = held.expires_at is not None and held.expires_at <= self.house.clock.now()
        return None if has_expired else held

    def in_minutes(self, minutes: int | None) -> datetime | None:
        return None if minutes is None else self.house.clock.now() + timedelta(minutes=minutes)


class Embedded(DocumentsAsAModel):
    """The embedded store, which is purged now and then."""

    def open(self) -> House:
        self._folder = tempfile.TemporaryDirectory()
        self._house = build_house(Path(self._folder.name), indexes=INDEXES)
        return self._house

    def open_again(self) -> House:
        self._house.file.close()  # nothing that was not committed is anywhere else
        self._house = build_house(Path(self._folder.name), indexes=INDEXES, clock=self.house.clock)
        return self._house

    @rule()
    def purge(self) -> None:
        self._house.documents.purge(self.house.clock.now())
        self.model = {
            place: held for place, held in self.model.items() if held.body is None or self.live(place)
        }

    def teardown(self) -> None:
        self._house.file.close()
        self._folder.cleanup()


class OnCosmos(DocumentsAsAModel):
    """Cosmos DB, over containers that outlast whoever opens them."""

    def __init__(self, server: CosmosServer) -> None:
        self._server = server
        super().__init__()

    def open(self) -> CosmosHouse:
        self._house = self._server.site(INDEXES).opened()
        return self._house

    def open_again(self) -> CosmosHouse:
        self._house.close()
        self._house = self._house.site.opened(self.house.clock)
        return self._house

    def teardown(self) -> None:
        self._house.close()


Embedded.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestEmbeddedDocuments = Embedded.TestCase


def test_documents_on_cosmos_are_as_the_model(cosmos_server: CosmosServer) -> None:
    class OnThisServer(OnCosmos):
        def __init__(self) -> None:
            super().__init__(cosmos_server)

    few = settings(max_examples=8, stateful_step_count=15)
    run_state_machine_as_test(OnThisServer, settings=few)
