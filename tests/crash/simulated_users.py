"""The simulated users of a crash test: they press until the bot acknowledges."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Protocol

from bot.rehearsal.message_content import action_ids, filled_form, mentions
from bot.rehearsal.role_holders import ROLE_HOLDERS, STARTER
from bot.rehearsal.workspace import Message, Workspace
from state.store import RecordStore

REASON = "They checked the target."
LEAD, DBA = ROLE_HOLDERS["tech_lead"].id, ROLE_HOLDERS["dba"].id
Answer = Callable[[str], str]
PREFLIGHT_SECONDS = 15.0  # a start checks everything first, for at most twelve


class Stage(Protocol):
    """What the users need: the workspace in which they press, and whether a bot hears it."""

    @property
    def workspace(self) -> Workspace:
        """The workspace."""

    def is_heard(self) -> bool:
        """Whether a bot hears what people do."""

    def log_ends(self) -> str:
        """The end of each bot's log."""


class SimulatedUsers:
    """All users of one run. `answer` maps the text of a question to "again", "done" or "skip".

    At the decision they keep or, with `keep=False`, roll back. `questions` are those that a crash left behind.
    """

    def __init__(self, sandbox: Stage, answer: Answer, *, keep: bool) -> None:
        self.sandbox = sandbox
        self.answer = answer
        self.keep = keep
        self.questions: dict[str, str] = {}

    async def play(self) -> None:
        """Read the channel and react, until cancelled."""
        while True:
            if self.sandbox.is_heard():
                for message in self.sandbox.workspace.messages():
                    await self._react(message)
            await asyncio.sleep(0.1)

    async def _react(self, message: Message) -> None:
        actions = action_ids(message.blocks)
        if "keep" in actions:
            if self.keep:
                await self._press(LEAD, message, "keep")
            else:
                await self._press(DBA, message, "rollback")
        elif "again" in actions:
            answer = self.answer(json.dumps(message.blocks, ensure_ascii=False))
            if answer != "skip":
                self.questions[message.ts] = message.text
            await self._press(LEAD, message, answer)
        elif "agree" in actions:
            await self._press(DBA, message, "agree")
        elif "sign" in actions:
            for person in sorted({*mentions(json.dumps(message.blocks))} - {STARTER.id}):
                await self._press(person, message, "sign")

    async def _press(self, person: str, message: Message, action: str) -> None:
        """Press a button and fill in the form that it may open; the next round repeats a press without an ack."""
        try:
            reply = await self.sandbox.workspace.press(person, message.ts, action)
        except ValueError:  # the button is gone meanwhile
            return
        if not reply.acked or action not in {"skip", "done"}:
            return
        for _ in range(20):
            for view in self.sandbox.workspace.views(person):
                await self.sandbox.workspace.submit(person, view.id, filled_form(view.blocks, REASON))
                return
            await asyncio.sleep(0.1)


async def start_run(sandbox: Stage, store: RecordStore, page: str, timeout: float) -> int:
    """Start a run in the channel and return its id. Raises AssertionError when it does not start in time.

    The command is repeated only when the bot did not acknowledge it or refused it: each one is a preflight of
    everything, with a browser, and several at once keep a machine so busy that none ends in time.
    """
    until = time.monotonic() + timeout
    while not store.active_runs():
        assert time.monotonic() < until, f"the run did not start:\n{sandbox.log_ends()}"
        if (await sandbox.workspace.command(STARTER.id, f"/deploy start {page} because it is a test")).acked:
            await _wait_for_answer(sandbox, store)
        await asyncio.sleep(0.1)
    return store.active_runs()[0].id


async def _wait_for_answer(sandbox: Stage, store: RecordStore) -> None:
    """Wait until the command started a run or was answered, but not longer than a preflight takes."""
    answers, until = len(sandbox.workspace.ephemerals(STARTER.id)), time.monotonic() + PREFLIGHT_SECONDS
    while not store.active_runs() and time.monotonic() < until:
        if len(sandbox.workspace.ephemerals(STARTER.id)) > answers:
            return
        await asyncio.sleep(0.05)
