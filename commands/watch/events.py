"""events: moved by the redesign."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commands.runbook.page import Page, PageStep
from commands.watch.raised import Raised, looks, raised_by, raises_any
from commands.watch.verdicts import IN_A_ROW, failed_last, nothing_new, probe
from state.records import DONE, FAILED, News, Record


def _alerts(page: Page, record: Record, step: PageStep) -> list[News]:
    """The warnings, and the alerts that only tell; what calls for a rollback is told when its countdown begins."""
    if record.fact("rollback"):
        return []
    return [
        News(
            kind=raised.level,
            step=step.id,
            data=_raised(page, raised, step),
            once=f"{raised.level}:{raised.alert.name}:{raised.attempt}",
        )
        for raised in raised_by(page, record, step.id)
        if raised.level == "warning" or raised.alert.action == "tell" or record.fact("keep")
    ]


def _raised(page: Page, raised: Raised, step: PageStep) -> dict[str, Any]:
    return {
        "name": raised.alert.name,
        "value": raised.value,
        "rule": raised.rule,
        "seen": raised.seen,
        "was_bad": raised.was_bad,
        "measure": raised.alert.measure,
        "action": raised.alert.action,
        "roles": raised.alert.pings or [page.decision.role],
        "title": step.title,
    }


def countdown(page: Page, raised: Raised, number: int) -> News:
    """An alert begins to count down to the rollback."""
    data = _raised(page, raised, page.step(raised.alert.check))
    # by these the buttons find it
    asked = {"kind": "countdown", "step": raised.alert.name, "attempt": number}
    seconds = raised.alert.countdown.total_seconds()
    return News(kind="alert", step=raised.alert.check, data={**data, **asked, "seconds": seconds})


def _blind(page: Page, record: Record, step: PageStep) -> list[News]:
    """A check that has told nothing so often in a row that people must look themselves; told once for each such time."""
    found = probe(page, record, step)
    if found is None or found.blind != IN_A_ROW or record.fact("rollback"):
        return []
    data = {
        "title": step.title,
        "verdict": found.verdict,
        "says": found.says,
        "times": found.blind,
        "roles": _called(page, step),
    }
    return [News(kind="blind", step=step.id, data=data, once=f"blind:{step.id}:{found.attempt}")]


def _bad(page: Page, record: Record, step: PageStep) -> list[News]:
    """A check that fails, which no row of the alert table tells: people are called, once until it is over, and told then.

    For a log that goes on filling up they are called once an hour.
    """
    rows = looks(record, step.id)
    last = rows[-1] if rows else None
    if step.part != "watch" or step.box.kind == "gate" or record.fact("rollback") or last is None or last.unasked:
        return []
    failing = failed_last(rows[:-1])
    if last.state == DONE:
        called = any(not raises_any(page, record, row) for row in failing)
        says = f"well again: {last.says}".rstrip(".")
        return [News(kind="recovered", data={"title": step.title, "says": says})] if called else []
    # what rolls back by itself is told by the rollback
    if raises_any(page, record, last) or (last.state == FAILED and step.box.on_failure == "roll back"):
        return []
    first = (failing or [last])[-1]
    every = step.box.every or timedelta(minutes=15)
    hour = int((last.attempt - first.attempt) * every / timedelta(hours=1)) if step.box.kind == "logs" else 0
    if nothing_new(step, last, rows):
        calm = {"title": step.title, "says": "no worse: nothing new since the look before"}
        return [News(kind="recovered", data=calm, once=f"calm:{step.id}:{first.attempt}")]
    data = {"title": step.title, "says": last.says, "roles": _called(page, step)}
    return [News(kind="bad", step=step.id, data=data, once=f"bad:{step.id}:{first.attempt}:{hour}")]


def _called(page: Page, step: PageStep) -> list[str]:
    """Whom a check calls: the roles of its rows of the alert table, or else who decides when it fails."""
    pinged = dict.fromkeys(role for alert in page.alerts if alert.check == step.id for role in alert.pings)
    return list(pinged) or [step.box.asks or page.decision.role]
