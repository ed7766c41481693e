"""The report of a drill: who answered after how long, and what was pressed in vain."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.doors.actions import Press, press
from bot.report.build import history_of, left_out, report_of
from bot.report.drills import drill_lines
from bot.report.markdown import as_markdown
from state.errors import NotAllowed
from state.facts import TakesPart
from state.records import Drill
from state.sqlite.store import Store
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, PAGE, READY, RunWriter, deps_of, in_slack


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
