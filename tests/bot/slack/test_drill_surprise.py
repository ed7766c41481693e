"""The surprise of a drill in Slack: only its starter is told, and Slack may go away."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from bot.slack.outbox import run_thread
from bot.slack.slash_command import start_of
from commands.progress.surprises import STORIES, story_of
from commands.start.request import ANY
from state.errors import Refused
from tests.bot.slack.outbox.test_drill_sender import begun_drill
from tests.bot.slack.run_writer import DBA, DEPLOY, HEALTH, LEAD, READY
from tests.bot.slack.slack_box import SlackBox, play
from tests.commands.run.surprise_case import PAGE


@pytest.mark.parametrize(
    ("typed", "page", "surprise"),
    [
        ("drill", "", ""),
        ("drill small.md", "small.md", ""),
        ("drill surprise", "", ANY),
        ("drill small.md Surprise", "small.md", ANY),
        ("drill surprise slow-api", "", "slow-api"),
        ("drill small.md surprise slow-api", "small.md", "slow-api"),
        ("drill surprise.md", "surprise.md", ""),
    ],
)
def test_a_drill_may_ask_for_a_surprise(typed: str, page: str, surprise: str) -> None:
    request = start_of(typed)
    assert request is not None
    assert (request.page, request.surprise) == (page, surprise)


@pytest.mark.parametrize("typed", ["drill a b", "drill a b surprise", "drill a surprise slow-api now"])
def test_a_drill_with_too_many_words_starts_nothing(typed: str) -> None:
    with pytest.raises(Refused, match=r"Too many words. Type /deploy drill \[PAGE\], and after it surprise"):
        start_of(typed)


def test_only_the_starter_is_told_the_surprise(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy drill surprise fire")
        await box.reply_to(DBA, "There is no surprise “fire”. Name one of slow-api, failing-test")
        await box.workspace.command(DBA, "/deploy drill small.md surprise failing-test")
        reply = await box.reply_to(DBA, "Only you are told its surprise, *failing-test*. The first smoke test that")
        assert reply.only_for == DBA
        assert story_of(box.store.record(1), box.store) is STORIES["failing-test"]
        await box.workspace.command(LEAD, "/deploy status")
        await box.reply_to(LEAD, "shop (drill)")
        await box.wait_until_posted()
        others = [(one.text, one.blocks) for one in box.workspace.messages() if one.only_for != DBA]
        assert others
        assert "failing-test" not in str(others)
        assert "surprise" not in str(others).lower()

    play(tmp_path, story, page=PAGE)


def test_while_slack_is_away_nothing_is_sent_and_then_all_of_it_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, asked = 0.0, threading.Semaphore(0)

    def seconds_away(*_: object) -> float:
        asked.release()
        return left

    async def story(box: SlackBox) -> None:
        nonlocal left
        monkeypatch.setattr(run_thread, "seconds_away", seconds_away)
        run = begun_drill(box)
        box.run_step(run, READY)
        await box.wait_until_posted()
        left = 0.05
        while asked.acquire(blocking=False):
            pass
        for step in (DEPLOY, HEALTH):
            box.run_step(run, step)
        before = [message.text for message in box.workspace.messages()]
        for _ in range(4):  # what was on its way is there by then
            await asyncio.to_thread(asked.acquire, timeout=60)
        assert [message.text for message in box.workspace.messages()] == before
        left = 0.0
        await box.wait_until_posted()
        new = [message.text for message in box.workspace.messages()][len(before) :]
        titles = [title for text in new for title in ("Put the code there", "Health") if title in text]
        assert titles[:1] == ["Put the code there"]
        assert titles[-1:] == ["Health"]

    play(tmp_path, story)
