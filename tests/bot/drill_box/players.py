"""People who play a drill in the browser, each on a page of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Error, Page, async_playwright

from bot.rehearsal.role_holders import ROLE_HOLDERS, STARTER
from bot.rehearsal.workspace import Person, Workspace
from bot.tools.browser import FLAGS, find_browser

TAKE_PART, BEGIN, SIGN = "🙋 I take part", "▶️ Begin the drill", "✍️ Sign"
SKIP, AGREE = "Skip…", "I agree"
REASON = "It is an exercise."
DBA, LEAD = ROLE_HOLDERS["dba"], ROLE_HOLDERS["tech_lead"]
# what somebody sees in the thread: each message with its buttons, and whether it calls them
SEEN = """() => [...document.querySelectorAll("#replies article")].map(one => ({
    ts: one.dataset.ts, mine: !!one.querySelector(".mention.mine"),
    buttons: [...one.querySelectorAll("button.button")].map(button => button.textContent)}))"""


@dataclass
class Player:
    """One person. Whoever is `hasty` first presses a button that is for others; nobody signs before that."""

    person: Person
    page: Page
    mistake: asyncio.Event
    hasty: bool = False
    _pressed: set[tuple[str, str]] = field(default_factory=set)

    async def play(self) -> None:
        """Open the thread of the drill and press what is for this person, until cancelled."""
        await self.page.locator("#messages article", has_text="DRILL").locator(".thread-link").first.click()
        while True:
            for message in await self.page.evaluate(SEEN):
                await self._react(message)
            await asyncio.sleep(0.3)

    async def type(self, words: str) -> None:
        """Type something in the channel."""
        await self.page.fill("#text", words)
        await self.page.keyboard.press("Enter")

    async def _react(self, message: dict[str, Any]) -> None:
        if TAKE_PART in message["buttons"]:
            await self._press(message["ts"], TAKE_PART)
        if BEGIN in message["buttons"] and self.person is STARTER:
            await self._press(message["ts"], BEGIN)
        if SKIP in message["buttons"] and self.person is LEAD:  # outside the page's window, by the hour of the test
            await self._press(message["ts"], SKIP)
        if AGREE in message["buttons"] and self.person is DBA:
            await self._press(message["ts"], AGREE)
        if SIGN not in message["buttons"]:
            return
        if self.hasty and not message["mine"] and not self.mistake.is_set():
            await self._press(message["ts"], SIGN)
            await self.page.get_by_text("Only the").first.wait_for(state="attached")
            self.mistake.set()
        elif message["mine"] and self.mistake.is_set() and self.person is not STARTER:
            await self._press(message["ts"], SIGN)

    async def _press(self, ts: str, label: str) -> None:
        if (ts, label) in self._pressed:
            return
        button = self.page.locator(f'#replies article[data-ts="{ts}"] button.button', has_text=label)
        try:
            await button.click(timeout=10_000)
            if await self.page.locator("#confirm[open]").count():
                await self.page.click("#confirm .filled", timeout=10_000)
            if label.endswith("…"):
                await self.page.fill("#modal textarea, #modal input", REASON, timeout=10_000)
                await self.page.click("#modal .filled", timeout=10_000)
        except Error:
            return  # the message was drawn anew in the middle; it is tried again
        self._pressed.add((ts, label))


@asynccontextmanager
async def players(workspace: Workspace, people: tuple[Person, ...], hasty: Person) -> AsyncIterator[list[Player]]:
    """A page of the workspace for each person, in one headless Chromium."""
    mistake = asyncio.Event()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser(), args=[*FLAGS, "--no-sandbox"])
        found = []
        for person in people:
            context = await browser.new_context(viewport={"width": 390, "height": 844})
            page = await context.new_page()
            page.set_default_timeout(120_000)
            await page.goto(f"{workspace.url}?person={person.id}")
            found.append(Player(person, page, mistake, person is hasty))
        yield found
        await browser.close()
