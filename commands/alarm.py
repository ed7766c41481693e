"""What is written of an alert's countdown: that it begins, is over by itself or at zero, and that a person holds it."""

from __future__ import annotations

from datetime import datetime

from commands import telling
from commands.countdown import BEGUN, HELD, OVER, AtZero, BeginCountdown, Recovered
from commands.durations import parse, say
from commands.rollback import turn_back
from commands.runbook.page import Page
from commands.settle import Waiting
from commands.who import BOT, Who
from state.errors import Refused, TooLate
from state.records import Fact, News, Provided, Record
from state.store import Store

HOLDS = ("15 min", "30 min", "1 h", "2 h")  # for how long a false alarm may be held
USUAL = "30 min"


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
        store.add_fact(run, fact, telling.countdown(page, raised, number), provided=still)
        return
    one = what.countdown
    if isinstance(what, AtZero):
        turn_back(store, run, BOT, f"{one.alert.name}: {one.seen}; nobody held the countdown", at, still)
        return
    fact = _fact(OVER, one.alert.name, one.number, BOT, at, reason=what.why)
    says = f"{what.why}; nothing is rolled back"
    news = News(kind="recovered", data={"title": one.alert.name, "says": says})
    store.add_fact(run, fact, news, provided=still)


def hold(store: Store, run: int, waiting: Waiting, who: Who, reason: str, lasts: str, at: datetime) -> bool:
    """Write that a person takes an alert for a false alarm for some time; False if it was held already.

    Raises Refused, and TooLate where the rollback has been asked for: what is told to be held is not rolled back.
    """
    if not reason.strip():
        raise Refused("Holding an alert needs a reason, so that the team knows why it is false.")
    try:
        length = parse(lasts or USUAL)
    except ValueError as error:
        raise Refused(f"For how long? {error}") from None
    if length > parse(HOLDS[-1]):
        raise Refused(f"An alert is held for {HOLDS[-1]} at most, not for {say(length)}; then it counts again.")
    fact = _fact(HELD, waiting.step, waiting.attempt, who, at, said=lasts or USUAL, reason=reason)
    data = {"title": waiting.title, "person": who.person, "reason": fact.reason, "lasts": say(length)}
    news = News(kind="held alert", data=data)
    if store.add_fact(run, fact, news, provided=lambda record: not record.fact("rollback")):
        return True
    must_not_be_late(store.record(run), waiting.title)
    return False


def must_not_be_late(record: Record, alert: str) -> None:
    """Raise TooLate where a rollback has been asked for already, so that no alert is held any more."""
    if back := record.fact("rollback"):
        raise TooLate(f"Too late: the rollback began at {back.at:%H:%M:%S} UTC, and “{alert}” cannot be held any more.")


def _fact(kind: str, alert: str, number: int, who: Who, at: datetime, *, said: str = "", reason: str = "") -> Fact:
    """A fact about one countdown: the alert stands for the step, the countdown's number for the attempt."""
    return who.fact(kind, f"{kind}:{alert}:{number}", at, step=alert, attempt=number, said=said, reason=reason)
