"""The audit reads its log line by line; a server that names no commit counts as none."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from bot.rehearsal.target.audit import commit_at, read_audit_log
from bot.rehearsal.target.loopback import free_port
from tests.bot.rehearsal.target.conftest import send, web_server


def test_a_log_that_is_not_there_yet_has_no_lines(tmp_path: Path) -> None:
    assert read_audit_log(tmp_path / "audit.log") == []


def test_the_log_is_read_oldest_line_first(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text('{"what": "boot"}\n{"what": "npm", "words": "run build"}\n')
    assert [line["what"] for line in read_audit_log(log)] == ["boot", "npm"]


def test_the_commit_is_the_one_that_the_server_names_to_a_request_with_these_headers() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(handler, b'{"commit": "abc"}' if handler.headers["X-Key"] == "secret" else b"{}")

    with web_server(answer) as url:
        assert commit_at(url, {"X-Key": "secret"}) == "abc"


@pytest.mark.parametrize("body", [b"<html>", b'{"status": "ok"}', b"[1]"], ids=["no JSON", "no commit", "a list"])
def test_another_answer_names_no_commit(body: bytes) -> None:
    with web_server(lambda handler: send(handler, body)) as url:
        assert commit_at(url, {}) == ""


def test_a_server_that_is_down_names_no_commit() -> None:
    assert commit_at(f"http://127.0.0.1:{free_port()}", {}) == ""
