"""What goes on happening is said once a minute and in one line; what is new is said at once."""

from __future__ import annotations

import logging
import sys

import pytest

from bot import log


def record(name: str, words: str, level: int = logging.ERROR, **more: object) -> logging.LogRecord:
    """A record as a library or the bot makes it."""
    return logging.makeLogRecord({"name": name, "msg": words, "levelno": level, "levelname": "ERROR", **more})


def trouble() -> object:
    """What `sys.exc_info` gives of a real error."""
    try:
        return 1 / 0
    except ZeroDivisionError:
        return sys.exc_info()


def written(calm: log.Calm, one: logging.LogRecord) -> str | None:
    """The line that would be written, or None."""
    return logging.Formatter().format(one) if calm.filter(one) else None


def test_an_outage_of_slack_is_one_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    calm, now = log.Calm(), [0.0]
    monkeypatch.setattr("bot.log.time.monotonic", lambda: now[0])
    lines = []
    for second in range(150):
        now[0] = float(second)
        lines.append(written(calm, record("gonogo.bolt", "Failed to connect\nmore", exc_info=trouble())))
    said = [line for line in lines if line is not None]
    assert said == ["Failed to connect more"] * 3, "once at 0, 60 and 120 s, without its traceback"


def test_a_wrong_token_is_said_with_what_to_do() -> None:
    said = written(log.Calm(), record("gonogo.bolt", "The request failed. The server responded with: invalid_auth"))
    assert said is not None
    assert "compare SLACK_BOT_TOKEN" in said


def test_the_bots_own_mistakes_keep_their_traceback() -> None:
    said = written(log.Calm(), record("gonogo.runner", "x", exc_info=trouble()))
    assert said is not None
    assert "ZeroDivisionError" in said


def test_needless_words_of_a_library_are_left_out() -> None:
    assert written(log.Calm(), record("gonogo.bolt", "As you gave `client` as well, `token` will be unused.")) is None
