"""Where traces are sent, by OpenTelemetry's usual variables."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import unquote, urlsplit

from state.errors import BadSettings
from state.frozen import dataclass

GENERAL, OF_TRACES = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"
PROTOCOL = "http/protobuf"
SERVICE = "gonogo"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")


@dataclass(frozen=True, kw_only=True)
class OtlpSettings:
    """The address of the traces, what is sent along, and what the resource says; `repr` shows no secret."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    resource: Mapping[str, str]
    gzip: bool = False
    certificate: str = ""
    client_key: str = ""
    client_certificate: str = ""

    def tls(self) -> ssl.SSLContext | None:
        """What the collector's certificate is checked with, and ours; None for the bot's own. Raises BadSettings."""
        if not (self.certificate or self.client_certificate):
            return None
        try:
            context = ssl.create_default_context(cafile=self.certificate or None)
            if self.client_certificate:
                context.load_cert_chain(self.client_certificate, self.client_key or None)
        except (OSError, ssl.SSLError) as error:
            raise BadSettings(
                f"a certificate that the {GENERAL}… variables name cannot be read ({type(error).__name__})"
            ) from None
        return context


def read_otlp_settings(environ: Mapping[str, str]) -> OtlpSettings | None:
    """The settings; None where no traces are wanted. Raises BadSettings, without a value that may be a secret."""
    url = _url(environ)
    if not url or environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    if environ.get("OTEL_TRACES_EXPORTER", "otlp").strip() != "otlp":
        return None
    protocol = _one("PROTOCOL", environ) or PROTOCOL
    if protocol != PROTOCOL:
        raise BadSettings(f"{GENERAL}PROTOCOL is {protocol[:40]!r}, and only {PROTOCOL} is spoken here")
    compression = _one("COMPRESSION", environ) or "none"
    if compression not in {"none", "gzip"}:
        raise BadSettings(f"{GENERAL}COMPRESSION is {compression[:40]!r}; it must be gzip or none")
    resource = _pairs("OTEL_RESOURCE_ATTRIBUTES", environ.get("OTEL_RESOURCE_ATTRIBUTES", ""))
    name = environ.get("OTEL_SERVICE_NAME", "").strip() or resource.get("service.name") or SERVICE
    return OtlpSettings(
        url=url,
        headers=_headers(environ),
        resource={**resource, "service.name": name},
        gzip=compression == "gzip",
        certificate=_one("CERTIFICATE", environ),
        client_key=_one("CLIENT_KEY", environ),
        client_certificate=_one("CLIENT_CERTIFICATE", environ),
    )


def _url(environ: Mapping[str, str]) -> str:
    """The address of the traces: the one for them as it is, or below the one for all signals."""
    url = environ.get(f"{OF_TRACES}ENDPOINT", "").strip()
    if not url and (base := environ.get(f"{GENERAL}ENDPOINT", "").strip()):
        url = f"{base.rstrip('/')}/v1/traces"
    try:
        good = not url or (urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname))
    except ValueError:
        good = False
    if not good:
        raise BadSettings(f"{GENERAL}ENDPOINT is no web address; it must be like http://collector:4318")
    return url


def _headers(environ: Mapping[str, str]) -> dict[str, str]:
    headers = _pairs(f"{GENERAL}HEADERS", _one("HEADERS", environ))
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not (value.isascii() and value.isprintable()):
            raise BadSettings(f"{GENERAL}HEADERS holds what is no header; it must be like name=value,name=value")
    return headers


def _one(name: str, environ: Mapping[str, str]) -> str:
    return (environ.get(f"{OF_TRACES}{name}") or environ.get(f"{GENERAL}{name}") or "").strip()


def _pairs(name: str, text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if any(not equals or not key.strip() for key, equals, _ in pairs):
        raise BadSettings(f"{name} must be like name=value,name=value")
    return {unquote(key.strip()): unquote(value.strip()) for key, _, value in pairs}
