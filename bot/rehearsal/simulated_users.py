"""The simulated users of `--auto`: they read the channel and press as the scenario says."""

from __future__ import annotations

import asyncio

from bot.rehearsal.message_content import action_ids, content, filled_form, mentions
from bot.rehearsal.role_holders import PEOPLE, ROLE_HOLDERS, STARTER
from bot.rehearsal.scenarios import Scenario
from bot.rehearsal.target import Target
from bot.rehearsal.workspace import Message, Workspace

BECAUSE = "this is a rehearsal"
REASON = "This is a rehearsal; the people are simulated."
NO_DATA = "Missing data never counts as healthy"
WATCH_BEGINS = "The watch begins"
LEAD, DBA = ROLE_HOLDERS["tech_lead"].id, ROLE_HOLDERS["dba"].id
POLL_SECONDS = 0.2


class SimulatedUsers:
    """All users of one run. Each press goes through the workspace, as a click on its page does.

    They leave the buttons whose action ids are in `ignored_actions` alone.
    """

    def __init__(self, workspace: Workspace, target: Target, scenario: Scenario) -> None:
        self.workspace = workspace
        self.target = target
        self.scenario = scenario
        self.ignored_actions: set[str] = set()
        self._pressed: set[tuple[str, str, str]] = set()
        self._watch_faults_on = False
        self._skipped_by = LEAD

    async def start_run(self, page: str) -> None:
        """Type the start command as the starter. Raises RuntimeError when the bot does not acknowledge it.

        The reason is for Option A: in a new record nothing shows yet that it is safe.
        """
        reply = await self.workspace.command(STARTER.id, f"/deploy start {page} because {BECAUSE}")
        if not reply.acked:
            raise RuntimeError(f"The bot did not acknowledge `/deploy start {page}`: {reply.error}")

    async def play(self) -> None:
        """Read the channel and react to each message, until cancelled."""
        while True:
            for message in self.workspace.messages():
                await self._react(message)
            await asyncio.sleep(POLL_SECONDS)

    async def _react(self, message: Message) -> None:
        text = content(message)
        if not self._watch_faults_on and WATCH_BEGINS in text:
            self._watch_faults_on = True
            await asyncio.to_thread(self._switch_on_watch_faults)
        if self.scenario.people_fix_it and NO_DATA in text:
            await asyncio.to_thread(self.target.lock_out, locked=False)
        actions = action_ids(message.blocks) - self.ignored_actions
        if "take_part" in actions:
            await self._take_part(message, actions)
            return
        if self._must_roll_back(message, text, actions) and (card := self._card()):
            await self._press_once(ROLE_HOLDERS["rollback"].id, card, "rollback")
        elif "false_alarm" in actions and self.scenario.people_fix_it:
            await self._press_once(LEAD, message, "false_alarm")
            self.target.make_slow(0)
        elif "keep" in actions:
            await self._press_once(LEAD, message, "keep")
        elif "skip" in actions:
            self._skipped_by = mentions(text)[0]
            await self._press_once(self._skipped_by, message, "skip")
        elif "agree" in actions:
            await self._press_once(next(one for one in (DBA, LEAD) if one != self._skipped_by), message, "agree")
        elif "sign" in actions:
            await self._sign(message, text)

    async def _take_part(self, message: Message, actions: set[str]) -> None:
        """Everybody takes part in the drill, and the starter lets it begin."""
        for person in PEOPLE:
            await self._press_once(person.id, message, "take_part")
        if "begin_drill" in actions:
            await self._press_once(STARTER.id, message, "begin_drill")

    def _must_roll_back(self, message: Message, text: str, actions: set[str]) -> bool:
        """Whether somebody presses Roll back at this message: it announces the scenario's step, or has that button."""
        if not self.scenario.roll_back_at or (self.scenario.downloads_cut_off and not self._watch_faults_on):
            return False
        return self.scenario.roll_back_at in text and ("rollback" in actions or message.text.startswith("⏳"))

    def _card(self) -> Message | None:
        """The card with the Roll back button; None when the run can no longer be rolled back."""
        return next((one for one in self.workspace.messages() if "rollback" in action_ids(one.blocks)), None)

    def _switch_on_watch_faults(self) -> None:
        self.target.make_slow(self.scenario.watch_delay)
        if self.scenario.database_locked_out:
            self.target.lock_out()
        if self.scenario.downloads_cut_off:
            self.target.cut_off_downloads()

    async def _sign(self, message: Message, text: str) -> None:
        for person in PEOPLE:
            if person.id in mentions(text) and person is not STARTER:
                refuses = self.scenario.refusing_role and ROLE_HOLDERS[self.scenario.refusing_role] is person
                await self._press_once(person.id, message, "refuse" if refuses else "sign")

    async def _press_once(self, person: str, message: Message, action: str) -> None:
        """Press a button once per person, and fill in the form that it opens."""
        if (person, message.ts, action) in self._pressed:
            return
        self._pressed.add((person, message.ts, action))
        await self.workspace.press(person, message.ts, action)
        for _ in range(20):
            for view in self.workspace.views(person):
                await self.workspace.submit(person, view.id, filled_form(view.blocks, REASON))
                return
            if action not in {"refuse", "skip", "done", "false_alarm"}:
                return
            await asyncio.sleep(0.1)
