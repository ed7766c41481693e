"""The report of a run that was kept, rolled back, refused, or closed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.report.people import ActionKind
from commands.report.report import build_report
from state.facts import FactKind
from state.records import AttemptState, RunState
from tests.commands.report.deployed import (
    CHECK,
    DEPLOYED,
    PAGE,
    PEOPLE,
    WATCHING,
    alert,
    ended,
    report,
    rolled_back,
    sample,
)
from tests.groups import ROLLING, TOGETHER
from tests.losing import losing_page, lost_by_rollback
from tests.pages import NOON, fact, record, row, said, small


def test_a_kept_run_shows_planned_and_actual_times_side_by_side() -> None:
    attempts = (*DEPLOYED, ended(row(WATCH, AttemptState.DONE, after=15), 75))
    timeline = report(record(*attempts, state=RunState.KEPT, ended_at=NOON + timedelta(minutes=80))).timeline
    deploy = next(entry for entry in timeline if entry.title == "Put the code there")
    watch = next(entry for entry in timeline if entry.title == "The watch")
    assert (deploy.planned, deploy.began) == (PAGE.forward[0].box.takes, timedelta(minutes=2))
    assert (watch.began, watch.took, watch.state) == (timedelta(minutes=15), timedelta(hours=1), AttemptState.DONE)


def test_each_host_of_a_group_has_a_row_with_its_planned_time() -> None:
    for page, third, decision in ((TOGETHER, 0, 70), (ROLLING, 20, 90)):
        rows = report(
            record(DEPLOYED[0], state=RunState.KEPT, ended_at=NOON + timedelta(minutes=99)), page=page
        ).timeline
        planned = {entry.title: entry.planned for entry in rows}
        assert planned["Put the code there (backend-3)"] == timedelta(minutes=third)
        assert planned["KEEP or ROLLBACK"] == timedelta(minutes=decision)


def test_a_step_that_was_tried_again_lasts_from_its_first_start_to_its_last_end() -> None:
    twice = (
        ended(row("health", AttemptState.FAILED, 1, after=9), 10),
        ended(row("health", AttemptState.DONE, 2, after=20), 21),
    )
    entry = next(one for one in report(record(*DEPLOYED[:2], *twice)).timeline if one.title == "Health")
    assert (entry.began, entry.took, entry.state) == (timedelta(minutes=9), timedelta(minutes=12), AttemptState.DONE)


@pytest.mark.parametrize(("said", "words"), [("skip", "skipped"), ("done", "fixed by hand"), ("again", "")])
def test_the_timeline_says_how_people_went_on_after_a_step_that_failed(said: str, words: str) -> None:
    failed = ended(row("health", AttemptState.FAILED, after=9), 10)
    asked, agreed = FactKind.ANSWER, FactKind.AGREEMENT
    answers = (fact(asked, "health", said=said, person="ULEAD"), fact(agreed, "health", said=said))
    entry = next(one for one in report(record(*DEPLOYED[:2], failed, facts=answers)).timeline if one.title == "Health")
    assert (entry.state, entry.went_on) == (AttemptState.FAILED, words)
    alone = next(one for one in report(record(*DEPLOYED[:2], failed)).timeline if one.title == "Health")
    assert alone.went_on == ""


def test_a_rollback_is_timed_and_stops_the_watch() -> None:
    undone = ended(row("put-the-old-code-back", AttemptState.DONE, after=41), 50)
    result = report(rolled_back(undone), [alert(15)])
    assert (result.rollback_took, result.rollback_within) == (timedelta(minutes=12), timedelta(minutes=15))
    assert result.reason == "too slow"
    watch = next(entry for entry in result.timeline if entry.title == "The watch")
    assert (watch.state, watch.took) == (AttemptState.STOPPED, timedelta(minutes=25))
    assert result.timeline[-1].title == "Put the old code back"
    assert result.timeline[-1].planned is None
    assert result.alerts[0].ended == "rolled back, requested at T+40 min"
    assert result.not_restored == ()


def test_a_rollback_during_the_decision_stops_the_decision() -> None:
    decision = row(DECISION, AttemptState.RUNNING, after=30)
    of = rolled_back(decision)
    entry = next(one for one in report(of).timeline if one.title == "KEEP or ROLLBACK")
    assert (entry.state, entry.took) == (AttemptState.STOPPED, timedelta(minutes=10))


def test_a_step_that_runs_during_a_rollback_is_still_running() -> None:
    of = record(*DEPLOYED[:2], row("health", AttemptState.RUNNING, after=9), facts=(said("rollback", after=10),))
    entry = next(one for one in report(of).timeline if one.title == "Health")
    assert (entry.state, entry.took) == (AttemptState.RUNNING, None)


def test_a_refused_run_says_who_refused_and_why_and_that_nothing_started() -> None:
    refused = said("sign", "ready", 1, role="dba", said="no", reason="no backup")
    of = record(DEPLOYED[0], facts=(refused,), state=RunState.ABORTED, ended_at=NOON + timedelta(minutes=3))
    result = report(of)
    assert [(action.kind, action.reason) for action in result.actions] == [(ActionKind.REFUSED, "no backup")]
    assert [entry.began for entry in result.timeline[1:]] == [None] * (len(result.timeline) - 1)
    assert {entry.state for entry in result.timeline[1:]} == {None}
    assert result.panels == ()
    assert result.metrics.deploys == 0, "a refused run is no deploy"


def test_a_run_that_was_cut_off_says_what_is_unknown_and_why_it_was_closed() -> None:
    cut = ended(replace(row("put-the-code-there", AttemptState.UNKNOWN, after=2), summary="It was cut off."), 3)
    closed = said("end", reason="host gone")
    result = report(
        record(DEPLOYED[0], cut, facts=(closed,), state=RunState.ENDED, ended_at=NOON + timedelta(minutes=4))
    )
    step = result.steps[1]
    assert (step.title, step.state, step.summary) == ("Put the code there", AttemptState.UNKNOWN, "It was cut off.")
    assert (step.part, step.kind, step.attempt, step.took) == ("Deploy", "run", 1, timedelta(minutes=1))
    assert result.reason == "host gone"


def test_every_attempt_of_a_step_is_shown_and_of_a_check_the_newest_sample_with_their_number() -> None:
    twice = (row("health", AttemptState.FAILED, 1, after=9), row("health", AttemptState.DONE, 2, after=12))
    bad = replace(sample(30, 0.2, 2), state=AttemptState.FAILED)
    steps = report(record(*DEPLOYED[:2], *twice, WATCHING, sample(15, 0.1), bad, sample(45, 0.3, 3))).steps
    assert [(step.attempt, step.times, step.bad) for step in steps if step.title == "Health"] == [(1, 1, 0), (2, 1, 0)]
    assert [(step.attempt, step.times, step.bad) for step in steps if step.title == "Response time"] == [(3, 3, 1)]


def test_the_output_of_a_step_is_shown() -> None:
    deployed = row("put-the-code-there", AttemptState.DONE, after=2)
    deployed.outcome.update(lines=["one", 2], values={"commit": "abc123"})
    result = report(record(deployed))
    assert [step.lines for step in result.steps] == [("one", "2")]
    assert result.commit == "abc123"


def test_a_run_in_progress_lasts_until_now() -> None:
    result = report(record(*DEPLOYED))
    assert (result.clock, result.rollback_took, result.reason) == (timedelta(hours=2), None, "")
    assert (result.title, result.zone) == (PAGE.title, "Asia/Bangkok")
    assert result.names == {}


def test_the_names_of_people_are_part_of_the_report() -> None:
    of = record(*DEPLOYED)
    named = build_report(PAGE, of, [], [], people=PEOPLE, now=NOON, names={"U1": "Ada"})
    assert named.names == {"U1": "Ada"}


def test_a_criterion_without_a_measurement_is_not_shown_as_checked() -> None:
    text = """
