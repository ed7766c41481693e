"""A run's thread in the workspace in a box: in order, each event once, up to date."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from bot.slack.outbox import drawing, poster, run_thread
from bot.slack.outbox.sender import Sender
from commands.run.close_run import close_run
from commands.run.next_run import start_next_run
from commands.start.preflight import PreflightReport
from commands.steps.outcome import done
from state.errors import Refused
from state.facts import Actor, Door
from state.records import RunState
from state.store import last_read
from tests.bot.slack.outbox.posted import deploy_and_check, posted_events, updates
from tests.bot.slack.run_writer import DBA, DEPLOY, GUEST, HEALTH, LEAD, ROLLBACK, STARTER, in_slack
from tests.bot.slack.slack_box import SlackBox, buttons, play
from tests.pages import fact, small

LONG = done("3 commands succeeded.", lines=("the end",), output="\n".join(f"line {n}" for n in range(60)))
RUN = 'toml run\nhost = "backend"\ncommands = ["deploy"]\ntakes = "10 min"\n'
NOTICE = 'toml notify\ntext = "{}"\nroles_to_tell = ["dba"]\n'


def test_events_are_posted_in_order_in_the_cards_thread(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        deploy_and_check(box)
        await box.wait_until_posted()
        first, *rest = box.workspace.messages()
        assert first.thread_ts is None
        assert {message.thread_ts for message in rest} == {first.ts}
        assert posted_events(box) == sorted(posted_events(box))

    play(tmp_path, story)


def test_a_run_to_which_nothing_is_written_is_not_read_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(box: SlackBox) -> None:
        deploy_and_check(box)
        await box.wait_until_posted()
        rows = Mock(side_effect=box.store._db.rows)
        monkeypatch.setattr(box.store._db, "rows", rows)
        for _ in range(10):  # what was posted last is still drawn
            rows.reset_mock()
            await asyncio.sleep(1.5)
            if not rows.mock_calls:
                return
        pytest.fail(f"still read: {rows.mock_calls}")

    for module in (run_thread, last_read):
        monkeypatch.setattr(module, "LONGEST", 600)
    monkeypatch.setattr(poster, "LOOK", 600)
    play(tmp_path, story)


def test_a_card_takes_no_update_while_none_is_left_so_that_new_events_need_not_wait_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.wait_until_posted()
        monkeypatch.setattr(Sender, "spent", True)
        before = (await box.card()).blocks
        box.run_step(run, DEPLOY)
        await box.wait_until_posted()
        await asyncio.sleep(1.5)
        assert (await box.card()).blocks == before
        monkeypatch.setattr(Sender, "spent", False)
        await box.wait_until(lambda: box.workspace.messages()[0].blocks != before)

    monkeypatch.setattr(Sender, "spent", False)
    play(tmp_path, story)


def test_a_task_of_the_thread_that_something_inside_cancels_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    post_event = run_thread.RunThread._post_event
    cancelled: list[run_thread.RunThread] = []

    async def once_cancelled(thread: run_thread.RunThread, *words: Any) -> None:
        if not cancelled:
            cancelled.append(thread)
            raise asyncio.CancelledError
        await post_event(thread, *words)

    monkeypatch.setattr(run_thread.RunThread, "_post_event", once_cancelled)

    async def story(box: SlackBox) -> None:
        deploy_and_check(box)
        await box.wait_until_posted()
        assert posted_events(box) == sorted(posted_events(box))

    play(tmp_path, story)
    assert "posting to Slack continues after an error in the bot" in caplog.text


def test_a_step_is_one_message_from_start_to_end(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.begin_step(run, DEPLOY)
        began = await box.message_with("⏳", "Put the code there")
        box.store.show_progress(run.id, DEPLOY, 1, "added 180 packages")
        running = await box.message_with("⏳", "Output so far", "added 180 packages")
        box.end_step(run, DEPLOY, done("3 commands succeeded."))
        ended = await box.message_with("✅", "Put the code there", "3 commands succeeded.")
        assert began.ts == running.ts == ended.ts
        redraws = updates(box)
        box.actions(run).hold(in_slack(GUEST), "", box.deps.now())
        await box.wait_until(lambda: updates(box) > redraws)
        assert "Output so far" not in str(box.workspace.messages()), "a redraw brought the running step back"

    play(tmp_path, story)


def test_an_announcement_stands_in_the_channel_and_mentions_its_roles(tmp_path: Path) -> None:
    text = "Deploying main in 10 minutes."

    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.run_step(run, DEPLOY, done(text))
        announcement = await box.message_with(text, f"<@{DBA}>")
        assert announcement.broadcast
        assert "⏳" not in str([message.text for message in box.workspace.messages()])

    play(tmp_path, story, page=small(**{RUN: NOTICE.format(text)}))


def test_a_long_output_becomes_one_file_in_the_thread(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.run_step(run, DEPLOY, LONG)
        await box.wait_until(lambda: any(message.files for message in box.workspace.messages()))
        await box.wait_until_posted()
        files = [(message.thread_ts, file) for message in box.workspace.messages() for file in message.files]
        assert len(files) == 1
        assert files[0][0] == box.workspace.messages()[0].ts
        assert files[0][1]["title"] == "Output of Put the code there"

    play(tmp_path, story)


def test_after_a_restart_a_message_that_was_posted_but_not_stored_is_found_again(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        deploy_and_check(box)
        async with box.serving():
            await box.wait_until_posted()
        before = posted_events(box)
        forgotten = max(box.store.posts(1))
        box.store.opened._connection.execute("DELETE FROM posts WHERE event = ?", (forgotten,))
        async with box.serving():
            await box.wait_until_posted()
            assert posted_events(box) == before

    play(tmp_path, story, serve=False)


def test_an_outage_delays_messages_and_loses_none(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.wait_until_posted()
        box.workspace.faults.outage = True
        box.run_step(run, DEPLOY)
        failed_posts = ("chat.postMessage", False)
        await box.wait_until(lambda: failed_posts in [(method, good) for _, method, good in box.workspace.calls])
        assert box.store.events(1)[-1].id not in box.store.posts(1)
        box.workspace.faults.outage = False
        await box.wait_until_posted()
        await box.message_with("✅", "Put the code there")
        assert len(posted_events(box)) == len(set(posted_events(box))) + 1, "event 1 is the card's and its own"

    play(tmp_path, story)


def test_a_message_that_slack_refuses_is_posted_as_plain_text(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.wait_until_posted()
        box.workspace.faults.refuse_blocks = 1
        box.begin_step(run, DEPLOY)
        plain = await box.message_with("step began: Put the code there")
        assert plain.blocks == []
        box.begin_step(run, HEALTH)
        assert (await box.message_with("⏳", "Health")).blocks

    play(tmp_path, story)


def test_the_card_is_redrawn_for_news_and_seldom_for_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.wait_until_posted()
        await box.message_with("shop: waiting for sign-off", "|Go to the buttons>")
        drawn = updates(box)
        assert drawn <= 2, "for the question, and for its address"
        await asyncio.sleep(2.5)
        assert updates(box) == drawn, "two seconds of the clock are no news"
        box.actions(run).hold(in_slack(GUEST), "", box.deps.now())
        await box.message_with("ON HOLD")
        monkeypatch.setattr(run_thread, "CLOCK", 0.5)
        before = updates(box)
        await box.wait_until(lambda: updates(box) > before)

    play(tmp_path, story)


def test_an_ended_run_has_a_card_without_buttons_and_its_end_in_the_channel(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.run_step(run, DEPLOY)
        box.store.move_run(run.id, RunState.ROLLING_BACK, box.deps.now())
        box.run_step(run, ROLLBACK)
        box.move_run(run, RunState.ROLLED_BACK, "it burns")
        card = await box.message_with("shop: ROLLED BACK", "Run 1")
        assert buttons(card) == []
        end = await box.message_with("shop: ROLLED BACK", "3 min 12 s after the request")
        assert end.broadcast
        question = await box.message_with("ready?", "the run has moved on")
        assert buttons(question) == []

    play(tmp_path, story)


def test_a_run_that_is_posted_to_its_end_is_left_alone_by_a_later_bot(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.run_step(run, DEPLOY)
        box.move_run(run, RunState.ABORTED)
        async with box.serving():
            await box.wait_until(lambda: run_thread.FINAL in box.store.posts(1), 30)
        before = updates(box)
        async with box.serving():
            await asyncio.sleep(2)
        assert updates(box) == before, "each restart would redraw every run of the day"

    play(tmp_path, story, serve=False)


def test_a_run_that_was_ended_by_hand_is_posted_as_soon_as_a_bot_serves(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.begin_step(run, DEPLOY)
        await box.card()
        actor = Actor(person=STARTER, door=Door.TERMINAL)
        close_run(box.store, run, box.page, actor, "its machine <!channel> burned down", box.deps.now())
        ended = await box.message_with("ended by hand", "Nothing was rolled back", "may still be running on the host")
        assert "<!channel>" not in str(ended.blocks)
        card = await box.message_with("ENDED BY HAND, check what runs")
        assert buttons(card) == [], "there is nothing left to press"

    play(tmp_path, story)


def test_a_run_without_a_channel_is_an_error_in_the_log_that_names_the_variable(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.store.opened._connection.execute("UPDATE runs SET channel = ''")
        async with box.serving():
            await box.wait_until(lambda: f"run {run.id} has no channel: set $GONOGO_CHANNEL" in caplog.text)

    play(tmp_path, story, serve=False, channel=lambda _: "")


def test_a_view_that_fails_is_posted_as_plain_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError

    async def story(box: SlackBox) -> None:
        box.start_run()
        assert (await box.message_with("run started: 🚀 A small deploy")).blocks == []

    monkeypatch.setattr(drawing, "draw", broken)
    play(tmp_path, story)
    assert "cannot be drawn" in caplog.text


def test_one_tap_on_the_card_leads_to_the_question(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign", "'sign'")
        card = await box.message_with("shop: waiting for sign-off", "|Go to the buttons>")
        assert f"?thread={card.ts}&amp;message={question.ts}|Go to the buttons>" in str(card.blocks)

    play(tmp_path, story)


def test_a_card_whose_question_has_no_address_says_where_the_buttons_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def refuse(_: object, channel: str, ts: str) -> str:
        asked.append(ts)
        return ""

    monkeypatch.setattr(Sender, "permalink", refuse)

    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.message_with("shop: waiting for sign-off", "The buttons are in the thread")
        await box.wait_until(lambda: asked)
        box.actions(run).hold(in_slack(LEAD), "wait", box.deps.now())
        await box.message_with("shop: ON HOLD", "The buttons are in the thread")
        assert len(asked) == 1, "what Slack does not answer is not asked for every second"

    play(tmp_path, story)


@pytest.mark.fault("a deadline that success does not reset")
def test_what_keep_starts_is_told_until_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_thread, "LATE_EVENTS", timedelta(0))
    page = small(**{'role = "lead"\n```\n': 'role = "lead"\nstarts = "small.md"\n```\n'})

    def refuse(*_: object) -> PreflightReport:
        raise Refused("Small was not started. Fix this first:\n• host backend: nobody listens")

    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.store.add_fact(run.id, fact("keep", person=LEAD))
        box.move_run(run, RunState.KEPT)
        async with box.serving():
            await box.message_with("is checked and started. The result is posted here", "KEPT")
            await asyncio.sleep(1)
            assert run_thread.FINAL not in box.store.posts(run.id)
        start_next_run(box.store, box.deps.starter, page, box.store.run(run.id))
        async with box.serving():
            told = await box.message_with("KEEP did NOT start small.md", "nobody listens")
            assert told.broadcast
            content = f"{told.text} {told.blocks}"
            assert told.text.startswith("Tech Lead: ")
            assert f"<@{STARTER}>" in content
            assert f"<@{LEAD}>" in content
            assert "`/deploy start small.md main`" in content
            await box.wait_until(lambda: run_thread.FINAL in box.store.posts(run.id), 20)
            await box.message_with("shop: KEPT", "was NOT started", "Run 1")

    play(tmp_path, story, serve=False, page=page, preflight=refuse)
