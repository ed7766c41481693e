"""Two bots with two records use one Slack app: each command and form goes to one of them."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import WSMessage, WSMsgType

from bot.doors.button import button_value
from bot.doors.press import Press
from bot.slack.origin import origin_of
from bot.slack.own_forms import marked_form
from bot.slack.shared_app import SharedApp
from bot.slack.slash_command import FACTS, may_mean_another
from bot.slack.views.because import because_modal
from bot.slack.views.queue import queue_form, queue_offer, record_of_offer
from commands.start.request import StartRequest
from state.errors import OtherRecord, Refused
from state.facts import HandoverOffer
from state.sqlite.store import Store
from tests.bot.slack.run_writer import CHANNEL, DBA, GUEST, LEAD, deps_of
from tests.bot.slack.slack_box import SlackBox, slack_box
from tests.pages import small

HANDED = {'action = "Backup and recovery"': 'action = "Backup and recovery"\nhandover = true'}
OWN = small(**HANDED)
STAGING = small(**HANDED, **{'target = "shop"': 'target = "shop-staging"'})
BODY = {"channel": {"id": CHANNEL}, "user": {"id": DBA, "team_id": "T01"}, "team": {"id": "T01"}}


def offers(box: SlackBox) -> list[HandoverOffer]:
    return [fact for fact in box.store.record(1).facts if isinstance(fact, HandoverOffer)]


async def knows_of_the_other(second: SlackBox) -> None:
    """Wait until the bot that started second has been told by Slack that there are two."""
    for _ in range(2):  # one for each of the bots
        await second.workspace.command(LEAD, "/deploy status")
    await second.reply_to(LEAD, "This is the bot of shop-staging")


@asynccontextmanager
async def two_bots(folder: Path) -> AsyncIterator[tuple[SlackBox, SlackBox]]:
    """Two bots of one app, each with a run 1 that waits for the same person; the second one started later."""
    async with slack_box(folder, OWN, serve=False) as first:
        (folder / "other").mkdir()
        store = Store(folder / "other" / "gonogo.db", serving=True)
        settings = replace(first.settings, state=folder / "other" / "gonogo.db", environ=dict(os.environ))
        second = SlackBox(store, deps_of(store, STAGING), STAGING, first.workspace, settings)
        first.run_at_gate()
        second.run_at_gate()
        try:
            async with first.serving(), second.serving():
                await first.wait_until(lambda: len(first.workspace.sockets) == 2)
                yield first, second
        finally:
            store.close()


def play_both(folder: Path, story: Callable[[SlackBox, SlackBox], Awaitable[None]]) -> None:
    """Run a story with two bots."""

    async def whole() -> None:
        async with two_bots(folder) as (first, second):
            await story(first, second)

    asyncio.run(whole())


def test_a_form_that_comes_to_the_bot_of_another_record_does_nothing_there(tmp_path: Path) -> None:
    async def story(first: SlackBox, second: SlackBox) -> None:
        workspace = first.workspace
        await workspace.command(DBA, "/deploy handover")
        await first.wait_until(lambda: workspace.views(DBA))
        form = workspace.views(DBA)[-1]
        await workspace.submit(DBA, form.id, {"to": {"to": GUEST}, "why": {"why": "bed"}})  # by turns: to the other bot
        assert "opened by a bot with another record" in str(workspace.views(DBA)[-1].blocks)
        assert not offers(first)
        assert not offers(second)

    play_both(tmp_path, story)


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize(
    "text", ["sign", "keep it is fine", "queue drop 1 old", "handover @guest dba", "start small.md"]
)
def test_a_command_that_may_mean_a_run_of_another_bot_does_nothing(tmp_path: Path, text: str) -> None:
    async def story(first: SlackBox, second: SlackBox) -> None:
        await knows_of_the_other(second)
        facts, runs = second.store.record(1).facts, second.store.runs(9)
        for _ in range(2):  # one for each of the bots
            await first.workspace.command(DBA, f"/deploy {text}")
        await first.reply_to(DBA, "another bot seems to use the same Slack app", "thread")
        await first.reply_to(DBA, "This is the bot of shop-staging", "use the buttons on its card")
        assert (second.store.record(1).facts, second.store.runs(9)) == (facts, runs)

    play_both(tmp_path, story)


def test_a_typed_stop_acts_and_says_on_which_target_and_whose_bot_it_is(tmp_path: Path) -> None:
    async def story(first: SlackBox, second: SlackBox) -> None:
        await knows_of_the_other(second)
        for _ in range(2):
            await first.workspace.command(DBA, "/deploy hold wait")
        await first.reply_to(DBA, "shop-staging: On hold")
        await first.reply_to(DBA, "This is the bot of shop-staging")
        await first.reply_to(DBA, "shop: On hold")

    play_both(tmp_path, story)


def test_a_button_of_another_record_makes_the_bot_know_that_there_is_another_one(tmp_path: Path) -> None:
    async def story(first: SlackBox, second: SlackBox) -> None:
        listeners = first.listeners()
        assert not listeners.acts.note_of_shared_app()
        run = second.store.run(1)
        for value in (button_value(run), button_value(replace(run, id=4))):  # there is no run 4 in the other record
            with pytest.raises(OtherRecord, match="a run of another record"):
                await listeners.acts.press(origin_of(BODY), Press(action="hold", value=value, person=DBA, reason="x"))
        assert "This is the bot of shop." in listeners.acts.note_of_shared_app()

    play_both(tmp_path, story)


def test_a_command_of_the_other_bots_channel_is_told_how_to_reach_that_bot(tmp_path: Path) -> None:
    async def story(first: SlackBox, second: SlackBox) -> None:
        elsewhere = origin_of({"channel_id": "C09OTHER", "user_id": DBA, "team_id": "T01"})
        with pytest.raises(Refused, match=r"works only in .*use the buttons on its card, or type it again"):
            await first.listeners().acts.type(elsewhere, "rollback", "the shop is down")
        assert first.store.record(1).rollback is None

    play_both(tmp_path, story)


def test_an_offer_to_queue_belongs_to_the_record_whose_run_it_waits_for(tmp_path: Path) -> None:
    async def story(first: SlackBox, second: SlackBox) -> None:
        theirs = queue_offer("busy", StartRequest(page="small.md"), 1, second.store.key_name)
        own = queue_offer("busy", StartRequest(page="small.md"), 1, first.store.key_name)
        acts = first.listeners().acts
        acts.require_record(record_of_offer(own.blocks[-1]["elements"][0]["value"]))
        with pytest.raises(OtherRecord):
            acts.require_record(record_of_offer(theirs.blocks[-1]["elements"][0]["value"]))

    play_both(tmp_path, story)


@pytest.mark.parametrize(
    ("counts", "is_likely"),
    [([1], False), ([2], True), ([1, 2], False), ([1, 3], True), ([2, 2], True), ([2, 1], False)],
)
def test_slacks_count_of_connections_is_read_anew_at_each_hello(counts: list[int], is_likely: bool) -> None:
    shared = SharedApp()
    listen = shared.listener()
    for count in counts:
        text = json.dumps({"type": "hello", "num_connections": count})
        asyncio.run(listen(WSMessage(WSMsgType.TEXT, text, None)))  # type: ignore[arg-type]  # bolt awaits it
    assert shared.is_likely == is_likely


def test_a_connection_that_a_dead_machine_left_refuses_no_command_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    shared, now = SharedApp(), time.monotonic()
    hello = WSMessage(WSMsgType.TEXT, '{"type": "hello", "num_connections": 2}', None)
    asyncio.run(shared.listener()(hello))  # type: ignore[arg-type]  # bolt awaits it
    monkeypatch.setattr(time, "monotonic", lambda: now + 1000)
    assert not shared.is_likely


@pytest.mark.parametrize("letter", ["ก", "é", '"', "😀"])
def test_a_form_with_a_long_note_in_any_script_fits_what_slack_takes(letter: str) -> None:
    request = StartRequest(page="small.md", ref="v" * 200, note=letter * 500, because=letter * 500)
    for form in (because_modal("busy", request, CHANNEL), queue_form("busy", request, 1, CHANNEL)):
        marked = marked_form(form, "0123456789abcdef")["private_metadata"]
        assert len(marked) < 3000
        assert json.loads(marked)["record"] == "0123456789abcdef"


def test_what_stops_and_what_opens_a_form_works_whoever_else_is_there() -> None:
    free = [text for text in (*FACTS, "start", "status", "freeze a b", "handover") if not may_mean_another(text)]
    assert free == ["rollback", "hold", "start", "status", "freeze a b", "handover"]
