"""The web page: what a person sees, its actions, and the page in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright

from tests.bot.rehearsal.workspace.bolt_workspace import (
    CHANNEL,
    LEAD,
    STARTER,
    BoltWorkspace,
    button,
    modal,
    open_workspace,
    run,
    section,
)

CHROMIUM = Path("/usr/bin/chromium")
CONFIRM = {
    "title": {"type": "plain_text", "text": "Roll back?"},
    "text": {"type": "plain_text", "text": "Production is rolled back."},
    "confirm": {"type": "plain_text", "text": "Yes, roll back"},
    "deny": {"type": "plain_text", "text": "No"},
}
needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")


@asynccontextmanager
async def phone(slack: BoltWorkspace, person: str = LEAD.id) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(5000)
        await page.goto(f"{slack.workspace.url}?person={person}")
        yield page
        await browser.close()


def open_form_on_command(slack: BoltWorkspace) -> None:
    """Let the app open its form for every command."""

    @slack.app.command("/deploy")
    async def deploy(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await slack.client.views_open(trigger_id=body["trigger_id"], view=modal())


async def type_command(page: Page, text: str) -> None:
    """Type a command into the channel, as soon as the page knows which one that is."""
    await page.wait_for_selector("button.tab")
    await page.fill("#text", text)
    await page.keyboard.press("Enter")


async def send_form(page: Page, text: str) -> None:
    """Type into the form that is open, and send it."""
    await page.fill("#modal input", text)
    await page.click("#modal .filled")


async def snapshot(slack: BoltWorkspace, person: str) -> dict[str, Any]:
    """What a person sees, as JSON."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{slack.workspace.url}snapshot", params={"person": person}) as answer,
    ):
        return dict(await answer.json())


