"""The promises of `shared.kernel.documents`, for every adapter."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import pytest

from shared.kernel.announcements import Announcement
from shared.kernel.documents import (
    MOST_BYTES,
    MOST_OPERATIONS,
    TOMBSTONES_LAST,
    Change,
    Commit,
    Create,
    Delete,
    Document,
    Documents,
    Index,
    Replace,
    Unchanged,
    Unreadable,
    WrittenAhead,
    announcing,
    deleting,
    replacing,
    unchanged,
)
from shared.kernel.refusals import AlreadyExists, Gone, LostRace, NotFound, NotYetVisible
from shared.kernel.sensitive import Sensitive
from tests.support.cosmos_house import StoreHouse
from tests.support.house import a_house

ASTRID = "patient/astrid-o'neill"
BENTO = "patient/bento-conceição"
DUE = Index("enrolment", "due_at")
COUNTER = Index("enrolment", "step.counter")
NOTE = Index("enrolment", "note")
MADE = Index("announcement", "made_at")
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
PLANTED = "9434765919"
JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    counter: int | float | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    note: str = "HbA1c"
    due_at: datetime | None = None
    step: Step = field(default_factory=Step)


@dataclass(frozen=True, slots=True)
class Profile:
    name: Sensitive[str]


@dataclass(frozen=True, slots=True)
class Said:
    kind: Literal["spoken"]


@dataclass(frozen=True, slots=True)
class EnrolmentMoved:
    enrolment_id: str


@pytest.fixture
def house(store_house: StoreHouse) -> StoreHouse:
    return store_house


def kept(documents: Documents, id: str, body: object = None, *, partition: str = ASTRID) -> Document[Any]:  # noqa: A002  # the document's own word
    """Keep a new document and give it as it is read."""
    body = Enrolment() if body is None else body
    documents.commit(partition, changes=[Create(id, body)])
    return documents.read(partition, id, type(body))


def notes(documents: Documents, index: Index, **wish: Any) -> list[str]:
    return [found.body.note for found in documents.find(index, Enrolment, **wish).items]


def by_looking(documents: Documents) -> list[str]:
    found = documents.look(ASTRID, "enrolment~1", Enrolment)
    return [found.body.note] if found else []


def by_listing(documents: Documents) -> list[str]:
    return [found.body.note for found in documents.list(ASTRID, "enrolment", Enrolment).items]


def by_finding(documents: Documents) -> list[str]:
    return notes(documents, DUE)


def overwriting(document: Document[Any]) -> Change:
    return replacing(document, Enrolment("mine"))


class TestReading:
    def test_gives_the_body_as_it_was_written(self, house: StoreHouse) -> None:
        due = Enrolment("Ring vård­centralen", NOON, Step(3))

        kept(house.documents, "enrolment~flu~2026", due)

        read = house.documents.read(ASTRID, "enrolment~flu~2026", Enrolment)
        assert (read.body, read.version, read.kind, read.partition) == (due, 1, "enrolment", ASTRID)

    def test_gives_back_what_is_sensitive_still_wrapped(self, house: StoreHouse) -> None:
        kept(house.documents, "profile", Profile(Sensitive("Astrid O'Neill")))

        read = house.documents.read(ASTRID, "profile", Profile)

        assert repr(read.body) == "Profile(name=<sensitive>)"
        assert read.body.name.value == "Astrid O'Neill"

    def test_keeps_partitions_apart(self, house: StoreHouse) -> None:
        kept(house.documents, "enrolment~1", Enrolment("hers"))
        kept(house.documents, "enrolment~1", Enrolment("his"), partition=BENTO)

        assert house.documents.read(ASTRID, "enrolment~1", Enrolment).body.note == "hers"
        assert house.documents.read(BENTO, "enrolment~1", Enrolment).body.note == "his"

    def test_refuses_what_never_was(self, house: StoreHouse) -> None:
        with pytest.raises(NotFound) as refused:
            house.documents.read(ASTRID, "enrolment~none", Enrolment)

        assert refused.type is NotFound

    def test_calls_what_was_deleted_gone(self, house: StoreHouse) -> None:
        read = kept(house.documents, "enrolment~1")

        house.documents.commit(ASTRID, changes=[deleting(read)])

        with pytest.raises(Gone):
            house.documents.read(ASTRID, "enrolment~1", Enrolment)

    def test_forgets_a_deletion_after_thirty_days(self, house: StoreHouse) -> None:
        house.documents.commit(ASTRID, changes=[deleting(kept(house.documents, "enrolment~1"))])

        house.clock.pass_by(TOMBSTONES_LAST)

        with pytest.raises(NotFound) as refused:
            house.documents.read(ASTRID, "enrolment~1", Enrolment)
        assert refused.type is NotFound

    def test_waits_for_what_was_announced_and_is_not_there(self, house: StoreHouse) -> None:
        with pytest.raises(NotYetVisible):
            house.documents.read(ASTRID, "enrolment~1", Enrolment, at_least=1)

    def test_waits_for_the_announced_version(self, house: StoreHouse) -> None:
        read = kept(house.documents, "enrolment~1")

        with pytest.raises(NotYetVisible):
            house.documents.read(ASTRID, "enrolment~1", Enrolment, at_least=2)

        house.documents.commit(ASTRID, changes=[replacing(read, Enrolment("second"))])
        second = house.documents.read(ASTRID, "enrolment~1", Enrolment, at_least=2)
        assert second.body.note == "second"

    def test_does_not_wait_for_what_was_deleted(self, house: StoreHouse) -> None:
        house.documents.commit(ASTRID, changes=[deleting(kept(house.documents, "enrolment~1"))])

        with pytest.raises(Gone):
            house.documents.read(ASTRID, "enrolment~1", Enrolment, at_least=7)


class TestLooking:
    def test_gives_what_is_there(self, house: StoreHouse) -> None:
        read = kept(house.documents, "enrolment~1")

        assert house.documents.look(ASTRID, "enrolment~1", Enrolment) == read

    def test_gives_none_for_what_is_not(self, house: StoreHouse) -> None:
        house.documents.commit(ASTRID, changes=[deleting(kept(house.documents, "enrolment~1"))])

        assert house.documents.look(ASTRID, "enrolment~1", Enrolment) is None
        assert house.documents.look(ASTRID, "enrolment~2", Enrolment) is None

    def test_at_many_gives_each_in_its_place(self, house: StoreHouse) -> None:
        first, second = kept(house.documents, "enrolment~1"), kept(house.documents, "enrolment~2")
        house.documents.commit(ASTRID, changes=[deleting(second)])
        asked = [(BENTO, "enrolment~1"), (ASTRID, "enrolment~2"), *[(ASTRID, "enrolment~1")] * 2]

        assert house.documents.look_many(asked, Enrolment) == [None, None, first, first]
        assert house.documents.look_many([], Enrolment) == []


class TestListing:
    def test_gives_one_kind_of_one_partition_in_order_of_ids(self, house: StoreHouse) -> None:
        for name in ("enrolment~b", "enrolment~ä", "enrolment~a~2", "enrolments~a", "profile"):
            kept(house.documents, name)
        kept(house.documents, "enrolment~c", partition=BENTO)

        listed = house.documents.list(ASTRID, "enrolment", Enrolment)

        assert [each.id for each in listed.items] == ["enrolment~a~2", "enrolment~b", "enrolment~ä"]
        assert listed.next is None

    def test_goes_on_page_by_page(self, house: StoreHouse) -> None:
        for number in range(5):
            kept(house.documents, f"enrolment~{number}")

        first = house.documents.list(ASTRID, "enrolment", Enrolment, limit=3)
        second = house.documents.list(ASTRID, "enrolment", Enrolment, limit=3, after=first.next)

        assert [each.id[-1] for each in (*first.items, *second.items)] == ["0", "1", "2", "3", "4"]
        assert second.next is None

    def test_ends_with_a_page_that_is_just_full(self, house: StoreHouse) -> None:
        kept(house.documents, "enrolment~1")

        assert house.documents.list(ASTRID, "enrolment", Enrolment, limit=1).next is None

    def test_leaves_out_what_was_deleted(self, house: StoreHouse) -> None:
        house.documents.commit(ASTRID, changes=[deleting(kept(house.documents, "enrolment~1"))])

        assert house.documents.list(ASTRID, "enrolment", Enrolment).items == ()


class TestFinding:
    def test_sorts_times_by_instant_whatever_their_spelling(self, house: StoreHouse) -> None:
        brasilia = timezone(timedelta(hours=-3))
        for note, due in (
            ("third", NOON + timedelta(microseconds=1)),
            ("second", NOON.astimezone(brasilia)),
            ("first", NOON - timedelta(microseconds=1)),
        ):
            kept(house.documents, f"enrolment~{note}", Enrolment(note, due))

        assert notes(house.documents, DUE) == ["first", "second", "third"]

    def test_gives_those_up_to_and_including_an_instant(self, house: StoreHouse) -> None:
        for minutes in (-1, 0, 1):
            due = NOON + timedelta(minutes=minutes)
            kept(house.documents, f"enrolment~{minutes}", Enrolment(str(minutes), due))

        assert notes(house.documents, DUE, up_to=NOON) == ["-1", "0"]

    def test_understands_an_instant_spelt_as_text(self, house: StoreHouse) -> None:
        kept(house.documents, "enrolment~1", Enrolment("due", NOON))

        assert notes(house.documents, DUE, up_to="2026-03-29T14:00:00+02:00") == ["due"]
        assert notes(house.documents, DUE, up_to="2026-03-29T13:59:59.9+02:00") == []

    def test_sorts_numbers_by_size(self, house: StoreHouse) -> None:
        for counter in (10, 9, 9.5, -1):
            kept(house.documents, f"enrolment~{counter}", Enrolment(str(counter), step=Step(counter)))

        assert notes(house.documents, COUNTER) == ["-1", "9", "9.5", "10"]

    def test_sorts_text_by_code_point(self, house: StoreHouse) -> None:
        for number, note in enumerate(("å", "b", "Z", "a")):
            kept(house.documents, f"enrolment~{number}", Enrolment(note))

        assert notes(house.documents, NOTE) == ["Z", "a", "b", "å"]

    def test_gives_those_that_equal_a_value(self, house: StoreHouse) -> None:
        for number, note in enumerate(("held", "sent", "held")):
            kept(house.documents, f"enrolment~{number}", Enrolment(note))

        found = house.documents.find(NOTE, Enrolment, equal_to="held")

        assert [each.id for each in found.items] == ["enrolment~0", "enrolment~2"]

    def test_leaves_out_what_has_no_value(self, house: StoreHouse) -> None:
        kept(house.documents, "enrolment~1", Enrolment("never due"))

        assert notes(house.documents, DUE) == []

    def test_looks_into_all_partitions_and_one_kind(self, house: StoreHouse) -> None:
        kept(house.documents, "enrolment~1", Enrolment("his"), partition=BENTO)
        kept(house.documents, "enrolment~1", Enrolment("hers"))
        kept(house.documents, "survey~1", Enrolment("other"))

        assert notes(house.documents, NOTE) == ["hers", "his"]

    def test_follows_a_replacement(self, house: StoreHouse) -> None:
        read = kept(house.documents, "enrolment~1", Enrolment("early", NOON))

        house.documents.commit(ASTRID, changes=[replacing(read, Enrolment("late", NOON + timedelta(days=3)))])

        assert notes(house.documents, DUE, up_to=NOON) == []
        assert notes(house.documents, DUE) == ["late"]

    def test_forgets_a_value_that_was_taken_away(self, house: StoreHouse) -> None:
        read = kept(house.documents, "enrolment~1", Enrolment("due", NOON))

        house.documents.commit(ASTRID, changes=[replacing(read, Enrolment("done"))])

        assert notes(house.documents, DUE) == []

    def test_forgets_what_was_deleted_and_finds_it_made_anew(self, house: StoreHouse) -> None:
        read = kept(house.documents, "enrolment~1", Enrolment("old", NOON))
        house.documents.commit(ASTRID, changes=[deleting(read)])
        assert notes(house.documents, DUE) == []

        kept(house.documents, "enrolment~1", Enrolment("new", NOON))

        assert notes(house.documents, DUE) == ["new"]

    def test_goes_on_page_by_page_through_equal_values(self, house: StoreHouse) -> None:
        for partition in (ASTRID, BENTO):
            for number in range(3):
                kept(house.documents, f"enrolment~{number}", Enrolment("x", NOON), partition=partition)
        found: list[tuple[str, str]] = []
        after = None

        for _ in range(3):
            page = house.documents.find(DUE, Enrolment, up_to=NOON, limit=2, after=after)
            found += [(each.partition, each.id) for each in page.items]
            after = page.next

        assert after is None
        assert found == [(p, f"enrolment~{n}") for p in (ASTRID, BENTO) for n in range(3)]

    def test_goes_on_where_it_was_though_what_it_gave_is_gone(self, house: StoreHouse) -> None:
        for number in range(3):
            kept(house.documents, f"enrolment~{number}", Enrolment(str(number), NOON))
        first = house.documents.find(DUE, Enrolment, limit=2)

        house.documents.commit(ASTRID, changes=[deleting(each) for each in first.items])

        second = house.documents.find(DUE, Enrolment, limit=2, after=first.next)
        assert [each.body.note for each in second.items] == ["2"]

    def test_calls_an_undeclared_index_a_bug(self, house: StoreHouse) -> None:
        with pytest.raises(LookupError):
            house.documents.find(Index("enrolment", "colour"), Enrolment)


class TestIndexesOfAnEmbeddedFile:
    def test_fills_an_index_that_was_declared_later(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as house:
            kept(house.documents, "enrolment~1", Enrolment("from before", NOON))

        with a_house(tmp_path, (DUE,)) as house:
            assert notes(house.documents, DUE, up_to=NOON) == ["from before"]

    def test_keeps_an_index_that_another_host_declared_meanwhile(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as older:
            kept(older.documents, "enrolment~1", Enrolment("from before", NOON))
            with a_house(tmp_path, (DUE,)) as newer:
                kept(older.documents, "enrolment~2", Enrolment("from the older host", NOON))

                assert notes(newer.documents, DUE, up_to=NOON) == ["from before", "from the older host"]


class TestWhatAnotherVersionWrote:
    @pytest.fixture
    def house(self, house: StoreHouse) -> StoreHouse:
        """Keep one enrolment that cannot be read between two that can."""
        kept(house.documents, "enrolment~1", Enrolment("first", NOON))
        kept(house.documents, "enrolment~2", {"note": [PLANTED], "due_at": NOON.isoformat()})
        kept(house.documents, "enrolment~3", Enrolment("third", NOON))
        return house

    @pytest.mark.parametrize("see", ["read", "look"])
    def test_is_a_bug_where_it_was_asked_for_by_name(
        self, house: StoreHouse, caplog: pytest.LogCaptureFixture, see: str
    ) -> None:
        with pytest.raises(Unreadable) as raised:
            getattr(house.documents, see)(ASTRID, "enrolment~2", Enrolment)

        assert (raised.value.kind, raised.value.document_id) == ("enrolment", "enrolment~2")
        assert (raised.value.__cause__, PLANTED in str(raised.value)) == (None, False)
        assert "store.document.unreadable" in caplog.messages

    @pytest.mark.parametrize("see", ["read", "look"])
    def test_is_waited_for_where_a_newer_one_can_read_it(
        self, house: StoreHouse, caplog: pytest.LogCaptureFixture, see: str
    ) -> None:
        kept(house.documents, "said~1", {"kind": "sung", "by": PLANTED})
        kept(house.documents, "said~2", Said("spoken"))

        with pytest.raises(WrittenAhead):
            getattr(house.documents, see)(ASTRID, "said~1", Said)
        listed = house.documents.list(ASTRID, "said", Said).items

        assert [one.id for one in listed] == ["said~2"]
        assert "store.document.ahead" in caplog.messages
        assert "store.document.unreadable" not in caplog.messages
        assert PLANTED not in str([vars(record) for record in caplog.records])

    def test_does_not_stop_who_finds_the_others(
        self, house: StoreHouse, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert notes(house.documents, DUE) == ["first", "third"]

        (told,) = [record for record in caplog.records if record.msg == "store.document.unreadable"]
        assert (vars(told)["kind"], vars(told)["document"]) == ("enrolment", "enrolment~2")
        assert PLANTED not in str(vars(told))

    def test_does_not_stop_who_lists_the_others(
        self, house: StoreHouse, caplog: pytest.LogCaptureFixture
    ) -> None:
        listed = house.documents.list(ASTRID, "enrolment", Enrolment).items

        assert [each.body.note for each in listed] == ["first", "third"]
        assert "store.document.unreadable" in caplog.messages

    def test_leaves_pages_that_go_on(self, house: StoreHouse) -> None:
        seen: list[int] = []
        after = None
        while True:
            page = house.documents.find(DUE, Enrolment, limit=1, after=after)
            seen.append(len(page.items))
            if page.next is None:
                break
            after = page.next

        assert seen == [1, 0, 1]


class TestExpiry:
    def expiring(self, house: StoreHouse) -> Document[Enrolment]:
        until = house.clock.now() + timedelta(minutes=1)
        house.documents.commit(
            ASTRID, changes=[Create("enrolment~1", Enrolment("brief", NOON), expires_at=until)]
        )
        return house.documents.read(ASTRID, "enrolment~1", Enrolment)

    def test_is_given_with_the_document(self, house: StoreHouse) -> None:
        assert self.expiring(house).expires_at == house.clock.now() + timedelta(minutes=1)

    @pytest.mark.parametrize("see", [by_looking, by_listing, by_finding])
    def test_hides_it_from_every_reader(
        self, house: StoreHouse, see: Callable[[Documents], list[str]]
    ) -> None:
        self.expiring(house)
        assert see(house.documents) == ["brief"]

        house.clock.pass_by(timedelta(minutes=1))

        assert see(house.documents) == []

    def test_leaves_nothing_to_read(self, house: StoreHouse) -> None:
        self.expiring(house)

        house.clock.pass_by(timedelta(minutes=1))

        with pytest.raises(NotFound):
            house.documents.read(ASTRID, "enrolment~1", Enrolment)

    def test_lets_it_be_created_anew(self, house: StoreHouse) -> None:
        self.expiring(house)
        house.clock.pass_by(timedelta(minutes=1))

        again = kept(house.documents, "enrolment~1", Enrolment("again"))

        assert (again.body.note, again.expires_at) == ("again", None)
        assert notes(house.documents, DUE) == []

    @pytest.mark.parametrize("follow", [overwriting, deleting])
    def test_loses_the_race_for_who_writes_later(
        self, house: StoreHouse, follow: Callable[[Document[Any]], Change]
    ) -> None:
        read = self.expiring(house)

        house.clock.pass_by(timedelta(minutes=1))

        with pytest.raises(LostRace):
            house.documents.commit(ASTRID, changes=[follow(read)])

    def test_loses_the_race_for_who_rests_on_it(self, house: StoreHouse) -> None:
        read = self.expiring(house)

        house.clock.pass_by(timedelta(minutes=1))

        with pytest.raises(LostRace):
            house.documents.commit(ASTRID, unchanged=[unchanged(read)])

    def test_is_given_up_by_a_replacement_that_names_none(self, house: StoreHouse) -> None:
        house.documents.commit(ASTRID, changes=[replacing(self.expiring(house), Enrolment("for good"))])

        house.clock.pass_by(timedelta(days=1))

        assert house.documents.read(ASTRID, "enrolment~1", Enrolment).body.note == "for good"


class TestPurging:
    """For stores that do not clean up by themselves."""

    def test_forgets_the_expired_and_old_tombstones_only(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as house:
            soon = house.clock.now() + timedelta(days=1)
            house.documents.commit(ASTRID, changes=[deleting(kept(house.documents, "enrolment~deleted"))])
            house.documents.commit(
                ASTRID,
                changes=[
                    Create("enrolment~brief", Enrolment(), expires_at=soon),
                    Create("enrolment~longer", Enrolment(), expires_at=soon + TOMBSTONES_LAST),
                    Create("enrolment~lasting", Enrolment()),
                ],
            )

            assert house.documents.purge(house.clock.now()) == 0
            house.clock.pass_by(TOMBSTONES_LAST)
            assert house.documents.purge(house.clock.now()) == 2

            listed = house.documents.list(ASTRID, "enrolment", Enrolment)
            assert [each.id for each in listed.items] == ["enrolment~lasting", "enrolment~longer"]


class TestCommitting:
    def test_gives_the_etag_that_will_be_read(self, house: StoreHouse) -> None:
        etags = house.documents.commit(
            ASTRID, changes=[Create("enrolment~1", Enrolment()), Create("enrolment~2", Enrolment())]
        )

        read = [house.documents.read(ASTRID, f"enrolment~{n}", Enrolment) for n in (1, 2)]
        assert etags == {each.id: each.etag for each in read}

    def test_refuses_to_create_what_exists(self, house: StoreHouse) -> None:
        read = kept(house.documents, "enrolment~1", Enrolment("first"))

        with pytest.raises(AlreadyExists):
            house.documents.commit(ASTRID, changes=[Create("enrolment~1", Enrolment("second"))])

        assert house.documents.read(ASTRID, "enrolment~1", Enrolment) == read

    def test_counts_versions_and_moves_etags(self, house: StoreHouse) -> None:
        first = kept(house.documents, "enrolment~1")

        house.documents.commit(ASTRID, changes=[replacing(first, Enrolment("second"))])

        second = house.documents.read(ASTRID, "enrolment~1", Enrolment)
        assert second.version == 2
        assert second.etag != first.etag

    def test_goes_on_counting_after_a_deletion(self, house: StoreHouse) -> None:
        read = kept(house.documents, "enrolment~1")
        house.documents.commit(ASTRID, changes=[deleting(read)])

        again = kept(house.documents, "enrolment~1")

        assert again.version > read.version
        assert again.etag != read.etag

    @pytest.mark.parametrize("follow", [overwriting, deleting])
    def test_loses_the_race_when_the_etag_has_moved(
        self, house: StoreHouse, follow: Callable[[Document[Any]], Change]
    ) -> None:
        first = kept(house.documents, "enrolment~1")
        house.documents.commit(ASTRID, changes=[replacing(first, Enrolment("theirs"))])

        with pytest.raises(LostRace):
            house.documents.commit(ASTRID, changes=[follow(first)])

        assert house.documents.read(ASTRID, "enrolment~1", Enrolment).body.note == "theirs"

    @pytest.mark.parametrize("etag", ["", "another", "999999999999999999999", "1 ", "-1"])
    def test_loses_the_race_with_an_etag_that_never_was(self, house: StoreHouse, etag: str) -> None:
        kept(house.documents, "enrolment~1")

        with pytest.raises(LostRace):
            house.documents.commit(ASTRID, changes=[Replace("enrolment~1", Enrolment(), etag, 2)])

    @pytest.mark.parametrize(
        "change",
        [Replace("enrolment~1", Enrolment(), "1", 2), Delete("enrolment~1", "1")],
        ids=["replace", "delete"],
    )
    def test_loses_the_race_for_what_is_not_there(self, house: StoreHouse, change: Change) -> None:
        with pytest.raises(LostRace):
            house.documents.commit(ASTRID, changes=[change])

    def test_rests_on_what_was_read_and_not_written(self, house: StoreHouse) -> None:
        consent = kept(house.documents, "consent~sms")
        house.documents.commit(ASTRID, changes=[replacing(consent, Enrolment("withdrawn"))])

        with pytest.raises(LostRace):
            house.documents.commit(
                ASTRID, changes=[Create("message~1", Enrolment())], unchanged=[unchanged(consent)]
            )

        assert house.documents.look(ASTRID, "message~1", Enrolment) is None

    def test_goes_through_when_what_it_rests_on_stands(self, house: StoreHouse) -> None:
        consent = kept(house.documents, "consent~sms")

        house.documents.commit(
            ASTRID,
            changes=[Create("message~1", Enrolment())],
            unchanged=[Unchanged(consent.id, consent.etag)],
        )

        assert house.documents.look(ASTRID, "message~1", Enrolment) is not None
        assert house.documents.read(ASTRID, "consent~sms", Enrolment).version == 1

    def test_writes_nothing_when_one_part_is_refused(self, house: StoreHouse) -> None:
        kept(house.documents, "enrolment~2")
        new = Create("enrolment~1", Enrolment("new", NOON))

        with pytest.raises(AlreadyExists):
            house.documents.commit(
                ASTRID,
                changes=[new, Create("enrolment~2", Enrolment())],
                announcements=[announcing(EnrolmentMoved("1"), of=new, named="1")],
            )

        assert house.documents.look(ASTRID, "enrolment~1", Enrolment) is None
        assert house.documents.find(DUE, Enrolment).items == ()
        assert house.documents.find(MADE, JsonObject).items == ()

    @pytest.mark.parametrize("name", ["a/b", "a\\b", "a?", "a#b", "", "x" * 129])
    def test_calls_a_bad_id_a_bug(self, house: StoreHouse, name: str) -> None:
        with pytest.raises(ValueError, match="id"):
            house.documents.commit(ASTRID, changes=[Create(name, Enrolment())])

    def test_takes_an_id_of_128_characters(self, house: StoreHouse) -> None:
        assert kept(house.documents, "é" * 128).version == 1

    def test_takes_a_hundred_operations_and_no_more(self, house: StoreHouse) -> None:
        guard = unchanged(kept(house.documents, "consent~sms"))
        changes = [Create(f"enrolment~{n}", Enrolment()) for n in range(MOST_OPERATIONS - 2)]
        told = [announcing(EnrolmentMoved(str(n)), of=changes[0], named=str(n)) for n in range(2)]

        with pytest.raises(ValueError, match="100"):
            house.documents.commit(ASTRID, changes=changes, unchanged=[guard], announcements=told)

        house.documents.commit(ASTRID, changes=changes, unchanged=[guard], announcements=told[:1])
        assert len(house.documents.list(ASTRID, "enrolment", Enrolment).items) == MOST_OPERATIONS - 2

    def test_calls_more_than_two_megabytes_a_bug(self, house: StoreHouse) -> None:
        half = Enrolment("é" * (MOST_BYTES // 4))

        with pytest.raises(ValueError, match="bytes"):
            house.documents.commit(ASTRID, changes=[Create("enrolment~1", half), Create("enrolment~2", half)])

        assert kept(house.documents, "enrolment~1", half).version == 1

    def test_takes_a_text_of_nearly_two_megabytes_though_it_is_indexed(self, house: StoreHouse) -> None:
        long = Enrolment("x" * (MOST_BYTES - 100))

        assert kept(house.documents, "enrolment~1", long).body == long
        assert house.documents.find(NOTE, Enrolment).items[0].body == long

    def test_calls_one_document_twice_a_bug(self, house: StoreHouse) -> None:
        read = kept(house.documents, "enrolment~1")

        with pytest.raises(ValueError, match="twice"):
            house.documents.commit(
                ASTRID, changes=[replacing(read, Enrolment())], unchanged=[unchanged(read)]
            )

    def test_calls_an_expiry_without_a_zone_a_bug(self, house: StoreHouse) -> None:
        naive = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001  # what is refused

        with pytest.raises(ValueError, match="zone"):
            house.documents.commit(ASTRID, changes=[Create("enrolment~1", Enrolment(), expires_at=naive)])

    def test_calls_a_due_time_without_a_zone_a_bug(self, house: StoreHouse) -> None:
        naive = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001  # what is refused
        told = Announcement(EnrolmentMoved("1"), "1", ("enrolment~1", 1), due_at=naive)

        with pytest.raises(ValueError, match="zone"):
            house.documents.commit(ASTRID, announcements=[told])


class TestAnnouncements:
    def announce(self, house: StoreHouse, note: str = "1") -> None:
        read = house.documents.look(ASTRID, "enrolment~1", Enrolment)
        change = replacing(read, Enrolment()) if read else Create("enrolment~1", Enrolment())
        told = announcing(EnrolmentMoved(note), of=change, named="moved~1", due_at=NOON)
        house.documents.commit(ASTRID, changes=[change], announcements=[told])

    def test_lie_in_the_partition_of_what_they_speak_of(self, house: StoreHouse) -> None:
        self.announce(house)

        (told,) = house.documents.list(ASTRID, "announcement", JsonObject).items
        assert told.id == Announcement(EnrolmentMoved("1"), "moved~1", ("", 0)).id
        assert told.expires_at is None
        assert told.body == {
            "type": "EnrolmentMoved",
            "named": "moved~1",
            "of": {"id": "enrolment~1", "version": 1},
            "due_at": NOON.isoformat(),
            "made_at": house.clock.real().isoformat(),
            "content": {"enrolment_id": "1"},
        }

    def test_are_found_by_when_they_were_made(self, house: StoreHouse) -> None:
        self.announce(house)

        made_at = house.clock.real()
        assert house.documents.find(MADE, JsonObject, up_to=made_at - timedelta(microseconds=1)).items == ()
        assert len(house.documents.find(MADE, JsonObject, up_to=made_at).items) == 1

    @pytest.mark.parametrize("days", [-10, 10])
    def test_are_made_in_machine_time(self, house: StoreHouse, days: int) -> None:
        house.clock.instant += timedelta(days=days)
        self.announce(house)

        (told,) = house.documents.find(MADE, JsonObject).items

        assert told.body["made_at"] == house.clock.real().isoformat()

    def test_are_the_same_however_often_made(self, house: StoreHouse) -> None:
        self.announce(house, "first")
        self.announce(house, "again")

        (told,) = house.documents.list(ASTRID, "announcement", JsonObject).items
        assert told.body["content"] == {"enrolment_id": "again"}
        assert told.body["of"]["version"] == 2

    def test_leave_no_tombstone(self, house: StoreHouse) -> None:
        self.announce(house)
        (told,) = house.documents.list(ASTRID, "announcement", JsonObject).items

        house.documents.commit(ASTRID, changes=[deleting(told)])

        with pytest.raises(NotFound) as refused:
            house.documents.read(ASTRID, told.id, JsonObject)
        assert refused.type is NotFound
        assert house.documents.find(MADE, JsonObject).items == ()

    def test_made_anew_are_not_deleted_by_who_read_the_old_one(self, house: StoreHouse) -> None:
        self.announce(house, "first")
        (old,) = house.documents.list(ASTRID, "announcement", JsonObject).items
        self.announce(house, "again")

        with pytest.raises(LostRace):
            house.documents.commit(ASTRID, changes=[deleting(old)])


class TestCommittingMany:
    def test_makes_each_for_itself(self, house: StoreHouse) -> None:
        kept(house.documents, "enrolment~there")

        outcomes = house.documents.commit_many(
            [
                Commit(ASTRID, [Create("enrolment~1", Enrolment())]),
                Commit(ASTRID, [Create("enrolment~2", Enrolment()), Create("enrolment~there", Enrolment())]),
                Commit(BENTO, [Create("a/b", Enrolment())]),
                Commit(BENTO, [Replace("enrolment~1", Enrolment(), "7", 2)]),
                Commit(BENTO, [Create("enrolment~1", Enrolment())]),
            ]
        )

        assert [type(each) for each in outcomes] == [
            type(None),
            AlreadyExists,
            ValueError,
            LostRace,
            type(None),
        ]
        assert [each.id for each in house.documents.list(ASTRID, "enrolment", Enrolment).items] == [
            "enrolment~1",
            "enrolment~there",
        ]
        assert house.documents.look(BENTO, "enrolment~1", Enrolment) is not None

    def test_lets_the_first_of_two_win(self, house: StoreHouse) -> None:
        read = kept(house.documents, "enrolment~1")

        outcomes = house.documents.commit_many(
            [Commit(ASTRID, [replacing(read, Enrolment(note))]) for note in ("first", "second")]
        )

        assert [type(each) for each in outcomes] == [type(None), LostRace]
        assert house.documents.read(ASTRID, "enrolment~1", Enrolment).body.note == "first"

    def test_makes_none_of_none(self, house: StoreHouse) -> None:
        assert list(house.documents.commit_many([])) == []
