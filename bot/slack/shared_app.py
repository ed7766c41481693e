"""Knows of another bot with the same Slack app, which gets commands meant for this one."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import WSMessage, WSMsgType

from bot.text import escape
from commands.text.foreign_json import read_json
from commands.text.phrases import joined_few

LOG = logging.getLogger("gonogo.slack")
USE_BUTTONS = (
    "Nothing was done: another bot seems to use the same Slack app, so a typed command may be meant for a run of that "
    "one. Use the button in the run's own thread, which says which run it means. `/deploy start` alone opens the form."
)
# a command that comes from a channel of the other one may be what first shows that there is another one
OTHER_BOT = (
    "If a bot deploys in this channel, it is another one with the same Slack app: use the buttons on its card, or type "
    "it again, which may reach that one."
)
_LASTS = 3600.0  # seconds for which a press that was meant for another record counts
_COUNT_LASTS = 900.0  # the same for a connection: it may be one that this bot left when its machine died
_TARGETS = 5  # that a reply names


class SharedApp:
    """What shows that another bot uses the same Slack app: Slack's count of connections, or a press for its run."""

    def __init__(self) -> None:
        self._counted_until = 0.0
        self._pressed_until = 0.0

    @property
    def is_likely(self) -> bool:
        """Whether a typed command may be meant for a run of another bot."""
        return time.monotonic() < max(self._counted_until, self._pressed_until)

    def pressed_elsewhere(self) -> None:
        """A press or a form has come that is about a run of another record."""
        self._pressed_until = time.monotonic() + _LASTS

    def listener(self) -> Callable[[WSMessage], Awaitable[None]]:
        """For what comes over a socket of the only bot of a record: each of Slack's hellos counts the connections.

        After the first hello there may be two of this bot's own for a moment, when it connects anew: two say nothing.
        Source: https://docs.slack.dev/apis/events-api/using-socket-mode
        """
        is_first = True

        async def listen(message: WSMessage) -> None:
            nonlocal is_first
            if message.type != WSMsgType.TEXT or (count := _connections(message.data)) is None:
                return
            if count != 2 or is_first:
                self._count(count)
            is_first = False

        return listen

    def _count(self, count: int) -> None:
        was, now = self._counted_until, time.monotonic()
        self._counted_until = now + _COUNT_LASTS if count > 1 else 0.0
        if count > 1 and now >= was:
            LOG.warning(
                "Slack counts %s connections of this app. If no bot has ended just now, another bot uses the same app "
                "and gets presses and commands that are meant for this one: give each record a Slack app of its own.",
                count,
            )


def note_of_shared_app(targets: Iterable[str]) -> str:
    """What is said below the reply to a typed command while another bot seems to use the same app."""
    serves = joined_few([escape(target, 60) for target in sorted(set(targets))], _TARGETS)
    return (
        f"⚠️ This is the bot of {serves or 'no target'}. Another bot seems to use the same Slack app: if you meant a "
        "run of that one, use the buttons on its card."
    )


def _connections(text: str) -> int | None:
    """How many connections Slack's hello counts; None for another message."""
    try:
        said = read_json(text)
    except ValueError:
        return None
    if not isinstance(said, dict) or said.get("type") != "hello":
        return None
    count = said.get("num_connections")
    return count if isinstance(count, int) else 0
