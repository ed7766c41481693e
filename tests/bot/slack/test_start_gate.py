"""A start against which something speaks, in Slack: refused, or asked about with its reason."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from commands.progress.start_gate import waits_at_gate
from commands.start.freezes import freezes_of_record
from commands.start.objections import Considered, Objection, ObjectionSort
from state.records import RunState
from state.store import RecordStore
from tests.bot.slack.run_writer import CHANNEL, DBA, FREEZE, GUEST, LEAD
from tests.bot.slack.slack_box import SlackBox, buttons, play, slack_box

FROZEN = (lambda _: Considered(objections=(FREEZE,)),)
ASKS = "Second person needed: start all the same?"


def test_a_typed_start_is_refused_with_what_speaks_against_it_and_how_to_go_on(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md v2")
        said = await box.reply_to(DBA, FREEZE.summary)
        assert "give a reason; then a second person must agree" in said.text
        assert said.text.endswith("`/deploy start small.md v2 because WHY`")
        assert box.store.runs() == []

    play(tmp_path, story, objectors=FROZEN)


def test_a_start_with_a_reason_asks_a_second_person_in_its_thread_who_agrees(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md v2 because the fix cannot wait")
        asked = await box.message_with(ASKS, FREEZE.summary, "the fix cannot wait")
        assert buttons(asked) == ["agree", "refuse_start"]
        assert f"<@{LEAD}>" in str(asked.blocks)
        assert f"<@{DBA}>" not in str(asked.blocks).partition("A second person must agree")[2]
        await box.message_with("Nothing begins before a second person agrees")
        await box.workspace.press(DBA, asked.ts, "agree")
        await box.reply_to(DBA, "You started this run; another person must agree to this start.")
        await box.workspace.press(LEAD, asked.ts, "agree")
        await box.reply_to(LEAD, "You agreed. The run begins.")
        settled = await box.message_with("A second person agreed to the start", f"<@{LEAD}> agreed")
        assert buttons(settled) == []
        (run,) = box.store.runs()
        assert (run.ref, run.page, run.note, run.state) == ("v2", "small.md", "", RunState.GOING)

    play(tmp_path, story, objectors=FROZEN)


def test_the_home_asks_the_second_person_with_what_speaks_against_the_start(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md v2 because the fix cannot wait")
        await box.reply_to(DBA, "begins once a second person agrees", "the question is in its thread")
        await box.message_with(ASKS)

        def home() -> str:
            box.workspace.open_home(LEAD)
            view = box.workspace.home(LEAD)
            return str(view.blocks) if view else ""

        await box.wait_until(lambda: ASKS in home())
        assert FREEZE.summary in home()
        assert "Failed" not in home()

    play(tmp_path, story, objectors=FROZEN)


def test_the_form_asks_for_the_reason_and_keeps_what_was_chosen(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start")
        await box.wait_until(lambda: box.workspace.views(DBA))
        form = box.workspace.views(DBA)[-1]
        await box.workspace.submit(DBA, form.id, {"ref": {"ref": "v3"}, "minutes": {"minutes": "15"}})
        again = box.workspace.views(DBA)[-1]
        assert FREEZE.summary in str(again.blocks)
        assert box.store.runs() == []
        await box.workspace.submit(DBA, again.id, {"because": {"because": "the fix cannot wait"}})
        await box.message_with(ASKS, "the fix cannot wait")
        (run,) = box.store.runs()
        assert (run.ref, run.notice_minutes) == ("v3", 15)

    play(tmp_path, story, objectors=FROZEN)


def test_anybody_in_the_channel_refuses_with_a_reason_that_the_thread_shows(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md because urgent")
        asked = await box.message_with(ASKS)
        await box.workspace.press(GUEST, asked.ts, "refuse_start")
        await box.wait_until(lambda: box.workspace.views(GUEST))
        form = box.workspace.views(GUEST)[-1]
        assert (await box.workspace.submit(GUEST, form.id, {"reason": {"reason": "not tonight"}})).errors == {}
        settled = await box.message_with("Nobody agreed to the start", "refused", "not tonight")
        assert buttons(settled) == []
        request = box.store.record(1).rollback
        assert request
        assert request.reason == "the start was refused: not tonight"
        await box.message_with("⛔ *Start refused by*", f"<@{GUEST}>", "not tonight")
        await box.wait_until(lambda: "Start refused by" in str(box.workspace.messages()[0].blocks))
        assert "the start was refused" not in str((await box.card()).blocks), "the card says it once"
        everything = str([message.blocks for message in box.workspace.messages()])
        assert "Time budget" not in everything
        assert "Rollback requested" not in everything

    play(tmp_path, story, objectors=FROZEN)


def test_the_typed_words_agree_and_refuse_answer_it_too(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md because urgent")
        await box.message_with(ASKS)
        await box.workspace.command(LEAD, "/deploy agree")
        await box.reply_to(LEAD, "You agreed. The run begins.")
        await box.workspace.command(DBA, "/deploy refuse too late")
        await box.reply_to(DBA, "Nothing is waiting for “refuse” now.")

    play(tmp_path, story, objectors=FROZEN)


def test_ids_in_the_words_of_a_freeze_call_nobody_and_its_owner_is_named(tmp_path: Path) -> None:
    words = f"shop is frozen until Mon 30 Nov 09:00 by {LEAD}: ask {GUEST}, <@{GUEST}>, in {CHANNEL}."
    against = Objection(sort=ObjectionSort.FREEZE, summary=words)

    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md because urgent")
        for what in (ASKS, "Nothing begins before"):
            asked = await box.message_with(what)
            assert f"by <@{LEAD}>: ask {GUEST}, &lt;@{GUEST}&gt;, in {CHANNEL}." in str(asked.blocks)

    play(tmp_path, story, objectors=(lambda _: Considered(objections=(against,)),))


def test_ids_in_the_reason_of_a_freeze_call_nobody_in_the_channel(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(LEAD, f"/deploy lock ask {GUEST}")
        told = await box.workspace.wait_for(lambda message: "shop is locked until" in str(message.blocks), 30)
        assert f"by <@{LEAD}>: ask {GUEST}." in str(told.blocks)

    play(tmp_path, story)


def test_an_empty_reason_is_refused(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md because")
        await box.reply_to(DBA, "Say why after the word because.")
        assert box.store.runs() == []

    play(tmp_path, story, objectors=FROZEN)


def test_a_freeze_is_set_shown_and_lifted_in_the_channel(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        stores.append(box.store)
        await box.workspace.command(LEAD, "/deploy freeze until tomorrow 09:00 the big sale")
        await box.reply_to(LEAD, "shop is frozen until", f"by <@{LEAD}>: the big sale.", "`/deploy unfreeze` lifts it.")
        await box.workspace.command(DBA, "/deploy status")
        await box.reply_to(DBA, "❄️ shop is frozen until", "the big sale.")
        await box.workspace.command(LEAD, "/deploy lock small I measure")
        await box.reply_to(LEAD, "shop is locked until", "`/deploy unlock small` lifts it.")
        await box.workspace.command(LEAD, "/deploy unlock small")
        await box.reply_to(LEAD, "shop is no longer locked")
        await box.workspace.command(DBA, "/deploy start")
        await box.wait_until(lambda: box.workspace.views(DBA))
        assert "the big sale" in str(box.workspace.views(DBA)[-1].blocks)
        await box.workspace.command(DBA, "/deploy start small.md")
        await box.reply_to(DBA, "Reasons against it", "the big sale")
        await box.workspace.command(DBA, "/deploy unfreeze")
        await box.reply_to(DBA, "Only the Tech Lead may lift a freeze or a lock of shop.")
        await box.workspace.command(LEAD, "/deploy unfreeze")
        await box.reply_to(LEAD, "shop is no longer frozen", f"lifted by <@{LEAD}>", "the big sale")
        await box.workspace.command(DBA, "/deploy start small.md")
        await box.reply_to(DBA, "has started")

    stores: list[RecordStore] = []
    play(tmp_path, story, freezes=(lambda page, now: freezes_of_record(stores[0])(page, now) if stores else [],))


def test_the_channel_is_told_once_of_a_freeze_and_once_when_it_is_lifted(tmp_path: Path) -> None:
    async def story() -> None:
        async with slack_box(tmp_path, serve=False) as box:
            async with box.serving():
                await box.workspace.command(LEAD, "/deploy freeze until tomorrow 09:00 the big sale")
                await box.message_with("❄️ shop is frozen until", f"by <@{LEAD}>: the big sale.")
                await box.workspace.command(LEAD, "/deploy unfreeze")
                lifted = await box.message_with("🔓 shop is no longer frozen, lifted by", "It was frozen until")
                assert f"by <@{LEAD}>: the big sale." in str(lifted.blocks), "the owner is named as a person"
            async with box.serving():  # it knows only what is in the record and in Slack
                await box.workspace.command(DBA, "/deploy lock I measure")
                await box.message_with("🔒 shop is locked until", f"by <@{DBA}>: I measure.")
            told = [one.text for one in box.workspace.messages() if not one.only_for]
            assert [text.partition(" until")[0] for text in told] == [
                "❄️ shop is frozen",
                "🔓 shop is no longer frozen",
                "🔒 shop is locked",
            ]

    asyncio.run(story())


@pytest.mark.parametrize("words", ["freeze", "freeze the sale", "freeze until 00:00 late", "lock", "lock until soon"])
def test_what_is_no_freeze_is_refused_and_says_why(tmp_path: Path, words: str) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(LEAD, f"/deploy {words}")
        await box.reply_to(LEAD, "🚫")
        assert box.store.freezes(box.deps.now()) == []

    play(tmp_path, story)


def test_whoever_agrees_to_a_start_on_hold_reads_that_it_waits(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md because urgent")
        asked = await box.message_with(ASKS)
        await box.workspace.command(DBA, "/deploy hold lunch")
        await box.message_with("No new step starts until *Tech Lead* resumes")
        await box.workspace.press(LEAD, asked.ts, "agree")
        await box.reply_to(LEAD, "The run is on hold, and begins once somebody resumes it.")

    play(tmp_path, story, objectors=FROZEN)


def test_a_starter_who_has_left_the_channel_finds_no_second_person(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md because urgent")
        asked = await box.message_with(ASKS)
        box.workspace.leave(DBA, CHANNEL)
        await box.workspace.press(LEAD, asked.ts, "agree")
        await box.reply_to(LEAD, "started this and may no longer do so")
        assert waits_at_gate(box.store.record(1))

    play(tmp_path, story, objectors=FROZEN)


def test_a_freeze_that_comes_while_the_start_waits_is_looked_at_before_anybody_agrees(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        stores.append(box.store)
        await box.workspace.command(LEAD, "/deploy lock I measure")
        await box.reply_to(LEAD, "locked until")
        await box.workspace.command(DBA, "/deploy start small.md because urgent")
        asked = await box.message_with(ASKS, "I measure")
        await box.workspace.command(LEAD, "/deploy freeze until tomorrow 23:00 the big sale")
        await box.reply_to(LEAD, "frozen until")
        await box.workspace.press(LEAD, asked.ts, "agree")
        said = await box.reply_to(LEAD, "New since this question was posted", "the big sale")
        assert "I measure" not in said.text
        assert waits_at_gate(box.store.record(1))
        await box.workspace.command(LEAD, "/deploy unfreeze")
        await box.reply_to(LEAD, "no longer frozen")
        await box.workspace.press(LEAD, asked.ts, "agree")
        await box.reply_to(LEAD, "You agreed. The run begins.")

    stores: list[RecordStore] = []
    play(tmp_path, story, freezes=(lambda page, now: freezes_of_record(stores[0])(page, now) if stores else [],))
