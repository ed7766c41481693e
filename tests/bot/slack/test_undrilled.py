"""The card of a real start names the roles whose people have not drilled the page lately."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.slack.outbox.drawing import drawn_card
from bot.slack.views.snapshot import snapshot_of
from state.records import RunState
from tests.bot.slack.run_writer import LEAD
from tests.bot.slack.run_writer import PAGE as WITHOUT_DRILL
from tests.bot.slack.slack_box import SlackBox, play
from tests.commands.run.surprise_case import PAGE

LINE = "🎓 Have not drilled this page in 90 days: Database Admin, Tech Lead"


@pytest.mark.parametrize(
    ("command", "drills", "named"),
    [("start", True, True), ("drill", True, False), ("start", False, False)],
    ids=["a real start", "a drill", "a page without a drill"],
)
def test_the_card_names_them(tmp_path: Path, command: str, drills: bool, named: bool) -> None:
    async def story(box: SlackBox) -> None:
        assert (await box.workspace.command(LEAD, f"/deploy {command} small.md")).acked
        await box.wait_until(lambda: box.store.runs() and 0 in box.store.posts(1), 20)
        cards = [message for message in box.workspace.messages() if not message.thread_ts and message.blocks]
        assert (LINE in str([card.blocks for card in cards])) is named

    play(tmp_path, story, page=PAGE if drills else WITHOUT_DRILL)


def test_a_run_that_is_over_names_nobody(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(LEAD, "/deploy start small.md")
        await box.card()
        box.store.move_run(1, RunState.KEPT, box.deps.now())
        card = await drawn_card(snapshot_of(box.deps, PAGE, box.store.record(1)))
        assert LINE not in str(card.blocks)

    play(tmp_path, story, page=PAGE)
