"""OpenTelemetry's usual variables, as they are read; no sentence repeats what may be a secret."""

from __future__ import annotations

import pytest

from bot.feeds.otlp_settings import OtlpSettings, read_otlp_settings
from state.errors import BadSettings

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example:4318/base/"}


def read(**env: str) -> OtlpSettings:
    settings = read_otlp_settings({**ENDPOINT, **env})
    assert settings
    return settings


def test_the_address_is_below_the_one_for_all_signals_or_the_one_for_traces_as_it_is() -> None:
    assert read().url == "https://collector.example:4318/base/v1/traces"
    assert read(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://other/in").url == "http://other/in"


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"OTEL_EXPORTER_OTLP_HEADERS": "a=b"},
        {**ENDPOINT, "OTEL_SDK_DISABLED": "True"},
        {**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"},
    ],
    ids=str,
)
def test_without_an_address_or_switched_off_there_are_none(env: dict[str, str]) -> None:
    assert read_otlp_settings(env) is None


def test_headers_and_the_resource_are_decoded_and_those_for_traces_win() -> None:
    settings = read(
        OTEL_EXPORTER_OTLP_HEADERS="api-key=general",
        OTEL_EXPORTER_OTLP_TRACES_HEADERS="api-key=s3cret%20w0rd, tenant = a",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment=production,service.name=other",
        OTEL_SERVICE_NAME="deploy-bot",
    )
    assert settings.headers == {"api-key": "s3cret w0rd", "tenant": "a"}
    assert settings.resource == {"deployment.environment": "production", "service.name": "deploy-bot"}
    assert "w0rd" not in repr(settings)
    assert "collector.example" not in repr(settings)
    assert read().resource == {"service.name": "gonogo"}


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"ENDPOINT": "collector:s3cret"}, "OTEL_EXPORTER_OTLP_ENDPOINT is no web address"),
        ({"ENDPOINT": "http://[s3cret"}, "OTEL_EXPORTER_OTLP_ENDPOINT is no web address"),
        ({"PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc', and only http/protobuf is spoken here"),
        ({"COMPRESSION": "zstd"}, "OTEL_EXPORTER_OTLP_COMPRESSION is 'zstd'; it must be gzip or none"),
        ({"HEADERS": "s3cret"}, "OTEL_EXPORTER_OTLP_HEADERS must be like name=value"),
        ({"HEADERS": "a b=s3cret"}, "OTEL_EXPORTER_OTLP_HEADERS holds what is no header"),
        ({"HEADERS": "a=s3cret%0d%0ax: y"}, "OTEL_EXPORTER_OTLP_HEADERS holds what is no header"),
    ],
)
def test_a_wrong_value_is_one_sentence(env: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings) as error:
        read(**{f"OTEL_EXPORTER_OTLP_{name}": value for name, value in env.items()})
    assert said in str(error.value)
    assert "s3cret" not in str(error.value)
