"""events: moved by the redesign."""

from __future__ import annotations

from dataclasses import asdict

from commands.progress.step_state import DECISION, Verdict, refusal, settle
from commands.runbook.page import Page, PageStep
from commands.signoff.waiting import waiting_for, waiting_for_step
from state.records import News, Record


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
