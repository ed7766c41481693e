"""What is told when: the events that go with each write, as pure functions. How they look is the business of `bot`."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

from commands.alerts import raised_by
from commands.durations import say
from commands.outcome import Outcome
from commands.runbook.page import Page, PageStep
from commands.settle import DECISION, Verdict, refusal, settle, waiting_for_step
from commands.status import clock
from state.records import DONE, News, Record, Step


def began(step: PageStep, attempt: int) -> list[News]:
    """A step begins; the checks of the watch and the gates, which only wait for people, begin without a word."""
    if step.part == "watch" or step.box.kind == "gate":
        return []
    return [
        News(
            kind="began",
            step=step.id,
            data={"title": step.title, "part": step.part, "attempt": attempt, "plan": step.box.plan()},
        )
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
    return news + wanted(page, after, step) + _alerts(page, after, step)


def moved(record: Record, state: str, now: datetime) -> News:
    """The run moves to another state: how long it took, and why it goes back."""
    fact = record.fact("rollback")
    data = {
        "state": state,
        "clock": say(clock(record, now)),
        "since_rollback": say(now - fact.at) if fact else "",
        "reason": fact.reason if fact else "",
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


def wanted(page: Page, record: Record, step: PageStep) -> list[News]:
    """The sign-offs or the answer that a step waits for; an attempt that is being stopped for a rollback asks nothing."""
    row = record.last(step.id)
    if step.part == "watch" or row is None or (record.fact("rollback") and step.part != "rollback"):
        return []
    if not (waiting := waiting_for_step(page, record, step)):
        return []
    data = {**asdict(waiting), "state": row.state, "says": row.says, "items": _items(step)}
    return [News(kind="wanted", step=step.id, data=data, once=f"wanted:{waiting.kind}:{step.id}:{row.attempt}")]


def refused(page: Page, record: Record, step: PageStep) -> list[News]:
    """A refusal leaves a question behind when the run does not end by it."""
    row = record.last(step.id)
    if row and refusal(record, row) and settle(page, record, step) is Verdict.PEOPLE:
        return wanted(page, record, step)
    return []


def _items(step: PageStep) -> list[dict[str, str]]:
    return [{"role": item.role, "text": item.text} for item in getattr(step.box, "item", [])]


def _with(record: Record, row: Step) -> Record:
    rows = tuple(row if (old.step, old.attempt) == (row.step, row.attempt) else old for old in record.steps)
    return replace(record, steps=rows)


def _alerts(page: Page, record: Record, step: PageStep) -> list[News]:
    return [
        News(
            kind=raised.level,
            step=step.id,
            data={
                "name": raised.alert.name,
                "value": raised.value,
                "rule": raised.rule,
                "measure": raised.alert.measure,
                "action": raised.alert.action,
                "roles": raised.alert.pings or [page.decision.role],
                "title": step.title,
            },
            once=f"{raised.level}:{raised.alert.name}:{raised.attempt}",
        )
        for raised in raised_by(page, record, step.id)
    ]
