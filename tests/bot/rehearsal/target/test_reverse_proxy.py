"""The reverse proxy: page, API, maintenance, access log."""

from __future__ import annotations

import http.server
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.rehearsal.target.audit import read_audit_log
from bot.rehearsal.target.host import Host
from bot.rehearsal.target.loopback import answers_http, free_port, wait_until
from tests.bot.rehearsal.target.conftest import send, web_server
from tests.conftest import make_host

BYPASS = {"X-Deploy-Bypass": "secret"}


def api(handler: http.server.BaseHTTPRequestHandler) -> None:
    """The API: echoes the path and the authorization."""
    body = f'{{"path": "{handler.path}", "authorization": "{handler.headers.get("Authorization", "")}"}}'
    send(handler, body.encode(), 404 if "missing" in handler.path else 200)


@dataclass(frozen=True)
class RunningProxy:
    """A running proxy with two releases, `one` and `two`."""

    host: Host
    client: httpx.Client

    def publish(self, release: str) -> None:
        """Point the `current` link at a release."""
        link = self.host.srv / "www" / "current"
        link.unlink(missing_ok=True)
        link.symlink_to(f"releases/{release}")

    def set_fault(self, name: str, value: str) -> None:
        """Write a fault file."""
        (self.host.folder / "faults" / name).write_text(value)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProxy]:
    """One proxy for all tests of this file."""
    host = make_host(tmp_path_factory.mktemp("proxy"))
    for release in ("one", "two"):
        folder = host.srv / "www" / "releases" / release
        folder.mkdir(parents=True)
        (folder / "index.html").write_text(f"<title>{release}</title>")
        (folder / "build.json").write_text(f'{{"commit": "{release}"}}')
    (host.folder / "faults").mkdir()
    with web_server(api) as url:
        address = start(host, url)
        with httpx.Client(base_url=address, trust_env=False) as client:
            yield RunningProxy(host, client)
        host.stop_processes()


@pytest.fixture
def proxy(running: RunningProxy) -> Iterator[RunningProxy]:
    """The running proxy with release `one`, without maintenance and faults."""
    running.publish("one")
    yield running
    for file in [*(running.host.folder / "faults").iterdir(), running.host.srv / "maintenance.on"]:
        file.unlink(missing_ok=True)


def start(host: Host, api_url: str) -> str:
    """Start a proxy; its address."""
    (host.keys / "bypass").write_text("secret")
    port = free_port()
    arguments: list[str | Path] = [host.folder, str(port), api_url]
    host.spawn("proxy", [sys.executable, "-m", "bot.rehearsal.target.reverse_proxy", *arguments])
    wait_until(lambda: answers_http(f"http://127.0.0.1:{port}/api/jobs"), "The reverse proxy")
    return f"http://127.0.0.1:{port}"


def test_api_requests_are_forwarded_with_their_status_query_and_authorization(proxy: RunningProxy) -> None:
    answer = proxy.client.get("/api/jobs?from=1", headers={"Authorization": "Bearer me", "Cookie": "private"})
    assert answer.json() == {"path": "/api/jobs?from=1", "authorization": "Bearer me"}
    assert proxy.client.post("/api/missing", json={}).status_code == 404


def test_files_of_the_current_release_are_served_and_any_other_path_is_the_page(proxy: RunningProxy) -> None:
    assert proxy.client.get("/build.json").json() == {"commit": "one"}
    assert proxy.client.get("/admin/approval-flow").text == "<title>one</title>"
    assert proxy.client.get("/missing.js").status_code == 404
    proxy.publish("two")
    assert proxy.client.get("/build.json").json() == {"commit": "two"}


def test_no_path_leads_out_of_the_release(proxy: RunningProxy) -> None:
    answer = proxy.client.get("/..%2f..%2f..%2f..%2fkeys%2fbypass")
    assert "secret" not in answer.text


def test_with_the_stale_page_fault_a_switched_link_changes_nothing(proxy: RunningProxy) -> None:
    proxy.set_fault("stale-page", "one")
    proxy.publish("two")
    assert proxy.client.get("/build.json").json() == {"commit": "one"}


def test_with_the_slow_list_fault_only_the_list_of_jobs_is_slow(proxy: RunningProxy) -> None:
    proxy.set_fault("slow-list", "0.3")
    proxy.client.get("/api/jobs")
    proxy.client.get("/api/jobs/1")
    slow, quick = (float(line.split()[-1]) for line in proxy.host.access_log.read_text().splitlines()[-2:])
    assert slow >= 0.3 > quick


def test_maintenance_answers_503_to_everybody_without_the_bypass_token(proxy: RunningProxy) -> None:
    flag = proxy.host.srv / "maintenance.on"
    flag.touch()
    refused, passed, guessed = (
        proxy.client.get("/api/jobs", headers=one) for one in ({}, BYPASS, {"X-Deploy-Bypass": "x"})
    )
    assert [refused.status_code, passed.status_code, guessed.status_code] == [503, 200, 503]
    assert refused.headers["Retry-After"] == "60"
    flag.unlink()
    assert proxy.client.get("/api/jobs").status_code == 200


def test_each_change_of_maintenance_is_recorded_once_also_without_requests(proxy: RunningProxy) -> None:
    def changes() -> list[bool]:
        return [line["on"] for line in read_audit_log(proxy.host.audit_log)[before:]]

    before = len(read_audit_log(proxy.host.audit_log))
    flag = proxy.host.srv / "maintenance.on"
    flag.touch()
    wait_until(lambda: changes() == [True], "the first change in the audit log")
    flag.unlink()
    wait_until(lambda: changes() == [True, False], "the second change in the audit log")


def test_an_api_that_is_down_is_answered_with_502(host: Host) -> None:
    address = start(host, f"http://127.0.0.1:{free_port()}")
    answer = httpx.get(f"{address}/api/jobs", trust_env=False)
    assert (answer.status_code, answer.json()) == (502, {"error": "The API does not answer."})


def test_the_access_log_is_nginxs_combined_format_with_the_request_time(proxy: RunningProxy) -> None:
    proxy.client.get("/build.json?a=1", headers={"User-Agent": 'a "browser"', "Referer": "http://there/"})
    line = proxy.host.access_log.read_text().splitlines()[-1]
    request = r'"GET /build\.json\?a=1 HTTP/1\.1" 200 \d+ "http://there/" "a \\x22browser\\x22" \d+\.\d{3}'
    assert re.fullmatch(rf"127\.0\.0\.1 - - \[\d\d/\w{{3}}/\d{{4}}:[\d:]{{8}} [+-]\d{{4}}\] {request}", line), line
