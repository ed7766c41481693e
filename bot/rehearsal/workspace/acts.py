"""What people do: commands, presses, forms, plain messages; each act answers with what the person saw."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from bot.rehearsal.workspace import forms, payloads
from bot.rehearsal.workspace.delivery import Delivery, Kind, NotAckedError
from bot.rehearsal.workspace.hooks import speak
from bot.rehearsal.workspace.methods import SlackError
from bot.rehearsal.workspace.passes import Hook
from bot.rehearsal.workspace.records import Channel, Json, Message, Person, Reply, View
from bot.rehearsal.workspace.team import BOT_USER, Team

TROUBLE = "We had some trouble connecting. Try again?"
Values = dict[str, dict[str, Any]]


@dataclass
class Acts:
    """The acts of people in one workspace, carried to the bot."""

    team: Team
    delivery: Delivery
    _events: set[asyncio.Task[None]] = field(default_factory=set)

    async def command(self, person: str, text: str, channel: Channel) -> Reply:
        """Type a slash command."""
        name, _, rest = text.strip().partition(" ")
        if name not in self.team.commands:
            return Reply(acked=False, error="unknown_command", text=f"{name} is not a valid command.")
        payload = payloads.command(self.team, self._person(person), channel, name, rest.strip())
        began = time.monotonic()
        try:
            ack = await self.delivery.deliver("slash_commands", payload)
        except NotAckedError as error:
            words = f'{name} failed with the error "{error.error}"'
            return Reply(acked=False, error=error.error, text=words, seconds=time.monotonic() - began)
        seconds = time.monotonic() - began
        if not (ack.get("text") or ack.get("blocks")):
            return Reply(acked=True, seconds=seconds)
        try:
            speak(self.team, Hook(person, channel.id, None), ack)
        except SlackError as error:
            words = f'{name} failed with the error "{error.error}"'
            return Reply(acked=True, error=error.error, text=words, seconds=seconds)
        return Reply(acked=True, text=str(ack.get("text", "")), seconds=seconds)

    async def press(self, person: str, place: str, action_id: str, value: str | None, values: Values) -> Reply:
        """Press a button or choose from a menu, in the message of a ts or the view of an id; confirmed, if it asks."""
        who, shown = self._person(person), self._place(person, place)
        blocks = shown.blocks if isinstance(shown, Message) else shown.view["blocks"]
        action = forms.action(blocks, action_id, value)
        if isinstance(shown, Message):
            payload = payloads.press_in_message(self.team, who, shown, action)
        else:
            payload = payloads.press_in_view(self.team, who, shown, action, forms.state(blocks, values))
        _, reply = await self._interact(payload)
        return reply

    async def submit(self, person: str, view_id: str, values: Values) -> Reply:
        """Hand in a form."""
        view = self._open_view(person, view_id)
        state = forms.state(view.view["blocks"], values)
        if missing := forms.missing(view.view["blocks"], state):
            return self._marked(view, missing, Reply(acked=False, error="incomplete", errors=missing))
        payload = payloads.submission(self.team, self._person(person), view, state)
        ack, reply = await self._interact(payload)
        if not reply.acked:
            return reply
        try:
            return self._after_submit(view, ack, reply)
        except SlackError as error:
            return Reply(acked=True, error=error.error, text=TROUBLE, seconds=reply.seconds)

    async def dismiss(self, person: str, view_id: str, *, every: bool) -> Reply:
        """Close a form, or every form that lies below it as well."""
        view = self._open_view(person, view_id)
        forms.close(self.team, view, every=every)
        if not view.view.get("notify_on_close"):
            return Reply(acked=True)
        payload = payloads.closed(self.team, self._person(person), view, cleared=every)
        _, reply = await self._interact(payload)
        return reply

    def say(self, person: str, text: str, channel: Channel, thread_ts: str | None) -> Message:
        """Write a plain message; the bot hears of it when it is mentioned."""
        who = self._person(person)
        message = Message(channel.id, self.team.new_ts(), who.id, text, thread_ts=thread_ts)
        self.team.post(message)
        if f"<@{BOT_USER}>" in text:
            self.event({**message.as_slack(), "type": "app_mention", "channel": channel.id})
        return message

    def event(self, fields: Json) -> None:
        """Tell the bot of an event, without anybody waiting for it."""
        task = asyncio.create_task(self._tell(payloads.event(self.team, fields)))
        self._events.add(task)
        task.add_done_callback(self._events.discard)

    async def _tell(self, payload: Json) -> None:
        """Deliver an event, and once more after a moment if nobody acked it."""
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

    def _after_submit(self, view: View, ack: Json, reply: Reply) -> Reply:
        if ack.get("response_action") == "errors":
            errors = dict(ack.get("errors") or {})
            if not errors or not errors.keys() <= forms.input_ids(view.view["blocks"]):
                return Reply(acked=True, error="invalid_errors", text=TROUBLE, seconds=reply.seconds)
            return self._marked(view, errors, Reply(acked=True, errors=errors, seconds=reply.seconds))
        forms.carry_out(self.team, view, ack)
        return reply

    def _marked(self, view: View, errors: dict[str, str], reply: Reply) -> Reply:
        view.errors = errors
        self.team.changed()
        return reply

    def _person(self, name: str) -> Person:
        if name not in self.team.people:
            raise ValueError(
                f"there is no person {name} in the workspace; its people are {', '.join(self.team.people)}"
            )
        return self.team.people[name]

    def _place(self, person: str, place: str) -> Message | View:
        view = self.team.view(place)
        if view is not None:
            return view
        found = next((one for one in self.team.messages if one.ts == place and one.only_for in ("", person)), None)
        if found is None:
            raise ValueError(f"{person} sees no message {place}")
        return found

    def _open_view(self, person: str, view_id: str) -> View:
        stack = self.team.stacks.get(person, [])
        if not stack or stack[-1].id != view_id:
            raise ValueError(f"the modal {view_id} is not the one on top for {person}")
        return stack[-1]
