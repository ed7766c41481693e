"""The listeners: every command, button and modal is acked first and carried out in a thread, and its person gets an answer."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doors import actions
from bot.doors.deps import Deps
from bot.slack.slash_command import carry_out, opens_modal, says_something
from bot.slack.views.modals import (
    ASKS,
    REASON,
    START,
    message_modal,
    reason_from,
    reason_modal,
    request_from,
    start_modal,
)
from bot.text import with_people
from state.errors import GonogoError
from state.records import Run

LOG = logging.getLogger("gonogo.slack")
PRESSED = ("rollback", "hold", "resume", "sign", "again", "agree", "keep")
IN_TIME = 2.0  # seconds within which a modal can still show what is wrong; Slack gives up after 3

NO = "🚫"
AT_FIELD = 150  # characters of a refusal that a form's field can show
LOOKING = "🩺 Looking at production, the database, the repository and the pages before anything begins …"

Body = dict[str, Any]


def make_app(client: AsyncWebClient, deps: Deps, signing_secret: str = "") -> AsyncApp:
    """The Bolt app with all its listeners. `signing_secret` is needed in HTTP mode only."""
    app = AsyncApp(client=client, signing_secret=signing_secret or None, logger=logging.getLogger("gonogo.bolt"))
    listeners = Listeners(client, deps)
    app.command("/deploy")(listeners.command)
    for action in PRESSED:
        app.action(action)(listeners.press)
    for action in ASKS:
        app.action(action)(listeners.ask_reason)
    app.view(START)(listeners.start)
    app.view(REASON)(listeners.give_reason)
    return app


class Listeners:
    """The listeners of one office."""

    def __init__(self, client: AsyncWebClient, deps: Deps) -> None:
        self.client = client
        self.deps = deps

    async def command(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """`/deploy …`. What somebody says in it is written down before Slack is told that it arrived, like a press."""
        text = str(body.get("text") or "")
        if opens_modal(text):
            await ack()
            await self._open_start(body, respond)
            return
        if says_something(text):
            answer = await _written(ack, lambda: carry_out(self.deps, text, body["user_id"]))
        else:
            await ack()
            answer = await _sentence(lambda: carry_out(self.deps, text, body["user_id"]))
        if isinstance(answer, str):
            await respond(text=answer, response_type="ephemeral")
        else:
            await respond(text=answer.text, blocks=answer.blocks, response_type="ephemeral")

    async def press(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """A button that acts at once."""
        action = body["actions"][0]
        pressed = actions.Press(action=action["action_id"], value=action["value"], person=body["user"]["id"])
        answer = await _written(ack, lambda: actions.press(self.deps, pressed))
        await respond(text=str(answer), response_type="ephemeral", replace_original=False)

    async def ask_reason(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """A button that first wants a reason: its modal opens before anything else, because the trigger lives 3 s."""
        await ack()
        action = body["actions"][0]
        await self._open(body, respond, reason_modal(action["action_id"], action["value"]))

    async def give_reason(self, ack: AsyncAck, body: Body) -> None:
        """The reason was given."""
        meant = json.loads(body["view"]["private_metadata"])
        given = reason_from(body["view"]["state"])
        pressed = actions.Press(action=meant["action"], value=meant["value"], person=body["user"]["id"], **given)
        await _close_or_complain(ack, "reason", lambda: actions.press(self.deps, pressed))

    async def start(self, ack: AsyncAck, body: Body) -> None:
        """The start modal was submitted."""
        asked = request_from(body["view"]["state"])
        person = body["user"]["id"]
        working = asyncio.create_task(_sentence(lambda: _begun(actions.start(self.deps, person, asked))))
        await asyncio.wait({working}, timeout=IN_TIME)
        if not working.done():
            await ack(response_action="update", view=message_modal(LOOKING))
            await self._tell_late(body, str(await working))
            return
        said = str(working.result())
        if not said.startswith(NO):
            await ack()
        elif len(said) <= AT_FIELD and "<@" not in said:
            await ack(response_action="errors", errors={"page": said})
        else:
            await ack(response_action="update", view=message_modal(said))

    async def _tell_late(self, body: Body, said: str) -> None:
        """Show in the modal how it went; who has closed it meanwhile is told in a message of their own."""
        try:
            await self.client.views_update(view_id=body["view"]["id"], view=message_modal(said))
        except SlackApiError:
            await self.client.chat_postMessage(channel=body["user"]["id"], text=said)

    async def _open_start(self, body: Body, respond: AsyncRespond) -> None:
        pages = list(self.deps.pages().values())
        await self._open(body, respond, start_modal(pages))

    async def _open(self, body: Body, respond: AsyncRespond, view: Body) -> None:
        try:
            await self.client.views_open(trigger_id=body["trigger_id"], view=view)
        except SlackApiError as error:
            name = error.response.get("error", "")
            LOG.warning("views.open: Slack answers %s", name)
            slow = "That took too long: please press it again." if "trigger" in name else ""
            await respond(
                text=slow or f"Slack would not open the form ({name}); the same can be typed, see /deploy help.",
                response_type="ephemeral",
                replace_original=False,
            )


def _begun(run: Run) -> str:
    return f"Run {run.id} has begun; its card is in <#{run.channel}>."


async def _sentence(act: Callable[[], Any]) -> Any:
    """What an act returns, or the sentence of its refusal."""
    try:
        return await asyncio.to_thread(act)
    except GonogoError as error:
        return f"🚫 {with_people(str(error))}"
    except Exception:
        LOG.exception("a click or command failed by an error of the bot's own")
        return "🚫 The bot itself made a mistake; it is in its log. Use the terminal: gonogo status"


async def _written(ack: AsyncAck, act: Callable[[], Any]) -> Any:
    """Carry an act out, and tell Slack that it arrived when it is written down, so that a crash loses no word of anybody."""
    writing = asyncio.create_task(_sentence(act))
    await asyncio.wait({writing}, timeout=IN_TIME)
    await ack()
    return await writing


async def _close_or_complain(ack: AsyncAck, field: str, act: Callable[[], Any]) -> None:
    """Close the modal when the act is done, or show at a field why it is not; late refusals can only be logged."""
    working = asyncio.create_task(asyncio.to_thread(act))
    await asyncio.wait({working}, timeout=IN_TIME)
    if not working.done():
        await ack()
    try:
        await working
    except GonogoError as error:
        LOG.warning("refused: %s", error)
        await ack(response_action="errors", errors={field: str(error)[:150]})
    except Exception:
        LOG.exception("a modal failed by an error of the bot's own")
        await ack(response_action="errors", errors={field: "The bot itself made a mistake; it is in its log."})
    else:
        await ack()
