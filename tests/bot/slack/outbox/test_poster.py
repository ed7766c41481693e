"""The poster against the workspace in a box: in order, each once, whatever Slack does meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.rehearsal.workspace import Message
from bot.slack.outbox import run_thread as carrier
from bot.slack.outbox import sender as sending
from commands.runbook import Page
from commands.steps.outcome import done
from state.facts import Actor, Door
from state.records import RunState
from tests.bot.slack.box import CHANNEL, DBA, PAGE, Box, box, buttons
from tests.bot.slack.story import BACK, DEPLOY, HEALTH
from tests.pages import small

LONG = done("All ended.", lines=("the end",), output="\n".join(f"line {n}" for n in range(60)))


def play(folder: Path, story: Callable[[Box], Awaitable[None]], *, serve: bool = True, page: Page = PAGE) -> None:
    """Play a story in a box of its own."""

    async def whole() -> None:
        async with box(folder, page, serve=serve) as here:
            await story(here)

    asyncio.run(whole())


def marks(here: Box) -> list[int]:
    """The event of each message in the channel, in order of posting."""
    return [one.metadata["event_payload"]["event"] for one in here.workspace.messages() if one.metadata]


async def told(here: Box) -> None:
    """Wait until every event is told."""
    await here.until(lambda: here.store.events(1)[-1].id in here.store.posts(1), 20)


def some_events(here: Box) -> None:
    """A run with a gate and two steps behind it."""
    run = here.gate()
    for step in (DEPLOY, HEALTH):
        here.begin(run, step)
        here.end(run, step)


def test_events_are_told_in_order_in_the_cards_thread(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        some_events(here)
        await told(here)
        first, *rest = here.workspace.messages()
        assert first.thread_ts is None
        assert {one.thread_ts for one in rest} == {first.ts}
        assert marks(here) == sorted(marks(here))

    play(tmp_path, story)


def test_a_change_is_told_within_a_second(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.gate()
        await told(here)
        here.begin(here.store.runs()[0], DEPLOY)
        await here.sees("⏳", "Put the code there", timeout=1)

    play(tmp_path, story)


def test_a_step_is_one_message_from_beginning_to_end(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        here.begin(run, DEPLOY)
        begun = await here.sees("⏳", "Put the code there")
        here.end(run, DEPLOY, LONG)
        ended = await here.sees("✅", "Put the code there", "All ended")
        assert ended.ts == begun.ts

    play(tmp_path, story)


def test_the_output_so_far_is_shown_while_a_step_runs_and_gone_at_its_end(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        here.begin(run, DEPLOY)
        begun = await here.sees("⏳", "Put the code there")
        here.store.show_progress(run.id, DEPLOY, 1, "added 180 packages")
        shown = await here.sees("⏳", "So far", "added 180 packages")
        here.end(run, DEPLOY, done("All ended."))
        ended = await here.sees("✅", "Put the code there", "All ended")
        assert begun.ts == shown.ts == ended.ts
        await asyncio.sleep(2.5)  # two redrawings later
        assert "So far" not in str(here.workspace.messages())

    play(tmp_path, story)


def test_a_notice_stands_in_the_channel_and_calls_its_roles(tmp_path: Path) -> None:
    words = "Deploying main in 10 minutes."
    notice = f'toml notify\ntext = "{words}"\nroles_to_tell = ["dba"]\n'
    page = small(**{'toml run\nhost = "backend"\ncommands = ["deploy"]\ntakes = "10 min"\n': notice})

    async def story(here: Box) -> None:
        run = here.gate()
        here.begin(run, DEPLOY)
        here.end(run, DEPLOY, done(words))
        shown = await here.sees(words, f"<@{DBA}>")
        assert shown.broadcast
        assert "⏳" not in str([one.text for one in here.workspace.messages()])

    play(tmp_path, story, page=page)


def test_a_long_output_becomes_one_file_in_the_thread(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        here.begin(run, DEPLOY)
        here.end(run, DEPLOY, LONG)
        await here.until(lambda: any(one.files for one in here.workspace.messages()))
        await told(here)
        files = [(one.thread_ts, file) for one in here.workspace.messages() for file in one.files]
        assert len(files) == 1
        assert files[0][0] == here.workspace.messages()[0].ts
        assert files[0][1]["title"] == "Output of Put the code there"

    play(tmp_path, story)


def test_a_lost_answer_posts_nothing_twice(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.workspace.faults.lost_answers = 3
        some_events(here)
        await told(here)
        assert here.workspace.faults.lost_answers == 0
        assert len(marks(here)) == len(set(marks(here)) - {1}) + 2, "event 1 is the card's and the first message's"

    play(tmp_path, story)


def test_after_a_restart_what_was_posted_but_not_written_down_is_found_again(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        some_events(here)
        async with here.serving():
            await told(here)
        before = marks(here)
        forgotten = max(here.store.posts(1))
        here.store._connection.execute("DELETE FROM posts WHERE event = ?", (forgotten,))
        async with here.serving():
            await told(here)
            assert marks(here) == before

    play(tmp_path, story, serve=False)


def test_an_outage_delays_words_and_loses_none(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.gate()
        await told(here)
        here.workspace.faults.outage = True
        here.begin(here.store.runs()[0], DEPLOY)
        here.end(here.store.runs()[0], DEPLOY)
        await asyncio.sleep(1.2)
        assert here.store.events(1)[-1].id not in here.store.posts(1)
        here.workspace.faults.outage = False
        await told(here)
        await here.sees("✅", "Put the code there")
        assert len(marks(here)) == len(set(marks(here))) + 1

    play(tmp_path, story)


def test_a_limit_is_waited_out(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.workspace.faults.rate_limited = 2
        some_events(here)
        await told(here)
        refused = [at for at, method, good in here.workspace.calls if method == "chat.postMessage" and not good]
        later = [at for at, method, good in here.workspace.calls if method == "chat.postMessage" and good]
        assert len(refused) == 2
        assert min(later) - max(refused) >= 0.9, "Retry-After says one second"

    play(tmp_path, story)


def test_a_message_that_slack_refuses_is_told_as_plain_text(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.gate()
        await told(here)
        here.workspace.faults.refuse_blocks = 1
        here.begin(here.store.runs()[0], DEPLOY)
        plain = await here.sees("began: Put the code there")
        assert plain.blocks == []
        here.begin(here.store.runs()[0], HEALTH)
        assert (await here.sees("⏳", "Health")).blocks

    play(tmp_path, story)


def test_a_missing_channel_is_said_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(here: Box) -> None:
        from bot.rehearsal.workspace.workspace_state import BOT_USER

        members = here.workspace.state.channels[CHANNEL].members
        members.discard(BOT_USER)
        here.gate()
        await here.until(lambda: "not_in_channel" in caplog.text)
        assert "type /invite" in caplog.text
        members.add(BOT_USER)
        await told(here)

    monkeypatch.setattr(sending, "SLOW", 0.2)
    play(tmp_path, story)


def test_the_card_is_redrawn_for_news_and_seldom_for_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(here: Box) -> None:
        here.gate()
        await told(here)
        await asyncio.sleep(2.5)
        assert _updates(here) <= 1, "two seconds of clock are no news"
        here.actions(here.store.runs()[0]).hold(_who(), "", here.deps.now())
        await here.sees("ON HOLD")
        monkeypatch.setattr(carrier, "CLOCK", 0.5)
        before = _updates(here)
        await here.until(lambda: _updates(here) > before, 3)

    play(tmp_path, story)


def test_no_more_updates_are_sent_than_slack_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        for number in range(60):
            here.begin(run, HEALTH, number + 1)
            await asyncio.sleep(0.05)
            here.end(run, HEALTH, attempt=number + 1)
        await asyncio.sleep(2)
        assert here.workspace.rate_limiter.highest_rate("chat.update") <= 50

    play(tmp_path, story)


def test_an_ended_run_leaves_a_card_without_buttons_and_its_end_in_the_channel(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        here.begin(run, DEPLOY)
        here.end(run, DEPLOY)
        here.store.move_run(run.id, RunState.ROLLING_BACK, here.deps.now())
        here.begin(run, BACK)
        here.end(run, BACK)
        here.move(run, RunState.ROLLED_BACK, "it burns")
        card: Message = await here.sees("shop: ROLLED BACK")
        assert buttons(card) == []
        end = await here.sees("shop is rolled back", "3 min 12 s after it was asked for")
        assert end.broadcast
        question = await here.sees("ready?", "gone another way")
        assert buttons(question) == []

    play(tmp_path, story)


def _updates(here: Box) -> int:
    return sum(method == "chat.update" for _, method, _ in here.workspace.calls)


def _who() -> Actor:
    return Actor(person="U09GUEST", door=Door.SLACK)


def test_a_run_that_was_told_to_its_end_is_left_alone_by_a_later_bot(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        here.begin(run, DEPLOY)
        here.end(run, DEPLOY)
        here.move(run, RunState.ABORTED)
        async with here.serving():
            await here.until(lambda: carrier.FINAL in here.store.posts(1), 30)
        before = _updates(here)
        async with here.serving():
            await asyncio.sleep(2)
        assert _updates(here) == before, "each restart would draw every run of the day again"

    play(tmp_path, story, serve=False)


def test_redrawing_leaves_room_for_the_telling() -> None:
    sender = sending.Sender(AsyncWebClient(token="xoxb-1"))
    for _ in range(sending.UPDATES_A_MINUTE * 2 // 3 - 1):
        sender._updates.append(time.monotonic())
    assert not sender.full
    sender._updates.append(time.monotonic())
    assert sender.full
    assert len(sender._updates) < sending.UPDATES_A_MINUTE
