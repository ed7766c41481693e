"""false_alarm: moved by the redesign."""

from __future__ import annotations

from datetime import datetime

from commands.runbook.people import Who
from commands.signoff.waiting import Waiting
from commands.text.durations import parse, say
from commands.watch.countdown import HELD
from state.errors import Refused, TooLate
from state.records import Fact, News, Record
from state.sqlite.store import Store

HOLDS = ("15 min", "30 min", "1 h", "2 h")  # for how long a false alarm may be held


USUAL = "30 min"


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
