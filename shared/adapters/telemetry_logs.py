"""Our log lines as events: told with what stands beside them, and counted where the catalogue says so."""

import logging
from time import time_ns

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from shared.adapters.telemetry_events import COUNTED
from shared.kernel import tracing
from shared.kernel.tracing import Recorder, Value

_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SEVERITIES = {
    logging.DEBUG: SeverityNumber.DEBUG,
    logging.INFO: SeverityNumber.INFO,
    logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR,
    logging.CRITICAL: SeverityNumber.FATAL,
}


class TellsEvents(logging.Handler):
    """Tells name and particulars of a log line, never a traceback: its text may hold a patient's (D17)."""

    def __init__(self, logs: LoggerProvider, recorder: Recorder) -> None:
        super().__init__()
        self.lock = None  # nothing here needs one
        self._logs = logs
        self._recorder = recorder

    def emit(self, record: logging.LogRecord) -> None:
        told = particulars(record)
        self._count(record.msg, told)
        self._logs.get_logger(record.name).emit(
            LogRecord(
                timestamp=int(record.created * 1e9),
                observed_timestamp=time_ns(),
                context=_context_of(tracing.current()),
                severity_text=record.levelname,
                severity_number=_SEVERITIES.get(record.levelno, SeverityNumber.UNSPECIFIED),
                body=record.getMessage(),
                attributes=dict(told),
            )
        )

    def _count(self, event: object, told: dict[str, Value]) -> None:
        counted = COUNTED.get(event) if isinstance(event, str) else None
        if counted is not None:
            labels = {name: told[key] for name, key in counted.labels.items() if key in told}
            self._recorder.measure(counted.metric, 1, labels)


def particulars(record: logging.LogRecord) -> dict[str, Value]:
    """Give what was told beside the name; what is neither a number nor a truth is told as text."""
    return {
        name: value if isinstance(value, bool | int | float) else str(value)
        for name, value in vars(record).items()
        if name not in _OF_EVERY_RECORD and value is not None
    }


def _context_of(text: str) -> Context | None:
    if not tracing.understood(text):
        return None
    _, trace, span, _ = text.split("-")
    around = SpanContext(int(trace, 16), int(span, 16), is_remote=False, trace_flags=TraceFlags(1))
    return set_span_in_context(NonRecordingSpan(around), Context())
