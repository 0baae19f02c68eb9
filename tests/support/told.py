"""All that is told through OpenTelemetry while a test runs, kept in memory as a collector would get it."""

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.adapters.telemetry import OURS, OpenTelemetry
from shared.adapters.telemetry_exporters import TEMPORALITY
from shared.kernel import tracing


@dataclass(frozen=True, slots=True)
class Part:
    """A span, as far as tests ask of it."""

    name: str
    trace: str
    id: str
    parent: str
    kind: str
    failed: bool
    links: Sequence[str]
    what: Mapping[str, object]

    @property
    def function(self) -> object:
        return self.what.get("function")


@dataclass(slots=True)
class Told:
    """What has been told so far."""

    spans: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    metrics: InMemoryMetricReader = field(
        default_factory=lambda: InMemoryMetricReader(preferred_temporality=TEMPORALITY)
    )
    logs: InMemoryLogRecordExporter = field(default_factory=InMemoryLogRecordExporter)

    @property
    def parts(self) -> list[Part]:
        """Give the spans that have ended, in the order in which they began."""
        ended = sorted(self.spans.get_finished_spans(), key=lambda span: span.start_time or 0)
        return [_part(span) for span in ended]

    def of(self, function: str) -> list[Part]:
        """Give the spans of one function."""
        return [part for part in self.parts if part.function == function]

    def named(self, name: str) -> list[Part]:
        return [part for part in self.parts if part.name == name]

    def events(self) -> list[tuple[str, str]]:
        """Give each event, and the trace that it happened in."""
        told = [one.log_record for one in self.logs.get_finished_logs()]
        return [(str(one.body), f"{one.trace_id or 0:032x}") for one in told]

    def measured(self) -> dict[str, dict[tuple[tuple[str, object], ...], float]]:
        """Give what was measured since this was asked last: by name and labels, a sum or the last value."""
        data = self.metrics.get_metrics_data()
        metrics = [
            metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]
        return {
            metric.name: {
                tuple(sorted((point.attributes or {}).items())): getattr(point, "sum", None)
                or getattr(point, "value", 0.0)
                for point in metric.data.data_points
            }
            for metric in metrics
        }

    def everything(self) -> str:
        """Give all of it as one text, in which to look for what must not be there."""
        spans = [span.to_json() for span in self.spans.get_finished_spans()]
        logs = [one.to_json() for one in self.logs.get_finished_logs()]
        data = self.metrics.get_metrics_data()
        return "\n".join([*spans, *logs, data.to_json() if data else ""])


@contextmanager
def telling() -> Generator[Told]:
    """Let everything be told to a test."""
    told = Told()
    levels = {name: logging.getLogger(name).level for name in OURS}
    recorder = OpenTelemetry(
        spans=[SimpleSpanProcessor(told.spans)],
        metrics=[told.metrics],
        logs=[SimpleLogRecordProcessor(told.logs)],
    )
    recorder.listen()
    tracing.record_by(recorder)
    try:
        yield told
    finally:
        tracing.record_by(None)
        recorder.close()
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _part(span: ReadableSpan) -> Part:
    context, parent = span.get_span_context(), span.parent
    assert context is not None
    return Part(
        name=span.name,
        trace=f"{context.trace_id:032x}",
        id=f"{context.span_id:016x}",
        parent=f"{parent.span_id:016x}" if parent else "",
        kind=span.kind.name,
        failed=not span.status.is_ok and not span.status.is_unset,
        links=[f"{link.context.trace_id:032x}" for link in span.links],
        what=dict(span.attributes or {}),
    )
