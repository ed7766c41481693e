"""The preview on this machine: made anew with each change of the file, and for nobody else."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.preview import server as module
from bot.preview.server import ADDRESS, PreviewServer
from state.errors import BadSettings, Refused
from tests.bot.preview.conftest import OpenTab
from tests.pages import spoil


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The small page in a file."""
    path = tmp_path / "small.md"
    path.write_text(spoil())
    return path


@pytest.fixture
def server(page: Path) -> Iterator[PreviewServer]:
    """The preview of that file."""
    with PreviewServer(page) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def get(server: PreviewServer, path: str = "/", host: str = "") -> tuple[int, str]:
    """The status and the body of an answer."""
    connection = http.client.HTTPConnection(ADDRESS, server.port, timeout=30)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_an_open_page_follows_the_file(page: Path, server: PreviewServer, open_tab: OpenTab) -> None:
    tab = open_tab(server.address)
    tab.get_by_role("heading", name="A small deploy").wait_for()
    page.write_text(spoil(("A small deploy", "Another deploy")))
    tab.get_by_role("heading", name="Another deploy").wait_for()
    page.write_text(spoil(('"10 min"', '"10 mins"')))
    tab.get_by_text("small.md has 1 error").wait_for()
    page.unlink()
    tab.get_by_text("cannot be read as a runbook page").wait_for()
    page.write_text(spoil())
    tab.get_by_role("heading", name="A small deploy").wait_for()


def test_what_was_unfolded_stays_so_when_the_page_reloads(page: Path, server: PreviewServer, open_tab: OpenTab) -> None:
    tab = open_tab(server.address)
    tab.get_by_text("DEPLOY", exact=True).click()
    page.write_text(spoil(('"deploy"', '"deploy --now"')))
    tab.get_by_text("on backend: deploy --now").wait_for()
    assert not tab.get_by_text("on backend: undeploy").is_visible()


def test_an_open_page_says_that_the_preview_has_ended(page: Path, open_tab: OpenTab) -> None:
    server = PreviewServer(page)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    tab = open_tab(server.address)
    assert not tab.locator("#ended").is_visible()
    server.shutdown()
    server.server_close()
    tab.get_by_text("The preview has ended").wait_for()


def test_the_version_changes_with_the_text_and_with_nothing_else(page: Path, server: PreviewServer) -> None:
    first = get(server, "/version")
    page.touch()
    assert get(server, "/version") == first
    page.write_text(spoil(("A small deploy", "Another deploy")))
    assert get(server, "/version") != first


def test_the_name_of_another_site_that_leads_here_reads_nothing(server: PreviewServer) -> None:
    assert get(server, host=f"evil.example:{server.port}")[0] == 403
    assert get(server, "/version", host="evil.example")[0] == 403
    assert get(server, host=f"localhost:{server.port}")[0] == 200
    assert get(server, "/../small.md")[0] == 404


def test_it_listens_on_this_machine_only(server: PreviewServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_a_port_in_use_is_named(page: Path) -> None:
    with socket.create_server((ADDRESS, 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(BadSettings, match=f"cannot be served on port {port} .*Address already in use"):
            PreviewServer(page, port)
    with pytest.raises(BadSettings, match="cannot be served on port 70000"):
        PreviewServer(page, 70_000)


def test_a_file_that_is_not_there_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"There is no file .*typo\.md\. Name a runbook page\."):
        PreviewServer(tmp_path / "typo.md")


def test_an_error_in_gonogo_is_shown_and_the_next_version_of_the_file_too(
    page: Path, server: PreviewServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(module, "document", lambda *_, **__: 1 / 0)
        status, body = get(server)
        assert status == 200
        assert "This is an error in gonogo, not on the page" in body
        assert "ZeroDivisionError" in body
    page.write_text(spoil(("A small deploy", "Another deploy")))
    assert "Another deploy" in get(server)[1]


def test_ctrl_c_ends_it_quietly(page: Path) -> None:
    command = [sys.executable, "-m", "bot.cli", "preview", str(page)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        assert started.stdout
        line = started.stdout.readline()
        assert line.startswith(f"The preview of {page} is at http://127.0.0.1:")
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
    assert (started.returncode, out, err) == (0, "", "")
