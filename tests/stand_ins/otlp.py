"""A collector on loopback that takes OTLP over HTTP, as protobuf, and keeps what it was told."""

import gzip
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(slots=True)
class Collector:
    """`refuses` makes it answer that it is out of order."""

    url: str = ""
    refuses: bool = False
    spans: list[Any] = field(default_factory=list[Any])
    events: set[str] = field(default_factory=set[str])
    metrics: set[str] = field(default_factory=set[str])
    services: set[str] = field(default_factory=set[str])

    def take(self, path: str, body: bytes) -> int:
        """Take what was sent to a path; give the status."""
        if self.refuses:
            return 503
        match path:
            case "/v1/traces":
                self._take_spans(body)
            case "/v1/metrics":
                self._take_metrics(body)
            case "/v1/logs":
                self._take_logs(body)
            case _:
                return 404
        return 200

    def _take_spans(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self._note(resource.resource)
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def _take_metrics(self, body: bytes) -> None:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            self._note(resource.resource)
            self.metrics |= {metric.name for scope in resource.scope_metrics for metric in scope.metrics}

    def _take_logs(self, body: bytes) -> None:
        for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
            self._note(resource.resource)
            self.events |= {
                record.body.string_value for scope in resource.scope_logs for record in scope.log_records
            }

    def _note(self, resource: Any) -> None:
        self.services |= {one.value.string_value for one in resource.attributes if one.key == "service.name"}


@contextmanager
def a_collector() -> Generator[Collector]:
    """Serve a collector."""
    collector = Collector()

    class Serving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            self.send_response(collector.take(self.path, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Serving)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
