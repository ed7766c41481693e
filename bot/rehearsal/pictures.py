"""`make pictures`: plays a rehearsal and takes the README's pictures of the workspace page, at phone width."""

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

from bot.rehearsal.people import HOLDERS, STARTER
from bot.rehearsal.players import Players
from bot.rehearsal.stage import PAGES, Stage, stage
from bot.rehearsal.stories import STORIES
from bot.rehearsal.workspace import Message
from bot.tools.browser import FLAGS, find_browser

WHERE = Path(".github/pictures")
# in the page itself: the card is redrawn all the time, so that a handle to it would be stale at once
TO_THE_CARD = """() => [...document.querySelectorAll("*")]
    .find(e => !e.children.length && e.textContent.includes("DJ-System production:"))
    ?.scrollIntoView({block: "center"})"""
TO_THE_CHART = """() => [...document.querySelectorAll("img.big")].at(-1)?.scrollIntoView({block: "center"})"""
PHONE: ViewportSize = {"width": 390, "height": 844}
TECH_LEAD, REVIEWER, ROLLBACK, ON_CALL, DBA = (
    HOLDERS[role].id for role in ("tech_lead", "reviewer", "rollback", "on_call", "dba")
)


def scroll(words: str) -> str:
    """The script that brings the last headline with these words to the top of the view."""
    return f"""() => [...document.querySelectorAll("*")]
    .findLast(e => !e.children.length && e.textContent.includes({json.dumps(words)}))
    ?.scrollIntoView({{block: "start"}})"""


def main() -> int:
    """Play the stories of a rollback, of KEEP and of an alert, and take the pictures of all three."""
    WHERE.mkdir(parents=True, exist_ok=True)
    asyncio.run(_rollback())
    asyncio.run(_keep())
    asyncio.run(_alert())
    return 0


async def _rollback() -> None:
    with tempfile.TemporaryDirectory(prefix="gonogo-pictures-") as folder:
        async with stage("A", STORIES["rollback"], Path(folder), staging=False) as played, Camera(played) as camera:
            await camera.start_form()
            people = Players(played.workspace, played.targets[0], STORIES["rollback"])
            people.leaves.add("sign")
            async with playing(people):
                await camera.thread("sign-off", "Please sign: 2️⃣", REVIEWER)
                rehearsal = "Rehearse the migration on the restored copy"
                await camera.thread("rehearsal", f"{rehearsal}* On the copy", DBA, to=scroll(rehearsal))
                people.leaves.clear()
                await camera.channel("card", "deploying · *Deploy*", STARTER.id)
                await camera.channel("rollback", "ROLLING BACK", ROLLBACK)
                await camera.channel("rolled-back", "ROLLED BACK", TECH_LEAD)
                await camera.file("report", "-report.html")


async def _keep() -> None:
    with tempfile.TemporaryDirectory(prefix="gonogo-pictures-") as folder:
        story = stage("A", STORIES["keep"], Path(folder), staging=False)
        async with story as played, Camera(played) as camera:
            people = Players(played.workspace, played.targets[0], STORIES["keep"])
            people.leaves.add("keep")
            async with playing(people):
                await camera.thread("status", "T+1 h ", TECH_LEAD)
                await camera.chart("chart", 40, TECH_LEAD)
                await camera.thread("decision", "🏁 KEEP or ROLLBACK?", TECH_LEAD, to=scroll("🏁 KEEP or ROLLBACK?"))


async def _alert() -> None:
    story = STORIES["alert-in-watch"]
    with tempfile.TemporaryDirectory(prefix="gonogo-pictures-") as folder:
        stands = stage("A", story, Path(folder), staging=False)
        async with (
            stands as played,
            Camera(played) as camera,
            playing(Players(played.workspace, played.targets[0], story)),
        ):
            await camera.thread("alert", "🚨", ON_CALL, to=scroll("Roll back now"))
            await camera.channel("alert-card", "ALERT, about to roll back", ROLLBACK)
            await camera.thread("panel", "The watch begins", TECH_LEAD, to=scroll(" met"))


@asynccontextmanager
async def playing(players: Players) -> AsyncIterator[None]:
    """The people play while the pictures are taken."""
    await players.start(PAGES["A"])
    task = asyncio.create_task(players.play())
    try:
        yield
    finally:
        task.cancel()


class Camera:
    """A phone-wide browser that looks at the workspace page as one person."""

    def __init__(self, played: Stage) -> None:
        self._stage = played

    async def __aenter__(self) -> Self:
        await self._stage.connected()
        self._playwright = await async_playwright().start()
        self._browser: Browser = await self._playwright.chromium.launch(
            executable_path=find_browser(), args=[*FLAGS, "--no-sandbox"]
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._browser.close()
        await self._playwright.stop()

    async def start_form(self) -> None:
        """The form that a bare `/deploy start` opens, then closed again."""
        workspace = self._stage.workspace
        await workspace.command(STARTER.id, "/deploy start")
        while not workspace.views(STARTER.id):
            await asyncio.sleep(0.1)
        await self._take("start", f"?person={STARTER.id}")
        await workspace.dismiss(STARTER.id, workspace.views(STARTER.id)[-1].id)

    async def channel(self, name: str, words: str, person: str) -> None:
        """The channel, as soon as a message in it has these words."""
        await self._wait(lambda message: words in message.text and not message.thread_ts)
        await self._take(name, f"?person={person}", to=TO_THE_CARD)

    async def thread(self, name: str, words: str, person: str, *, to: str = "") -> None:
        """A thread, as soon as a message in it has these words."""
        message = await self._wait(lambda message: words in message.text and bool(message.thread_ts))
        await self._take(name, f"?person={person}&thread={message.thread_ts}", to=to)

    async def chart(self, name: str, after: float, person: str) -> None:
        """The thread with its newest chart, some seconds after the watch has begun."""
        await self._wait(lambda message: "The watch begins" in message.text)
        await asyncio.sleep(after)
        message = await self._wait(lambda message: _has(message, "-chart.png"))
        await self._take(name, f"?person={person}&thread={message.thread_ts}", to=TO_THE_CHART)

    async def file(self, name: str, ending: str) -> None:
        """The top of a page that was put into a thread."""
        message = await self._wait(lambda message: _has(message, ending))
        (file,) = (one for one in message.files if one["name"].endswith(ending))
        await self._take(name, "", address=file["url_private"])

    async def _wait(self, fits: Callable[[Message], bool]) -> Message:
        return await self._stage.workspace.wait_for(fits, timeout=300)

    async def _take(self, name: str, query: str, *, to: str = "", address: str = "") -> None:
        page = await self._browser.new_page(viewport=PHONE, device_scale_factor=2)
        await page.goto(address or self._stage.workspace.url + query)
        await page.wait_for_timeout(700)
        if to:
            await page.evaluate(to)
        await page.screenshot(path=WHERE / f"{name}.png")
        await page.close()
        print(f"{WHERE / name}.png", flush=True)


def _has(message: Message, ending: str) -> bool:
    return any(file["name"].endswith(ending) for file in message.files)


if __name__ == "__main__":
    sys.exit(main())
