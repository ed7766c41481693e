"""Handing over a role in the workspace in a box: command, form, buttons, and who is asked then."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.rehearsal.workspace import Message
from bot.report.build import report_of
from bot.report.markdown import as_markdown
from commands.progress.handovers import holders
from state.facts import HandoverEnd, HandoverOffer
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, PEOPLE, READY, in_slack
from tests.bot.slack.slack_box import SlackBox, buttons, play
from tests.bot.slack.views.drawn import texts
from tests.pages import small

PAGE = small(**{'action = "Backup and recovery"': 'action = "Backup and recovery"\nhandover = true'})
NEW = GUEST  # whoever takes the role over holds none before


def offers(box: SlackBox) -> list[HandoverOffer]:
    return [fact for fact in box.store.record(1).facts if isinstance(fact, HandoverOffer)]


async def offer_of(box: SlackBox) -> Message:
    return await box.message_with("asks you to take over", f"<@{NEW}>")


def test_a_typed_offer_is_taken_over_by_a_button_and_the_new_holder_is_asked(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        card = await box.card()
        asked = await box.message_with("Please sign", f"<@{DBA}>")
        reply = await box.workspace.command(DBA, "/deploy handover @guest dba my shift ends & I go")
        assert reply.acked
        await box.reply_to(DBA, "is offered to")
        offer = await offer_of(box)
        assert offer.thread_ts == card.ts
        assert "my shift ends &amp; I go" in "\n".join(texts(offer.blocks))
        assert buttons(offer) == ["take_over", "decline", "withdraw"]
        await box.message_with("Run 1", "is offered to")
        await box.workspace.press(NEW, offer.ts, "take_over")
        await box.reply_to(NEW, "You hold “Database Admin” in this run now", f"<@{DBA}>")
        await box.message_with("in this run now, in place of", f"<@{NEW}>", f"<@{DBA}>")
        again = await box.workspace.wait_for(
            lambda one: "Please sign" in str(one.blocks) and f"<@{NEW}>" in str(one.blocks) and one.ts != asked.ts, 8
        )
        assert f"<@{DBA}>" not in str(again.blocks), "who went home is not called any more"
        await box.message_with("Run 1", f"Database Admin*: <@{NEW}>, in place of <@{DBA}>")
        await box.workspace.press(NEW, again.ts, "sign")
        await box.reply_to(NEW, "Signed as Database Admin")
        people = holders(PEOPLE, box.store.record(run.id))
        assert DBA not in people["dba"]
        report = as_markdown(
            report_of(box.store, box.store.run(run.id), PEOPLE, box.deps.now(), {DBA: "Somchai", NEW: "Guest"})
        )
        assert "took over the role “Database Admin”, from Somchai to Guest" in report

    play(tmp_path, story, page=PAGE)


def test_the_command_alone_opens_a_form(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        await box.card()
        assert (await box.workspace.command(DBA, "/deploy handover")).acked
        await box.wait_until(lambda: box.workspace.views(DBA))
        form = box.workspace.views(DBA)[-1]
        done = await box.workspace.submit(DBA, form.id, {"to": {"to": NEW}, "why": {"why": "bed"}})
        assert done.errors == {}
        offer = await offer_of(box)
        await box.workspace.press(NEW, offer.ts, "decline")
        await box.message_with("declined", "still holds it")
        assert not [one for one in offers(box) if one.role != "dba"]

    play(tmp_path, story, page=PAGE)


@pytest.mark.parametrize(
    ("person", "words", "refusal"),
    [
        (LEAD, "@guest", "You hold no role that can be handed over"),
        (LEAD, "@guest lead", "does not let “Tech Lead” be handed over"),
        (DBA, "@somchai", "You hold “Database Admin” yourself"),
        (DBA, "S01DBAS dba", "is a user group"),
        (DBA, "U404NOBODY dba", "cannot take a role over in this run"),
        (DBA, "U0GONOGO dba", "cannot take a role over in this run"),
        (GUEST, "", "You hold no role of this run that can be handed over"),
        (GUEST, "take", "No role is offered to you"),
        (DBA, "withdraw", "You offer no role"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(tmp_path: Path, person: str, words: str, refusal: str) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        await box.card()
        await box.workspace.command(person, f"/deploy handover {words}")
        await box.reply_to(person, refusal)
        assert not offers(box)

    play(tmp_path, story, page=PAGE)


def test_somebody_who_is_not_in_the_channel_gets_no_role(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        await box.card()
        box.workspace.leave(GUEST)
        await box.workspace.command(DBA, "/deploy handover @guest dba")
        await box.reply_to(DBA, "cannot take a role over in this run", "Invite them to the channel first")
        assert not offers(box)

    play(tmp_path, story, page=PAGE)


def test_two_who_press_at_once_end_the_offer_once(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        await box.workspace.command(DBA, "/deploy handover @guest")
        offer = await offer_of(box)
        await asyncio.gather(
            box.workspace.press(NEW, offer.ts, "take_over"), box.workspace.press(DBA, offer.ts, "withdraw")
        )
        ends = [fact for fact in box.store.record(1).facts if isinstance(fact, HandoverEnd)]
        assert len(ends) == 1

    play(tmp_path, story, page=PAGE)


def test_the_offer_loses_its_buttons_once_the_run_is_over(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.workspace.command(DBA, "/deploy handover @guest")
        offer = await offer_of(box)
        box.actions(run).sign(READY, 1, in_slack(LEAD), box.deps.now(), refused=True, reason="no")
        box.move_run(run, run.state.__class__.ABORTED)
        await box.wait_until(lambda: not buttons(next(one for one in box.workspace.messages() if one.ts == offer.ts)))

    play(tmp_path, story, page=PAGE)
