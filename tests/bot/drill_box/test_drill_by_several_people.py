"""A drill in a sandbox, played by eight people in eight browsers to its report: two minutes."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.async_api import Page

from bot.rehearsal.role_holders import PEOPLE, ROLE_HOLDERS, STARTER
from bot.rehearsal.workspace import Message
from bot.tools.browser import find_browser
from tests.bot.drill_box.bot_with_boxes import BotWithBoxes, bot_with_boxes
from tests.bot.drill_box.players import Player, players

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not find_browser(), reason="there is no browser on this machine"),
]
HASTY = ROLE_HOLDERS["rollback"]


@contextmanager
def production() -> Iterator[tuple[str, list[str]]]:
    """The address of production's site, and what was asked of it."""
    asked: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


async def play(made: BotWithBoxes, everybody: list[Player]) -> None:
    """Let everybody play the drill to its end. Raises what one of them cannot do."""
    playing = [asyncio.create_task(player.play()) for player in everybody]
    try:
        await made.until(lambda: not made.run().active or any(task.done() for task in playing), 500)
        for task in playing:
            if task.done():
                task.result()
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)


async def report_of(made: BotWithBoxes, page: Page) -> str:
    """The text of the drill's report, as somebody who was not there reads it."""
    said = await made.message("-report.html")
    (report,) = [file for file in said.files if file["name"].endswith("-report.html")]
    await page.goto(report["url_private"])
    return await page.inner_text("body")


def says_drill(message: Message) -> bool:
    """Whether a message, or each of its files, says first that it is an exercise."""
    names = [file["name"] for file in message.files] or [message.text]
    return all(name.startswith("DRILL") for name in names)


def require_told(report: str) -> None:
    """Raise AssertionError unless a report says what a drill is played for."""
    told = (
        r"Rollback\s+[\w. ]+ from request to end, of a time budget of 15 min\n",
        r"Took part: Nok, Somchai, Ploy, Anan, Malee, Krit, Fern, Tawan\.\n",
        r"failing-test: The first smoke test that only reads gets status 500",
        r"It began at T\+[\w. ]+\.\nFirst noticed [\w. ]+ later, by the bot: the failed check “Test 1: Backend Health”",
        # asked when and of whom, who answered, and after how long
        r"T\+[\w. ]+\n2️⃣ Final Code Review \(Reviewer\)\nFern as Reviewer\n[\w. ]+ s\n",
        r"\n✍️ Sign-off: deployed \(Backend Lead, Database Admin, DevOps\)\nSomchai as Database Admin\n[\w. ]+ s\n",
        r"\nRefused\nT\+[\w. ]+\nTawan\nsign\nOnly the Reviewer may sign “2️⃣ Final Code Review” now\.\n",
    )
    for line in told:
        assert re.search(line, report), f"the report does not say {line}:\n{report[:3000]}"


def test_eight_people_play_a_drill_with_a_surprise_and_its_report_says_how_it_went(short: Path) -> None:
    async def story() -> None:
        with production() as (url, asked):
            async with (
                bot_with_boxes(short, PROD_APP_URL=url, PROD_API_URL=url, PROD_API_LOCAL=url) as made,
                players(made.workspace, PEOPLE, HASTY) as everybody,
            ):
                starter = everybody[0]
                assert starter.person is STARTER
                await made.start()
                await made.drill(lambda: starter.type("/deploy drill option-a.md surprise failing-test"))
                await play(made, everybody)
                require_told(await report_of(made, await starter.page.context.new_page()))
                assert [one.text for one in made.workspace.messages() if not says_drill(one)] == []
                assert asked == [], "production's own site was reached"
                await made.until(lambda: not made.boxes)

    asyncio.run(story())
