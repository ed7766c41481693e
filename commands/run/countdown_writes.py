"""countdown_writes: moved by the redesign."""

from __future__ import annotations

from datetime import datetime

from commands.rollback.request import turn_back
from commands.runbook.page import Page
from commands.runbook.people import BOT
from commands.signoff.false_alarm import _fact
from commands.watch import events as watch_events
from commands.watch.countdown import BEGUN, OVER, AtZero, BeginCountdown, Recovered
from state.records import News, Provided
from state.sqlite.store import Store


def note(
    store: Store,
    page: Page,
    run: int,
    what: BeginCountdown | Recovered | AtZero,
    at: datetime,
    still: Provided | None = None,
) -> None:
    """Write that a countdown begins, is over, or rolls back, once, and only where that is `still` so."""
    if isinstance(what, BeginCountdown):
        raised, number = what.raised, what.number
        fact = _fact(BEGUN, raised.alert.name, number, BOT, at, reason=raised.seen)
        store.add_fact(run, fact, watch_events.countdown(page, raised, number), provided=still)
        return
    one = what.countdown
    if isinstance(what, AtZero):
        turn_back(store, run, BOT, f"{one.alert.name}: {one.seen}; nobody held the countdown", at, still)
        return
    fact = _fact(OVER, one.alert.name, one.number, BOT, at, reason=what.why)
    says = f"{what.why}; nothing is rolled back"
    news = News(kind="recovered", data={"title": one.alert.name, "says": says})
    store.add_fact(run, fact, news, provided=still)
