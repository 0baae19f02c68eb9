"""The runbook's chapters about the house itself, each played: what is wrong, how it shows, what ends it.

What an alert's query works out of the measurements is worked out here by hand; no query is run.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.edge.faults import Failed
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.sqlite_queues import SqliteQueues
from shared.kernel.documents import Document, Page
from shared.kernel.queues import DeadLetter, OutgoingMessage, QueueDepth
from shared.kernel.refusals import TransientFault
from shared.messaging.model import Channel
from shared.wiring import telemetry
from shared.wiring.indexes import INDEXES
from shared.wiring.queues import SESSION_QUEUES
from shared.wiring.settings import SettingRefused, Settings
from tests.stand_ins.otlp import Collector, a_collector
from tests.support.alerts import alerts
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product
from tests.support.product_gateway import a_gateway
from tests.support.product_machine import tick
from tests.support.product_routes import example
from tests.support.product_story import a_patient, an_hba1c, keep_definitions, sent, states_of
from tests.support.told import Told

MINUTE = timedelta(minutes=1)
HALF_PAST_TEN_AT_NIGHT = datetime(2026, 11, 2, 22, 30, tzinfo=UTC)
AHEAD_OF_THE_RECORD = {
    "id": "e2",
    "eventType": "Microsoft.HealthcareApis.FhirResourceUpdated",
    "eventTime": "2026-11-02T12:10:00Z",
    "data": {"resourceType": "Observation", "resourceFhirId": "hba1c", "resourceVersionId": 2},
}
WHY = {"why": "A drill"}


class DocumentsWithABug(SqliteDocuments):
    """A store in which nothing is found by an index."""

    def find(self, *asked: object, **more: object) -> Page[Document[Any]]:
        raise KeyError(len(asked) + len(more))


class QueuesOutOfReach(SqliteQueues):
    """Queues that can be reached or not, as they are told."""

    away = False

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        if messages:
            self._insist_that_they_are_there()
        super().send(queue, messages)

    def dead_letters(self, queue: str, *, limit: int = 100, after: str | None = None) -> Page[DeadLetter]:
        self._insist_that_they_are_there()
        return super().dead_letters(queue, limit=limit, after=after)

    def depths(self) -> Sequence[QueueDepth]:
        self._insist_that_they_are_there()
        return super().depths()

    def _insist_that_they_are_there(self) -> None:
        if self.away:
            raise TransientFault


def with_a_bug_in_delivering(house: Product) -> None:
    """Ship a version that knows no provider of text messages."""
    served = house.app.providers
    vars(house.app)["providers"] = {channel: served[channel] for channel in served if channel != Channel.SMS}


def with_a_bug_in_finding(house: Product) -> None:
    """Ship a version that finds nothing by an index."""
    vars(house.app)["documents"] = DocumentsWithABug(house.app.store, clock=house.clock, indexes=INDEXES)


def begun(house: Product, *, but: str | None = None) -> Product:
    """Let Maria's high result come in, and do all that comes of it but what lies in one queue."""
    keep_definitions(house)
    house.write(a_patient(), an_hba1c())
    house.run(but=but)
    return house


def measured_now(told: Told) -> dict[str, dict[tuple[tuple[str, object], ...], float]]:
    """Let the backlog be measured, as far as it can be, before anything is done about it."""
    with suppress(TransientFault):
        tick("measure_backlog")
    return told.measured()


def said_with(told: Told, event: str) -> list[Mapping[str, Any]]:
    """Give what was said beside each event of a name, as it is found by a query."""
    records = [one.log_record for one in told.logs.get_finished_logs()]
    return [dict(one.attributes or {}) for one in records if one.body == event]


def times_told(told: Told, event: str) -> int:
    return len(said_with(told, event))


@pytest.fixture
def collector() -> Generator[Collector]:
    with a_collector() as one:
        yield one


class TestSilentHouse:
    ALERT = alerts()["silent-house"]

    def test_without_a_process_is_over_when_its_settings_are_whole(
        self, tmp_path: Path, issuer: Issuer, told: Told
    ) -> None:
        with a_product(tmp_path, issuer) as house:
            begun(house, but="deliveries")
        without_a_key = {name: value for name, value in example().items() if name != "CONTACT_KEY"}
        with pytest.raises(SettingRefused, match="CONTACT_KEY is missing"):
            Settings.read_from(without_a_key)
        silent = times_told(told, *self.ALERT.uses)

        with a_product(tmp_path, issuer, at=house.clock.now()) as house:
            answers = [house.call(name).status for name in ("live", "ready")]
            house.tick("measure_backlog")
            kept = [message.channel for message in sent(house)]

        assert (answers, kept) == ([200, 200], ["sms"])
        assert self.ALERT.fires(silent)
        assert not self.ALERT.fires(times_told(told, *self.ALERT.uses))

    def test_that_works_unheard_is_over_when_it_is_told_whom_to_tell(
        self, tmp_path: Path, issuer: Issuer, collector: Collector
    ) -> None:
        heard = set(self.ALERT.uses)
        with a_product(tmp_path, issuer) as house:
            house.tick("measure_backlog")
            answers = [house.call(name).status for name in ("live", "ready")]
        unheard = not heard & collector.events

        with a_product(tmp_path, issuer, otel_exporter_otlp_endpoint=collector.url) as house:
            house.tick("measure_backlog")
            telemetry.end()

        assert (answers, unheard) == ([200, 200], True)
        assert heard <= collector.events


