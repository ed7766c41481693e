"""`make pictures`: plays rehearsals and takes the documents' screenshots at phone width."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from playwright.async_api import Browser, ViewportSize, async_playwright

from bot.rehearsal.message_content import content
from bot.rehearsal.options import PAGES
from bot.rehearsal.role_holders import ROLE_HOLDERS, STARTER
from bot.rehearsal.sandbox import Sandbox, open_sandbox
from bot.rehearsal.scenarios import SCENARIOS
from bot.rehearsal.simulated_users import WATCH_BEGINS, SimulatedUsers
from bot.rehearsal.workspace import Message
from bot.slack.views.queue import QUEUE_BEHIND
from bot.tools.browser import FLAGS, find_browser

PICTURES = Path(".github/pictures")
# these scripts run in the page: the card is rendered anew all the time, so a handle to it would be stale at once
SCROLL_TO_CARD = """() => [...document.querySelectorAll("*")]
    .find(e => !e.children.length && e.textContent.includes("DJ-System production:"))
    ?.scrollIntoView({block: "center"})"""
SCROLL_TO_CHART = """() => [...document.querySelectorAll("img.big")].at(-1)?.scrollIntoView({block: "center"})"""
PHONE: ViewportSize = {"width": 390, "height": 844}
TIMEOUT = 300  # seconds in which a message must come
TECH_LEAD, REVIEWER, ROLLBACK, ON_CALL, DBA = (
    ROLE_HOLDERS[role].id for role in ("tech_lead", "reviewer", "rollback", "on_call", "dba")
)


def main() -> int:
    """Play a rollback, a KEEP, an alert, starts that wait and a drill, and take the screenshots of all."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    asyncio.run(_picture_rollback())
    asyncio.run(_picture_keep())
    asyncio.run(_picture_alert())
    asyncio.run(_picture_starts())
    asyncio.run(_picture_drill())
    return 0


async def _picture_rollback() -> None:
    async with _sandbox("rollback") as (sandbox, camera):
        await camera.start_form()
        users = _users(sandbox, "rollback")
        users.ignored_actions.add("sign")
        async with _playing(users):
            await camera.thread("sign-off", "Please sign: 2️⃣", REVIEWER)
            rehearsal = "Rehearse the migration on the restored copy"
            await camera.thread("rehearsal", "On the copy: forward", DBA, scroll=scroll_to(rehearsal))
            users.ignored_actions.clear()
            await camera.channel("card", "*Deploy* →", ON_CALL)
            await camera.channel("rollback", "ROLLING BACK", ROLLBACK)
            await camera.channel("rolled-back", "ROLLED BACK", TECH_LEAD)
            await camera.file("report", "-report.html")


async def _picture_keep() -> None:
    async with _sandbox("keep") as (sandbox, camera):
        users = _users(sandbox, "keep")
        users.ignored_actions.add("keep")
        async with _playing(users):
            await camera.thread("status", "T+1 h ", TECH_LEAD)
            await camera.chart("chart", 40, TECH_LEAD)
            decision = "🏁 KEEP or ROLLBACK?"
            await camera.thread("decision", decision, TECH_LEAD, scroll=scroll_to(decision))


async def _picture_alert() -> None:
    async with _sandbox("alert-in-watch") as (sandbox, camera), _playing(_users(sandbox, "alert-in-watch")):
        await camera.thread("alert", "🚨", ON_CALL, scroll=scroll_to("🚨 API response"))
        await camera.channel("alert-card", "ALERT, about to roll back", ROLLBACK)
        await camera.thread("panel", WATCH_BEGINS, TECH_LEAD, scroll=scroll_to(" met"))


async def _picture_starts() -> None:
    """The recommendation, the queue and a freeze, while a run waits for its second person."""
    async with _sandbox("keep") as (sandbox, camera):
        workspace = sandbox.workspace
        await camera.start_form("recommendation", scroll=scroll_to("Recommended"))
        await _users(sandbox, "keep").start_run(PAGES["A"])
        await camera.wait_for("start all the same?")
        await workspace.command(DBA, f"/deploy start {PAGES['A']} main at tomorrow 23:00")
        await camera.wait_for("start planned")
        await workspace.command(ON_CALL, f"/deploy start {PAGES['A']}")
        offer = await camera.wait_for("You can queue it.")
        await workspace.press(ON_CALL, offer.ts, QUEUE_BEHIND)
        await camera.wait_for("start queued")
        await workspace.command(TECH_LEAD, "/deploy queue")
        await camera.wait_for("Queued for")
        await camera.channel("queue", "start queued", TECH_LEAD, scroll=scroll_to("start planned"))
        await workspace.command(TECH_LEAD, f"/deploy freeze {PAGES['A']} until mon 09:00 The audit of the year")
        await camera.channel("freeze", "is frozen until", TECH_LEAD, scroll=scroll_to("is frozen until"))


