"""The countdown of an alert to the rollback: running, held, cancelled, or expired."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Page
from commands.watch.alerts import RaisedAlert, alerts_for_rollback, deferred_to, samples_with_value
from commands.watch.baseline import baseline_value
from state.facts import AlertHold, CountdownEnd, CountdownStart
from state.frozen import dataclass
from state.records import AttemptState, Record, RunState


@dataclass(frozen=True, kw_only=True)
class Countdown:
    """The newest countdown of one alert, read from the record's facts.

    `number` counts the alert's countdowns from 1. `ends_at` is when it expires. `summary` is what was measured when it
    started. `hold` is the fact that holds it as a false alarm, until `held_until`. `cancelled_at` is when it was
    cancelled, if it was, and `cancel_reason` says why; records of earlier versions have no reason.
    """

    alert: AlertRule
    number: int
    ends_at: datetime
    summary: str
    hold: AlertHold | None
    held_until: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str = ""

    @property
    def running(self) -> bool:
        """Whether it counts down: neither held nor cancelled."""
        return self.cancelled_at is None and self.hold is None

    @property
    def over_at(self) -> datetime:
        """From when on the alert may start its next countdown: after the hold, or after it was cancelled or expired."""
        return self.held_until or self.cancelled_at or self.ends_at


@dataclass(frozen=True)
class StartCountdown:
    """Start an alert's countdown, with this number."""

    raised: RaisedAlert
    number: int


@dataclass(frozen=True)
class CancelCountdown:
    """Cancel a countdown, and say why nothing is rolled back."""

    countdown: Countdown
    why: str


@dataclass(frozen=True)
class CountdownExpired:
    """A countdown has expired: roll back."""

    countdown: Countdown


DueCountdown = StartCountdown | CancelCountdown | CountdownExpired | datetime | None


def countdowns(page: Page, record: Record) -> tuple[Countdown, ...]:
    """The newest countdown of each alert that ever had one, in the order of the alert table."""
    return tuple(countdown for alert in page.alerts if (countdown := newest_countdown(alert, record)))


def newest_countdown(alert: AlertRule, record: Record) -> Countdown | None:
    """The newest countdown of an alert, or None if it never had one."""
    start = record.newest(CountdownStart, alert=alert.name)
    if start is None:
        return None
    hold = record.newest(AlertHold, alert=alert.name, number=start.number)
    end = record.newest(CountdownEnd, alert=alert.name, number=start.number)
    return Countdown(
        alert=alert,
        number=start.number,
        ends_at=start.at + alert.countdown,
        summary=start.seen,
        hold=hold,
        held_until=hold.at + hold.lasts / record.run.speed if hold else None,
        cancelled_at=end.at if end else None,
        cancel_reason=end.why if end else "",
    )


def running_countdowns(page: Page, record: Record) -> tuple[Countdown, ...]:
    """The countdowns that roll back when they expire. None once a rollback is requested or the run has ended."""
    if record.run.state != RunState.GOING or record.rollback:
        return ()
    return tuple(countdown for countdown in countdowns(page, record) if countdown.running)


def held_alerts(page: Page, record: Record, now: datetime) -> tuple[Countdown, ...]:
    """The countdowns that are held as false alarms now."""
    if record.run.state != RunState.GOING:
        return ()
    return tuple(one for one in countdowns(page, record) if one.held_until and now < one.held_until)


def due_countdown(page: Page, record: Record, now: datetime) -> DueCountdown:
    """What the alerts require now: to start, cancel or expire a countdown, or the time when the next one expires.

    A countdown is cancelled when its alert is no longer raised. After a hold, only samples that began after its end
    can start the next one. After KEEP the bot never rolls back by itself; it still posts what an alert measures.
    """
    if record.keep:
        return None
    raised_by_name = {raised.alert.name: raised for raised in alerts_for_rollback(page, record)}
    for raised in raised_by_name.values():
        last = newest_countdown(raised.alert, record)
        if last is None or (not last.running and _measured_since(record, raised, last)):
            return StartCountdown(raised, (last.number if last else 0) + 1)
    running = sorted(running_countdowns(page, record), key=lambda countdown: countdown.ends_at)
    for countdown in running:
        if countdown.alert.name not in raised_by_name and not _still_over(page, record, countdown.alert):
            return CancelCountdown(countdown, _cancel_reason(page, record, countdown.alert))
    if running and running[0].ends_at <= now:
        return CountdownExpired(running[0])
    return running[0].ends_at if running else None


def _still_over(page: Page, record: Record, alert: AlertRule) -> bool:
    """Whether the newest sample is over the limit, even if a missed sample separates it from the ones before.

    A sample that failed in another way is no recovery: an error that returns fast does not make a slow service healthy.
    """
    if deferred_to(page, record, alert):
        return False
    baseline = baseline_value(page, record, alert)
    levels = [
        (sample.state, alert.level_of(sample.measures[alert.measure], baseline))
        for sample in samples_with_value(record, alert)
    ]
    conclusive = [level for state, level in levels if state == AttemptState.DONE or level != "ok"]
    return conclusive[-1:] == ["alert"]


def _cancel_reason(page: Page, record: Record, alert: AlertRule) -> str:
    if deferred := deferred_to(page, record, alert):
        return f"“{deferred.name}” has enough data again and applies instead"
    return "back within the limit before the countdown expired"


def _measured_since(record: Record, raised: RaisedAlert, last: Countdown) -> bool:
    """Whether the alert's newest sample began after its last countdown was over."""
    check = (raised.alert.check, raised.attempt)
    sample = next(attempt for attempt in record.attempts if (attempt.step, attempt.attempt) == check)
    return sample.began_at > last.over_at


def time_left(countdown: Countdown, now: datetime) -> timedelta:
    """The time until a countdown expires; zero once it has."""
    return max(countdown.ends_at - now, timedelta(0))
