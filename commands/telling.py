"""What is told when: the events that go with each write, as pure functions. How they look is the business of `bot`."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from commands.alerts import Raised, looks, raised_by, raises_any
from commands.durations import say
from commands.jumps import moment
from commands.outcome import Outcome
from commands.probes import IN_A_ROW, failed_last, nothing_new, probe
from commands.restored import not_restored
from commands.runbook.page import Page, PageStep
from commands.settle import DECISION, Verdict, refusal, settle, waiting_for, waiting_for_step
from commands.status import clock
from state.records import DONE, FAILED, ROLLED_BACK, News, Record, Step


def began(page: Page, step: PageStep, attempt: int) -> list[News]:
    """A step begins; the checks of the watch and the gates, which only wait for people, begin without a word.

    With the first of what shows whether it is GO or NO-GO, the panel of both begins.
    """
    panel = [News(kind="panel", once="panel")] if page.criteria and step.part in {"smoke tests", "watch"} else []
    if step.part == "watch" or step.box.kind == "gate":
        return panel
    return [
        *panel,
        News(
            kind="began",
            step=step.id,
            data={"title": step.title, "part": step.part, "attempt": attempt, "plan": step.box.plan()},
        ),
    ]


def ended(page: Page, record: Record, step: PageStep, row: Step, outcome: Outcome, seconds: float) -> list[News]:
    """An attempt ended: its result, then who is waited for because of it, then the alerts that it raises."""
    after = _with(record, row)
    data = {
        "title": step.title,
        "part": step.part,
        "attempt": row.attempt,
        "state": row.state,
        "says": row.says,
        "lines": list(outcome.lines),
        "output": outcome.output,
        "seconds": seconds,
        "roles": list(getattr(step.box, "roles_to_tell", [])),
    }
    kind = "checked" if step.part == "watch" and row.state == DONE else "ended"
    news = [] if step.box.kind == "gate" else [News(kind=kind, step=step.id, data=data)]
    return (
        news
        + wanted(page, after, step)
        + _alerts(page, after, step)
        + _blind(page, after, step)
        + _bad(page, after, step)
    )


def moved(page: Page, record: Record, state: str, now: datetime) -> News:
    """The run moves to another state: how long it took, and why it goes back."""
    fact = record.fact("rollback")
    data = {
        "state": state,
        "clock": say(clock(record, now)),
        "since_rollback": say(now - moment(record, fact)) if fact else "",
        "reason": fact.reason if fact else "",
        "not_restored": list(not_restored(page, record)) if state == ROLLED_BACK else [],
    }
    return News(kind="moved", data=data)


def decision(page: Page) -> News:
    """Somebody must decide KEEP or ROLLBACK."""
    data = {
        "kind": "decide",
        "step": DECISION,
        "roles": [page.decision.role],
        "attempt": 1,
        "title": "KEEP or ROLLBACK",
    }
    return News(kind="wanted", step=DECISION, data={**data, "asked_items": list(page.decision.items)})


def early_keep(page: Page, record: Record) -> list[News]:
    """A second person is asked to agree to KEEP before the watch is over."""
    return [
        News(kind="wanted", step=DECISION, data=asdict(one), once=f"wanted:{one.kind}:{one.step}:{one.attempt}")
        for one in waiting_for(page, record)
        if (one.kind, one.step) == ("second", DECISION)
    ]


def wanted(page: Page, record: Record, step: PageStep) -> list[News]:
    """The sign-offs or the answer that a step waits for; an attempt that is being stopped for a rollback asks nothing."""
    row = record.last(step.id)
    checks = step.part == "watch" and step.box.kind != "gate"
    if checks or row is None or (record.fact("rollback") and step.part != "rollback"):
        return []
    if not (waiting := waiting_for_step(page, record, step)):
        return []
    data = {**asdict(waiting), "state": row.state, "says": row.says, "items": _items(step)}
    return [News(kind="wanted", step=step.id, data=data, once=f"wanted:{waiting.kind}:{step.id}:{row.attempt}")]


def refused(page: Page, record: Record, step: PageStep) -> list[News]:
    """A refusal leaves a question behind when the run does not end by it; one in the watch stops nothing."""
    row = record.last(step.id)
    if row and step.part != "watch" and refusal(record, row) and settle(page, record, step) is Verdict.PEOPLE:
        return wanted(page, record, step)
    return []


def _items(step: PageStep) -> list[dict[str, str]]:
    return [{"role": item.role, "text": item.text} for item in getattr(step.box, "item", [])]


def _with(record: Record, row: Step) -> Record:
    rows = tuple(row if (old.step, old.attempt) == (row.step, row.attempt) else old for old in record.steps)
    return replace(record, steps=rows)


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
