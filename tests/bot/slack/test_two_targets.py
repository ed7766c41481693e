"""A channel with two targets: freezes set and lifted at once, and reads at the same moment."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from commands.runbook.page import Page
from tests.bot.slack.run_writer import DBA, LEAD, PAGE, STARTER
from tests.bot.slack.slack_box import SlackBox, play
from tests.pages import small

OTHER = replace(small(**{'target = "shop"': 'target = "blog"'}), name="other.md")


def pages() -> dict[str, Page]:
    return {"small.md": PAGE, "other.md": OTHER}


def mentions(page: Page) -> dict[str, list[str]]:
    """The lead holds a role of one page only."""
    return {"dba": [DBA], "lead": [LEAD if page.name == "small.md" else STARTER]}


def targets(box: SlackBox) -> list[str]:
    return [freeze.target for freeze in box.store.freezes(box.deps.now())]


def test_what_was_lifted_is_said_though_another_target_has_nothing_to_lift(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(LEAD, "/deploy freeze small.md until tomorrow 23:00 the sale")
        await box.reply_to(LEAD, "shop is frozen until")
        await box.workspace.command(LEAD, "/deploy unfreeze")
        await box.reply_to(LEAD, "shop is no longer frozen")
        assert targets(box) == []
        await box.workspace.command(LEAD, "/deploy unfreeze")
        await box.reply_to(LEAD, "is not frozen by anybody")

    play(tmp_path, story, pages=pages)


def test_what_was_frozen_and_what_was_not_is_said_where_somebody_may_freeze_one_of_two(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(LEAD, "/deploy freeze until tomorrow 23:00 the sale")
        await box.reply_to(LEAD, "shop is frozen until", "Not done: Only the")
        assert targets(box) == ["shop"]
        await box.workspace.command(LEAD, "/deploy freeze other.md until tomorrow 23:00 the sale")
        await box.reply_to(LEAD, "🚫 Only the")
        assert targets(box) == ["shop"]

    play(tmp_path, story, pages=pages, mentions=mentions)


def test_questions_that_begin_with_the_same_word_at_the_same_moment_have_answers_of_their_own(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        asked = ("history", "history drills", "status", "status all")
        await asyncio.gather(*(box.workspace.command(DBA, f"/deploy {words}") for words in asked))
        await box.reply_to(DBA, "There is no run yet")
        await box.reply_to(DBA, "There is no drill yet")
        await box.reply_to(DBA, "No run is active in any channel")

    play(tmp_path, story)
