"""The listeners: each command, button and form is acknowledged, carried out and answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doors import actions
from bot.doors.deps import Deps
from bot.slack.slash_command import opens_form, run_command, started_text, writes_fact
from bot.slack.views.modals import (
    REASON,
    REASONS,
    START,
    message_modal,
    reason_from,
    reason_modal,
    request_from,
    start_modal,
)
from bot.text import with_mentions
from commands.text.foreign_json import read_json
from state.errors import GonogoError

LOG = logging.getLogger("gonogo.slack")
BUTTONS = ("rollback", "hold", "resume", "sign", "again", "agree", "keep")  # those that act at once
ACK_LIMIT = 2.0  # seconds in which a form can still show an error; Slack gives up after 3
FIELD_LIMIT = 150  # characters of a refusal that fit below a form's field
REFUSED = "🚫"
CHECKING = "🩺 Checking production, the database, the repository and the runbook pages before anything starts …"
OWN_ERROR = "The bot hit an internal error; its log has the details."

Body = dict[str, Any]


def make_app(client: AsyncWebClient, deps: Deps, signing_secret: str = "") -> AsyncApp:
    """The Bolt app with all its listeners. Only HTTP mode needs `signing_secret`."""
    app = AsyncApp(client=client, signing_secret=signing_secret or None, logger=logging.getLogger("gonogo.bolt"))
    listeners = Listeners(client, deps)
    app.command("/deploy")(listeners.command)
    for action in BUTTONS:
        app.action(action)(listeners.press)
    for action in REASONS:
        app.action(action)(listeners.ask_reason)
    app.view(START)(listeners.start)
    app.view(REASON)(listeners.give_reason)
    return app


class Listeners:
    """What Slack sends, carried out with `deps` and answered."""

    def __init__(self, client: AsyncWebClient, deps: Deps) -> None:
        self.client = client
        self.deps = deps

    async def command(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """`/deploy …`. A command that writes a fact is acknowledged only when the fact is written, like a button."""
        text = str(body.get("text") or "")
        if opens_form(text):
            await ack()
            await self._open_start(body, respond)
            return
        if writes_fact(text):
            reply = await _write_then_ack(ack, lambda: run_command(self.deps, text, body["user_id"]))
        else:
            await ack()
            reply = await _result_or_refusal(lambda: run_command(self.deps, text, body["user_id"]))
        if isinstance(reply, str):
            await respond(text=reply, response_type="ephemeral")
        else:
            await respond(text=reply.text, blocks=reply.blocks, response_type="ephemeral")

    async def press(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """A button that acts at once."""
        action = body["actions"][0]
        pressed = actions.Press(action=action["action_id"], value=action["value"], person=body["user"]["id"])
        reply = await _write_then_ack(ack, lambda: actions.press(self.deps, pressed))
        await respond(text=str(reply), response_type="ephemeral", replace_original=False)

    async def ask_reason(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """A button that needs a reason first. Its form opens before anything else: the trigger is valid for 3 s."""
        await ack()
        action = body["actions"][0]
        await self._open(body, respond, reason_modal(action["action_id"], action["value"]))

    async def give_reason(self, ack: AsyncAck, body: Body) -> None:
        """The form with the reason was submitted."""
        button = read_json(body["view"]["private_metadata"])
        answers = reason_from(body["view"]["state"])
        pressed = actions.Press(action=button["action"], value=button["value"], person=body["user"]["id"], **answers)
        await _close_or_show_refusal(ack, "reason", lambda: actions.press(self.deps, pressed))

    async def start(self, ack: AsyncAck, body: Body) -> None:
        """The start form was submitted. While the preflight runs, the form says so."""
        request = request_from(body["view"]["state"])
        person = body["user"]["id"]
        starting = asyncio.create_task(
            _result_or_refusal(lambda: started_text(actions.start(self.deps, person, request)))
        )
        await asyncio.wait({starting}, timeout=ACK_LIMIT)
        if not starting.done():
            await ack(response_action="update", view=message_modal(CHECKING))
            await self._show_late(body, str(await starting))
            return
        result = str(starting.result())
        if not result.startswith(REFUSED):
            await ack()
        elif len(result) <= FIELD_LIMIT and "<@" not in result:
            await ack(response_action="errors", errors={"page": result})
        else:
            await ack(response_action="update", view=message_modal(result))

    async def _show_late(self, body: Body, result: str) -> None:
        """Show a late result in the form; if its person has closed the form, as a direct message."""
        try:
            await self.client.views_update(view_id=body["view"]["id"], view=message_modal(result))
        except SlackApiError:
            await self.client.chat_postMessage(channel=body["user"]["id"], text=result)

    async def _open_start(self, body: Body, respond: AsyncRespond) -> None:
        try:
            form = start_modal(list(self.deps.pages().values()))
        except GonogoError as error:
            await respond(
                text=f"{REFUSED} {with_mentions(str(error))}", response_type="ephemeral", replace_original=False
            )
            return
        await self._open(body, respond, form)

    async def _open(self, body: Body, respond: AsyncRespond, view: Body) -> None:
        try:
            await self.client.views_open(trigger_id=body["trigger_id"], view=view)
        except SlackApiError as error:
            name = error.response.get("error", "")
            LOG.warning("views.open: Slack answers %s", name)
            late = "That took too long. Please press it again." if "trigger" in name else ""
            await respond(
                text=late or f"Slack did not open the form ({name}). You can type the command: see /deploy help.",
                response_type="ephemeral",
                replace_original=False,
            )


async def _result_or_refusal(action: Callable[[], Any]) -> Any:
    """What an action returns, or the text of its refusal."""
    try:
        return await asyncio.to_thread(action)
    except GonogoError as error:
        return f"{REFUSED} {with_mentions(str(error))}"
    except Exception:
        LOG.exception("a button or command failed by an error in the bot")
        return f"{REFUSED} {OWN_ERROR} You can use the terminal: `gonogo status`."


async def _write_then_ack(ack: AsyncAck, action: Callable[[], Any]) -> Any:
    """Do an action, and acknowledge when it is written (or after ACK_LIMIT), so that a crash loses nothing."""
    writing = asyncio.create_task(_result_or_refusal(action))
    await asyncio.wait({writing}, timeout=ACK_LIMIT)
    await ack()
    return await writing


async def _close_or_show_refusal(ack: AsyncAck, field: str, action: Callable[[], Any]) -> None:
    """Close the form when the action is done, or show at a field why not. A late refusal is only logged."""
    writing = asyncio.create_task(asyncio.to_thread(action))
    await asyncio.wait({writing}, timeout=ACK_LIMIT)
    if not writing.done():
        await ack()
    try:
        await writing
    except GonogoError as error:
        LOG.warning("refused: %s", error)
        await ack(response_action="errors", errors={field: str(error)[:FIELD_LIMIT]})
    except Exception:
        LOG.exception("a form failed by an error in the bot")
        await ack(response_action="errors", errors={field: OWN_ERROR})
    else:
        await ack()
