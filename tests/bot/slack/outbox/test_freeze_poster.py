"""Of several bots one tells of a freeze, and the next one goes on where it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.workspace.workspace_state import BOT_USER
from bot.slack.outbox import freeze_poster
from bot.slack.outbox.freeze_poster import FreezePoster
from bot.slack.outbox.sender import Sender
from bot.slack.serve import make_client
from commands.runbook import Page
from commands.start.set_freeze import set_freeze
from state.errors import BadPage
from state.facts import Actor, Door
from state.freezes import FreezeSort
from state.store import RecordStore
from tests.bot.slack.run_writer import CHANNEL, LEAD, PAGE
from tests.bot.slack.slack_box import SlackBox, play
from tests.pages import small
from tests.state.kept import KeptInPostgres

CLOSED = "C0CLOSED"
MALEE = Actor(person=LEAD, door=Door.TERMINAL, account="malee@web1")


@asynccontextmanager
async def telling(box: SlackBox, store: RecordStore) -> AsyncIterator[None]:
    deps = replace(box.deps, store=store, now=store.now)
    task = asyncio.create_task(FreezePoster(deps, Sender(make_client(box.settings))).serve())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.fault("one bad old thing stops all")
def test_a_channel_without_the_bot_keeps_no_other_from_being_told_of_a_lock(tmp_path: Path) -> None:
    bank = small(**{'target = "shop"': 'target = "bank"'})

    async def story(box: SlackBox) -> None:
        box.workspace.add_channel(CLOSED, [LEAD])
        box.deps = replace(
            box.deps,
            pages=lambda: {"a": PAGE, "b": bank},
            channel=lambda page: CLOSED if page.runbook.target == "shop" else CHANNEL,
        )

        def lock(page: Page, why: str) -> None:
            set_freeze(box.store, [(page, {"lead": frozenset({LEAD})})], MALEE, FreezeSort.LOCK, why)

        async with telling(box, box.store):
            for page, why in ((PAGE, "the first"), (PAGE, "the second"), (bank, "the third")):
                await asyncio.to_thread(lock, page, why)
            await box.message_with("the third", timeout=20)
            box.workspace.join(BOT_USER, CLOSED)
            await box.message_with("the second", timeout=60)
        told = [
            why
            for one in box.workspace.messages(CLOSED)
            for why in ("first", "second")
            if f"the {why}" in str(one.blocks)
        ]
        assert told == ["first", "second"]
        meaning = "Until then a start by anybody else needs a reason and a second person"
        assert meaning in str(box.workspace.messages(CLOSED)[-1].blocks)

    play(tmp_path, story, serve=False)


def test_a_lock_is_told_once_the_pages_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freeze_poster, "AGAIN", 0.0)
    asked: list[bool] = []

    def pages() -> dict[str, Page]:
        asked.append(True)
        if len(asked) < 3:
            raise BadPage(1, "Places", "somebody edits it")
        return {"a": PAGE}

    async def story(box: SlackBox) -> None:
        box.deps = replace(box.deps, pages=pages)
        async with telling(box, box.store):
            set_freeze(box.store, [(PAGE, {"lead": frozenset({LEAD})})], MALEE, FreezeSort.LOCK, "the first")
            await box.message_with("the first", timeout=20)

    play(tmp_path, story, serve=False)


def test_two_bots_tell_of_each_lock_once_also_when_one_leaves(postgres: Postgres, tmp_path: Path) -> None:
    kept = KeptInPostgres(postgres, tmp_path)
    kept.prepare()
    first, second = kept.open(serving=True), kept.open(serving=True)

    def lock(why: str) -> None:
        set_freeze(first, [(PAGE, {"lead": frozenset({LEAD})})], MALEE, FreezeSort.LOCK, why)

    async def story(box: SlackBox) -> None:
        async with telling(box, second):
            async with telling(box, first):
                await asyncio.to_thread(lock, "the first")
                await box.message_with("the first")
            await asyncio.to_thread(lock, "the second")
            await box.message_with("the second", "at the terminal")
        told = [str(one.blocks) for one in box.workspace.messages()]
        assert [("the first" in text, "the second" in text) for text in told] == [(True, False), (False, True)]

    try:
        play(tmp_path, story)
    finally:
        kept.close()
