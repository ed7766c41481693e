"""The countdown of an alert: begun, held by a person, over by itself, or at zero; read from the record's facts alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.progress.clock import moment
from commands.runbook.alert_rule import Alert
from commands.runbook.page import Page
from commands.text.durations import parse
from commands.watch.baseline import before
from commands.watch.raised import Raised, calling_for_rollback, measured, stands_aside_for
from state.records import DONE, GOING, Fact, Record

BEGUN, HELD, OVER = "countdown", "false alarm", "recovered"  # kinds of facts; their step is the alert's name


@dataclass(frozen=True, kw_only=True)
class Countdown:
    """The newest countdown of one alert: its number, when it is at zero, and what was seen.

    `held` is the fact that holds it, `held_until` the moment until which the alert is taken for a false alarm.
    """

    alert: Alert
    number: int
    ends: datetime
    seen: str
    held: Fact | None
    held_until: datetime | None
    over: bool
    why_over: str = ""

    @property
    def runs(self) -> bool:
        """Whether it counts down."""
        return not self.over and self.held is None


@dataclass(frozen=True)
class BeginCountdown:
    """Begin an alert's countdown, of this number."""

    raised: Raised
    number: int


@dataclass(frozen=True)
class Recovered:
    """Write that an alert's countdown is over, and why nothing is rolled back for it."""

    countdown: Countdown
    why: str


@dataclass(frozen=True)
class AtZero:
    """A countdown has come to its end."""

    countdown: Countdown


Ring = BeginCountdown | Recovered | AtZero | datetime | None


def countdowns(page: Page, record: Record) -> tuple[Countdown, ...]:
    """The newest countdown of each alert that ever had one, in the order of the table."""
    return tuple(found for alert in page.alerts if (found := newest(alert, record)))


def newest(alert: Alert, record: Record) -> Countdown | None:
    """The newest countdown of an alert."""
    begun = [fact for fact in record.facts if (fact.kind, fact.step) == (BEGUN, alert.name)]
    if not begun:
        return None
    last = begun[-1]
    held = record.fact(HELD, alert.name, last.attempt)
    over = record.fact(OVER, alert.name, last.attempt)
    return Countdown(
        alert=alert,
        number=last.attempt,
        ends=moment(record, last) + alert.countdown,
        seen=last.reason,
        held=held,
        held_until=moment(record, held) + parse(held.said) / record.run.speed if held else None,
        over=over is not None,
        why_over=over.reason if over else "",
    )


def running(page: Page, record: Record) -> tuple[Countdown, ...]:
    """The countdowns that would end in a rollback now."""
    if record.run.state != GOING or record.fact("rollback"):
        return ()
    return tuple(one for one in countdowns(page, record) if one.runs)


def held(page: Page, record: Record, now: datetime) -> tuple[Countdown, ...]:
    """The alerts that are held as false alarms now."""
    if record.run.state != GOING:
        return ()
    return tuple(one for one in countdowns(page, record) if one.held_until and now < one.held_until)


def ring(page: Page, record: Record, now: datetime) -> Ring:
    """What the alerts call for now: a countdown to begin or to end, or the moment when the next one is at zero.

    A countdown whose alert holds no longer ends without a rollback. After a hold, only what was measured since counts.
    What people have decided to keep, the bot does not take back by itself; what an alert sees then is told.
    """
    if record.fact("keep"):
        return None
    calling = {raised.alert.name: raised for raised in calling_for_rollback(page, record)}
    for raised in calling.values():
        last = newest(raised.alert, record)
        if last is None or (not last.runs and _measured_since(record, raised, last)):
            return BeginCountdown(raised, (last.number if last else 0) + 1)
    going = sorted(running(page, record), key=lambda one: one.ends)
    for one in going:
        if one.alert.name not in calling and not _still_beyond(page, record, one.alert):
            return Recovered(one, _why_over(page, record, one.alert))
    if going and going[0].ends <= now:
        return AtZero(going[0])
    return going[0].ends if going else None


def _still_beyond(page: Page, record: Record, alert: Alert) -> bool:
    """Whether the newest measurement is beyond the limit, though a look that was missed parts it from those before.

    A look that failed in another way is no recovery: an error that comes fast does not make a slow service well.
    """
    if stands_aside_for(page, record, alert):
        return False
    was = before(page, record, alert)
    said = [(row.state, alert.says(row.measures[alert.measure], was)) for row in measured(record, alert)]
    telling = [says for state, says in said if state == DONE or says != "ok"]
    return telling[-1:] == ["alert"]


def _why_over(page: Page, record: Record, alert: Alert) -> str:
    if aside := stands_aside_for(page, record, alert):
        return f"“{aside.name}” has enough to judge by again, and judges instead"
    return "within its limits again before the countdown was at zero"


def _measured_since(record: Record, raised: Raised, last: Countdown) -> bool:
    """Whether the alert was measured again since its countdown's hold has ended, or since it was over."""
    row = next(row for row in record.steps if (row.step, row.attempt) == (raised.alert.check, raised.attempt))
    over = record.fact(OVER, raised.alert.name, last.number)
    return moment(record, row) > (last.held_until or (moment(record, over) if over else last.ends))


def left(one: Countdown, now: datetime) -> timedelta:
    """How long it still counts, at least nothing."""
    return max(one.ends - now, timedelta(0))