## Success criteria

```toml criteria
[[go]]
text = "Healthy"
shown_by = ["health"]

[[go]]
text = "Users are content"

[[no_go]]
text = "API slow"
shown_by = ["response-time"]
```

## Rollback
"""
    page = small(**{"## Rollback\n": text.lstrip()})
    before = report(record(DEPLOYED[0]), page=page)
    assert [(line.text, line.holds, line.by_people) for line in before.go] == [
        ("Healthy", None, False),
        ("Users are content", None, True),
    ]
    assert [(line.text, line.holds, line.by_people) for line in before.no_go] == [("API slow", None, False)]
    after = report(record(*DEPLOYED, row(CHECK, AttemptState.DONE, seconds=2.0, after=15)), page=page)
    assert after.go[0].holds is True
    assert after.no_go[0].holds is True, "2 s are a warning, which is no sign of NO-GO"


def test_a_page_without_criteria_has_none_in_its_report() -> None:
    result = report(record(*DEPLOYED))
    assert (result.go, result.no_go) == ((), ())


def test_what_was_cleaned_up_and_what_is_lost_are_part_of_the_report() -> None:
    page = small(**{'path = "/health"': 'path = "/health"\nclean_up = "/jobs/1"'})
    assert report(record(row("health", AttemptState.DONE)), page=page).cleanup != ()
    lost = record(*lost_by_rollback(3), state=RunState.ROLLED_BACK)
    assert report(lost, page=losing_page(migration=False)).not_restored[0] == "Lost: 3 orders"
