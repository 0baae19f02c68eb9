"""What the privacy officer asks of the audit, and in which order it is answered."""

import json
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle

from shared.adapters.codec import from_json, from_plain, to_json
from shared.audit.documents import INDEXES, partition_of
from shared.audit.export_audit import ExportAudit
from shared.audit.in_fhir import audit_event
from shared.audit.keep_audit import KeepAudit
from shared.audit.list_audit import ListAudit
from shared.audit.list_own_audit import ListOwnAudit, WhichLooks
from shared.audit.model import (
    BREAK_GLASS,
    FAMILY,
    OWN_RECORD,
    Action,
    AuditEntry,
    AuditQuery,
    Outcome,
    RecordAudit,
    action_named,
)
from shared.kernel.asking import Asker, asking
from shared.kernel.identity import PatientId
from tests.support.house import House, a_house

ADA, GRACE = PatientId("ada"), PatientId("grace")
NURSE, CLERK = "entra|nurse", "entra|clerk o'neill"
MORNING = datetime(2026, 3, 28, 8, 0, tzinfo=UTC)
FIRST = MORNING.date()
LAST = FIRST + timedelta(days=2)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    """Give a house with three days of audit: 240 entries, told in no order, at times that meet midnight."""
    with a_house(tmp_path_factory.mktemp("audit"), indexes=INDEXES) as one:
        keep = KeepAudit(one.documents)
        for number in sorted(range(240), key=lambda n: n * 7919 % 240):
            keep(an_entry(number), now=MORNING + timedelta(days=5))
        yield one


