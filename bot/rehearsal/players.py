"""The players of `--auto`: they read the channel as people do, and press what a story has them press."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from bot.rehearsal.people import HOLDERS, PEOPLE, STARTER
from bot.rehearsal.stories import Story
from bot.rehearsal.target import Target
from bot.rehearsal.workspace import Message, Workspace

REASON = "This is a rehearsal; the people are played."
NO_DATA = "No data is not healthy"
LEAD = HOLDERS["tech_lead"].id


class Players:
    """Plays a story; every press goes through the workspace, as a click in its page does.

    What stands in `leaves` (action ids) is not pressed for the moment.
    """

    def __init__(self, workspace: Workspace, target: Target, story: Story) -> None:
        self.workspace = workspace
        self.target = target
        self.story = story
        self._pressed: set[tuple[str, str, str]] = set()
        self.leaves: set[str] = set()
        self._broke = False
        self._skipper = LEAD

    async def start(self, page: str) -> None:
        """The starter types the command."""
        reply = await self.workspace.command(STARTER.id, f"/deploy start {page}")
        if not reply.acked:
            raise RuntimeError(f"/deploy start was not answered: {reply.error}")

    async def play(self) -> None:
        """Look at the channel again and again, until cancelled."""
        while True:
            for message in self._all():
                await self._react(message)
            await asyncio.sleep(0.2)

    def _all(self) -> list[Message]:
        found = []
        for message in self.workspace.messages():
            found += [message, *self.workspace.thread(message.ts)]
        return found

    async def _react(self, message: Message) -> None:
        words = json.dumps(message.blocks, ensure_ascii=False) + message.text
        if not self._broke and "The watch begins" in words:
            self._broke = True
            await asyncio.to_thread(self._break)
        if self.story.mends and NO_DATA in words:
            await asyncio.to_thread(self.target.lock_out, locked=False)
        actions = _actions(message.blocks) - self.leaves
        if self._is_moment(message, words, actions) and (card := self._card()):
            await self._once(HOLDERS["rollback"].id, card, "rollback")
        elif "false_alarm" in actions and self.story.mends:
            await self._once(LEAD, message, "false_alarm")
            self.target.make_slow(0)
        elif "keep" in actions:
            await self._once(LEAD, message, "keep")
        elif "skip" in actions:
            self._skipper = _called(words)[0]
            await self._once(self._skipper, message, "skip")
        elif "agree" in actions:
            others = (HOLDERS["dba"].id, LEAD)
            await self._once(next(one for one in others if one != self._skipper), message, "agree")
        elif "sign" in actions:
            await self._sign(message, words)

    def _is_moment(self, message: Message, words: str, actions: set[str]) -> bool:
        """Whether the story has somebody press Roll back now: a step begins, or a message with that button says so."""
        if not self.story.presses_rollback_at or (self.story.cuts_off and not self._broke):
            return False
        return self.story.presses_rollback_at in words and ("rollback" in actions or message.text.startswith("⏳"))

    def _card(self) -> Message | None:
        """The card with its button, which is there as long as somebody may roll back."""
        return next((one for one in self.workspace.messages() if "rollback" in _actions(one.blocks)), None)

    def _break(self) -> None:
        """Do to the target what the story says happens in the watch."""
        self.target.make_slow(self.story.slow_in_watch)
        if self.story.locks_out:
            self.target.lock_out()
        if self.story.cuts_off:
            self.target.cut_off_downloads()

    async def _sign(self, message: Message, words: str) -> None:
        for person in PEOPLE:
            if person.id in _called(words) and person is not STARTER:
                refuses = self.story.refuses and HOLDERS[self.story.refuses] is person
                await self._once(person.id, message, "refuse" if refuses else "sign")

    async def _once(self, person: str, message: Message, action: str) -> None:
        """Press a button once as one person, and fill the form that it opens."""
        if (person, message.ts, action) in self._pressed:
            return
        self._pressed.add((person, message.ts, action))
        await self.workspace.press(person, message.ts, action)
        for _ in range(20):
            for view in self.workspace.views(person):
                await self.workspace.submit(person, view.id, _filled(view.blocks))
                return
            if action not in {"refuse", "skip", "done", "false_alarm"}:
                return
            await asyncio.sleep(0.1)


def said(workspace: Workspace) -> list[str]:
    """Every message of the channel and its threads, with its blocks, as text."""
    whole = [one for message in workspace.messages() for one in (message, *workspace.thread(message.ts))]
    return [json.dumps(one.blocks, ensure_ascii=False) + one.text for one in whole]


def _called(words: str) -> list[str]:
    """Who is called by a message, in its order."""
    return re.findall(r"<@(\w+)>", words)


def _actions(blocks: list[dict[str, Any]]) -> set[str]:
    """The action ids of the buttons in a message."""
    return {element["action_id"] for block in blocks for element in block.get("elements", []) if "action_id" in element}


def _filled(blocks: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """A reason in every text field of a form; a choice stays as it is proposed."""
    inputs = (block for block in blocks if block["type"] == "input" and "initial_option" not in block["element"])
    return {block["block_id"]: {block["element"]["action_id"]: REASON} for block in inputs}
