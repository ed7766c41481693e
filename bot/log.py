"""The bot's log: a line that repeats, as in an outage of Slack, appears once a minute."""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from types import TracebackType
from typing import Any

from bot.tools.secrets import Redactor
from commands.text.printable import printable
from state.shortening import shortened

REPEAT_INTERVAL = 60.0  # seconds after which the same line is written again
LONGEST_LINE = 20_000  # characters of a line, with its traceback
# they log the address of each request, which may hold a password or a token
QUIET = ("httpx", "httpcore")
_ADDRESS = re.compile(r"\b(https?|wss?)://[^\s\"'<>]+")
# a library writes these at every start, and they are so by design
IGNORED = ("As you gave `client` as well",)
HINTS = {
    "invalid_auth": "Slack does not accept the token: compare SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…) "
    "with the app's pages",
    "not_allowed_token_type": "the wrong kind of token: SLACK_APP_TOKEN starts with xapp-, SLACK_BOT_TOKEN with xoxb-",
    "token_revoked": "the token was revoked: create a new one on the app's pages",
}


class RepeatFilter(logging.Filter):
    """Lets the same line through once a minute. A library's record becomes one line, without its traceback."""

    def __init__(self, redact: Redactor | None = None) -> None:
        super().__init__()
        self._redact = redact or Redactor([])
        self._written: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written. The bot's own keep their traceback; without one they appear once a minute."""
        if record.name.startswith("gonogo") and not record.name.startswith("gonogo.bolt"):
            limited = record.levelno >= logging.WARNING and not record.exc_info
            return self._is_new(record) if limited else True
        if record.name.startswith(QUIET) and record.levelno < logging.WARNING:
            return False
        record.exc_info = record.exc_text = None
        line = _ADDRESS.sub(r"\1://…", " ".join(self._redact(record.getMessage()).split()))
        hint = next((hint for error, hint in HINTS.items() if error in line), "")
        record.msg, record.args = f"{line[:400]} {hint}".strip(), None
        return not record.msg.startswith(IGNORED) and self._is_new(record)

    def _is_new(self, record: logging.LogRecord) -> bool:
        text, now = record.getMessage(), time.monotonic()
        if now - self._written.get(text, -REPEAT_INTERVAL) < REPEAT_INTERVAL:
            return False
        recent = {other: at for other, at in self._written.items() if now - at < REPEAT_INTERVAL}
        self._written = {**recent, text: now}
        return True


class LineFormatter(logging.Formatter):
    """Each record is one line that nothing can break, without secrets; a traceback's lines are indented."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line, with its traceback."""
        return shortened(self._redact(super().format(record)), LONGEST_LINE)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        """The record's line."""
        # masked first: a secret with a line end is not found in its escaped form
        return printable(self._redact(super().formatMessage(record)))

    def formatException(self, ei: Any) -> str:  # noqa: N802  the library's name
        """The traceback's lines."""
        return _indented(self._redact(super().formatException(ei)))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  the library's name
        """The stack's lines."""
        return _indented(self._redact(super().formatStack(stack_info)))


def set_up(redact: Redactor, level: int = logging.INFO) -> None:
    """Log to standard error, from a level on, without secrets; also every exception that nobody catches."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(redact))
    handler.addFilter(RepeatFilter(redact))
    logging.basicConfig(level=level, handlers=[handler])
    threading.excepthook = lambda uncaught: _log_uncaught(
        uncaught.exc_type, uncaught.exc_value or uncaught.exc_type(), uncaught.exc_traceback
    )
    sys.excepthook = _log_uncaught


def _indented(text: str) -> str:
    return "\n".join(f"    {printable(line)}" for line in text.split("\n"))


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if not issubclass(kind, SystemExit):
        logging.getLogger("gonogo").critical("an error in the bot", exc_info=(kind, error, traceback))
