"""The web page in a real browser, at the width of a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from tests.bot.rehearsal.workspace.box import LEAD, Box, button, modal, open_box, run

CHROMIUM = Path("/usr/bin/chromium")
CONFIRM = {
    "title": {"type": "plain_text", "text": "Roll back?"},
    "text": {"type": "plain_text", "text": "Production goes back."},
    "confirm": {"type": "plain_text", "text": "Yes, back"},
    "deny": {"type": "plain_text", "text": "No"},
}
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no chromium to look with")


@asynccontextmanager
async def _phone(box: Box, person: str = LEAD.id) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(5000)
        await page.goto(f"{box.workspace.url}?person={person}")
        yield page
        await browser.close()


def test_a_press_asks_first_and_then_reaches_the_bot() -> None:
    async def test() -> None:
        async with open_box() as box:

            @box.app.action("go")
            async def go(ack: Any, body: dict[str, Any]) -> None:
                await ack()
                await box.post(f"pressed by <@{body['user']['id']}>", thread_ts=body["message"]["ts"])

            await box.post(blocks=[button(style="danger", confirm=CONFIRM)])
            async with _phone(box) as page:
                await page.click(".button.danger")
                assert "Production goes back." in await page.inner_text("#confirm")
                await page.click("#confirm .filled")
                await page.click("text=1 reply")
                assert "pressed by @Araya" in await page.inner_text("#replies article:last-child")

    run(test)


def test_a_form_keeps_what_was_typed_when_the_bot_marks_a_field() -> None:
    async def test() -> None:
        async with open_box() as box:

            @box.app.command("/deploy")
            async def deploy(ack: Any, body: dict[str, Any]) -> None:
                await ack()
                await box.client.views_open(trigger_id=body["trigger_id"], view=modal())

            @box.app.view("ask")
            async def ask(ack: Any) -> None:
                await ack(response_action="errors", errors={"reason": "Say more."})

            async with _phone(box) as page:
                await page.fill("#text", "/deploy hold")
                await page.keyboard.press("Enter")
                await page.fill("#modal input", "storm")
                await page.click("#modal .filled")
                assert await page.inner_text("#modal .error") == "Say more."
                assert await page.input_value("#modal input") == "storm"

    run(test)


def test_a_command_that_failed_shows_slacks_words() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box, _phone(box) as page:
            await page.fill("#text", "/deploy start")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("#notice:visible")
            assert await page.inner_text("#notice") == '/deploy failed with the error "dispatch_failed"'

    run(test)


def test_text_of_a_message_never_becomes_html() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            await box.post("<img src=x onerror=alert(1)> *bold* &lt;b&gt; `a_b_c` <@U02LEAD>")
            async with _phone(box) as page:
                await page.wait_for_selector("article")
                assert await page.locator("article img").count() == 0
                shown = await page.inner_text("article .mrkdwn")
                assert shown == "<img src=x onerror=alert(1)> bold <b> a_b_c @Araya"
                assert await page.locator("article .mention.mine").count() == 1

    run(test)
