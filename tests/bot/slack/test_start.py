"""Starting a run in Slack: everything is looked at first, within Slack's patience, and what fails is shown instead of begun."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.rehearsal.workspace import View
from bot.slack import listeners as app
from state.errors import Refused
from tests.bot.slack.box import LEAD, STARTER, Box, box

Look = Callable[..., tuple[str, ...]]
FAILS = "small was not started. Fix this first:\n" + "\n".join(f"• host {n}: nobody listens there" for n in range(9))


def play(folder: Path, story: Callable[[Box], Awaitable[None]], look: Look) -> None:
    """Play a story in a box whose production is looked at by `look`."""

    async def whole() -> None:
        async with box(folder, preflight=look) as here:
            await story(here)

    asyncio.run(whole())


def fails(*_: object) -> tuple[str, ...]:
    """Nine hosts are away."""
    raise Refused(FAILS)


async def opened(here: Box) -> View:
    """The start form, open for the starter."""
    assert (await here.workspace.command(STARTER, "/deploy start")).acked
    await here.until(lambda: here.workspace.views(STARTER))
    return here.workspace.views(STARTER)[-1]


def test_the_form_shows_every_failure_and_nothing_is_begun(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        form = await opened(here)
        await here.workspace.submit(STARTER, form.id, {})
        await here.until(lambda: "host 8: nobody listens there" in str(here.workspace.views(STARTER)[-1].blocks))
        assert here.store.runs() == []

    play(tmp_path, story, fails)


def test_looking_longer_than_slack_waits_is_shown_and_then_how_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "IN_TIME", 0.05)
    looked = threading.Event()

    def look(*_: object) -> tuple[str, ...]:
        assert looked.wait(10)
        return ("browser: there is none",)

    async def story(here: Box) -> None:
        form = await opened(here)
        assert (await here.workspace.submit(STARTER, form.id, {})).acked
        assert "Looking at production" in str(here.workspace.views(STARTER)[-1].blocks)
        assert here.store.runs() == []
        looked.set()
        await here.until(lambda: "Run 1 has begun" in str(here.workspace.views(STARTER)[-1].blocks))
        await here.sees("Known before the start", "browser: there is none")

    play(tmp_path, story, look)


def test_who_closed_the_form_while_it_was_looked_is_told_in_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "IN_TIME", 0.05)
    closed = threading.Event()

    def look(*_: object) -> tuple[str, ...]:
        assert closed.wait(10)
        raise Refused("host x: nobody listens there")

    async def story(here: Box) -> None:
        form = await opened(here)
        await here.workspace.submit(STARTER, form.id, {})
        await here.workspace.dismiss(STARTER, form.id)
        closed.set()
        await here.sees("host x: nobody listens there")

    play(tmp_path, story, look)


def test_a_typed_start_is_answered_with_every_failure(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        assert (await here.workspace.command(STARTER, "/deploy start small.md")).acked
        await here.hears(STARTER, "host 0: nobody listens there", "host 8")
        assert here.store.runs() == []

    play(tmp_path, story, fails)


def test_nobody_looks_where_a_run_is_active_already(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.start()
        await here.workspace.command(LEAD, "/deploy start small.md")
        await here.hears(LEAD, "already has run 1")

    play(tmp_path, story, fails)
