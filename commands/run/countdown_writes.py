"""Writes how an alert's countdown starts, is cancelled, or expires and rolls back."""

from __future__ import annotations

from datetime import datetime

from commands.progress.hold import hold_of
from commands.rollback.request import request_rollback
from commands.runbook.page import Page
from commands.watch.countdown import CancelCountdown, CountdownExpired, StartCountdown
from commands.watch.events import countdown_began
from state.events import Recovered
from state.facts import BOT, CountdownEnd, CountdownStart
from state.records import Condition, NewEvent
from state.store import RecordStore


def write_countdown(
    store: RecordStore,
    page: Page,
    run: int,
    change: StartCountdown | CancelCountdown | CountdownExpired,
    at: datetime,
    only_if: Condition | None = None,
) -> None:
    """Write a change of a countdown once, and only if the record still meets the condition."""
    if isinstance(change, StartCountdown):
        raised, number = change.raised, change.number
        start = CountdownStart(by=BOT, at=at, alert=raised.alert.name, number=number, seen=raised.summary)
        store.add_fact(run, start, countdown_began(page, raised, number), only_if=only_if)
        return
    countdown = change.countdown
    if isinstance(change, CountdownExpired):
        held = "the run was on hold, but " if hold_of(store.record(run)) else ""
        reason = f"{countdown.alert.name}: {countdown.summary}; {held}nobody held the countdown"
        request_rollback(store, run, BOT, reason, at, only_if)
        return
    end = CountdownEnd(by=BOT, at=at, alert=countdown.alert.name, number=countdown.number, why=change.why)
    recovered = Recovered(title=countdown.alert.name, summary=f"{change.why}; nothing is rolled back")
    store.add_fact(run, end, NewEvent(data=recovered), only_if=only_if)
