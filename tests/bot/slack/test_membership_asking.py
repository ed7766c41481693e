"""When Slack is asked who somebody is: for going on; never needed for stopping."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from bot.slack import directory
from bot.slack.shared_app import OTHER_BOT
from commands.runbook import Page
from commands.steps.outcome import failed
from state.errors import BadPage
from tests.bot.slack.membership_story import (
    ALL_QUESTIONS,
    GUEST_WORDS,
    OTHER,
    fill_reason,
    nobody_can_be_asked,
)
from tests.bot.slack.run_writer import CHANNEL, DBA, DEPLOY, GUEST, LEAD, STARTER
from tests.bot.slack.slack_box import SlackBox, play


@pytest.mark.parametrize(
    ("error", "todo"),
    [
        ("ratelimited", "Try again in a minute"),
        ("internal_error", "Try again in a minute"),
        ("missing_scope", "Install the app again with manifest.yml"),
        ("token_revoked", "Install the app again and copy the new token"),
        ("not_in_channel", "Type /invite @gonogo in the channel"),
    ],
)
def test_while_slack_cannot_be_asked_going_on_waits_and_stopping_works(tmp_path: Path, error: str, todo: str) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        nobody_can_be_asked(box, error)
        question = await box.message_with("Please sign")
        await box.workspace.press(DBA, question.ts, "sign")
        await box.reply_to(
            DBA, f"Slack answers {error}, so the bot cannot check whether you may do this.", "Nothing was recorded."
        )
        await box.reply_to(DBA, todo, "You can still roll back, hold and refuse.")
        await box.workspace.press(DBA, question.ts, "refuse")
        assert await fill_reason(box, DBA) == {}
        card = await box.card()
        await box.workspace.press(GUEST, card.ts, "hold")
        await box.reply_to(GUEST, "On hold")
        await box.workspace.press(GUEST, card.ts, "rollback")
        await box.reply_to(GUEST, "nothing is rolled back")
        assert [fact.kind for fact in box.store.record(run.id).facts] == ["sign", "hold", "rollback"]

    play(tmp_path, story)


@pytest.mark.parametrize("drops", [False, True])
def test_in_a_whole_outage_a_press_that_arrives_rolls_back(tmp_path: Path, drops: bool) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        card = await box.card()
        box.workspace.faults.outage_drops = drops
        box.workspace.faults.outage = True
        assert (await box.workspace.press(DBA, card.ts, "rollback")).acked
        assert box.store.record(run.id).rollback
        box.workspace.faults.outage = False

    play(tmp_path, story)


def test_runs_are_not_told_to_another_channel(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.add_channel(OTHER, [DBA])
        for command in ("rollback", "start smal"):
            await box.workspace.command(DBA, f"/deploy {command}", OTHER)
        await box.wait_until(lambda: len(box.workspace.ephemerals(DBA)) == 2)
        assert {reply.text for reply in box.workspace.ephemerals(DBA)} == {
            f"🚫 /deploy works only in <#C01DEPLOY>. Type it there. {OTHER_BOT}"
        }

    play(tmp_path, story)


def test_a_bot_that_starts_while_slack_answers_nothing_rolls_back(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        nobody_can_be_asked(box)
        async with box.serving():
            card = await box.card()
            await box.workspace.press(GUEST, card.ts, "rollback")
            await box.reply_to(GUEST, "nothing is rolled back")
            assert box.store.record(run.id).rollback

    play(tmp_path, story, serve=False)


def test_a_slack_that_hangs_delays_stopping_by_a_moment_only(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.workspace.faults.delays.update(dict.fromkeys(ALL_QUESTIONS, 30.0))
        async with box.serving():
            card = await box.card()
            began = time.monotonic()
            pressed = await box.workspace.press(GUEST, card.ts, "rollback")
            assert (pressed.acked, time.monotonic() - began < 15) == (True, True)
            assert box.store.record(run.id).rollback

    play(tmp_path, story, serve=False)


def test_a_known_stranger_stays_one_while_slack_cannot_be_asked(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.workspace.leave(GUEST)
        async with box.serving():
            card = await box.card()
            await box.workspace.press(GUEST, card.ts, "rollback")
            await box.reply_to(GUEST, "Only members")
            nobody_can_be_asked(box)
            await box.workspace.press(GUEST, card.ts, "rollback")
            await box.wait_until(lambda: len(box.workspace.ephemerals(GUEST)) == 2)
            assert box.store.record(run.id).facts == ()

    play(tmp_path, story, serve=False)


def test_an_answer_of_a_failed_step_is_asked_for_again_too(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.run_step(run, DEPLOY, failed("npm ended with 1."))
        question = await box.message_with("Failed: Put the code there")
        box.workspace.change_person(LEAD, guest="multi")
        await box.workspace.press(LEAD, question.ts, "again")
        await box.reply_to(LEAD, GUEST_WORDS)
        await box.workspace.press(LEAD, question.ts, "skip")
        assert "Guests may not do this" in (await fill_reason(box, LEAD))["reason"]
        assert box.store.record(run.id).facts == ()

    play(tmp_path, story)


def test_a_start_is_asked_for_again_and_refused_in_its_form(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(STARTER, "/deploy start")
        await box.wait_until(lambda: box.workspace.views(STARTER))
        form = box.workspace.views(STARTER)[-1]
        box.workspace.change_person(STARTER, guest="multi")
        reply = await box.workspace.submit(STARTER, form.id, {})
        assert "Guests may not do this" in reply.errors["page"]
        box.workspace.change_person(STARTER, guest="")
        nobody_can_be_asked(box)
        await box.workspace.submit(STARTER, form.id, {})
        await box.wait_until(lambda: "Nothing was recorded" in str(box.workspace.views(STARTER)[-1].blocks))
        assert box.store.runs() == []

    play(tmp_path, story)


def test_what_is_known_is_kept_for_a_minute_and_going_on_asks_each_time(tmp_path: Path) -> None:
    def count(box: SlackBox, method: str) -> int:
        return [name for _, name, _ in box.workspace.calls].count(method)

    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.command(DBA, "/deploy status")
        await box.reply_to(DBA, "waiting for sign-off")
        await box.wait_until(lambda: count(box, "users.info") >= 5)  # all members are known
        asked = count(box, "users.info")
        for _ in range(5):
            await box.workspace.command(DBA, "/deploy status")
        await box.wait_until(lambda: len(box.workspace.ephemerals(DBA)) == 6)
        assert count(box, "users.info") == asked
        await box.workspace.press(DBA, question.ts, "sign")
        await box.reply_to(DBA, "Signed as")
        assert count(box, "users.info") == asked + 1

    play(tmp_path, story)


def test_the_members_come_from_every_page_of_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "PAGE_LENGTH", 2)

    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.press(LEAD, question.ts, "sign")
        await box.reply_to(LEAD, "Signed as Tech Lead")

    play(tmp_path, story)


def test_presses_of_many_at_once_share_the_questions(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        before = len(box.workspace.calls)
        await asyncio.gather(*(box.workspace.press(GUEST, question.ts, "sign") for _ in range(40)))
        await box.wait_until(lambda: len(box.workspace.ephemerals(GUEST)) == 40)
        asked = [name for _, name, _ in box.workspace.calls[before:]].count("users.info")
        assert asked < 40, asked

    play(tmp_path, story)


def test_the_channel_of_a_run_counts_and_not_the_one_of_its_page_today(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.workspace.add_channel(OTHER, [GUEST, "U0GONOGO"])
        await box.workspace.command(GUEST, "/deploy rollback", OTHER)
        await box.reply_to(GUEST, f"works only in <#{CHANNEL}>")
        assert box.store.record(run.id).rollback is None

    play(tmp_path, story, channel=lambda _: OTHER)


def test_a_page_on_disk_that_cannot_be_read_keeps_nobody_from_stopping(tmp_path: Path) -> None:
    def unreadable() -> dict[str, Page]:
        raise BadPage(3, "", "this is no page")

    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.workspace.command(GUEST, "/deploy start")
        await box.reply_to(GUEST, "line 3: this is no page")
        await box.workspace.command(GUEST, "/deploy hold lunch")
        await box.wait_until(lambda: box.store.record(run.id).facts)
        await box.workspace.press(GUEST, (await box.card()).ts, "rollback")
        await box.wait_until(lambda: box.store.record(run.id).rollback)

    play(tmp_path, story, pages=unreadable)
