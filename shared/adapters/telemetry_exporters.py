"""Who listens: Azure Monitor, or any collector that speaks OTLP over HTTP.

Both are opened when there is something to tell, by the thread that tells it: a third of a second of imports
that no caller waits for.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics import Counter, Histogram
from opentelemetry.sdk.metrics import _Gauge as Gauge  # pyright: ignore[reportPrivateUsage]  # the SDK's key for it
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from shared.adapters.telemetry import OpenTelemetry, of_us
from shared.kernel.sensitive import Sensitive

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

T = TypeVar("T")

SPANS_EVERY_MS = 1_000
"""A process that is killed takes so much along at most."""
METRICS_EVERY_MS = 60_000
TEMPORALITY: dict[type, AggregationTemporality] = {
    Counter: AggregationTemporality.DELTA,
    Histogram: AggregationTemporality.DELTA,
    Gauge: AggregationTemporality.DELTA,
}
"""What has been told is not told again: else a process that measured a queue once would go on for ever."""


class TakesMetrics(Protocol):
    """What we need of the SDK's `MetricExporter`, whose own methods are not wholly typed."""

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000) -> MetricExportResult:
        """Send them."""
        ...

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Send what is kept back."""
        ...

    def shutdown(self, timeout_millis: float = 30_000) -> None:
        """Send nothing any more."""
        ...


class _Opened(Generic[T]):
    """Opens it when it is first needed, which only the one thread that exports ever does."""

    def __init__(self, opens: Callable[[], T]) -> None:
        self._opens = opens
        self.it: T | None = None

    def get(self) -> T:
        if self.it is None:
            self.it = self._opens()
        return self.it


class SpansLater(SpanExporter):
    """Exports spans by what is opened when there are some."""

    def __init__(self, opens: Callable[[], SpanExporter]) -> None:
        self._opened = _Opened(opens)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._opened.get().export(spans)

    def shutdown(self) -> None:
        if self._opened.it is not None:
            self._opened.it.shutdown()


class MetricsLater(MetricExporter):
    """Exports measurements by what is opened when there are some."""

    def __init__(self, opens: Callable[[], TakesMetrics]) -> None:
        super().__init__(preferred_temporality=TEMPORALITY)
        self._opened = _Opened(opens)

    def export(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,
        **kwargs: object,  # noqa: ARG002  # the SDK passes nothing in it yet
    ) -> MetricExportResult:
        return self._opened.get().export(metrics_data, timeout_millis)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return self._opened.it is None or self._opened.it.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:  # noqa: ARG002  # as above
        if self._opened.it is not None:
            self._opened.it.shutdown(timeout_millis)


class LogsLater(LogRecordExporter):
    """Exports events by what is opened when there are some."""

    def __init__(self, opens: Callable[[], LogRecordExporter]) -> None:
        self._opened = _Opened(opens)

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        return self._opened.get().export(batch)

    def force_flush(self, timeout_millis: int = 10_000) -> bool:
        return self._opened.it is None or self._opened.it.force_flush(timeout_millis)

    def shutdown(self) -> None:
        if self._opened.it is not None:
            self._opened.it.shutdown()


def to_azure_monitor(
    connection: Sensitive[str], credential: "TokenCredential", *, trusted_ca: Path | None = None
) -> OpenTelemetry:
    """Tell Application Insights, by identity; nothing is kept on disk when it cannot be reached.

    `trusted_ca` is a file of all authorities to trust.
    """
    trust = {"connection_verify": str(trusted_ca)} if trusted_ca else {}

    def opened(exporter: Callable[..., T], **more: object) -> T:
        return exporter(
            connection_string=connection.value,
            credential=credential,
            disable_offline_storage=True,
            **trust,
            **more,
        )

    def spans() -> SpanExporter:
        from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter  # noqa: PLC0415  # see above

        whose = TracerProvider(resource=of_us(), shutdown_on_exit=False)  # it asks the global one otherwise
        return opened(AzureMonitorTraceExporter, tracer_provider=whose)

    def metrics() -> TakesMetrics:
        from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter  # noqa: PLC0415  # see above

        return opened(AzureMonitorMetricExporter)

    def logs() -> LogRecordExporter:
        from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter  # noqa: PLC0415  # see above

        return opened(AzureMonitorLogExporter)

    return _telling(spans, metrics, logs)


def to_collector(endpoint: str) -> OpenTelemetry:
    """Tell any collector that takes OTLP over HTTP."""
    base = endpoint.rstrip("/")

    def spans() -> SpanExporter:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  # see above

        return OTLPSpanExporter(f"{base}/v1/traces")

    def metrics() -> TakesMetrics:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415  # see above

        return OTLPMetricExporter(f"{base}/v1/metrics")

    def logs() -> LogRecordExporter:
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter  # noqa: PLC0415  # see above

        return OTLPLogExporter(f"{base}/v1/logs")

    return _telling(spans, metrics, logs)


def _telling(
    spans: Callable[[], SpanExporter],
    metrics: Callable[[], TakesMetrics],
    logs: Callable[[], LogRecordExporter],
) -> OpenTelemetry:
    return OpenTelemetry(
        spans=[BatchSpanProcessor(SpansLater(spans), schedule_delay_millis=SPANS_EVERY_MS)],
        metrics=[PeriodicExportingMetricReader(MetricsLater(metrics), METRICS_EVERY_MS)],
        logs=[BatchLogRecordProcessor(LogsLater(logs), schedule_delay_millis=SPANS_EVERY_MS)],
    )
