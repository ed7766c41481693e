"""How a press, a command or a form is acknowledged and answered, also where it is refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncRespond

from bot.slack.slash_command import Reply
from bot.text import with_mentions
from commands.progress.drill import MARK
from state.errors import GonogoError

LOG = logging.getLogger("gonogo.slack")
ACK_LIMIT = 2.0  # seconds in which a form can still show an error; Slack gives up after 3
REFUSED = "🚫"
OWN_ERROR = "The bot hit an internal error; its log has the details."

Body = dict[str, Any]


async def respond_to(respond: AsyncRespond, reply: Reply) -> None:
    """Answer one person, below what is there."""
    if isinstance(reply, str):
        await respond(text=reply, response_type="ephemeral", replace_original=False)
    else:
        await respond(text=reply.text, blocks=reply.blocks, response_type="ephemeral", replace_original=False)


async def result_or_refusal(act: Callable[[], Awaitable[Any]], *, shown: Callable[[str], str] = with_mentions) -> Any:
    """What an act returns, or the text of its refusal."""
    try:
        return await act()
    except GonogoError as error:
        mark = f"{MARK} · " if error.of_drill else ""
        return f"{REFUSED} {mark}{shown(str(error))}"
    except Exception:
        LOG.exception("a button or command failed by an error in the bot")
        return f"{REFUSED} {OWN_ERROR} You can use the terminal: `gonogo status`."


def command_id(body: Body) -> str:
    """What Slack gives a typed command, the same each time that it is delivered."""
    return str(body.get("trigger_id", ""))


async def write_then_ack(ack: AsyncAck, act: Callable[[], Awaitable[Any]]) -> Any:
    """Do an act, and acknowledge when it is written (or after ACK_LIMIT), so that a crash loses nothing."""
    writing = asyncio.create_task(result_or_refusal(act))
    await asyncio.wait({writing}, timeout=ACK_LIMIT)
    await ack()
    return await writing
