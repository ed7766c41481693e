"""The listeners: each command, button and form is acknowledged, carried out and answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doors.button import button_value
from bot.doors.press import Press
from bot.doors.queue_actions import QUEUE_ACTIONS
from bot.slack.acts import Acts
from bot.slack.api_error import status_and_name
from bot.slack.handover_listeners import HandoverListeners
from bot.slack.homes import Homes
from bot.slack.noted_message import noted_message, permalink, plain_words
from bot.slack.origin import HOME, Origin, form_data, origin_of, origin_of_home
from bot.slack.own_forms import marked_form
from bot.slack.queue_listeners import QueueListeners
from bot.slack.replying import ACK_LIMIT, REFUSED, Body, command_id, respond_to, result_or_refusal, write_then_ack
from bot.slack.shared_app import USE_BUTTONS
from bot.slack.slash_command import (
    PREPARED,
    Reply,
    asks_help,
    fact_of,
    freeze_of,
    handover_of,
    help_text,
    may_mean_another,
    opens_form,
    orders_queue,
    prepares_drill,
)
from bot.slack.views.because import BECAUSE, request_with_reason
from bot.slack.views.modals import (
    REASONS,
    message_modal,
    reason_from,
    reason_modal,
    request_from,
    start_modal,
)
from bot.slack.views.note import FIELD, note_from, note_modal
from bot.text import clip, with_mentions, without_ids
from commands.signoff.notes import NoteText
from commands.start.request import StartRequest

LOG = logging.getLogger("gonogo.slack")
BUTTONS = (
    "rollback",
    "hold",
    "resume",
    "sign",
    "again",
    "agree",
    "keep",
    "take_over",
    "decline",
    "withdraw",
    "take_part",
    "begin_drill",
    *QUEUE_ACTIONS,
)  # those that act at once
FIELD_LIMIT = 150  # characters of a refusal that fit below a form's field
CHECKING = "🩺 Checking the hosts, the database, the repository and the runbook pages before anything starts …"
LATE = "Not recorded yet. Leave this form open: the result will be shown here. Submitting it again changes nothing."


class Listeners(HandoverListeners, QueueListeners):
    """What Slack sends, carried out by `acts` and answered."""

    def __init__(self, client: AsyncWebClient, acts: Acts, homes: Homes) -> None:
        self.client = client
        self.acts = acts
        self.homes = homes

    async def command(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """`/deploy …`. A command that writes a fact is acknowledged only when the fact is written, like a button."""
        text = plain_words(str(body.get("text") or ""))
        if self.acts.shared.is_likely and may_mean_another(text):
            await ack()
            await self._respond(respond, f"{REFUSED} {USE_BUTTONS}")
            return
        if opens_form(text):
            await ack()
            await self._open_start(body, respond)
            return
        if asks_help(text):
            await ack(text=help_text(text), response_type="ephemeral")  # the quickest answer there is
            return
        if (handed := handover_of(text)) is not None:
            await self.hand_over(ack, respond, body, handed)
            return
        action, reason = fact_of(text)
        if orders_queue(text):
            await self.order(ack, respond, body, text)
            return
        if action:
            press = command_id(body)
            reply = await write_then_ack(ack, lambda: self.acts.type(origin_of(body), action, reason, press))
        else:
            await (ack(text=PREPARED, response_type="ephemeral") if prepares_drill(text) else ack())
            reply = await result_or_refusal(lambda: self._freeze_start_or_read(body, text))
        await self._respond(respond, reply)

    async def _respond(self, respond: AsyncRespond, reply: Reply) -> None:
        """Answer a typed command. Where it may be meant for another bot, say whose this one is."""
        await respond_to(respond, reply)
        if note := self.acts.note_of_shared_app():
            await respond_to(respond, note)

    async def _freeze_start_or_read(self, body: Body, text: str) -> Reply:
        verb, words = freeze_of(text)
        return await (self.acts.freeze(origin_of(body), verb, words) if verb else self._start_or_read(body, text))

    async def home_opened(self, body: Body) -> None:
        """Somebody opened their App Home. Bolt acknowledges events by itself; drawing it waits for its turn."""
        if (body.get("event") or {}).get("tab", HOME) == HOME:
            self.homes.opened(origin_of_home(body))

    async def open_start(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """The button of the App Home that opens the start form."""
        await ack()
        await self._open_start(body, respond)

    async def press(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """A button that acts at once."""
        action, origin = body["actions"][0], origin_of(body)
        pressed = Press(
            action=action["action_id"],
            value=action["value"],
            person=origin.person,
            id=str(action.get("action_ts", "")),
        )
        reply = await write_then_ack(ack, lambda: self.acts.press(origin, pressed))
        await self._answer(body, respond, str(reply))

    async def show_checks(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """The button beside the number of checks: all of them, for its person alone. It writes nothing."""
        await ack()
        value, origin = body["actions"][0]["value"], origin_of(body)
        await self._answer(body, respond, await result_or_refusal(lambda: self.acts.checks(origin, value)))

    async def ask_reason(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """A button that needs a reason first. Its form opens before anything slow: the trigger is valid for 3 s."""
        await ack()
        action, origin = body["actions"][0], origin_of(body)
        run = await result_or_refusal(lambda: self.acts.run_of_form(origin, action["value"]))
        if isinstance(run, str):
            await self._answer(body, respond, run)
            return
        note = await self.acts.form_note(action["action_id"], run, action["value"])
        await self._open(body, respond, reason_modal(action["action_id"], action["value"], origin.channel, note))

    async def give_reason(self, ack: AsyncAck, body: Body) -> None:
        """The form with the reason was submitted. It closes when the act is written, or shows why it is not."""
        button, origin = form_data(body), origin_of(body)
        answers = reason_from(body["view"]["state"])
        pressed = Press(action=button["action"], value=button["value"], person=origin.person, **answers)
        await self._write_form(
            ack, body, lambda: self.acts.press(origin, pressed), "reason", REASONS[pressed.action][0]
        )

    async def ask_note(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """The shortcut on a message: its form opens with the message's text, before anything slow."""
        await ack()
        origin = origin_of(body)
        opening = await result_or_refusal(lambda: self._note_form(origin, body))
        if isinstance(opening, str):
            await self._answer(body, respond, opening)
        else:
            await self._open(body, respond, opening)

    async def give_note(self, ack: AsyncAck, body: Body) -> None:
        """The form with the note was submitted. It closes when the note is written, or shows why it is not."""
        noted, origin, text = form_data(body), origin_of(body), note_from(body["view"]["state"])

        async def write() -> str:
            link = await permalink(self.client, origin.channel, noted["ts"])
            note = NoteText(text=text, link=link, author=noted["author"], form=str(body["view"].get("id", "")))
            return await self.acts.note(origin, noted["run"], note)

        await self._write_form(ack, body, write, FIELD, "Note for the report")

    async def _note_form(self, origin: Origin, body: Body) -> Body:
        noted = noted_message(body)
        run = await self.acts.run_to_note(origin, noted)
        data = {"channel": origin.channel, "run": button_value(run), "ts": noted.ts, "author": noted.author}
        return note_modal(noted.text, data, f"run {run.id} of {run.target}")

    async def _write_form(
        self, ack: AsyncAck, body: Body, act: Callable[[], Awaitable[str]], field: str, title: str
    ) -> None:
        """Do what a form says. It closes then, or shows at its field why it is not done."""
        writing = asyncio.create_task(result_or_refusal(act, shown=without_ids))  # a form's field shows plain text
        await asyncio.wait({writing}, timeout=ACK_LIMIT)
        if not writing.done():
            await ack(response_action="errors", errors={field: LATE})
            await self._show_late(body, with_mentions(await writing), title)
        elif writing.result().startswith(REFUSED):
            await ack(response_action="errors", errors={field: clip(writing.result(), FIELD_LIMIT)})
        else:
            await ack()

    async def start(self, ack: AsyncAck, body: Body) -> None:
        """The start form was submitted. While the preflight runs, the form says so."""
        view, origin = body["view"], origin_of(body)
        asked = request_with_reason(view)
        request = replace(asked or request_from(view["state"]), press=str(view.get("id", "")))
        starting = asyncio.create_task(result_or_refusal(lambda: self._start(origin, request)))
        await asyncio.wait({starting}, timeout=ACK_LIMIT)
        if not starting.done():
            await ack(response_action="update", view=message_modal(CHECKING))
            await self._show_late(body, await starting)
            return
        result = starting.result()
        if isinstance(result, str) and not result.startswith(REFUSED):
            await ack()
        elif isinstance(result, str) and len(result) <= FIELD_LIMIT and "<" not in result:
            await ack(response_action="errors", errors={BECAUSE if asked else _field_of(result, request): result})
        else:
            await ack(response_action="update", view=self._marked(_as_form(result)))

    def _marked(self, view: Body) -> Body:
        return marked_form(view, self.acts.record_name) if "private_metadata" in view else view

    async def _show_late(self, body: Body, result: str | Body, title: str = "Start a deployment") -> None:
        """Show a late result in the form; if its person has closed the form, as a direct message."""
        try:
            await self.client.views_update(view_id=body["view"]["id"], view=self._marked(_as_form(result, title)))
        except SlackApiError:
            text = result if isinstance(result, str) else result["blocks"][0]["text"]["text"]
            await self.client.chat_postMessage(channel=body["user"]["id"], text=text)

    async def _open_start(self, body: Body, respond: AsyncRespond) -> None:
        origin = origin_of(body)
        form = await result_or_refusal(lambda: self._start_form(origin))
        if isinstance(form, str):
            await self._answer(body, respond, form)
        else:
            await self._open(body, respond, form)

    async def _start_form(self, origin: Origin) -> Body:
        pages = await self.acts.pages_to_start(origin)
        # at once: Slack opens the form within 3 s or never
        frozen, advice = await asyncio.gather(self.acts.frozen(pages), self.acts.advice(pages))
        return start_modal(pages, origin.channel, advice, frozen)

    async def _answer(self, body: Body, respond: AsyncRespond, reply: Reply) -> None:
        """Answer a press where its person sees it: below the message, or at the top of their App Home.

        A refusal there is a form of its own, too: whoever has scrolled down would not see the top.
        """
        origin = origin_of(body)
        if not origin.on_home:
            await respond_to(respond, reply)
            return
        text = reply if isinstance(reply, str) else reply.text
        self.homes.tell(origin, text)
        if text.startswith(REFUSED):
            with suppress(SlackApiError):
                await self.client.views_open(trigger_id=body["trigger_id"], view=message_modal(text, "Not done"))

    async def _open(self, body: Body, respond: AsyncRespond, view: Body) -> None:
        try:
            await self.client.views_open(trigger_id=body["trigger_id"], view=self._marked(view))
        except SlackApiError as error:
            name = status_and_name(error)[1]
            LOG.warning("views.open: Slack answers %s", name)
            late = "That took too long. Please press it again." if "trigger" in name else ""
            typed = f"Slack did not open the form ({name}). You can type the command: see /deploy help."
            await self._answer(body, respond, late or typed)


def _as_form(result: str | Body, title: str = "Start a deployment") -> Body:
    return message_modal(result, title) if isinstance(result, str) else result


def _field_of(refusal: str, request: StartRequest) -> str:
    """The field of the start form that a refusal is about: it begins with what was typed there; else the page."""
    words = refusal.removeprefix(REFUSED).lstrip(" “'\"")
    typed = {"at": request.at, "ref": request.ref}
    return next((field for field, text in typed.items() if text and words.startswith(text)), "page")
