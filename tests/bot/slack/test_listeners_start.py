"""Starting in Slack, from the form and typed: the preflight and its result."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from bot.rehearsal.screenshots import PHONE
from bot.rehearsal.workspace import View
from bot.settings import read_pages, shipped_runbooks
from bot.slack import listeners
from bot.tools.browser import FLAGS, find_browser
from commands.start.preflight import PreflightReport
from state.errors import Refused
from tests.bot.slack.run_writer import CHANNEL, DBA, LEAD
from tests.bot.slack.slack_box import SlackBox, play

OPTIONAL = ("Branch, tag or commit (optional)", "At a later time (optional)", "Note for the team (optional)")
# the label of each field, and whether it is wholly inside what the form shows
IN_VIEW = """() => Object.fromEntries([...document.querySelectorAll("#modal fieldset")].map((field) => {
    const body = document.querySelector("#modal .body").getBoundingClientRect();
    const box = field.getBoundingClientRect();
    const bottom = Math.min(body.bottom, innerHeight);
    return [field.querySelector("legend").textContent, box.top >= body.top && box.bottom <= bottom];
}))"""
FAILURES = "small was not started:\n" + "\n".join(f"• host {n}: nobody listens there" for n in range(9))


def with_failures(*_: object) -> tuple[str, ...]:
    """A preflight that finds nine hosts unreachable."""
    raise Refused(FAILURES)


async def start_form(box: SlackBox) -> View:
    """The start form, open for the starter."""
    assert (await box.workspace.command(DBA, "/deploy start")).acked
    await box.wait_until(lambda: box.workspace.views(DBA))
    return box.workspace.views(DBA)[-1]


def test_bare_start_opens_a_form_and_the_form_starts_a_run(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        form = await start_form(box)
        bad = await box.workspace.submit(DBA, form.id, {"ref": {"ref": "--upload-pack=x"}})
        assert "is not a branch, tag or commit" in bad.errors["ref"]
        late = await box.workspace.submit(DBA, form.id, {"at": {"at": "yesterday"}})
        assert "does not begin with a time" in late.errors["at"], "an error stands at the field that it is about"
        good = await box.workspace.submit(DBA, form.id, {"ref": {"ref": "v2.4.1"}, "minutes": {"minutes": "10"}})
        assert good.errors == {}
        run = box.store.runs()[0]
        assert (run.ref, run.notice_minutes, run.starter, run.channel) == ("v2.4.1", 10, DBA, CHANNEL)
        await box.card()

    play(tmp_path, story)


def test_a_phone_shows_every_field_of_the_form_without_scrolling(tmp_path: Path) -> None:
    pages = read_pages(shipped_runbooks())

    async def story(box: SlackBox) -> None:
        await start_form(box)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find_browser(), args=[*FLAGS, "--no-sandbox"])
            phone = await browser.new_page(viewport=PHONE)
            await phone.goto(f"{box.workspace.url}?person={DBA}")
            await phone.locator("#modal fieldset").last.wait_for(timeout=20_000)
            fields = await phone.evaluate(IN_VIEW)
            await browser.close()
        assert fields == {"Runbook": True, "Announced now, starts": True, **dict.fromkeys(OPTIONAL, True)}

    play(tmp_path, story, pages=lambda: pages)


def test_a_start_names_what_is_missing_in_the_environment(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md")
        await box.reply_to(DBA, "SHOP_SSH, SHOP_KEY")
        assert box.store.runs() == []

    play(tmp_path, story, missing=lambda _: ["SHOP_SSH", "SHOP_KEY"])


def test_the_start_form_shows_every_failure_of_the_preflight_and_nothing_starts(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        form = await start_form(box)
        await box.workspace.submit(DBA, form.id, {})
        await box.wait_until(lambda: "host 8: nobody listens there" in str(box.workspace.views(DBA)[-1].blocks))
        assert box.store.runs() == []

    play(tmp_path, story, preflight=with_failures)


def test_a_long_preflight_is_shown_in_the_form_and_then_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "ACK_LIMIT", 0.05)
    may_end = threading.Event()

    def preflight(*_: object) -> PreflightReport:
        assert may_end.wait(60)
        return PreflightReport(warnings=("browser: there is none",))

    async def story(box: SlackBox) -> None:
        form = await start_form(box)
        assert (await box.workspace.submit(DBA, form.id, {})).acked
        assert "Checking the hosts" in str(box.workspace.views(DBA)[-1].blocks)
        assert box.store.runs() == []
        may_end.set()
        await box.wait_until(lambda: "has started" in str(box.workspace.views(DBA)[-1].blocks))
        await box.message_with("Warnings before the start", "browser: there is none")

    play(tmp_path, story, preflight=preflight)


def test_somebody_who_closed_the_form_gets_the_result_in_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "ACK_LIMIT", 0.05)
    is_closed = threading.Event()

    def preflight(*_: object) -> PreflightReport:
        assert is_closed.wait(60)
        raise Refused("host x: nobody listens there")

    async def story(box: SlackBox) -> None:
        form = await start_form(box)
        await box.workspace.submit(DBA, form.id, {})
        await box.workspace.dismiss(DBA, form.id)
        is_closed.set()
        await box.message_with("host x: nobody listens there")

    play(tmp_path, story, preflight=preflight)


def test_a_typed_start_is_answered_with_every_failure_of_the_preflight(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        assert (await box.workspace.command(DBA, "/deploy start small.md")).acked
        await box.reply_to(DBA, "host 0: nobody listens there", "host 8")
        assert box.store.runs() == []

    play(tmp_path, story, preflight=with_failures)


def test_an_active_run_is_named_without_a_preflight(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.start_run()
        await box.workspace.command(LEAD, "/deploy start small.md")
        await box.reply_to(LEAD, "already has run 1")

    play(tmp_path, story, preflight=with_failures)
