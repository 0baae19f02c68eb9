from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.access.model import Caller
from shared.consent.documents import SAID_BY, Said, consents_of
from shared.consent.import_consents import (
    MOST_LINES,
    ConsentLine,
    ConsentsImported,
    ConsentsToImport,
    ImportConsents,
)
from shared.consent.keep_word import Word, keep_word
from shared.consent.list_said import ListSaid, SaidQuery
from shared.consent.model import Choice, Consent, How, Purpose, Source, choice_of
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Nonsense
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.model import Channel
from tests.support.house import House, a_house

NOON = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
YESTERDAY = NOON - timedelta(days=1)
ADA = PatientId("ada")
OLGA = Caller("olga", "https://staff.example")
KEYS = ContactKeys(Sensitive(b"a key for tests"))
NUMBERS = count()
MAIL = KEYS.contact(Channel.EMAIL, "siobhan.o'neill@example.ie")


def a_line(**more: Any) -> ConsentLine:
    settled: dict[str, Any] = {
        "patient_id": ADA,
        "channel": Channel.EMAIL,
        "address": Sensitive("Siobhan.O'Neill@Example.IE"),
        "purpose": Purpose.COMMERCIAL,
        "choice": Choice.OPTED_OUT,
        "at": YESTERDAY,
    }
    return ConsentLine(**{**settled, **more})


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path, (SAID_BY,)) as one:
        yield one


def load(house: House, *lines: ConsentLine) -> ConsentsImported:
    return ImportConsents(house.documents, KEYS, "GB")(ConsentsToImport(lines), caller=OLGA, now=NOON)


def stands(house: House, contact: str = MAIL, topic: str | None = None) -> Choice:
    found = consents_of(house.documents, contact)
    said = found.body.said if found else ()
    return choice_of(said, ADA, Purpose.COMMERCIAL, topic, NOON)


def history(house: House) -> list[Said]:
    return list(ListSaid(house.documents)(SaidQuery(), patient_id=ADA).said)


class TestImporting:
    def test_takes_over_what_was_said_elsewhere_and_says_how_we_know(self, house: House) -> None:
        done = load(house, a_line(reason="rang us"))

        assert (done.recorded, done.lines[0].contact) == (1, MAIL)
        assert stands(house) is Choice.OPTED_OUT
        (said,) = history(house)
        assert (said.who, said.how, said.heard_at) == (OLGA.who, How.BULK_IMPORT, NOON)
        assert (said.consent.at, said.consent.source, said.consent.reason) == (
            YESTERDAY,
            Source.IMPORTED,
            "rang us",
        )

    def test_told_again_changes_nothing(self, house: House) -> None:
        lines = (a_line(), a_line(topic="screening", choice=Choice.OPTED_IN))
        load(house, *lines)
        _, mark = house.change_feed.read("onlooker", limit=100)

        again = load(house, *lines)

        assert (again.recorded, again.known) == (0, 2)
        assert house.change_feed.read("onlooker", limit=100)[1] == mark

    def test_never_overtakes_a_newer_word(self, house: House) -> None:
        load(house, a_line(choice=Choice.OPTED_IN, at=NOON))

        load(house, a_line(choice=Choice.OPTED_OUT, at=YESTERDAY))

        assert stands(house) is Choice.OPTED_IN

    def test_of_a_bad_line_among_good_ones_refuses_that_alone(self, house: House) -> None:
        text = KEYS.contact(Channel.SMS, "+447700900123")
        lines = [
            a_line(),
            a_line(address=Sensitive("nobody")),
            a_line(channel=Channel.SMS, address=Sensitive("07700 900123")),
            a_line(channel=Channel.LETTER),
            a_line(topic="not a topic"),
            a_line(at=NOON + timedelta(seconds=1)),
            a_line(at=datetime(2026, 3, 1)),  # noqa: DTZ001  # what is asked about
            a_line(reason="x" * 501),
            a_line(patient_id=PatientId("")),
        ]

        done = load(house, *lines)

        assert [one.problem for one in done.lines] == [
            None,
            "not_an_address",
            None,
            "not_on_this_channel",
            "not_a_topic",
            "in_the_future",
            "no_time_zone",
            "reason_too_long",
            "not_a_patient",
        ]
        assert (done.recorded, done.refused) == (2, 7)
        assert stands(house, text) is Choice.OPTED_OUT

    def test_has_no_room_for_a_topic_too_many_but_goes_on(self, house: House) -> None:
        topics = [a_line(topic=f"t{number}") for number in range(101)]

        done = load(house, *topics, a_line())

        assert [one.problem for one in done.lines[-2:]] == ["too_many_topics", None]
        assert done.recorded == 101

    @pytest.mark.parametrize("count", [0, MOST_LINES + 1])
    def test_takes_neither_none_nor_too_many(self, house: House, count: int) -> None:
        with pytest.raises(Nonsense):
            load(house, *[a_line()] * count)

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        order=st.permutations(range(4)),
        choices=st.lists(st.sampled_from(Choice), min_size=4, max_size=4),
    )
    def test_ends_the_same_in_whatever_order(
        self, house: House, order: list[int], choices: list[Choice]
    ) -> None:
        """Each example is about another contact point, so that none remembers the one before."""
        spelt = f"number{next(NUMBERS)}@example.ie"
        address = Sensitive(spelt)
        lines = [
            a_line(choice=choice, at=YESTERDAY - timedelta(hours=number), address=address)
            for number, choice in enumerate(choices)
        ]

        load(house, *(lines[number] for number in order))

        contact = KEYS.contact(Channel.EMAIL, spelt)
        assert stands(house, contact) is choices[0]


class TestAWord:
    def test_is_kept_beside_all_that_was_said_before(self, house: House) -> None:
        for hours, choice in enumerate([Choice.OPTED_IN, Choice.OPTED_OUT, Choice.OPTED_IN]):
            load(house, a_line(choice=choice, at=YESTERDAY + timedelta(hours=hours)))

        assert [one.consent.choice for one in history(house)] == ["opted_in", "opted_out", "opted_in"]

    def test_that_rests_on_an_older_look_is_said_again(self, house: House) -> None:
        word = Word(
            MAIL,
            Consent(ADA, Purpose.COMMERCIAL, None, Choice.OPTED_IN, YESTERDAY, Source.STAFF),
            OLGA.who,
            How.DESK,
        )
        load(house, a_line(patient_id=PatientId("bob")))

        with pytest.raises(LostRace):
            keep_word(house.documents, None, word, now=NOON)
        assert history(house) == []

    def test_is_shown_to_nobody_as_somebody_elses(self, house: House) -> None:
        load(house, a_line(), replace(a_line(), patient_id=PatientId("bob")))

        assert [one.patient_id for one in history(house)] == [ADA]
