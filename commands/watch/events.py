"""The events of the watch: alerts, warnings, failures and missing data, each posted once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commands.progress.step_state import AFTER_ROLLBACK
from commands.runbook.page import Page, PageStep, Part
from commands.watch.alerts import RaisedAlert, alerts_raised_by, raises_any_alert, samples
from commands.watch.verdicts import BLIND_AFTER, check_verdict, newest_failures, nothing_new
from state.events import AlertRaised, CheckBlind, CheckFailed, Recovered, WarningRaised
from state.records import Attempt, AttemptState, NewEvent, Record

USUAL_INTERVAL = timedelta(minutes=15)  # of a check whose page names none


def check_events(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """What is posted about a step's newest attempt besides its result; nothing during a rollback."""
    if record.rollback and not record.last(AFTER_ROLLBACK):
        return []
    return _alert_events(page, record, step) + _blind_events(page, record, step) + _failure_events(page, record, step)


def countdown_began(page: Page, raised: RaisedAlert, number: int) -> NewEvent:
    """An alert starts to count down to the rollback. The buttons find the countdown by its number."""
    fields = _alert_fields(page, raised, page.step(raised.alert.check))
    alert = AlertRaised(**fields, number=number, seconds=raised.alert.countdown.total_seconds())
    return NewEvent(step=raised.alert.check, data=alert)


def _alert_events(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """Warnings, and alerts that do not roll back. An alert that rolls back is posted when its countdown starts."""
    return [
        NewEvent(
            step=step.id,
            data=(WarningRaised if raised.level == "warning" else AlertRaised)(**_alert_fields(page, raised, step)),
            once=f"{raised.level}:{raised.alert.name}:{raised.attempt}",
        )
        for raised in alerts_raised_by(page, record, step.id)
        if raised.level == "warning" or raised.alert.action == "tell" or record.keep
    ]


def _alert_fields(page: Page, raised: RaisedAlert, step: PageStep) -> dict[str, Any]:
    """The fields that a warning and an alert have in common."""
    return {
        "name": raised.alert.name,
        "title": step.title,
        "measure": raised.alert.measure,
        "value": raised.value,
        "rule": raised.rule,
        "seen": raised.summary,
        "was_bad": raised.was_bad,
        "action": raised.alert.action,
        "roles": tuple(raised.alert.pings or [page.decision.role]),
    }


def _blind_events(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """A check that gave no data so often in a row that people must look. Posted once for each such series."""
    verdict = check_verdict(page, record, step)
    if verdict is None or verdict.blind != BLIND_AFTER:
        return []
    blind = CheckBlind(
        title=step.title,
        verdict=verdict.verdict,
        summary=verdict.summary,
        times=verdict.blind,
        roles=_called_roles(page, step),
    )
    return [NewEvent(step=step.id, data=blind, once=f"blind:{step.id}:{verdict.attempt}")]


def _failure_events(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """A failing check that no alert rule covers: people are called once per series of failures, and its end is posted.

    Of a log that keeps filling up they are called once an hour.
    """
    finished = samples(record, step.id)
    if step.part != Part.WATCH or step.box.asks_people or not finished or finished[-1].inconclusive:
        return []
    last, earlier_failures = finished[-1], newest_failures(finished[:-1])
    if last.state == AttemptState.DONE:
        people_called = any(not raises_any_alert(page, record, sample) for sample in earlier_failures)
        summary = f"passes again: {last.summary}".rstrip(".")
        return [NewEvent(data=Recovered(title=step.title, summary=summary))] if people_called else []
    if _is_posted_otherwise(page, record, step, last):
        return []
    first = (earlier_failures or [last])[-1]
    if nothing_new(step, last, finished):
        calm = Recovered(title=step.title, summary="no worse: nothing new since the previous sample")
        return [NewEvent(data=calm, once=f"calm:{step.id}:{first.attempt}")]
    interval = step.box.every or USUAL_INTERVAL
    hour = int((last.attempt - first.attempt) * interval / timedelta(hours=1)) if step.box.cumulative else 0
    failed = CheckFailed(title=step.title, summary=last.summary, roles=_called_roles(page, step))
    return [NewEvent(step=step.id, data=failed, once=f"bad:{step.id}:{first.attempt}:{hour}")]


def _is_posted_otherwise(page: Page, record: Record, step: PageStep, sample: Attempt) -> bool:
    """Whether a failure is posted as the alert that it raises, or as the rollback that it causes."""
    rolls_back = sample.state == AttemptState.FAILED and step.box.on_failure == "roll back"
    return rolls_back or raises_any_alert(page, record, sample)


def _called_roles(page: Page, step: PageStep) -> tuple[str, ...]:
    """Whom a check calls: the roles that its alert rules ping, or else the role that decides when it fails."""
    pinged = dict.fromkeys(role for alert in page.alerts if alert.check == step.id for role in alert.pings)
    return tuple(pinged) or (step.box.asks or page.decision.role,)
