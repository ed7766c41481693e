"""The people of a crash test: they press what is asked of them until it is acknowledged, and look at the target before they answer."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from typing import Any

from bot.rehearsal.people import HOLDERS, STARTER
from bot.rehearsal.workspace import Message
from state.sqlite.store import Store
from tests.crash.stage import Stage

REASON = "They looked at the target."
LEAD, DBA = HOLDERS["tech_lead"].id, HOLDERS["dba"].id
Answer = Callable[[str], str]
LOOKS = 15.0  # seconds; a start looks at everything first, for at most twelve


class People:
    """Plays everybody until cancelled. `answer` says, from a question's words, what they found: "again", "done" or "skip".

    At the decision somebody keeps, or rolls back. Every question that a crash left behind is written down in `asked`.
    """

    def __init__(self, here: Stage, answer: Answer, *, keeps: bool) -> None:
        self.here = here
        self.answer = answer
        self.keeps = keeps
        self.asked: dict[str, str] = {}

    async def play(self) -> None:
        """Look at the channel again and again."""
        while True:
            if len(self.here.workspace.sockets):
                for message in self.here.workspace.messages():
                    await self._react(message)
            await asyncio.sleep(0.1)

    async def _react(self, message: Message) -> None:
        actions = buttons(message.blocks)
        if "keep" in actions:
            if self.keeps:
                await self._press(LEAD, message, "keep")
            else:
                await self._press(DBA, message, "rollback")
        elif "again" in actions:
            words = json.dumps(message.blocks, ensure_ascii=False)
            found = self.answer(words)
            if found != "skip":
                self.asked[message.ts] = message.text
            await self._press(LEAD, message, found)
        elif "agree" in actions:
            await self._press(DBA, message, "agree")
        elif "sign" in actions:
            called = set(re.findall(r"<@(\w+)>", json.dumps(message.blocks)))
            for person in sorted(called - {STARTER.id}):
                await self._press(person, message, "sign")

    async def _press(self, person: str, message: Message, action: str) -> None:
        """Press, and fill the form that may open; a press that is not acknowledged is made again at the next look."""
        try:
            reply = await self.here.workspace.press(person, message.ts, action)
        except ValueError:  # the button went away meanwhile
            return
        if not reply.acked or action not in {"skip", "done"}:
            return
        for _ in range(20):
            for view in self.here.workspace.views(person):
                await self.here.workspace.submit(person, view.id, _filled(view.blocks))
                return
            await asyncio.sleep(0.1)


async def start_run(here: Stage, store: Store, page: str, patience: float) -> int:
    """Start a run in the channel; its number. Raises AssertionError when it does not come.

    It is asked for again only when the bot did not hear it or refused it: each asking is a look at everything, with a
    browser, and many of them at once keep a machine so busy that none comes to its end in time.
    """
    until = time.monotonic() + patience
    while not store.active_runs():
        assert time.monotonic() < until, f"the run did not start:\n{here.bot.log.read_text()[-3000:]}"
        if (await here.workspace.command(STARTER.id, f"/deploy start {page}")).acked:
            await _answered(here, store)
        await asyncio.sleep(0.1)
    return store.active_runs()[0].id


async def _answered(here: Stage, store: Store) -> None:
    """Wait until the start that was acknowledged has begun a run or was answered, or would have been long ago."""
    heard, until = len(here.workspace.ephemerals(STARTER.id)), time.monotonic() + LOOKS
    while not store.active_runs() and time.monotonic() < until:
        if len(here.workspace.ephemerals(STARTER.id)) > heard:
            return
        await asyncio.sleep(0.05)


def buttons(blocks: list[dict[str, Any]]) -> set[str]:
    """The action ids of the buttons in a message."""
    return {element["action_id"] for block in blocks for element in block.get("elements", []) if "action_id" in element}


def _filled(blocks: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    inputs = (block for block in blocks if block["type"] == "input")
    return {block["block_id"]: {block["element"]["action_id"]: REASON} for block in inputs}