def an_entry(number: int) -> RecordAudit:
    """Give the entry of that number: every sixteen minutes and a bit one, by two people, about two."""
    who = (NURSE, CLERK)[number % 2]
    with asking(Asker(("care_coordinator",), BREAK_GLASS if number % 12 == 0 else None)):
        return RecordAudit(
            f"entry {number}",
            MORNING + timedelta(minutes=16, microseconds=1) * number,
            who,
            ("read_patient", "record_consent", "list_messages")[number % 3],
            "patient~somebody",
            (ADA, GRACE, None)[number // 4 % 3],
            "Emergency" if number % 12 == 0 else None,
            outcome=Outcome.REFUSED if number % 10 == 3 else Outcome.DONE,
        )


ALL = [an_entry(number) for number in range(240)]
QUERIES: list[tuple[AuditQuery, Callable[[RecordAudit], bool]]] = [
    (AuditQuery(since=FIRST, until=LAST), lambda _: True),
    (AuditQuery(day=FIRST + timedelta(days=1)), lambda one: one.at.date() == FIRST + timedelta(days=1)),
    (AuditQuery(patient_id=ADA), lambda one: one.patient_id == ADA),
    (AuditQuery(who=CLERK), lambda one: one.who == CLERK),
    (AuditQuery(patient_id=GRACE, who=NURSE), lambda one: (one.patient_id, one.who) == (GRACE, NURSE)),
    (AuditQuery(patient_id=ADA, day=LAST), lambda one: one.patient_id == ADA and one.at.date() == LAST),
    (AuditQuery(who=NURSE, since=LAST), lambda one: one.who == NURSE and one.at.date() >= LAST),
    (AuditQuery(since=FIRST, until=LAST, break_glass=True), lambda one: one.ground == BREAK_GLASS),
    (AuditQuery(who=NURSE, break_glass=True), lambda one: one.ground == BREAK_GLASS),
    (AuditQuery(since=FIRST, until=LAST, refused=True), lambda one: one.outcome is Outcome.REFUSED),
    (
        AuditQuery(since=FIRST, until=LAST, what="record_consent"),
        lambda one: one.what == "record_consent",
    ),
    (AuditQuery(day=FIRST - timedelta(days=1)), lambda _: False),
    (AuditQuery(patient_id=PatientId("nobody")), lambda _: False),
]


def pages(house: House, query: AuditQuery) -> Generator[list[AuditEntry]]:
    asked: AuditQuery | None = query
    while asked is not None:
        page = ListAudit(house.documents)(asked)
        yield list(page.entries)
        asked = replace(asked, after=page.next) if page.next else None


def instants(entries: Iterable[RecordAudit | AuditEntry]) -> list[datetime]:
    return [entry.at for entry in entries]


class TestAsking:
    @pytest.mark.parametrize("limit", [1, 7, 500])
    @pytest.mark.parametrize(("query", "wanted"), QUERIES)
    def test_gives_what_was_asked_for_once_in_the_order_in_which_it_was_done(
        self, house: House, query: AuditQuery, wanted: Callable[[RecordAudit], bool], limit: int
    ) -> None:
        found = list(pages(house, replace(query, limit=limit)))

        assert instants(entry for page in found for entry in page) == instants(filter(wanted, ALL))
        assert all(len(page) <= limit for page in found)

    def test_lay_in_many_buckets(self) -> None:
        """Otherwise the order would be no wonder."""
        places = [partition_of(one) for one in ALL]

        assert sum(one != other for one, other in pairwise(places)) > 200

    def test_goes_on_where_it_was_though_more_has_come(self, tmp_path: Path) -> None:
        with a_house(tmp_path, indexes=INDEXES) as growing:
            keep, listing = KeepAudit(growing.documents), ListAudit(growing.documents)
            for one in ALL[:20]:
                keep(one, now=MORNING)
            query = AuditQuery(since=FIRST, until=LAST, limit=10)
            first = listing(query)
            for one in ALL[20:30]:
                keep(one, now=MORNING)
            rest = listing(replace(query, after=first.next, limit=500))

        assert instants([*first.entries, *rest.entries]) == instants(ALL[:30])

    def test_looks_at_so_many_for_a_page_and_says_where_to_go_on(self, tmp_path: Path) -> None:
        """A question that wants few of very many is answered in bounded steps."""
        with a_house(tmp_path, indexes=INDEXES) as busy:
            keep = KeepAudit(busy.documents)
            for number in range(45):
                at = MORNING + timedelta(milliseconds=number)
                keep(RecordAudit(f"n{number}", at, NURSE, "read_patient", "patient~ada", ADA), now=at)
            query = AuditQuery(day=FIRST, what="read_everything")

            listing = ListAudit(busy.documents, most_seen=40)
            first = listing(query)
            rest = listing(replace(query, after=first.next))

        assert (first.entries, rest.entries, rest.next) == ((), (), None)
        assert first.next is not None
        assert "T080000039000~" in first.next


class TestWhatKindOfAct:
    @pytest.mark.parametrize(
        ("what", "action"),
        [
            ("read_consents", Action.READ),
            ("list_own_audit", Action.READ),
            ("record_consent", Action.CREATE),
            ("book_appointment", Action.CREATE),
            ("put_journey", Action.UPDATE),
            ("remove_suppression", Action.DELETE),
            ("replay_parked", Action.EXECUTE),
            ("", Action.EXECUTE),
        ],
    )
    def test_is_told_by_its_name_where_nobody_noted_it(self, what: str, action: Action) -> None:
        assert action_named(what) is action

    def test_is_what_was_noted(self) -> None:
        noted = AuditEntry(MORNING, NURSE, "read_it", "s", ADA, None, MORNING, action=Action.DELETE)

        assert noted.kind is Action.DELETE

    def test_keeps_in_which_capacity_it_was_done(self, house: House) -> None:
        (entry,) = next(pages(house, AuditQuery(since=FIRST, until=LAST, limit=1)))

        assert (entry.roles, entry.ground) == (("care_coordinator",), BREAK_GLASS)

    def test_is_not_that_of_whoever_reads_an_old_message(self) -> None:
        """A message from before capacities were kept is handled by no one in particular."""
        old = {"entry_id": "a", "at": MORNING.isoformat(), "who": NURSE, "what": "x", "subject": "s"}
        read = from_plain(old, RecordAudit)

        assert (read.roles, read.ground, read.action, read.outcome) == ((), None, None, Outcome.DONE)


class TestExport:
    ADDRESS = "https://hospital.example"

    def export(self, house: House, query: AuditQuery) -> dict[str, Any]:
        act = ExportAudit(ListAudit(house.documents), "Riverside", self.ADDRESS)
        return json.loads(to_json(dict(act(query))))

    def test_is_valid_in_r4(self, house: House) -> None:
        bundle = self.export(house, AuditQuery(since=FIRST, until=LAST, limit=500))

        Bundle.model_validate(bundle)
        assert len(bundle["entry"]) == 240
        assert "link" not in bundle

    def test_of_nothing_is_valid_too(self, house: House) -> None:
        bundle = self.export(house, AuditQuery(patient_id=PatientId("nobody")))

        Bundle.model_validate(bundle)
        assert "entry" not in bundle

    def test_is_followed_by_its_links_to_the_end(self, house: House) -> None:
        query = AuditQuery(since=FIRST, until=LAST, break_glass=True, limit=3)
        recorded: list[str] = []
        ids: set[str] = set()
        while True:
            bundle = self.export(house, query)
            recorded += [entry["resource"]["recorded"] for entry in bundle["entry"]]
            ids |= {entry["resource"]["id"] for entry in bundle["entry"]}
            if "link" not in bundle:
                break
            address = urlsplit(str(bundle["link"][0]["url"]))
            assert address.path == "/api/audit/export"
            query = from_json(json.dumps(as_read(address.query)), AuditQuery)

        assert recorded == sorted(recorded)
        assert len(ids) == len(recorded) == 20

    @pytest.mark.parametrize(
        ("ground", "code"), [(BREAK_GLASS, "BTG"), (OWN_RECORD, "PATRQT"), (FAMILY, "FAMRQT")]
    )
    def test_says_on_what_ground(self, ground: str, code: str) -> None:
        entry = AuditEntry(MORNING, NURSE, "read_patient", "s", ADA, "Unconscious", MORNING, ground=ground)

        event = audit_event(entry, observer="Riverside", id="a1")

        AuditEvent.model_validate(event)
        (purpose,) = event["purposeOfEvent"]
        assert (purpose["coding"][0]["code"], purpose["text"]) == (code, "Unconscious")

    def test_says_what_came_of_it_and_in_which_role(self) -> None:
        entry = AuditEntry(
            MORNING,
            NURSE,
            "read_patient",
            "s",
            ADA,
            None,
            MORNING,
            outcome=Outcome.REFUSED,
            roles=("operator",),
        )

        event = audit_event(entry, observer="Riverside")

        AuditEvent.model_validate(event)
        assert (event["outcome"], event["action"]) == ("4", "R")
        assert event["agent"] == [{"role": [{"text": "operator"}], "altId": NURSE, "requestor": True}]


def as_read(query: str) -> dict[str, Any]:
    """Read a query string as the edge does."""
    read: dict[str, Any] = dict(parse_qsl(query))
    return read | {"limit": int(read["limit"]), "break_glass": read["break_glass"] == "true"}


class TestOwnAudit:
    MINE = "external|ada@phone"

    @pytest.fixture
    def shown(self, tmp_path: Path) -> list[Any]:
        """Show Ada what her nurse, her son, she herself and somebody without a care relationship did."""
        people = [
            (NURSE, ("care_coordinator",), None, Outcome.DONE),
            ("external|son", (), FAMILY, Outcome.DONE),
            (self.MINE, (), OWN_RECORD, Outcome.DONE),
            ("external|ada@tablet", (), OWN_RECORD, Outcome.DONE),
            (CLERK, ("healthcare_user",), BREAK_GLASS, Outcome.DONE),
            (CLERK, ("data_viewer",), None, Outcome.REFUSED),
        ]
        with a_house(tmp_path, indexes=INDEXES) as house:
            keep = KeepAudit(house.documents)
            for number, (who, roles, ground, outcome) in enumerate(people):
                at = MORNING + timedelta(hours=number)
                with asking(Asker(roles, ground)):
                    entry = RecordAudit(
                        f"n{number}", at, who, "read_patient", "p", ADA, "Said why", outcome=outcome
                    )
                keep(entry, now=at)
            keep(RecordAudit("other", MORNING, NURSE, "read_patient", "p", GRACE), now=MORNING)
            act = ListOwnAudit(ListAudit(house.documents))
            return list(act(WhichLooks(), patient_id=ADA, who=self.MINE).looks)

    def test_says_who_they_were_without_naming_anybody(self, shown: list[Any]) -> None:
        assert [one.by for one in shown] == ["staff", "family", "you", "you", "staff", "staff"]
        assert [one.roles for one in shown] == [
            ("care_coordinator",),
            (),
            (),
            (),
            ("healthcare_user",),
            ("data_viewer",),
        ]
        assert "nurse" not in str(shown)
        assert "neill" not in str(shown)
        assert "Said why" not in str(shown)

    def test_marks_what_was_read_without_a_care_relationship_and_what_was_refused(
        self, shown: list[Any]
    ) -> None:
        assert [one.without_care_relationship for one in shown] == [False] * 4 + [True, False]
        assert [one.refused for one in shown] == [False] * 5 + [True]

    def test_can_be_asked_by_day(self, house: House) -> None:
        act = ListOwnAudit(ListAudit(house.documents))
        day = date(2026, 3, 29)

        found = act(WhichLooks(since=day, until=day, limit=500), patient_id=ADA, who="x")

        assert {one.at.date() for one in found.looks} == {day}