class TestDeadLetters:
    ALERT = alerts()["dead-letters"]

    @pytest.fixture
    def given_up(self, tmp_path: Path, issuer: Issuer) -> Product:
        """Let a version with a bug give up on Maria's message; it is stopped by now."""
        with a_product(tmp_path, issuer) as house:
            with_a_bug_in_delivering(house)
            return begun(house)

    @pytest.fixture
    def mended(self, tmp_path: Path, issuer: Issuer, told: Told, given_up: Product) -> Generator[Product]:
        """Let a version without the bug go on where it stands."""
        with a_product(tmp_path, issuer, at=given_up.clock.now()) as house:
            assert self.ALERT.fires(sum(self.ALERT.told(measured_now(told))))
            yield house

    def letter(self, house: Product) -> Any:
        """Look where it lies, and at it."""
        listed = house.call("list_message_queues").json["queues"]
        (queue,) = [one["queue"] for one in listed if one["dead"]]
        (letter,) = house.call("list_dead_letters", queue=queue).json["letters"]
        return letter

    def decide(self, house: Product, what: str) -> int:
        letter = self.letter(house)
        number = str(letter["sequence_number"])
        status = house.call(what, WHY, queue=letter["queue"], sequence_number=number).status
        house.run()
        return status

    def is_over(self, told: Told) -> bool:
        return not self.ALERT.fires(sum(self.ALERT.told(measured_now(told))))

    def test_name_the_kind_of_error_and_the_place(self, told: Told, mended: Product) -> None:
        failed = said_with(told, "edge.message.failed")

        assert {each["message_id"] for each in failed} == {self.letter(mended)["message_id"]}
        assert {each["error"] for each in failed} == {"KeyError"}
        assert all("deliver_message" in each["place"] for each in failed)

    def test_are_over_when_they_are_replayed(self, told: Told, mended: Product) -> None:
        assert self.decide(mended, "replay_dead_letter") == 202

        assert [message.channel for message in sent(mended)] == ["sms"]
        assert self.is_over(told)

    def test_are_over_when_they_are_discarded(self, told: Told, mended: Product) -> None:
        assert self.decide(mended, "discard_dead_letter") == 202

        assert sent(mended) == []
        assert self.is_over(told)


class TestParkedMessages:
    """A change was announced that never came into the record, until somebody saw to it."""

    ALERT = alerts()["parked-messages"]

    @pytest.fixture(autouse=True)
    def never_came(self, product: Product) -> None:
        keep_definitions(product)
        product.write(a_patient(), an_hba1c(value=5.5))
        product.run()
        product.put_on("fhir-changes", AHEAD_OF_THE_RECORD)

    @pytest.fixture
    def parked(self, told: Told, product: Product, never_came: None) -> Any:
        """Look at what was parked."""
        del never_came
        for _ in range(20):
            product.pass_by(MINUTE)
        assert self.ALERT.fires(sum(self.ALERT.told(told.measured(), queue="fhir-changes")))
        (listed,) = self.undecided(product)
        explained = product.call("explain_parked", parked_id=listed["id"]).json
        assert (explained["parked"]["reason"], explained["body"]["id"]) == ("NotYetVisible", "text")
        return listed

    def undecided(self, product: Product) -> Any:
        operator = product.staff("operator")
        return product.ask("GET", "/api/parked?state=parked", token=operator).json["messages"]

    def test_are_over_when_they_are_replayed(self, told: Told, product: Product, parked: Any) -> None:
        product.write(an_hba1c(value=8.2))

        answer = product.call("replay_parked", WHY, parked_id=parked["id"])
        product.run()

        assert (answer.status, self.undecided(product)) == (202, [])
        assert [message.channel for message in sent(product)] == ["sms"]
        assert self.ALERT.told(told.measured()) == []

    def test_are_over_when_they_are_discarded(self, told: Told, product: Product, parked: Any) -> None:
        answer = product.call("discard_parked", WHY, parked_id=parked["id"])
        product.run()

        assert (answer.status, self.undecided(product), sent(product)) == (202, [], [])
        assert self.ALERT.told(told.measured()) == []


