"""The events of the watch: which warnings, alerts, failures and silences of a check are told, each once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commands.runbook.page import Page, PageStep, Part
from commands.watch.alerts import RaisedAlert, alerts_raised_by, raises_any_alert, samples
from commands.watch.verdicts import IN_A_ROW, check_verdict, newest_failures, nothing_new
from state.events import AlertRaised, CheckBlind, CheckFailed, Recovered, WarningRaised
from state.records import Attempt, AttemptState, NewEvent, Record


def check_events(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """What is told of a step's newest attempt beside its result; nothing where a rollback has been asked for."""
    if record.rollback:
        return []
    return _raised_alerts(page, record, step) + _blind(page, record, step) + _failing(page, record, step)


def countdown_began(page: Page, raised: RaisedAlert, number: int) -> NewEvent:
    """An alert begins to count down to the rollback; by its number the buttons find the countdown."""
    told = _told(page, raised, page.step(raised.alert.check))
    alert = AlertRaised(**told, number=number, seconds=raised.alert.countdown.total_seconds())
    return NewEvent(step=raised.alert.check, data=alert)


def _raised_alerts(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """The warnings, and the alerts that only tell; what calls for a rollback is told when its countdown begins."""
    return [
        NewEvent(
            step=step.id,
            data=(WarningRaised if raised.level == "warning" else AlertRaised)(**_told(page, raised, step)),
            once=f"{raised.level}:{raised.alert.name}:{raised.attempt}",
        )
        for raised in alerts_raised_by(page, record, step.id)
        if raised.level == "warning" or raised.alert.action == "tell" or record.keep
    ]


def _told(page: Page, raised: RaisedAlert, step: PageStep) -> dict[str, Any]:
    """The fields that a warning and an alert have in common."""
    return {
        "name": raised.alert.name,
        "title": step.title,
        "measure": raised.alert.measure,
        "value": raised.value,
        "rule": raised.rule,
        "seen": raised.seen,
        "was_bad": raised.was_bad,
        "action": raised.alert.action,
        "roles": tuple(raised.alert.pings or [page.decision.role]),
    }


def _blind(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """A check that has told nothing so often in a row that people must look themselves; told once for each such time."""
    found = check_verdict(page, record, step)
    if found is None or found.blind != IN_A_ROW:
        return []
    told = CheckBlind(
        title=step.title,
        verdict=found.verdict,
        summary=found.summary,
        times=found.blind,
        roles=_called(page, step),
    )
    return [NewEvent(step=step.id, data=told, once=f"blind:{step.id}:{found.attempt}")]


def _failing(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """A check that fails, which no row of the alert table tells: people are called, once until it is over, and told then.

    For a log that goes on filling up they are called once an hour.
    """
    rows = samples(record, step.id)
    if step.part != Part.WATCH or step.box.asks_people or not rows or rows[-1].inconclusive:
        return []
    last, failing = rows[-1], newest_failures(rows[:-1])
    if last.state == AttemptState.DONE:
        called = any(not raises_any_alert(page, record, row) for row in failing)
        summary = f"well again: {last.summary}".rstrip(".")
        return [NewEvent(data=Recovered(title=step.title, summary=summary))] if called else []
    if _told_otherwise(page, record, step, last):
        return []
    first = (failing or [last])[-1]
    if nothing_new(step, last, rows):
        calm = Recovered(title=step.title, summary="no worse: nothing new since the look before")
        return [NewEvent(data=calm, once=f"calm:{step.id}:{first.attempt}")]
    every = step.box.every or timedelta(minutes=15)
    hour = int((last.attempt - first.attempt) * every / timedelta(hours=1)) if step.box.cumulative else 0
    told = CheckFailed(title=step.title, summary=last.summary, roles=_called(page, step))
    return [NewEvent(step=step.id, data=told, once=f"bad:{step.id}:{first.attempt}:{hour}")]


def _told_otherwise(page: Page, record: Record, step: PageStep, row: Attempt) -> bool:
    """Whether a failure is told by the alert that it raises, or by the rollback that it causes."""
    rolls_back = row.state == AttemptState.FAILED and step.box.on_failure == "roll back"
    return rolls_back or raises_any_alert(page, record, row)


def _called(page: Page, step: PageStep) -> tuple[str, ...]:
    """Whom a check calls: the roles of its rows of the alert table, or else who decides when it fails."""
    pinged = dict.fromkeys(role for alert in page.alerts if alert.check == step.id for role in alert.pings)
    return tuple(pinged) or (step.box.asks or page.decision.role,)
