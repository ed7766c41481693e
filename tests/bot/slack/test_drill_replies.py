"""What one person alone reads of a drill says that it is one: replies, refusals and forms."""

from __future__ import annotations

from pathlib import Path

from state.records import Drill
from tests.bot.slack.outbox.test_drill_sender import begun_drill
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, READY
from tests.bot.slack.slack_box import SlackBox, play
from tests.commands.run.surprise_case import PAGE


def test_every_reply_and_refusal_in_a_drill_says_so_first(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = begun_drill(box)
        box.run_step(run, READY)
        card = await box.message_with("DRILL", "Run 1 ·")
        await box.workspace.press(GUEST, card.ts, "hold")
        await box.reply_to(GUEST, "DRILL · On hold.")
        await box.workspace.command(DBA, "/deploy resume go on")
        await box.reply_to(DBA, "🚫 DRILL · Only the Tech Lead may resume")
        await box.workspace.command(LEAD, "/deploy resume go on")
        await box.reply_to(LEAD, "DRILL · ")

    play(tmp_path, story, page=PAGE)


def test_the_form_for_a_reason_in_a_drill_says_so(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = begun_drill(box)
        acts = box.listeners().acts
        assert await acts.form_note("skip", run) == "🎯 *DRILL* · an exercise, not on the real target"

    play(tmp_path, story, page=PAGE, serve=False)


def test_a_reply_of_a_real_run_says_nothing_of_a_drill(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        await box.workspace.press(GUEST, (await box.card()).ts, "hold")
        assert "DRILL" not in (await box.reply_to(GUEST, "On hold.")).text

    play(tmp_path, story)


def test_the_card_of_a_drill_that_has_not_begun_says_who_it_waits_for(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.start_run(drill=Drill.PLACES)
        card = await box.message_with("waiting for people to take part", "Run 1 ·")
        assert "who takes part" in str(card.blocks)

    play(tmp_path, story, page=PAGE)
