"""A line that repeats is written once a minute; a new line is written at once."""

from __future__ import annotations

import logging
import sys
import threading

import pytest

from bot import log
from bot.tools.secrets import Redactor

SECRET = "s3cr3t-0123456789"


def record(name: str, words: str, level: int = logging.ERROR, **more: object) -> logging.LogRecord:
    """A record as a library or the bot makes it."""
    return logging.makeLogRecord({"name": name, "msg": words, "levelno": level, "levelname": "ERROR", **more})


def error_info() -> object:
    """What `sys.exc_info` returns for a real error."""
    try:
        return 1 / 0
    except ZeroDivisionError:
        return sys.exc_info()


def written(repeats: log.RepeatFilter, entry: logging.LogRecord) -> str | None:
    """The line that would be written, or None."""
    return logging.Formatter().format(entry) if repeats.filter(entry) else None


def test_an_outage_of_slack_is_one_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    repeats, now = log.RepeatFilter(), [0.0]
    monkeypatch.setattr("bot.log.time.monotonic", lambda: now[0])
    lines = []
    for second in range(150):
        now[0] = float(second)
        lines.append(written(repeats, record("gonogo.bolt", "Failed to connect\nmore", exc_info=error_info())))
    assert [line for line in lines if line is not None] == ["Failed to connect more"] * 3, (
        "once at 0, 60 and 120 s, without its traceback"
    )


def test_a_wrong_token_comes_with_what_to_do() -> None:
    line = written(
        log.RepeatFilter(), record("gonogo.bolt", "The request failed. The server responded with: invalid_auth")
    )
    assert line is not None
    assert "compare SLACK_BOT_TOKEN" in line


def test_the_bots_own_errors_keep_their_traceback() -> None:
    line = written(log.RepeatFilter(), record("gonogo.runner", "x", exc_info=error_info()))
    assert line is not None
    assert "ZeroDivisionError" in line


def test_a_needless_line_of_a_library_is_left_out() -> None:
    assert (
        written(log.RepeatFilter(), record("gonogo.bolt", "As you gave `client` as well, `token` will be unused."))
        is None
    )


def test_a_repeated_warning_of_the_bot_is_limited_and_its_info_is_not() -> None:
    repeats = log.RepeatFilter()
    warnings = [written(repeats, record("gonogo.slack", "Slack is unreachable", logging.WARNING)) for _ in range(2)]
    assert warnings == ["Slack is unreachable", None]
    infos = [written(repeats, record("gonogo.slack", "connected", logging.INFO)) for _ in range(2)]
    assert infos == ["connected", "connected"]


def test_a_repeated_error_of_the_bot_is_limited_unless_it_has_a_traceback() -> None:
    repeats = log.RepeatFilter()
    away = [written(repeats, record("gonogo.engine", "the record is away")) for _ in range(2)]
    assert away == ["the record is away", None]
    errors = [written(repeats, record("gonogo.engine", "internal error", exc_info=error_info())) for _ in range(2)]
    assert all(line and "ZeroDivisionError" in line for line in errors)


def test_lines_that_are_a_minute_old_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    repeats, now = log.RepeatFilter(), [0.0]
    monkeypatch.setattr("bot.log.time.monotonic", lambda: now[0])
    for number in range(1000):
        now[0] = float(number)
        written(repeats, record("gonogo.bolt", f"line {number}"))
    assert len(repeats._written) <= 61, "the filter would keep every line for ever"


def test_the_log_goes_to_standard_error_through_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.Logger("root")
    monkeypatch.setattr(logging, "root", root)
    monkeypatch.setattr(logging, "getLogger", lambda *_: root)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log.set_up(Redactor([SECRET]))
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    assert handler.stream is sys.stderr
    assert [type(one) for one in handler.filters] == [log.RepeatFilter]
    assert root.level == logging.INFO
    assert SECRET not in handler.format(record("gonogo.x", f"with {SECRET}"))
    sys.excepthook(ValueError, ValueError(f"uncaught {SECRET}"), None)
    threading.excepthook(threading.ExceptHookArgs((ValueError, ValueError(SECRET), None, None)))


def test_nothing_from_outside_forges_a_line_of_the_log() -> None:
    form = log.LineFormatter(Redactor([]))
    line = form.format(record("gonogo", "host said \x1b[2Kno\n2026-11-28 INFO gonogo: run 1 was kept \u202e"))
    assert (
        line.partition(" ERROR ")[2] == "gonogo: host said \\x1b[2Kno\\n2026-11-28 INFO gonogo: run 1 was kept \\u202e"
    )


def test_the_lines_of_a_traceback_are_indented_and_plain() -> None:
    try:
        int("x\n2026-11-28 INFO gonogo: run 1 was kept\x1b[1A", base=99)
    except ValueError as error:
        error.args = ("x\n2026-11-28 INFO gonogo: run 1 was kept\x1b[1A",)
        info = sys.exc_info()
    form = log.LineFormatter(Redactor([]))
    first, *others = form.format(record("gonogo", "internal error", exc_info=info)).split("\n")
    assert first.endswith(" gonogo: internal error")
    assert all(other.startswith("    ") for other in others), others
    assert others[-1] == "    2026-11-28 INFO gonogo: run 1 was kept\\x1b[1A"


def test_what_http_clients_say_about_each_request_is_left_out_and_addresses_in_a_librarys_line_are_cut() -> None:
    assert written(log.RepeatFilter(), record("httpx", "HTTP Request: GET http://a:b@c", logging.INFO)) is None
    assert written(log.RepeatFilter(), record("httpcore.http11", "x", logging.INFO)) is None
    line = written(log.RepeatFilter(), record("slack_sdk", "cannot open wss://slack.test/link/?ticket=1 now"))
    assert line == "cannot open wss://… now"


def test_a_secret_is_masked_before_a_librarys_line_is_cut() -> None:
    line = written(log.RepeatFilter(Redactor([SECRET])), record("slack_sdk", "x" * (400 - len(SECRET) // 2) + SECRET))
    assert line is not None
    assert SECRET[: len(SECRET) // 2] not in line


def test_a_traceback_shows_no_secret_and_a_line_has_a_length() -> None:
    formatter = log.LineFormatter(Redactor([SECRET]))
    try:
        int(f"with {SECRET}")
    except ValueError:
        line = formatter.format(record("gonogo.x", "failed", exc_info=sys.exc_info()))
    assert "ValueError: invalid literal for int() with base 10: 'with •••'" in line
    assert SECRET not in line
    long = formatter.format(record("gonogo.x", "x" * 200_000))
    assert len(long) == log.LONGEST_LINE
    assert long.endswith(" characters)")
