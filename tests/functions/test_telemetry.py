"""One trace from a request, or from a change in the record, to what the provider answers (D5, D6, D17)."""

import logging
from collections.abc import Generator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest
from azure.functions.timer import TimerRequest
from opentelemetry import context as otel_context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from functions.edge import http, service_bus, timer
from functions.edge import tracing as edge_tracing
from functions.edge.doors import PUBLIC
from shared.kernel import tracing
from shared.kernel.queues import OutgoingMessage
from shared.kernel.refusals import TransientFault
from tests.support.edge_app import PLANTED, EdgeApplication, a_message, an_application, as_delivered, ask
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product
from tests.support.product_gateway import Gateway, a_gateway
from tests.support.product_routes import route_named
from tests.support.product_story import THREE_DAYS, a_patient, an_hba1c, keep_definitions
from tests.support.told import Part, Told

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"


@pytest.fixture
def gateway() -> Generator[Gateway]:
    with a_gateway() as one:
        yield one


@pytest.fixture
def house(tmp_path: Path, issuer: Issuer, gateway: Gateway) -> Generator[Product]:
    """Give a product with the story in force, whose text messages leave the house."""
    with a_product(tmp_path, issuer, sms_provider="gateway", sms_gateway_url=gateway.url) as one:
        keep_definitions(one)
        one.write(a_patient("maria"))
        one.run()
        yield one


def way_back(told: Told, part: Part) -> list[object]:
    """Give the functions from a span back to the first of its trace: each the parent of the one before."""
    by_id = {each.id: each for each in told.parts}
    functions: list[object] = []
    here: Part | None = part
    while here is not None:
        assert here.trace == part.trace
        functions.append(here.function or here.name)
        here = by_id.get(here.parent)
    return functions


TO_THE_PROVIDER = [
    "messaging.provider",
    "deliver_message",
    "decide_sending",
    "request_message",
    "start_journeys",
    "react_to_change",
    "take_in_changes",
]


class TestATrace:
    def test_leads_from_a_request_to_the_provider(self, house: Product, told: Told) -> None:
        house.write(an_hba1c(of="maria"))
        ((_, event),) = house.app.embedded_record.events(0, 10)
        house.app.embedded_record.forget_events(1_000)

        headers = house.key_to(route_named("receive_changes").door) | {"traceparent": TRACEPARENT}
        answer = house.send("POST", "/api/fhir-changes", body=[event], headers=headers)
        house.run()

        (call,) = told.named("messaging.provider")
        assert answer.status == 202
        assert call.trace == TRACE
        assert call.what["outcome"] == "accepted"
        assert way_back(told, call) == [*TO_THE_PROVIDER, "receive_changes"]
        assert [part.parent for part in told.of("receive_changes")] == [CALLER]

    def test_leads_from_a_commit_to_what_is_done_about_it(self, house: Product, told: Told) -> None:
        said = {"channel": "sms", "purpose": "commercial", "choice": "opted_out"}
        token = house.patient("maria")
        headers = {"traceparent": TRACEPARENT, "Authorization": f"Bearer {token}"}

        house.send("POST", "/api/me/consents", body=said, headers=headers)
        house.run()

        assert [way_back(told, part) for part in told.of("record_audit")] == [
            ["record_audit", "record_own_consent"]
        ]
        assert {part.trace for part in told.of("record_audit")} == {TRACE}

    def test_begins_with_each_change_of_the_record(self, house: Product, told: Told) -> None:
        house.write(an_hba1c("first", of="maria"), an_hba1c("second", of="maria"))
        house.run()

        taken_in = told.of("take_in_changes")
        (call,) = told.named("messaging.provider")  # one measurement starts a journey once
        assert [part.what["together"] for part in taken_in] == [2, 2]
        assert len({part.trace for part in taken_in}) == 2
        assert way_back(told, call) == TO_THE_PROVIDER
        assert len({part.trace for part in told.of("react_to_change")}) == 2

    def test_goes_on_after_days(self, house: Product, told: Told) -> None:
        house.write(an_hba1c(of="maria"))
        house.run()
        house.pass_by(THREE_DAYS)

        sms, email = told.named("messaging.provider")
        assert (sms.what["channel"], email.what["channel"]) == ("sms", "email")
        assert sms.trace == email.trace

    def test_is_kept_by_a_message_that_waits(self, house: Product, told: Told, gateway: Gateway) -> None:
        gateway.busy_for = 2
        house.write(an_hba1c(of="maria"))
        house.run()
        for _ in range(2):
            house.pass_by(timedelta(minutes=1))

        calls = told.named("messaging.provider")
        assert [call.what["outcome"] for call in calls] == ["put_off", "put_off", "accepted"]
        attempts = [part for part in told.of("deliver_message") if part.id in {call.parent for call in calls}]
        assert [part.what["outcome"] for part in attempts] == ["deferred", "deferred", "completed"]
        assert len({part.trace for part in (*calls, *told.of("deliver_message"))}) == 1

    def test_is_kept_by_what_an_operator_sends_again(self, house: Product, told: Told) -> None:
        message = OutgoingMessage("stray", b"{}", properties=tracing.carried(TRACEPARENT))
        house.app.queues.send("deliveries", [message])
        house.run()
        (parked,) = house.call("list_parked").json["messages"]

        house.call("replay_parked", {}, parked_id=parked["id"])
        house.run()

        assert [(part.trace, part.what["outcome"]) for part in told.of("deliver_message")] == [
            (TRACE, "parked"),
            (TRACE, "parked"),
        ]

    def test_is_in_every_line_that_is_logged(self, house: Product, told: Told) -> None:
        house.write(an_hba1c(of="maria"))
        house.run()

        (call,) = told.named("messaging.provider")
        traces = dict(told.events())
        assert traces["messaging.delivery.ended"] == traces["messaging.decision.made"] == call.trace

    def test_says_nothing_of_the_patient(self, house: Product, told: Told, gateway: Gateway) -> None:
        phone = f"+44{PLANTED}"
        house.write(a_patient("maria", phone=phone, name=[{"family": PLANTED}]), an_hba1c(of="maria"))
        house.run()
        house.send("GET", f"/api/parked?after={PLANTED}", headers={"traceparent": PLANTED})

        assert [body["To"] for body in gateway.taken.values()] == [phone]
        assert "messaging.provider" in told.everything()
        assert PLANTED not in told.everything()