async def _picture_drill() -> None:
    async with _sandbox("keep", drill=True) as (sandbox, camera):
        users = SimulatedUsers(sandbox.workspace, sandbox.targets[-1], SCENARIOS["keep"])
        await sandbox.workspace.command(STARTER.id, f"/deploy drill {PAGES['A']} surprise failing-test")
        playing = asyncio.create_task(users.play())
        try:
            await camera.channel("drill", "ROLLED BACK", TECH_LEAD, scroll=scroll_to("ROLLED BACK"))
            await camera.file("drill-report", "-report.html", scroll=scroll_to("Took part"))
        finally:
            playing.cancel()


def scroll_to(text: str) -> str:
    """The script that scrolls the last element with this text to the top of the view."""
    return f"""() => [...document.querySelectorAll("*")]
    .findLast(e => !e.children.length && e.textContent.includes({json.dumps(text)}))
    ?.scrollIntoView({{block: "start"}})"""


@asynccontextmanager
async def _sandbox(scenario: str, *, drill: bool = False) -> AsyncIterator[tuple[Sandbox, Camera]]:
    with tempfile.TemporaryDirectory(prefix="gonogo-pictures-") as folder:
        opened = open_sandbox(SCENARIOS[scenario], Path(folder), staging=False, drill=drill)
        async with opened as sandbox, Camera(sandbox) as camera:
            yield sandbox, camera


def _users(sandbox: Sandbox, scenario: str) -> SimulatedUsers:
    return SimulatedUsers(sandbox.workspace, sandbox.targets[0], SCENARIOS[scenario])


@asynccontextmanager
async def _playing(users: SimulatedUsers) -> AsyncIterator[None]:
    """Start a run and let the users play while the screenshots are taken."""
    await users.start_run(PAGES["A"])
    task = asyncio.create_task(users.play())
    try:
        yield
    finally:
        task.cancel()


class Camera:
    """A phone-wide browser on the workspace page. Each method waits for a message and takes one screenshot."""

    def __init__(self, sandbox: Sandbox, folder: Path = PICTURES) -> None:
        self._sandbox = sandbox
        self._folder = folder

    async def __aenter__(self) -> Self:
        await self._sandbox.wait_connected()
        self._playwright = await async_playwright().start()
        self._browser: Browser = await self._playwright.chromium.launch(
            executable_path=find_browser(), args=[*FLAGS, "--no-sandbox"]
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._browser.close()
        await self._playwright.stop()

    async def start_form(self, name: str = "start", *, scroll: str = "") -> None:
        """The form that `/deploy start` opens; closes it afterwards."""
        workspace = self._sandbox.workspace
        await workspace.command(STARTER.id, "/deploy start")
        while not workspace.views(STARTER.id):
            await asyncio.sleep(0.1)
        await self._take(name, f"?person={STARTER.id}", scroll=scroll)
        await workspace.dismiss(STARTER.id, workspace.views(STARTER.id)[-1].id)

    async def wait_for(self, text: str) -> Message:
        """The message that has this text, as soon as there is one."""
        return await self._wait_for(lambda message: text in content(message))

    async def channel(self, name: str, text: str, person: str, *, scroll: str = SCROLL_TO_CARD) -> None:
        """The channel, as soon as a message in it has this text."""
        await self._wait_for(lambda message: text in content(message) and not message.thread_ts)
        await self._take(name, f"?person={person}", scroll=scroll)

    async def thread(self, name: str, text: str, person: str, *, scroll: str = "") -> None:
        """A thread, as soon as a reply in it has this text."""
        message = await self._wait_for(lambda message: text in content(message) and bool(message.thread_ts))
        await self._take(name, f"?person={person}&thread={message.thread_ts}", scroll=scroll)

    async def chart(self, name: str, seconds: float, person: str) -> None:
        """The thread with its newest chart, so many seconds after the start of the watch."""
        await self._wait_for(lambda message: WATCH_BEGINS in content(message))
        await asyncio.sleep(seconds)
        message = await self._wait_for(lambda message: _has_file(message, "-chart.png"))
        await self._take(name, f"?person={person}&thread={message.thread_ts}", scroll=SCROLL_TO_CHART)

    async def file(self, name: str, ending: str, *, scroll: str = "") -> None:
        """A file in a thread; without `scroll` its top."""
        message = await self._wait_for(lambda message: _has_file(message, ending))
        (file,) = (one for one in message.files if one["name"].endswith(ending))
        await self._take(name, "", address=file["url_private"], scroll=scroll)

    async def _wait_for(self, predicate: Callable[[Message], bool]) -> Message:
        return await self._sandbox.workspace.wait_for(predicate, timeout=TIMEOUT)

    async def _take(self, name: str, query: str, *, scroll: str = "", address: str = "") -> None:
        page = await self._browser.new_page(viewport=PHONE, device_scale_factor=2)
        await page.goto(address or self._sandbox.workspace.url + query)
        await page.wait_for_timeout(700)
        if scroll:
            await page.evaluate(scroll)
        path = self._folder / f"{name}.png"
        await page.screenshot(path=path)
        await page.close()
        print(path, flush=True)


def _has_file(message: Message, ending: str) -> bool:
    return any(file["name"].endswith(ending) for file in message.files)


if __name__ == "__main__":
    sys.exit(main())
