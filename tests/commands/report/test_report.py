"""The report of a run that was kept, rolled back, refused, or cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from commands.progress.step_state import WATCH
from commands.report import Report, build_report, deploy_of
from commands.report.people import Act
from commands.runbook import Page
from state.events import event_from
from state.facts import Fact
from state.records import Attempt, AttemptState, Event, Record, RunState
from tests.pages import NOON, SIGNED, record, row, said, small

PAGE = small()
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
DEPLOYED = (
    row("ready", AttemptState.DONE),
    row("put-the-code-there", AttemptState.DONE, after=2),
    row("health", AttemptState.DONE, after=9, seconds=0.1, failed=0.0),
)


def at(row: Attempt, minutes: float) -> Attempt:
    """The attempt, ended so many minutes past noon."""
    return replace(row, ended_at=NOON + timedelta(minutes=minutes))


def checked(after: float, seconds: float, attempt: int) -> Attempt:
    """A check of the response time."""
    return at(row("response-time", AttemptState.DONE, attempt, after=after, seconds=seconds, failed=0.0), after)


def report(of: Record, events: Sequence[Event] = (), page: Page = PAGE) -> Report:
    """The report of a record, two hours past noon."""
    return build_report(page, of, events, [deploy_of(of)], people=PEOPLE, now=NOON + timedelta(hours=2))


def alert(minutes: float, value: float, kind: str = "alert") -> Event:
    """An alert that was told."""
    data = {"name": "API response > 5 s", "value": value, "rule": "above 5"}
    when = NOON + timedelta(minutes=minutes)
    return Event(id=1, run=1, at=when, step="response-time", data=event_from(kind, data), before="", hash="")


def test_a_kept_run_shows_planned_and_actual_times_side_by_side() -> None:
    rows = (*DEPLOYED, at(row(WATCH, AttemptState.DONE, after=15), 75))
    moments = report(record(*rows, state=RunState.KEPT, ended_at=NOON + timedelta(minutes=80))).timeline
    deploy = next(one for one in moments if one.title == "Put the code there")
    watch = next(one for one in moments if one.title == "The watch")
    assert (deploy.planned, deploy.began) == (timedelta(0) + PAGE.forward[0].box.takes, timedelta(minutes=2))
    assert (watch.began, watch.took, watch.state) == (timedelta(minutes=15), timedelta(hours=1), AttemptState.DONE)


def test_who_signed_is_told_with_the_role_and_the_time() -> None:
    found = report(record(*DEPLOYED, facts=SIGNED)).actions
    assert [(one.person, one.role, one.act) for one in found] == [
        ("U2", "Database Admin", Act.SIGNED),
        ("U2", "Tech Lead", Act.SIGNED),
    ]


def test_an_alert_that_was_followed_by_a_good_value_ended_so() -> None:
    rows = (*DEPLOYED, row(WATCH, AttemptState.RUNNING, after=15), checked(15, 9.0, 1), checked(30, 0.2, 2))
    (rang,) = report(record(*rows), [alert(15, 9.0)]).alerts
    assert rang.ended == "within its limits again at T+30 min: 0.2"


def test_an_alert_that_nothing_followed_is_still_so() -> None:
    rows = (*DEPLOYED, row(WATCH, AttemptState.RUNNING, after=15), checked(15, 9.0, 1))
    (rang,) = report(record(*rows), [alert(15, 9.0)]).alerts
    assert rang.ended == "still so at the last look"


def test_an_alert_that_went_on_stands_once() -> None:
    rows = (
        *DEPLOYED,
        row(WATCH, AttemptState.RUNNING, after=15),
        checked(15, 9.0, 1),
        checked(30, 8.0, 2),
        checked(45, 0.2, 3),
    )
    assert len(report(record(*rows), [alert(15, 9.0), alert(30, 8.0)]).alerts) == 1


def rolled_back(*more: Attempt, loses: str = "", facts: tuple[Fact, ...] = ()) -> Record:
    """A run whose response time was too long and which was taken back 40 minutes past noon."""
    back = said("rollback", person="gonogo", after=40, reason="too slow")
    rows = (*DEPLOYED, row(WATCH, AttemptState.RUNNING, after=15), checked(15, 9.0, 1), *more)
    end = NOON + timedelta(minutes=52)
    return record(*rows, facts=(back, *facts), state=RunState.ROLLED_BACK, ended_at=end, rollback_loss=loses)


def test_a_rollback_is_timed_and_ends_the_alert_and_the_watch() -> None:
    undone = at(row("put-the-old-code-back", AttemptState.DONE, after=41), 50)
    found = report(rolled_back(undone), [alert(15, 9.0)])
    assert (found.rollback_took, found.reason) == (timedelta(minutes=12), "too slow")
    assert found.alerts[0].ended == "rolled back, asked for at T+40 min"
    assert next(one.state for one in found.timeline if one.title == "The watch") == "stopped"
    assert found.not_brought_back == ()


def test_what_a_rollback_could_not_bring_back_is_named() -> None:
    undone = at(replace(row("put-the-old-code-back", AttemptState.FAILED, after=41), summary="exit 1"), 50)
    skip = said("answer", "put-the-old-code-back", 1, said="skip", reason="by hand")
    lost = report(rolled_back(undone, loses="3 orders", facts=(skip,))).not_brought_back
    assert lost == ("Lost by it: 3 orders", "“Put the old code back” failed: exit 1 (skip: by hand)")


def test_a_refused_run_says_who_refused_and_why_and_that_nothing_began() -> None:
    refused = said("sign", "ready", 1, role="dba", said="no", reason="no backup")
    found = report(record(DEPLOYED[0], facts=(refused,), state=RunState.ABORTED, ended_at=NOON + timedelta(minutes=3)))
    assert [(one.act, one.reason) for one in found.actions] == [(Act.REFUSED, "no backup")]
    assert [one.began for one in found.timeline[1:]] == [None] * (len(found.timeline) - 1)
    assert found.panels == ()
    assert found.figures.deploys == 0, "a refused run is no deploy"


def test_a_run_that_was_cut_off_says_what_nobody_knows() -> None:
    cut = at(replace(row("put-the-code-there", AttemptState.UNKNOWN, after=2), summary="It was cut off."), 3)
    ended = said("end", reason="host gone")
    found = report(record(DEPLOYED[0], cut, facts=(ended,), state=RunState.ENDED, ended_at=NOON + timedelta(minutes=4)))
    assert [(one.title, one.state, one.summary) for one in found.steps][1] == (
        "Put the code there",
        AttemptState.UNKNOWN,
        "It was cut off.",
    )
    assert found.reason == "host gone"


def test_what_the_steps_cleaned_up_and_left_behind_is_named() -> None:
    page = small(**{'path = "/health"': 'path = "/health"\nclean_up = "/jobs/1"'})
    rows = (
        row("health", AttemptState.DONE),
        replace(row("health", AttemptState.FAILED, 2), summary="what it made is left behind at /jobs/1"),
    )
    assert report(record(*rows), page=page).cleaned == (
        "“Health” removed what was made at /jobs/1, 1 of 2 times",
        "“Health”: what it made is left behind at /jobs/1",
    )


def test_a_go_line_that_nothing_measured_is_not_said_to_be_looked_at() -> None:
    text = """
## Success criteria

```toml criteria
[[go]]
text = "Healthy"
shown_by = ["health"]

[[go]]
text = "Users are content"
```

## Rollback
"""
    page = small(**{"## Rollback\n": text.lstrip()})
    shown = [(one.text, one.holds, one.by_people) for one in report(record(DEPLOYED[0]), page=page).go]
    assert shown == [("Healthy", None, False), ("Users are content", None, True)]
    assert report(record(*DEPLOYED), page=page).go[0].holds is True
