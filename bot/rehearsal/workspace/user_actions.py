"""What users do: commands, presses, forms, messages; each returns the bot's reply."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from bot.rehearsal.workspace import forms, payloads
from bot.rehearsal.workspace.delivery import Delivery, Kind, NotAckedError
from bot.rehearsal.workspace.interaction_tokens import ResponseUrl
from bot.rehearsal.workspace.method_registry import SlackError
from bot.rehearsal.workspace.response_urls import post_response
from bot.rehearsal.workspace.slack_objects import Channel, Json, Message, Person, Reply, View
from bot.rehearsal.workspace.workspace_state import BOT_USER, WorkspaceState

TROUBLE = "We had some trouble connecting. Try again?"  # Slack's own words
Values = dict[str, dict[str, Any]]


@dataclass
class UserActions:
    """The actions of all users in one workspace. Each raises ValueError for a user or a thing that is not there."""

    state: WorkspaceState
    delivery: Delivery
    _events: set[asyncio.Task[None]] = field(default_factory=set)

    async def command(self, person: str, text: str, channel: Channel) -> Reply:
        """Type a slash command."""
        name, _, arguments = text.strip().partition(" ")
        if name not in self.state.commands:
            return Reply(acked=False, error="unknown_command", text=f"{name} is not a valid command.")
        payload = payloads.slash_command(self.state, self._person(person), channel, name, arguments.strip())
        began = time.monotonic()
        try:
            ack = await self.delivery.deliver("slash_commands", payload)
        except NotAckedError as error:
            failure = f'{name} failed with the error "{error.error}"'
            return Reply(acked=False, error=error.error, text=failure, seconds=time.monotonic() - began)
        seconds = time.monotonic() - began
        if not (ack.get("text") or ack.get("blocks")):
            return Reply(acked=True, seconds=seconds)
        try:
            post_response(self.state, ResponseUrl(person, channel.id, None), ack)
        except SlackError as error:
            failure = f'{name} failed with the error "{error.error}"'
            return Reply(acked=True, error=error.error, text=failure, seconds=seconds)
        return Reply(acked=True, text=str(ack.get("text", "")), seconds=seconds)

    async def press(self, person: str, place: str, action_id: str, value: str | None, values: Values) -> Reply:
        """Press a button or choose from a menu, and confirm it if it asks.

        `place` is a message's ts or a view's id; `values` are the view's field values at that moment.
        """
        user, shown = self._person(person), self._message_or_view(person, place)
        blocks = shown.blocks if isinstance(shown, Message) else shown.view["blocks"]
        action = forms.action_of(blocks, action_id, value)
        if isinstance(shown, Message):
            payload = payloads.message_action(self.state, user, shown, action)
        else:
            payload = payloads.view_action(self.state, user, shown, action, forms.form_state(blocks, values))
        _, reply = await self._interact(payload)
        return reply

    async def use_shortcut(self, person: str, ts: str, callback: str) -> Reply:
        """Use a shortcut from the menu of a message. An ephemeral message has no such menu."""
        message = self._message_or_view(person, ts)
        if not isinstance(message, Message) or message.only_for:
            raise ValueError(f"{person} sees no message {ts} with a menu")
        _, reply = await self._interact(payloads.message_shortcut(self.state, self._person(person), message, callback))
        return reply

    async def submit(self, person: str, view_id: str, values: Values) -> Reply:
        """Submit the form on top."""
        view = self._top_view(person, view_id)
        fields = forms.form_state(view.view["blocks"], values)
        if errors := forms.field_errors(view.view["blocks"], fields):
            return self._mark_fields(view, errors, Reply(acked=False, error="incomplete", errors=errors))
        payload = payloads.view_submission(self.state, self._person(person), view, fields)
        ack, reply = await self._interact(payload)
        if not reply.acked:
            return reply
        try:
            return self._apply_answer(view, ack, reply)
        except SlackError as error:
            return Reply(acked=True, error=error.error, text=TROUBLE, seconds=reply.seconds)

    async def dismiss(self, person: str, view_id: str, *, every: bool) -> Reply:
        """Close the form on top, or also all forms below it."""
        view = self._top_view(person, view_id)
        forms.close_views(self.state, view, every=every)
        if not view.view.get("notify_on_close"):
            return Reply(acked=True)
        payload = payloads.view_closed(self.state, self._person(person), view, cleared=every)
        _, reply = await self._interact(payload)
        return reply

    def say(self, person: str, text: str, channel: Channel, thread_ts: str | None) -> Message:
        """Write a plain message. The bot gets an event when the message mentions it."""
        user = self._person(person)
        message = Message(channel.id, self.state.new_ts(), user.id, text, thread_ts=thread_ts)
        self.state.post(message)
        if f"<@{BOT_USER}>" in text:
            self.send_event({**message.as_slack(), "type": "app_mention", "channel": channel.id})
        return message

    def open_home(self, person: str) -> None:
        """Open the app's Home tab. As in Slack, the event comes at once, with what the tab shows so far."""
        user = self._person(person)
        shown = self.state.home_tabs.get(user.id)
        fields = {"user": user.id, "channel": self.state.direct_channel(user.id).id, "event_ts": self.state.new_ts()}
        view = {"view": shown.as_slack()} if shown else {}
        self.send_event({"type": "app_home_opened", "tab": "home", **fields, **view})

    def send_event(self, fields: Json) -> None:
        """Send an event to the bot in the background."""
        task = asyncio.create_task(self._deliver_event(payloads.event_callback(self.state, fields)))
        self._events.add(task)
        task.add_done_callback(self._events.discard)

    async def _deliver_event(self, payload: Json) -> None:
        """Deliver an event, and once more after a second when nobody acked it."""
        try:
            await self.delivery.deliver("events_api", payload)
        except NotAckedError:
            await asyncio.sleep(1)
            await self._interact(payload, "events_api")

    async def _interact(self, payload: Json, kind: Kind = "interactive") -> tuple[Json, Reply]:
        began = time.monotonic()
        try:
            ack = await self.delivery.deliver(kind, payload)
        except NotAckedError as error:
            return {}, Reply(acked=False, error=error.error, text=TROUBLE, seconds=time.monotonic() - began)
        return ack, Reply(acked=True, seconds=time.monotonic() - began)

    def _apply_answer(self, view: View, ack: Json, reply: Reply) -> Reply:
        if ack.get("response_action") == "errors":
            errors = dict(ack.get("errors") or {})
            if not errors or not errors.keys() <= forms.input_ids(view.view["blocks"]):
                return Reply(acked=True, error="invalid_errors", text=TROUBLE, seconds=reply.seconds)
            return self._mark_fields(view, errors, Reply(acked=True, errors=errors, seconds=reply.seconds))
        forms.apply_response(self.state, view, ack)
        return reply

    def _mark_fields(self, view: View, errors: dict[str, str], reply: Reply) -> Reply:
        view.errors = errors
        self.state.notify_change()
        return reply

    def _person(self, name: str) -> Person:
        if name not in self.state.people:
            known = ", ".join(self.state.people)
            raise ValueError(f"there is no person {name} in the workspace; its people are {known}")
        return self.state.people[name]

    def _message_or_view(self, person: str, place: str) -> Message | View:
        view = self.state.view(place)
        if view is not None:
            return view
        messages = (
            message for message in self.state.messages if message.ts == place and message.only_for in ("", person)
        )
        message = next(messages, None)
        if message is None:
            raise ValueError(f"{person} sees no message {place}")
        return message

    def _top_view(self, person: str, view_id: str) -> View:
        stack = self.state.view_stacks.get(person, [])
        if not stack or stack[-1].id != view_id:
            raise ValueError(f"the modal {view_id} is not the top one of {person}")
        return stack[-1]
