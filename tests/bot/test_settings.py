"""The settings: defaults, every wrong value named, and the pages that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import (
    SLACK_API,
    find_pages,
    read_page_file,
    read_pages,
    read_settings,
    shipped_runbooks,
    terminal_settings,
)
from commands.start.watch_speed import WatchSpeed
from state.errors import BadPage, BadSettings, Refused
from state.journal import RecordKey
from tests.pages import SMALL, spoil


def test_an_empty_environment_has_the_shipped_runbooks_and_a_file_here() -> None:
    settings = read_settings({})
    assert (settings.runbook, settings.state) == (shipped_runbooks(), Path("gonogo.db"))
    assert (settings.speed, settings.port, settings.api_url) == (WatchSpeed(), 3000, SLACK_API)


def test_every_variable_is_read() -> None:
    environ = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_SIGNING_SECRET": "s",
        "SLACK_API_URL": "http://127.0.0.1/",
        "GONOGO_RUNBOOK": "pages",
        "GONOGO_STATE": "x.db",
        "GONOGO_WATCH_SPEED": "240",
        "GONOGO_HTTP_HOST": "10.1.2.3",
        "GONOGO_PORT": "8080",
    }
    settings = read_settings(environ)
    assert (settings.bot_token, settings.app_token, settings.signing_secret) == ("xoxb-1", "xapp-1", "s")
    assert (settings.runbook, settings.state) == (Path("pages"), Path("x.db"))
    assert (settings.speed, settings.port, settings.api_url) == (WatchSpeed(by_people=240.0), 8080, "http://127.0.0.1/")
    assert settings.http_host == "10.1.2.3"
    assert settings.environ == environ


@pytest.mark.parametrize(
    ("value", "host"), [("", "127.0.0.1"), ("localhost", "127.0.0.1"), ("[::1]", "::1"), ("10.0.0.5", "10.0.0.5")]
)
def test_http_mode_listens_on_loopback_unless_told_otherwise(value: str, host: str) -> None:
    assert read_settings({"GONOGO_HTTP_HOST": value}).http_host == host
    assert read_settings({}).http_host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("GONOGO_PORT", "http", "GONOGO_PORT is 'http'; it must be a number."),
        ("GONOGO_PORT", "0", "GONOGO_PORT is 0; it must be a port from 1 to 65535."),
        ("GONOGO_PORT", "80.5", "GONOGO_PORT is 80.5; it must be a port from 1 to 65535."),
        (
            "GONOGO_HTTP_HOST",
            "my.host",
            (
                "GONOGO_HTTP_HOST is 'my.host'; it must be an IP address of this machine, like 127.0.0.1, "
                "or 0.0.0.0 for all."
            ),
        ),
        ("GONOGO_WATCH_SPEED", "fast", "GONOGO_WATCH_SPEED is 'fast'; it must be a number, or a number for each page."),
        ("GONOGO_WATCH_SPEED", "0.5", "GONOGO_WATCH_SPEED is 0.5; it must be 1 (production) to 100000 (rehearsals)."),
        ("GONOGO_WATCH_SPEED", "nan", "GONOGO_WATCH_SPEED is nan; it must be 1 (production) to 100000 (rehearsals)."),
    ],
)
def test_a_wrong_value_is_named_with_what_it_must_be(name: str, value: str, error: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({name: value})
    assert str(refused.value) == error


def test_serving_slack_needs_its_tokens_and_names_all_that_are_missing() -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({}).require_tokens()
    assert "SLACK_BOT_TOKEN" in str(refused.value)
    assert "SLACK_APP_TOKEN" in str(refused.value)
    read_settings({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"}).require_tokens()


def test_no_secret_is_in_the_repr() -> None:
    settings = read_settings({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "s3cr"})
    for secret in ("xoxb-1", "xapp-1", "s3cr"):
        assert secret not in repr(settings)


def test_a_folder_has_the_pages_of_its_markdown_files(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text(SMALL)
    (tmp_path / "a.md").write_text(SMALL)
    (tmp_path / "notes.txt").write_text("not a page")
    assert list(read_pages(tmp_path)) == ["a.md", "b.md"]
    assert list(read_pages(tmp_path / "b.md")) == ["b.md"]


def test_a_folder_without_pages_says_which_variable_to_set(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read_pages(tmp_path)
    assert str(refused.value) == (
        f"There is no runbook page (*.md) in {tmp_path}. Set GONOGO_RUNBOOK to a page or a folder of pages."
    )


def test_a_page_is_found_by_name_by_path_or_all_are(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in ("a.md", "b.md"):
        (folder / name).write_text(SMALL)
    elsewhere = tmp_path / "c.md"
    elsewhere.write_text(SMALL)
    assert [page.name for page in find_pages(folder, "a.md")] == ["a.md"]
    assert [page.name for page in find_pages(folder, str(elsewhere))] == ["c.md"]
    assert [page.name for page in find_pages(folder, "")] == ["a.md", "b.md"]


def test_a_file_that_is_no_page_says_why(tmp_path: Path) -> None:
    binary = tmp_path / "x.md"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(Refused, match=r"x\.md is not a runbook page: it is not UTF-8 text"):
        read_page_file(binary)
    with pytest.raises(Refused, match=r"none\.md cannot be read as a runbook page: No such file"):
        read_page_file(tmp_path / "none.md")


@pytest.mark.parametrize(
    ("start", "sort"),
    [
        (b"PK\x03\x04", "a Word or Pages document"),
        (b"\xd0\xcf\x11\xe0", "a Word document"),
        (b"%PDF-1.7", "a PDF"),
        (b"{\\rtf1", "a document with formatting"),
    ],
)
def test_a_document_of_an_office_program_is_named_as_what_it_is(tmp_path: Path, start: bytes, sort: str) -> None:
    file = tmp_path / "x.md"
    file.write_bytes(start)
    with pytest.raises(Refused, match=rf"x\.md is {sort}.*, not text; export it as Markdown"):
        read_page_file(file)


def test_a_wrong_page_keeps_its_line_and_is_named(tmp_path: Path) -> None:
    page = tmp_path / "bad.md"
    page.write_text(spoil(('takes = "10 min"', 'takes = "10min"')))
    with pytest.raises(BadPage) as refused:
        read_page_file(page)
    assert refused.value.line == 55
    assert str(refused.value).startswith(f"{page}: line 55, ")


def test_no_page_can_name_the_records_key() -> None:
    settings = read_settings({"GONOGO_RECORD_KEY": "0123456789abcdef", "SHOP_URL": "x"})
    assert settings.record_key == RecordKey(b"0123456789abcdef")
    assert settings.environ == {"SHOP_URL": "x"}
    assert "0123456789abcdef" not in repr(settings)


def test_tokens_of_another_kind_are_named_all_at_once_and_never_shown() -> None:
    swapped = read_settings({"SLACK_BOT_TOKEN": "xapp-1-s3cret", "SLACK_APP_TOKEN": "xoxb-s3cret"})
    with pytest.raises(BadSettings, match=r"SLACK_BOT_TOKEN holds no bot token .* SLACK_APP_TOKEN holds no") as error:
        swapped.require_tokens()
    assert "s3cret" not in str(error.value)
    with pytest.raises(BadSettings, match="SLACK_BOT_TOKEN holds no bot token"):
        read_settings({"SLACK_BOT_TOKEN": "xoxp-1", "SLACK_SIGNING_SECRET": "x"}).require_tokens()
    read_settings({"SLACK_BOT_TOKEN": "xoxe.xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}).require_tokens()


@pytest.mark.parametrize("value", ["watch.example/abc", "ftp://watch.example/abc", "https:///abc", "https://[abc"])
@pytest.mark.parametrize("name", ["GONOGO_HEARTBEAT_URL", "GONOGO_HEARTBEAT_END_URL"])
def test_a_heartbeat_that_is_no_web_address_is_refused_without_repeating_it(name: str, value: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({name: value})
    assert str(refused.value).startswith(f"{name} is no web address; it must be like https://")
    assert value not in str(refused.value)


def test_health_and_metrics_are_off_and_on_loopback_unless_told_otherwise() -> None:
    assert (read_settings({}).metrics_port, read_settings({}).metrics_host) == (0, "127.0.0.1")
    settings = read_settings({"GONOGO_METRICS_PORT": "9464", "GONOGO_METRICS_HOST": "10.0.0.5"})
    assert (settings.metrics_port, settings.metrics_host) == (9464, "10.0.0.5")


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("GONOGO_METRICS_PORT", "99999", "GONOGO_METRICS_PORT is 99999; it must be a port from 1 to 65535."),
        ("GONOGO_METRICS_HOST", "my.host", "GONOGO_METRICS_HOST is 'my.host'; it must be an IP address"),
    ],
)
def test_a_wrong_address_for_metrics_is_refused_and_hinders_no_command(name: str, value: str, error: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({name: value})
    assert str(refused.value).startswith(error)
    assert terminal_settings({name: value}).metrics_port == 0
