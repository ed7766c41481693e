"""The report of a drill: who answered after how long, and what was pressed in vain."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.doors.actions import press
from bot.doors.press import Press
from bot.report.build import history_of, left_out, report_of
from bot.report.drills import answer_rows, drill_lines
from bot.report.markdown import as_markdown
from commands.report.drill_report import drill_report
from commands.report.run_data import RunData
from state.errors import NotAllowed
from state.events import AlertRaised
from state.facts import BOT, AlertHold, Fact, RollbackRequest, TakesPart
from state.records import Drill, Event
from state.sqlite.store import Store
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, PAGE, READY, RunWriter, deps_of, in_slack
from tests.pages import NOON, record

FIVE = timedelta(minutes=5)


def test_the_report_of_a_drill_says_who_answered_after_how_long_and_what_was_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    deps = deps_of(store)
    writer = RunWriter(store, deps, PAGE)
    run = writer.start_run(drill=Drill.PLACES)
    for person in (DBA, LEAD):
        store.add_fact(run.id, TakesPart(by=in_slack(person), at=deps.now()))
    writer.run_step(run, READY)
    asked = next(event for event in store.events(run.id) if event.step == READY or "wanted" in event.data.stored_kind)
    later = asked.at + timedelta(seconds=40)
    writer.actions(run).sign(READY, 1, in_slack(DBA), later)
    with pytest.raises(NotAllowed):
        press(deps, Press(action="resume", value=f"{run.id}:0", person=GUEST))
    report = report_of(store, store.run(run.id), deps.people(PAGE), later, {DBA: "Somchai"})
    store_runs = [deploy.run.id for deploy in history_of(store)]
    drills = history_of(store, drills=True)
    lines = list(drill_lines(store, drills, "UTC"))
    nothing_left_out = left_out(store, history_of(store)) + left_out(store, drills, drills=True)
    store.close()
    assert report.drill is not None
    answers = {(answer.person, answer.role): answer.after for answer in report.drill.answers}
    assert answers[(DBA, "Database Admin")] == timedelta(seconds=40)
    assert answers[("", "")] is None, "the lead has not answered"
    assert [(refused.person, refused.action) for refused in report.drill.refused] == [(GUEST, "resume")]
    text = as_markdown(report)
    assert text.startswith("# DRILL · ")
    assert "Somchai as Database Admin" in text
    assert "Slack does not tell on which device" in text
    assert store_runs == [], "no drill is part of the history"
    assert nothing_left_out == []
    assert lines[0].startswith("DRILL ")
    assert "2 people" in lines[0]


HELD = AlertHold(by=in_slack(LEAD), at=NOON + timedelta(minutes=4), alert="slow", number=1, lasts=FIVE, reason="load")
ROLLED_BACK = RollbackRequest(by=in_slack(LEAD), at=NOON + timedelta(minutes=4))


@pytest.mark.parametrize(("act", "answer"), [(HELD, "(held it)"), (ROLLED_BACK, "(rolled back)")])
def test_an_alert_that_counts_down_is_a_question_and_says_who_answered_it_how(act: Fact, answer: str) -> None:
    raised = AlertRaised(name="slow", roles=("lead",), number=1)
    alert = Event(id=1, run=1, at=NOON + timedelta(minutes=3), step="", data=raised)
    told = drill_report(RunData(PAGE, record(facts=(act,), drill="places")), [alert])
    assert told
    assert list(answer_rows(told, lambda person: person)) == [
        ("T+3 min", "🚨 slow: hold, or roll back? (Tech Lead)", f"{LEAD} {answer}", "1 min")
    ]


def test_an_alert_that_the_bot_itself_rolled_back_was_answered_by_nobody() -> None:
    asked = RollbackRequest(by=BOT, at=NOON + timedelta(minutes=4))
    alert = Event(id=1, run=1, at=NOON + timedelta(minutes=3), step="", data=AlertRaised(name="slow", number=1))
    told = drill_report(RunData(PAGE, record(facts=(asked,), drill="places")), [alert])
    assert told
    assert [(one.person, one.after) for one in told.answers] == [("", None)]
