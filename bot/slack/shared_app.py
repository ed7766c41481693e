"""Warns of another bot with the same Slack app, which gets presses that are meant for this one."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import WSMessage, WSMsgType

from commands.text.foreign_json import read_json

LOG = logging.getLogger("gonogo.slack")


def warns_of_another_bot() -> Callable[[WSMessage], Awaitable[None]]:
    """A listener for what comes over a socket of the only bot of a record. Slack's first hello counts the connections.

    Only the first one: later there are two of this bot's own for a moment, when it connects anew.
    Source: https://docs.slack.dev/apis/events-api/using-socket-mode
    """
    is_first = True

    async def listen(message: WSMessage) -> None:
        nonlocal is_first
        if not is_first or message.type != WSMsgType.TEXT:
            return
        count = _connections(message.data)
        is_first = count is None
        if count is not None and count > 1:
            LOG.warning(
                "Slack counts %s connections of this app. If no bot has ended just now, another bot uses the same app "
                "and gets presses and commands that are meant for this one: give each record a Slack app of its own.",
                count,
            )

    return listen


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
