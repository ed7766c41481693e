"""A real OTLP/HTTP receiver, which decodes with OpenTelemetry's own protocol, and can hang."""

from __future__ import annotations

import gzip
import http.server
import time
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.served import HangingServer


@dataclass(frozen=True)
class Seen:
    """A span as it arrived: ids in hexadecimal, times in nanoseconds."""

    name: str
    trace: str
    id: str
    parent: str
    began: int
    ended: int
    failed: bool
    attributes: dict[str, Any]
    resource: dict[str, Any]

    @property
    def outcome(self) -> str:
        return str(self.attributes["gonogo.outcome"])


class OtlpReceiver(HangingServer):
    """Takes spans at /v1/traces. It answers with `status`, or not at all while `hangs`."""

    def __init__(self) -> None:
        super().__init__(Call)
        self.spans: list[Seen] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.server_port}"}

    def named(self, name: str) -> list[Seen]:
        """The spans of a name, in the order in which they arrived."""
        return [span for span in self.spans if span.name == name]

    def handle_error(self, request: object, client_address: object) -> None:
        """A bot that was killed says nothing."""


class Call(http.server.BaseHTTPRequestHandler):
    """One export."""

    server: OtlpReceiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        while self.server.hangs.is_set():
            time.sleep(0.05)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.headers.append(headers)
        status = self.server.status if self.path == "/v1/traces" else 404
        if status == 200:
            assert headers["content-type"] == "application/x-protobuf"
            body = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
            self.server.bodies.append(body)
            self.server.spans += read_spans(body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Log nothing."""


def read_spans(body: bytes) -> list[Seen]:
    """The spans of a request."""
    request = ExportTraceServiceRequest.FromString(body)
    return [
        Seen(
            name=span.name,
            trace=span.trace_id.hex(),
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            began=span.start_time_unix_nano,
            ended=span.end_time_unix_nano,
            failed=span.status.code == 2,
            attributes=_attributes(span.attributes),
            resource=_attributes(of_resource.resource.attributes),
        )
        for of_resource in request.resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    ]


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
