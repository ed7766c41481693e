"""The App Home's blocks: within Slack's limits, and nothing of other channels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.rehearsal.workspace.blockkit.validation import view_errors
from bot.slack.asked_events import question_key
from bot.slack.overview import ActiveRun, EndedRun, Overview, ServedPage, UnreadRun
from bot.slack.views.home import Reader, home_blocks, home_view
from commands.signoff.waiting import waiting_for
from state.events import PeopleAsked
from state.records import AttemptState, RunState
from tests.bot.slack.run_writer import CHANNEL, DBA, LEAD, PAGE, PEOPLE, READY
from tests.bot.slack.views.drawn import event_with, snapshot_with, texts
from tests.bot.slack.whole_run import page_with
from tests.pages import NOON, attempt_at

READER = Reader(person=LEAD, channels=frozenset({CHANNEL}))
LONG = "น้ำ*_`<!channel>" * 400


def waiting_run(number: int = 1, channel: str = CHANNEL, items: int = 1) -> ActiveRun:
    """A run at its first gate."""
    snapshot = snapshot_with(attempt_at(READY, AttemptState.DONE), id=number, channel=channel)
    (waiting,) = waiting_for(snapshot.page, snapshot.record)
    asked = PeopleAsked(step=READY, title="Ready?", roles=waiting.roles, items=(("lead", LONG[:400]),) * items)
    events = {question_key(asked): replace(event_with(asked, step=READY), run=number)}
    return ActiveRun(snapshot=snapshot, status=snapshot.status, people=PEOPLE, asked=events)


def ended(number: int, channel: str = CHANNEL) -> EndedRun:
    run = replace(snapshot_with().record.run, id=number, channel=channel, state=RunState.KEPT, ended_at=NOON)
    return EndedRun(run=run, headline=f"✅ {LONG}", zone="UTC")


def shown(overview: Overview, reader: Reader = READER, notice: str = "") -> str:
    view = home_view(home_blocks(overview, reader, notice), NOON)
    assert view_errors(view) == []
    return "\n".join(texts(view["blocks"]))


def test_many_runs_and_questions_stay_within_slacks_limits_and_say_what_is_left_out() -> None:
    pages = tuple(ServedPage(page=page_with(LONG), channel=CHANNEL, people=PEOPLE) for _ in range(40))
    overview = Overview(
        now=NOON,
        active=tuple(waiting_run(number, items=30) for number in range(1, 60)),
        unread=tuple(UnreadRun(run=ended(number).run, why=LONG[:900]) for number in range(20)),
        ended=tuple(ended(number) for number in range(100, 130)),
        pages=pages,
    )
    text = shown(overview, notice=LONG)
    assert "Waiting for you: 59" in text
    assert "more questions: too many for this tab" in text
    assert "59 more runs: too many for this tab" in text
    assert "… and 28 more pages" in text


def test_a_quiet_home_says_so_in_one_line() -> None:
    text = shown(Overview(now=NOON))
    assert text.startswith("✅ Nothing is running in your channels, and nothing is waiting for you.")
    assert "As of" in text
    assert "This tab follows the runs for 10 min after you open it" in text


@pytest.mark.parametrize("channel", ["C02OTHER", ""])
def test_a_run_is_shown_by_the_rule_of_the_status_command(channel: str) -> None:
    overview = Overview(
        now=NOON,
        active=(waiting_run(channel=channel),),
        unread=(UnreadRun(run=ended(7, channel).run, why="Run 7 cannot be read"),),
        ended=(ended(8, channel),),
        pages=(ServedPage(page=PAGE, channel="C02OTHER", people=PEOPLE),),
    )
    text = shown(overview)
    assert "A small deploy" not in text
    for piece in ("Waiting for you", "Running", "Run 7 cannot be read", "run 8"):
        assert (piece in text) == (not channel)
    nobody = shown(overview, Reader(person=LEAD, channels=frozenset()))
    assert nobody.startswith("You are in none of the channels")


def test_a_question_waits_only_for_whom_it_asks_and_whom_nothing_bars() -> None:
    overview = Overview(now=NOON, active=(waiting_run(),))
    assert "Waiting for you" in shown(overview, Reader(person=DBA, channels=READER.channels))
    assert "Waiting for you" not in shown(overview, Reader(person="U99", channels=READER.channels))
