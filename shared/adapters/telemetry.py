"""Spans, measurements and events, told through OpenTelemetry.

Nothing global is touched: the Functions worker, and libraries that would tell more than we allow (D17), keep
theirs. Loaded only where the settings name somebody who listens.
"""

import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.metrics import Meter
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    INVALID_SPAN_CONTEXT,
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)

from shared.adapters.telemetry_catalogue import BY_NAME, Metric
from shared.adapters.telemetry_logs import TellsEvents
from shared.kernel import tracing
from shared.kernel.tracing import Kind, Origin, Value

SERVICE = "patient-engagement"
OURS = ("functions", "shared", "local")
"""Whose log lines are told: a library's may hold anything."""

_KINDS: Mapping[Kind, SpanKind] = {
    "request": SpanKind.SERVER,
    "message": SpanKind.CONSUMER,
    "run": SpanKind.INTERNAL,
    "call": SpanKind.CLIENT,
}
_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0)
_wanted_trace: ContextVar[int] = ContextVar("wanted trace", default=0)


class _Ids(RandomIdGenerator):
    """Random ids, but for a trace that is named for what it is about."""

    def generate_trace_id(self) -> int:
        return _wanted_trace.get() or super().generate_trace_id()


@dataclass(frozen=True, slots=True)
class ToldSpan(tracing.Span):
    """A span that somebody hears of."""

    span: Span

    @property
    def context(self) -> str:
        context = self.span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    def note(self, **what: Value) -> None:
        self.span.set_attributes(what)

    def fail(self, why: str) -> None:
        self.span.set_status(Status(StatusCode.ERROR, why))

    def end(self) -> None:
        self.span.end()


class OpenTelemetry(tracing.Recorder):
    """Tells what happens to those who listen: `spans`, `metrics` and `logs` are theirs."""

    def __init__(
        self, *, spans: list[SpanProcessor], metrics: list[MetricReader], logs: list[LogRecordProcessor]
    ) -> None:
        resource = of_us()
        self._traces = TracerProvider(sampler=ALWAYS_ON, resource=resource, id_generator=_Ids())
        for processor in spans:
            self._traces.add_span_processor(processor)
        self._tracer = self._traces.get_tracer(SERVICE)
        self._meters = MeterProvider(metric_readers=metrics, resource=resource)
        meter = self._meters.get_meter(SERVICE)
        self._instruments = {name: _instrument(meter, metric) for name, metric in BY_NAME.items()}
        self._logs = LoggerProvider(resource=resource)
        for log_processor in logs:
            self._logs.add_log_record_processor(log_processor)
        self._handler = TellsEvents(self._logs, self)

    def listen(self) -> None:
        """Tell of what is logged, too, from level INFO on."""
        for name in OURS:
            logger = logging.getLogger(name)
            logger.addHandler(self._handler)
            if logger.getEffectiveLevel() > logging.INFO:
                logger.setLevel(logging.INFO)

    def close(self) -> None:
        """Tell what is still to be told, and no more."""
        for name in OURS:
            logging.getLogger(name).removeHandler(self._handler)
        self._traces.shutdown()
        self._meters.shutdown()
        self._logs.shutdown()

    def begin(self, name: str, kind: Kind, origin: Origin, what: Mapping[str, Value]) -> tracing.Span:
        around = get_current_span().get_span_context()
        told = read_context(origin.continues)
        if told is not None:
            parent = around if around.trace_id == told.trace_id else told
        elif origin.trace_id and (kind == "message" or not around.is_valid):
            parent = None
        else:
            parent = read_context(tracing.current()) or (around if around.is_valid else None)
        token = _wanted_trace.set(0 if parent else int(origin.trace_id or "0", 16))
        try:
            return ToldSpan(
                self._tracer.start_span(
                    name,
                    context=_below(parent),
                    kind=_kind(kind, around),
                    attributes=what,
                    links=_links(parent, around),
                )
            )
        finally:
            _wanted_trace.reset(token)

    def measure(self, name: str, value: float, labels: Mapping[str, Value]) -> None:
        tell = self._instruments.get(name)
        if tell is not None:  # a test holds every name to the catalogue
            tell(value, labels)


def of_us() -> Resource:
    """Say whose telemetry it is."""
    return Resource.create({"service.name": SERVICE})


def read_context(text: str) -> SpanContext | None:
    """Read W3C trace context; None for what is none."""
    if not tracing.understood(text):
        return None
    _, trace, span, _ = text.split("-")
    return SpanContext(int(trace, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(1))


def _below(parent: SpanContext | None) -> Context:
    return set_span_in_context(NonRecordingSpan(parent), Context()) if parent else Context()


def _kind(kind: Kind, around: SpanContext) -> SpanKind:
    """Leave it to a host that has told of the request or message to count it: ours is a part of its own."""
    return SpanKind.INTERNAL if around.is_valid and kind in ("request", "message") else _KINDS[kind]


def _links(parent: SpanContext | None, around: SpanContext) -> list[Link]:
    """Point to the host's span where ours belongs to another trace than it does."""
    trace = (parent or INVALID_SPAN_CONTEXT).trace_id
    return [Link(around)] if around.is_valid and around.trace_id != trace else []


def _instrument(meter: Meter, metric: Metric) -> Callable[[float, Mapping[str, Value]], None]:
    match metric.kind:
        case "counter":
            return meter.create_counter(metric.name, metric.unit, metric.means).add
        case "histogram":
            return meter.create_histogram(
                metric.name, metric.unit, metric.means, explicit_bucket_boundaries_advisory=_SECONDS
            ).record
        case "gauge":
            return meter.create_gauge(metric.name, metric.unit, metric.means).set
