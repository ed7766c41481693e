"""The bot's log: a line that repeats, as in an outage of Slack, appears once a minute."""

from __future__ import annotations

import logging
import time

REPEAT_INTERVAL = 60.0  # seconds after which the same line is written again
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

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written. The bot's own records keep their traceback; only its warnings are limited."""
        if record.name.startswith("gonogo") and not record.name.startswith("gonogo.bolt"):
            return self._is_new(record) if record.levelno == logging.WARNING else True
        record.exc_info = record.exc_text = None
        line = " ".join(record.getMessage().split())
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


def set_up() -> None:
    """Log to standard error, from level INFO on."""
    handler = logging.StreamHandler()
    handler.addFilter(RepeatFilter())
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, handlers=[handler])