async def act(slack: BoltWorkspace, name: str, **body: Any) -> dict[str, Any]:
    """An action as the page posts it; its reply."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.workspace.url}actions/{name}", json=body) as answer,
    ):
        return dict(await answer.json())


def test_a_person_sees_public_messages_and_their_own_ephemeral_ones() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            await slack.post("public")
            await slack.client.chat_postEphemeral(channel=CHANNEL, user=LEAD.id, text="for you")
            texts = {
                person.id: [message["text"] for message in (await snapshot(slack, person.id))["messages"]]
                for person in (STARTER, LEAD)
            }
            assert texts == {STARTER.id: ["public"], LEAD.id: ["public", "for you"]}

    run(test)


def test_an_unknown_person_sees_the_page_as_the_first_one() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            assert (await snapshot(slack, "U99"))["person"] == STARTER.id

    run(test)


def test_a_persons_modal_is_in_their_snapshot_with_its_errors_and_closes_by_an_action() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            view = await slack.open_modal(LEAD)
            reply = await act(slack, "submit", person=LEAD.id, view_id=view, values={})
            assert reply["error"] == "incomplete"
            (shown,) = (await snapshot(slack, LEAD.id))["views"]
            assert shown["errors"] == {"reason": "Please complete this required field."}
            assert (await snapshot(slack, STARTER.id))["views"] == []
            await act(slack, "dismiss", person=LEAD.id, view_id=view)
            assert (await snapshot(slack, LEAD.id))["views"] == []

    run(test)


def test_an_action_on_something_that_is_gone_is_answered_with_words() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            reply = await act(slack, "press", person=LEAD.id, place="1.0", action_id="go")
            assert (reply["acked"], reply["text"]) == (False, f"It is no longer there: {LEAD.id} sees no message 1.0.")

    run(test)


def test_a_message_and_a_home_tab_can_be_asked_for_from_the_page() -> None:
    async def test() -> None:
        async with open_workspace() as slack:

            @slack.app.event("app_home_opened")
            async def opened(event: dict[str, Any]) -> None:
                home = {"type": "home", "blocks": [section("home")]}
                await slack.client.views_publish(user_id=event["user"], view=home)

            await act(slack, "say", person=LEAD.id, channel=CHANNEL, text="hello")
            assert [message.text for message in slack.workspace.messages()] == ["hello"]
            await act(slack, "home", person=LEAD.id)
            while not (await snapshot(slack, LEAD.id))["home"]:
                await asyncio.sleep(0.01)

    run(test)


def test_an_open_page_is_notified_of_each_change() -> None:
    async def test() -> None:
        async with (
            open_workspace(sockets=False) as slack,
            aiohttp.ClientSession() as session,
            session.get(f"{slack.workspace.url}changes") as stream,
        ):
            first = await stream.content.readline()
            await slack.post()
            await stream.content.readline()
            second = await asyncio.wait_for(stream.content.readline(), 30)
            assert first == second == b"data: changed\n"

    run(test)


@needs_browser
def test_a_press_is_confirmed_first_and_then_reaches_the_bot() -> None:
    async def test() -> None:
        async with open_workspace() as slack:

            @slack.app.action("go")
            async def go(ack: Any, body: dict[str, Any]) -> None:
                await ack()
                await slack.post(f"pressed by <@{body['user']['id']}>", thread_ts=body["message"]["ts"])

            await slack.post(blocks=[button(style="danger", confirm=CONFIRM)])
            async with phone(slack) as page:
                await page.click(".button.danger")
                assert "Production is rolled back." in await page.inner_text("#confirm")
                await page.click("#confirm .filled")
                await page.click("text=1 reply")
                assert "pressed by @Araya" in await page.inner_text("#replies article:last-child")

    run(test)


@needs_browser
def test_a_form_keeps_the_typed_text_when_the_bot_marks_a_field() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            open_form_on_command(slack)

            @slack.app.view("ask")
            async def ask(ack: Any) -> None:
                await ack(response_action="errors", errors={"reason": "Say more."})

            async with phone(slack) as page:
                await type_command(page, "/deploy hold")
                await send_form(page, "storm")
                assert await page.inner_text("#modal .error") == "Say more."
                assert await page.input_value("#modal input") == "storm"

    run(test)


@needs_browser
def test_a_form_in_place_of_another_is_sent_with_its_own_fields_only() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            element = {"type": "plain_text_input", "action_id": "why"}
            label = {"type": "plain_text", "text": "And then?"}
            second = modal(
                callback_id="more",
                blocks=[{"type": "input", "block_id": "then", "label": label, "element": element}],
            )

            open_form_on_command(slack)

            @slack.app.view("ask")
            async def ask(ack: Any) -> None:
                await ack(response_action="update", view=second)

            @slack.app.view("more")
            async def more(ack: Any, body: dict[str, Any]) -> None:
                await ack()
                await slack.post(f"typed {sorted(body['view']['state']['values'])}")

            async with phone(slack) as page:
                await type_command(page, "/deploy hold")
                await send_form(page, "storm")
                await page.wait_for_selector("text=And then?")
                await send_form(page, "rain")
                await page.wait_for_selector("text=typed ['then']")

    run(test)


@needs_browser
def test_the_home_tab_can_be_opened_before_the_app_has_published_one() -> None:
    async def test() -> None:
        async with open_workspace() as slack:

            @slack.app.event("app_home_opened")
            async def opened(event: dict[str, Any]) -> None:
                view = {"type": "home", "blocks": [section("your runs")]}
                await slack.client.views_publish(user_id=event["user"], view=view)

            async with phone(slack) as page:
                await page.click("button.tab >> text=Home")
                await page.wait_for_selector(".home >> text=your runs")

    run(test)


@needs_browser
def test_a_failed_command_shows_slacks_words() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack, phone(slack) as page:
            await type_command(page, "/deploy start")
            await page.wait_for_selector("#notice:visible")
            assert await page.inner_text("#notice") == '/deploy failed with the error "dispatch_failed"'

    run(test)


@needs_browser
def test_the_text_of_a_message_is_never_parsed_as_html() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            await slack.post("<img src=x onerror=alert(1)> *bold* &lt;b&gt; `a_b_c` <@U02LEAD>")
            async with phone(slack) as page:
                await page.wait_for_selector("article")
                assert await page.locator("article img").count() == 0
                shown = await page.inner_text("article .mrkdwn")
                assert shown == "<img src=x onerror=alert(1)> bold <b> a_b_c @Araya"
                assert await page.locator("article .mention.mine").count() == 1

    run(test)