@pytest.fixture
def app(tmp_path: Path) -> Generator[EdgeApplication]:
    with an_application(tmp_path) as one:
        yield one


@http.answers_to(PUBLIC)
def say_where(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with the context in hand, or fail."""
    if req.params.get("fail"):
        raise KeyError(PLANTED)
    return http.ok({"context": tracing.current()})


def handled(message: func.ServiceBusMessage) -> None:
    app: Any = http.application()
    app.take_note(service_bus.read(message, app.take_note), now=app.clock.now())


handle = service_bus.settles(session=False, queue="deliveries")(handled)


@timer.ticks
def tick(tick: func.TimerRequest) -> None:
    del tick
    raise TransientFault(PLANTED)


def surrounded_by(trace: str) -> Iterator[None]:
    """Do as the worker does: name the host's span as the one in whose name a function is called."""
    host = SpanContext(int(trace, 16), int("11" * 8, 16), is_remote=True, trace_flags=TraceFlags(1))
    token = otel_context.attach(set_span_in_context(NonRecordingSpan(host)))
    yield
    otel_context.detach(token)


@pytest.fixture
def host_of_the_same_trace() -> Iterator[None]:
    yield from surrounded_by(TRACE)


@pytest.fixture
def host_of_another_trace() -> Iterator[None]:
    yield from surrounded_by("22" * 16)


@pytest.mark.usefixtures("app")
class TestWithoutAHost:
    def test_a_request_is_a_request(self, told: Told) -> None:
        answer = ask(say_where, headers={"traceparent": TRACEPARENT})

        (part,) = told.parts
        assert answer.json == {"context": f"00-{TRACE}-{part.id}-01"}
        assert (part.name, part.kind, part.parent) == ("edge.request", "SERVER", CALLER)
        assert part.what == {"function": "say_where", "status": 200}

    def test_a_request_may_be_named_by_its_caller(self, told: Told) -> None:
        ask(say_where, headers={"X-Correlation-Id": "0f8fad5b-d9cb-469f-a165-70867728950e"})

        (part,) = told.parts
        assert (part.trace, part.parent) == ("0f8fad5bd9cb469fa16570867728950e", "")

    @pytest.mark.parametrize(
        "nonsense",
        ["", "00", f"00-{'0' * 32}-{CALLER}-01", f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-{CALLER}-01"],
    )
    def test_nonsense_begins_a_trace_of_its_own(self, told: Told, nonsense: str) -> None:
        answer = ask(say_where, headers={"traceparent": nonsense})

        (part,) = told.parts
        assert part.parent == ""
        assert part.trace not in (TRACE, "0" * 32)
        assert answer.headers["x-correlation-id"] == part.trace

    def test_a_bug_has_failed(self, told: Told) -> None:
        answer = ask(say_where, params={"fail": "1"})

        (part,) = told.parts
        assert (answer.status, part.failed) == (500, True)
        assert told.measured()["requests.failed"] == {(("error", "KeyError"),): 1}
        assert PLANTED not in told.everything()

    def test_a_message_without_a_past_has_one_trace_at_every_delivery(self, told: Told) -> None:
        for _ in range(2):
            handle(message=a_message({"text": "Call back"}, id="m1"))

        first, again = told.parts
        assert first.trace == again.trace == edge_tracing.trace_of(a_message({}, id="m1"))
        assert (first.kind, first.parent) == ("CONSUMER", "")

    @pytest.mark.parametrize("carried", [tracing.carried(TRACEPARENT), {}])
    def test_a_copy_for_later_goes_on_where_its_original_did(
        self, app: EdgeApplication, told: Told, carried: dict[str, str]
    ) -> None:
        app.take_note.raises.append(TransientFault())
        handle(message=a_message({"text": "Call back"}, properties=carried))
        app.stopped.pass_by(timedelta(minutes=1))
        (copy,) = app.receiver.receive("deliveries", limit=2, lock_for=timedelta(minutes=1))

        handle(message=as_delivered(copy))

        first, later = told.parts
        assert (first.what["outcome"], later.what["outcome"]) == ("deferred", "completed")
        assert (first.trace, first.parent) == (later.trace, later.parent)

    def test_a_tick_that_is_put_off_has_failed(self, told: Told) -> None:
        with pytest.raises(TransientFault):
            tick(tick=TimerRequest(past_due=False))

        (part,) = told.parts
        assert (part.name, part.kind, part.failed) == ("edge.run", "INTERNAL", True)
        assert told.measured()["runs.put_off"] == {(("reason", "TransientFault"), ("run", "tick")): 1}


@pytest.mark.usefixtures("app")
class TestUnderAHost:
    """The host tells of requests and messages itself, so ours are parts of its own."""

    @pytest.mark.usefixtures("host_of_the_same_trace")
    def test_a_request_is_a_part_of_what_the_host_told(self, told: Told) -> None:
        ask(say_where, headers={"traceparent": TRACEPARENT})

        (part,) = told.parts
        assert (part.kind, part.trace, part.parent, part.links) == ("INTERNAL", TRACE, "11" * 8, [])

    @pytest.mark.usefixtures("host_of_another_trace")
    def test_a_request_of_nobody_goes_on_from_the_host(self, told: Told) -> None:
        ask(say_where, headers={"X-Correlation-Id": "0f8fad5b-d9cb-469f-a165-70867728950e"})

        (part,) = told.parts
        assert (part.trace, part.parent) == ("22" * 16, "11" * 8)

    @pytest.mark.usefixtures("host_of_another_trace")
    def test_a_message_stays_in_its_own_trace_and_points_to_the_host(self, told: Told) -> None:
        carried = tracing.carried(TRACEPARENT)

        handle(message=a_message({"text": "Call back"}, properties=carried))

        (part,) = told.parts
        assert (part.kind, part.trace, part.parent) == ("INTERNAL", TRACE, CALLER)
        assert part.links == ["22" * 16]

    @pytest.mark.usefixtures("host_of_another_trace")
    def test_a_message_without_a_past_does_too(self, told: Told) -> None:
        handle(message=a_message({"text": "Call back"}, id="m1"))

        (part,) = told.parts
        assert (part.trace, part.parent) == (edge_tracing.trace_of(a_message({}, id="m1")), "")
        assert part.links == ["22" * 16]


@pytest.mark.usefixtures("app")
class TestWhenNobodyListens:
    def test_the_context_flows_all_the_same(self) -> None:
        answer = ask(say_where, headers={"traceparent": TRACEPARENT})

        assert answer.json == {"context": TRACEPARENT}

    def test_log_lines_belong_to_the_trace(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)

        handle(message=a_message(b"{", properties=tracing.carried(TRACEPARENT)))

        (record,) = [record for record in caplog.records if record.message == "edge.message.parked"]
        assert vars(record)["correlation"] == TRACE
