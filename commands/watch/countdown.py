"""The countdown of an alert: begun, held by a person, over by itself, or at zero; read from the record's facts alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Page
from commands.watch.alerts import RaisedAlert, alerts_for_rollback, deferred_to, samples_with_value
from commands.watch.baseline import baseline_value
from state.facts import AlertHold, CountdownEnd, CountdownStart
from state.records import AttemptState, Record, RunState


@dataclass(frozen=True, kw_only=True)
class Countdown:
    """The newest countdown of one alert: its number, when it is at zero, and what was seen.

    `held` is the fact that holds it, `held_until` the moment until which the alert is taken for a false alarm.
    """

    alert: AlertRule
    number: int
    ends: datetime
    seen: str
    held: AlertHold | None
    held_until: datetime | None
    over: bool
    why_over: str = ""

    @property
    def runs(self) -> bool:
        """Whether it counts down."""
        return not self.over and self.held is None


@dataclass(frozen=True)
class StartCountdown:
    """Begin an alert's countdown, of this number."""

    raised: RaisedAlert
    number: int


@dataclass(frozen=True)
class CancelCountdown:
    """Write that an alert's countdown is over, and why nothing is rolled back for it."""

    countdown: Countdown
    why: str


@dataclass(frozen=True)
class CountdownExpired:
    """A countdown has come to its end."""

    countdown: Countdown


DueCountdown = StartCountdown | CancelCountdown | CountdownExpired | datetime | None


def countdowns(page: Page, record: Record) -> tuple[Countdown, ...]:
    """The newest countdown of each alert that ever had one, in the order of the table."""
    return tuple(found for alert in page.alerts if (found := newest_countdown(alert, record)))


def newest_countdown(alert: AlertRule, record: Record) -> Countdown | None:
    """The newest countdown of an alert."""
    last = record.newest(CountdownStart, alert=alert.name)
    if last is None:
        return None
    held = record.newest(AlertHold, alert=alert.name, number=last.number)
    over = record.newest(CountdownEnd, alert=alert.name, number=last.number)
    return Countdown(
        alert=alert,
        number=last.number,
        ends=last.at + alert.countdown,
        seen=last.seen,
        held=held,
        held_until=held.at + held.lasts / record.run.speed if held else None,
        over=over is not None,
        why_over=over.why if over else "",
    )


def running_countdowns(page: Page, record: Record) -> tuple[Countdown, ...]:
    """The countdowns that would end in a rollback now."""
    if record.run.state != RunState.GOING or record.rollback:
        return ()
    return tuple(one for one in countdowns(page, record) if one.runs)


def held_alerts(page: Page, record: Record, now: datetime) -> tuple[Countdown, ...]:
    """The alerts that are held as false alarms now."""
    if record.run.state != RunState.GOING:
        return ()
    return tuple(one for one in countdowns(page, record) if one.held_until and now < one.held_until)


def due_countdown(page: Page, record: Record, now: datetime) -> DueCountdown:
    """What the alerts call for now: a countdown to begin or to end, or the moment when the next one is at zero.

    A countdown whose alert holds no longer ends without a rollback. After a hold, only what was measured since counts.
    What people have decided to keep, the bot does not take back by itself; what an alert sees then is told.
    """
    if record.keep:
        return None
    calling = {raised.alert.name: raised for raised in alerts_for_rollback(page, record)}
    for raised in calling.values():
        last = newest_countdown(raised.alert, record)
        if last is None or (not last.runs and _measured_since(record, raised, last)):
            return StartCountdown(raised, (last.number if last else 0) + 1)
    going = sorted(running_countdowns(page, record), key=lambda one: one.ends)
    for one in going:
        if one.alert.name not in calling and not _still_beyond(page, record, one.alert):
            return CancelCountdown(one, _why_over(page, record, one.alert))
    if going and going[0].ends <= now:
        return CountdownExpired(going[0])
    return going[0].ends if going else None


def _still_beyond(page: Page, record: Record, alert: AlertRule) -> bool:
    """Whether the newest measurement is beyond the limit, though a look that was missed parts it from those before.

    A look that failed in another way is no recovery: an error that comes fast does not make a slow service well.
    """
    if deferred_to(page, record, alert):
        return False
    was = baseline_value(page, record, alert)
    said = [(row.state, alert.level_of(row.measures[alert.measure], was)) for row in samples_with_value(record, alert)]
    telling = [summary for state, summary in said if state == AttemptState.DONE or summary != "ok"]
    return telling[-1:] == ["alert"]


def _why_over(page: Page, record: Record, alert: AlertRule) -> str:
    if aside := deferred_to(page, record, alert):
        return f"“{aside.name}” has enough to judge by again, and judges instead"
    return "within its limits again before the countdown was at zero"


def _measured_since(record: Record, raised: RaisedAlert, last: Countdown) -> bool:
    """Whether the alert was measured again since its countdown's hold has ended, or since it was over."""
    row = next(row for row in record.attempts if (row.step, row.attempt) == (raised.alert.check, raised.attempt))
    over = record.newest(CountdownEnd, alert=raised.alert.name, number=last.number)
    return row.began_at > (last.held_until or (over.at if over else last.ends))


def time_left(one: Countdown, now: datetime) -> timedelta:
    """How long it still counts, at least nothing."""
    return max(one.ends - now, timedelta(0))
