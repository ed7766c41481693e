"""What is told when: the events that go with each write, as pure functions. How they look is the business of `bot`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from commands.progress.clock import clock, moment
from commands.rollback.restored import not_restored
from commands.runbook.page import Page, PageStep
from commands.signoff.events import wanted
from commands.steps.outcome import Outcome
from commands.text.durations import say
from commands.watch.events import _alerts, _bad, _blind
from state.records import DONE, ROLLED_BACK, News, Record, Step


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


def _with(record: Record, row: Step) -> Record:
    rows = tuple(row if (old.step, old.attempt) == (row.step, row.attempt) else old for old in record.steps)
    return replace(record, steps=rows)
