"""What is measured, counted and exported; and that nobody is kept waiting for it (D17)."""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken, TokenCredential

from functions.edge import tracing as edge_tracing
from shared.adapters import telemetry_exporters
from shared.adapters.telemetry_catalogue import BY_NAME, METRICS
from shared.adapters.telemetry_events import COUNTED
from shared.conversations.conversation import Conversation, Owner
from shared.kernel import tracing
from shared.kernel.documents import Create, announcing
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import DeliverMessage
from shared.wiring import telemetry
from tests.stand_ins.azure_monitor import Intake, an_intake
from tests.stand_ins.certificates import certificates_in
from tests.stand_ins.otlp import Collector, a_collector
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product
from tests.support.product_gateway import Gateway, a_gateway
from tests.support.product_story import a_patient, an_hba1c, keep_definitions
from tests.support.told import Told
from tests.support.tree import ROOT

MINUTE = timedelta(minutes=1)
log = logging.getLogger("functions.edge.settling")


@pytest.fixture
def gateway() -> Generator[Gateway]:
    with a_gateway() as one:
        yield one


@pytest.fixture
def house(tmp_path: Path, issuer: Issuer, gateway: Gateway) -> Generator[Product]:
    with a_product(tmp_path, issuer, sms_provider="gateway", sms_gateway_url=gateway.url) as one:
        yield one


def labelled(**labels: object) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(labels.items()))


class TestTheBacklog:
    def test_of_an_empty_house_is_nothing(self, house: Product, told: Told) -> None:
        house.tick("measure_backlog")

        measured = told.measured()
        assert measured["announcements.oldest_seconds"] == {(): 0}
        assert measured["operations.parked_undecided"] == {(): 0}
        assert measured["conversations.waiting"] == {(): 0}
        assert "operations.backlog.measured" in dict(told.events())

    def test_tells_of_each_queue_how_much_waits_and_since_when(self, house: Product, told: Told) -> None:
        house.put_on("deliveries", {"contact": "x"}, named="one")
        house.clock.pass_by(MINUTE * 7)
        house.put_on("deliveries", {"contact": "x"}, named="two")
        house.app.measure_backlog(now=house.clock.now(), real=house.clock.real())

        measured, here = told.measured(), labelled(queue="deliveries")
        assert measured["queues.waiting"][here] == 2
        assert measured["queues.oldest_waiting_seconds"][here] == 7 * 60
        assert measured["queues.dead_lettered"][here] == 0

    def test_tells_of_dead_letters(self, house: Product, told: Told) -> None:
        house.put_on("deliveries", {"contact": "x"})
        house.die_over("deliveries")
        house.tick("measure_backlog")

        assert told.measured()["queues.dead_lettered"] == {labelled(queue="deliveries"): 1}

    def test_tells_of_parked_messages_until_somebody_decides(self, house: Product, told: Told) -> None:
        house.put_on("deliveries", b"{")
        house.run()
        house.tick("measure_backlog")
        before = told.measured()["operations.parked_undecided"]
        (parked,) = house.call("list_parked").json["messages"]

        house.call("discard_parked", {"why": "a stray"}, parked_id=parked["id"])
        house.tick("measure_backlog")

        assert (before, told.measured()["operations.parked_undecided"]) == ({(): 1}, {(): 0})

    def test_tells_how_far_the_relay_is_behind(self, house: Product, told: Told) -> None:
        thing = Create("thing~1", {})
        late = announcing(DeliverMessage("sms~0c", "m1", 1), of=thing, named="m1")
        house.app.documents.commit("thing/1", changes=[thing], announcements=[late])
        house.clock.pass_by(MINUTE * 3)

        found = house.app.measure_backlog(now=house.clock.now(), real=house.clock.real())

        measured = told.measured()
        assert (found.left_behind, measured["announcements.left_behind"]) == (1, {(): 1})
        assert measured["announcements.oldest_seconds"] == {(): 180}

    def test_tells_of_held_messages_that_nobody_let_go(
        self, tmp_path: Path, issuer: Issuer, told: Told
    ) -> None:
        late = datetime(2026, 11, 2, 22, 30, tzinfo=UTC)
        with a_product(tmp_path, issuer, at=late) as house:
            keep_definitions(house)
            house.write(a_patient("maria"), an_hba1c(of="maria"))
            house.run()
            counts: list[int] = []
            for wait in (timedelta(), timedelta(hours=12)):
                house.clock.pass_by(wait)
                found = house.app.measure_backlog(now=house.clock.now(), real=house.clock.real())
                counts.append(found.held_overdue)

        assert counts == [0, 1]
        assert told.measured()["messaging.held_overdue"] == {(): 1}

    def test_tells_of_the_patient_who_has_waited_longest(self, house: Product, told: Told) -> None:
        now = house.clock.now()
        for minutes in (3, 8):
            name, since = f"c{minutes}", now - MINUTE * minutes
            talk = Conversation(
                name, None, "dl_x", "w", "open", Owner("queue", "q"), since, since, waiting_since=since
            )
            house.app.documents.commit(f"conversation/{name}", changes=[Create("conversation~current", talk)])

        house.app.measure_backlog(now=now, real=now)

        measured = told.measured()
        assert measured["conversations.waiting"] == {(): 2}
        assert measured["conversations.longest_wait_seconds"] == {(): 8 * 60}

    def test_is_told_once_and_not_by_a_process_that_measured_it_before(
        self, house: Product, told: Told
    ) -> None:
        house.tick("measure_backlog")

        assert "conversations.waiting" in told.measured()
        assert "conversations.waiting" not in told.measured()


