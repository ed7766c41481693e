"""What the run writes of an alert's countdown: that it begins, is cancelled, or rolls back at zero."""

from __future__ import annotations

from datetime import datetime

from commands.rollback.request import request_rollback
from commands.runbook.page import Page
from commands.watch.countdown import CancelCountdown, CountdownExpired, StartCountdown
from commands.watch.events import countdown_began
from state.events import Recovered
from state.facts import BOT, CountdownEnd, CountdownStart
from state.records import Condition, NewEvent
from state.sqlite.store import Store


def write_countdown(
    store: Store,
    page: Page,
    run: int,
    what: StartCountdown | CancelCountdown | CountdownExpired,
    at: datetime,
    still: Condition | None = None,
) -> None:
    """Write that a countdown begins, is cancelled, or rolls back, once, and only where that is `still` so."""
    if isinstance(what, StartCountdown):
        raised, number = what.raised, what.number
        begun = CountdownStart(by=BOT, at=at, alert=raised.alert.name, number=number, seen=raised.summary)
        store.add_fact(run, begun, countdown_began(page, raised, number), only_if=still)
        return
    one = what.countdown
    if isinstance(what, CountdownExpired):
        request_rollback(store, run, BOT, f"{one.alert.name}: {one.summary}; nobody held the countdown", at, still)
        return
    ended = CountdownEnd(by=BOT, at=at, alert=one.alert.name, number=one.number, why=what.why)
    told = Recovered(title=one.alert.name, summary=f"{what.why}; nothing is rolled back")
    store.add_fact(run, ended, NewEvent(data=told), only_if=still)
