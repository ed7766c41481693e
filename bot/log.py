"""The bot's log: one line for what happens, and one line a minute for what goes on happening, like Slack being away."""

from __future__ import annotations

import logging
import time

AGAIN = 60.0  # seconds after which the same words are said once more
# said by libraries on every start, and true by design
NEEDLESS = ("As you gave `client` as well",)
HINTS = {
    "invalid_auth": "Slack does not accept the token: compare SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…) with the app's pages",
    "not_allowed_token_type": "the wrong sort of token: SLACK_APP_TOKEN begins with xapp-, SLACK_BOT_TOKEN with xoxb-",
    "token_revoked": "the token was revoked: make a new one on the app's pages",
}


class Calm(logging.Filter):
    """Lets a library's words through once a minute, in one line and without its traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written; the traceback of a library's own trouble never is."""
        if record.name.startswith("gonogo") and not record.name.startswith("gonogo.bolt"):
            return self._is_new(record) if record.levelno == logging.WARNING else True
        record.exc_info = record.exc_text = None
        line = " ".join(record.getMessage().split())
        hint = next((text for word, text in HINTS.items() if word in line), "")
        record.msg, record.args = f"{line[:400]} {hint}".strip(), None
        return not record.msg.startswith(NEEDLESS) and self._is_new(record)

    def _is_new(self, record: logging.LogRecord) -> bool:
        words, now = record.getMessage(), time.monotonic()
        if now - self._said.get(words, -AGAIN) < AGAIN:
            return False
        self._said = {one: at for one, at in self._said.items() if now - at < AGAIN} | {words: now}
        return True


def set_up() -> None:
    """Log to standard error, from INFO on."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(Calm())