class TestEvents:
    def test_are_counted_as_the_catalogue_says(self, house: Product, told: Told) -> None:
        house.put_on("deliveries", b"{")
        house.run()

        assert told.measured()["messages.parked"] == {labelled(queue="deliveries", reason="Nonsense"): 1}

    def test_are_counted_by_labels_that_the_catalogue_knows(self) -> None:
        for counted in COUNTED.values():
            assert set(counted.labels) <= set(BY_NAME[counted.metric].labels)

    def test_tell_of_a_provider_how_it_answered(self, house: Product, told: Told, gateway: Gateway) -> None:
        gateway.answers_to_lose = 1
        keep_definitions(house)
        house.write(a_patient("maria"), an_hba1c(of="maria"))
        house.run()

        measured = told.measured()
        assert measured["messaging.provider_answers"] == {labelled(channel="sms", outcome="uncertain"): 1}
        assert set(measured["messaging.provider_seconds"]) == {labelled(channel="sms")}


class TestTheFirstAnswer:
    """Of a process that was started because somebody called, or long before."""

    @pytest.mark.parametrize(("seconds_ago", "idle"), [(3.0, False), (60.0, True)])
    def test_is_measured_once(
        self,
        house: Product,
        told: Told,
        monkeypatch: pytest.MonkeyPatch,
        seconds_ago: float,
        idle: bool,  # noqa: FBT001  # what is expected
    ) -> None:
        monkeypatch.setattr(edge_tracing, "_imported_at", [time.perf_counter() - seconds_ago])

        house.call("live")
        house.call("live")

        ((labels, seconds),) = told.measured()["process.first_answer_seconds"].items()
        assert labels == labelled(idle=idle)
        assert seconds < seconds_ago if idle else seconds >= seconds_ago
        assert "process.first_answer_seconds" not in told.measured()


class TestAMeasurement:
    def test_that_nobody_knows_is_not_told(self, told: Told) -> None:
        tracing.measure("nobody.knows_it", 1)

        assert "nobody.knows_it" not in told.measured()


LOADED = """
import sys
import function_app
from shared.wiring.composition import application
application()
print([name for name in sys.modules if name.partition(".")[0] == "opentelemetry"])
"""


class TestALaptop:
    def test_loads_nothing_of_it(self, tmp_path: Path) -> None:
        example = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
        asked = [sys.executable, "-c", LOADED]
        settings = {**example, "DATA_FOLDER": str(tmp_path)}
        answered = subprocess.run(asked, cwd=ROOT, env=settings, capture_output=True, check=True, text=True)

        assert answered.stdout == "[]\n"


@pytest.fixture
def collector() -> Generator[Collector]:
    with a_collector() as one:
        yield one


class TestACollector:
    def test_hears_of_everything(self, tmp_path: Path, issuer: Issuer, collector: Collector) -> None:
        with a_product(tmp_path, issuer, otel_exporter_otlp_endpoint=collector.url) as product:
            product.put_on("deliveries", b"{")
            product.run()
            telemetry.end()

        assert {span.name for span in collector.spans} >= {"edge.message"}
        assert "edge.message.parked" in collector.events
        assert "messages.parked" in collector.metrics
        assert collector.services == {"patient-engagement"}
        assert collector.metrics <= {metric.name for metric in METRICS}


class Identity(TokenCredential):
    """Somebody whom Azure knows."""

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        assert scopes == ("https://monitor.azure.com//.default",)
        return AccessToken("a-token", 4_000_000_000)


@pytest.fixture
def intake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Intake]:
    """Serve Azure Monitor, to an exporter that reports of itself to nobody else."""
    for name in ("CONTROLPLANE_DISABLED", "SDKSTATS_DISABLED", "STATSBEAT_DISABLED_ALL"):
        monkeypatch.setenv(f"APPLICATIONINSIGHTS_{name}", "true")
    with an_intake(certificates_in(tmp_path)) as one:
        yield one


class TestAzureMonitor:
    def test_is_told_by_identity_of_spans_events_and_measurements(
        self, tmp_path: Path, intake: Intake
    ) -> None:
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        connection, trusted_ca = Sensitive(intake.connection), certificates_in(tmp_path).ca
        telling = telemetry_exporters.to_azure_monitor(connection, Identity(), trusted_ca=trusted_ca)
        telling.listen()
        tracing.record_by(telling)

        origin = tracing.Origin(f"00-{trace}-00f067aa0ba902b7-01")
        with tracing.span("edge.request", "request", origin), tracing.span("messaging.provider", "call"):
            log.warning("edge.message.parked", extra={"queue": "deliveries", "reason": "Nonsense"})
        tracing.measure("queues.waiting", 3, queue="deliveries")
        tracing.record_by(None)
        telling.close()

        (request,), (call,) = intake.of("Request"), intake.of("RemoteDependency")
        (event,) = intake.of("Message")
        assert intake.tokens == {"a-token"}
        assert [item["tags"]["ai.operation.id"] for item in (request, call, event)] == [trace] * 3
        assert call["tags"]["ai.operation.parentId"] == request["data"]["baseData"]["id"]
        assert event["data"]["baseData"]["message"] == "edge.message.parked"
        assert event["data"]["baseData"]["properties"]["reason"] == "Nonsense"
        measured = [item["data"]["baseData"]["metrics"][0] for item in intake.of("Metric")]
        values = {one["name"]: one["value"] for one in measured}
        assert (values["queues.waiting"], values["messages.parked"]) == (3, 1)