class TestOldestWaiting:
    ALERT = alerts()["oldest-waiting"]

    def test_is_over_when_there_are_enough_to_do_it(self, product: Product, told: Told) -> None:
        begun(product, but="deliveries")
        product.clock.pass_by(6 * MINUTE)
        waited = measured_now(told)
        (queue,) = [one for one in product.call("list_message_queues").json["queues"] if one["waiting"]]

        product.run()

        assert self.ALERT.fires(max(self.ALERT.told(waited, queue=queue["queue"])))
        assert "messages.deferred" not in waited
        assert [message.channel for message in sent(product)] == ["sms"]
        assert not self.ALERT.fires(max(self.ALERT.told(measured_now(told)), default=0))

    def test_says_what_is_away_and_goes_on_when_it_is_back(
        self, tmp_path: Path, issuer: Issuer, told: Told
    ) -> None:
        with a_gateway() as gateway:
            gateway.busy_for = 3
            with a_product(tmp_path, issuer, sms_provider="gateway", sms_gateway_url=gateway.url) as house:
                begun(house)
                for _ in range(3):
                    house.pass_by(MINUTE)

        deferred = told.measured()["messages.deferred"]
        assert deferred == {(("queue", "deliveries"), ("reason", "TransientFault")): 3}
        assert len(gateway.taken) == 1


class TestChangeLag:
    ALERT = alerts()["change-lag"]

    @pytest.fixture
    def queues(self, product: Product) -> QueuesOutOfReach:
        """Let Maria's message be sent, and the queues then be out of reach: nobody records that it was."""
        queues = QueuesOutOfReach(product.app.store, clock=product.clock, session_queues=SESSION_QUEUES)
        vars(product.app).update(queues=queues, receiver=queues)
        begun(product, but="deliveries")
        queues.away = True
        with pytest.raises(TransientFault):
            product.run()
        return queues

    def test_is_over_when_the_sweep_reaches_the_queues(
        self, product: Product, told: Told, queues: QueuesOutOfReach
    ) -> None:
        product.clock.pass_by(4 * MINUTE)
        with pytest.raises(TransientFault):
            tick("relay_left_behind")
        ready = product.call("ready").status
        lagging = measured_now(told)

        queues.away = False
        product.tick("relay_left_behind")

        put_off = {dict(labels)["run"] for labels in lagging["runs.put_off"]}
        assert self.ALERT.fires(max(self.ALERT.told(lagging)))
        assert put_off >= {"relay", "relay_left_behind"}
        assert (ready, product.call("ready").status) == (503, 200)
        assert states_of(product) == [("sms", "accepted", None)]
        assert not self.ALERT.fires(max(self.ALERT.told(measured_now(told))))


class TestFailures:
    ALERT = alerts()["failures"]

    def test_end_when_the_version_is_rolled_back(self, tmp_path: Path, issuer: Issuer, told: Told) -> None:
        with a_product(tmp_path, issuer) as before:
            begun(before, but="deliveries")
        with a_product(tmp_path, issuer, at=before.clock.now()) as deployed:
            with_a_bug_in_delivering(deployed)
            deployed.run()
            with_a_bug_in_finding(deployed)
            answered = deployed.call("list_uncertain").status
            with pytest.raises(Failed):
                tick("queue_held_messages")
        failed = self.ALERT.told(told.measured())

        with a_product(tmp_path, issuer, at=before.clock.now()) as rolled_back:
            again = rolled_back.call("list_uncertain").status
            rolled_back.tick("queue_held_messages")
            letters = rolled_back.call("list_dead_letters", queue="deliveries").json["letters"]

        assert self.ALERT.fires(sum(failed))
        for event in ("edge.request.failed", "edge.message.failed", "edge.run.failed"):
            assert {each["error"] for each in said_with(told, event)} == {"KeyError"}
            assert all(each["place"] for each in said_with(told, event))
        assert (answered, again, len(letters)) == (500, 200, 1)
        assert self.ALERT.told(told.measured()) == []


class TestHeldOverdue:
    ALERT = alerts()["held-overdue"]

    def test_is_over_at_the_next_tick_that_succeeds(self, tmp_path: Path, issuer: Issuer, told: Told) -> None:
        with a_product(tmp_path, issuer, at=HALF_PAST_TEN_AT_NIGHT) as house:
            begun(house)
            house.clock.pass_by(timedelta(hours=12))
            lose(house, "send-decisions")
            overdue = measured_now(told)
            with_a_bug_in_finding(house)
            with pytest.raises(Failed):
                tick("queue_held_messages")
            kept_by = told.measured()["runs.failed"]

        with a_product(tmp_path, issuer, at=house.clock.now()) as mended:
            mended.tick("queue_held_messages")
            went_out = [message.channel for message in sent(mended)]
            after = measured_now(told)

        assert self.ALERT.fires(min(self.ALERT.told(overdue)))
        assert kept_by == {(("error", "KeyError"), ("run", "queue_held_messages")): 1}
        assert went_out == ["sms"]
        assert not self.ALERT.fires(min(self.ALERT.told(after)))


def lose(house: Product, queue: str) -> None:
    """Let everything be lost that is due in a session queue."""
    receiver = house.app.receiver
    while (lease := receiver.accept_session(queue, lock_for=MINUTE)) is not None:
        receiver.complete(receiver.receive_in_session(lease, limit=10))
        receiver.release_session(lease)
