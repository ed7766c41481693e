"""The card: the one live message of a run in the channel, readable in five seconds on a phone."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.doors.button import button_value
from bot.slack.views.blocks import Block, Message, actions, button, confirm, context, header, message, section
from bot.slack.views.checks import check_summary, checks_button, not_well
from bot.slack.views.drill import what_lets_it_begin
from bot.slack.views.handover import handover_lines
from bot.slack.views.hosts import host_lines
from bot.slack.views.notices import environment_warning
from bot.slack.views.queue import queue_lines, queued_card
from bot.slack.views.request import request_line
from bot.slack.views.snapshot import Snapshot
from bot.slack.views.waiting import alert_lines, countdown_line, waiting_lines
from bot.text import acted, bold, line, moment_of, time_of
from commands.progress.clock import watched_time
from commands.progress.drill import MARK
from commands.progress.hold import hold_number, hold_of
from commands.report.status import Phase, Status, progress_bar
from commands.rollback.budget import StepPace
from commands.rollback.loss import is_nothing
from commands.start.drilled import FRESH
from commands.text.durations import format_duration
from commands.watch.countdown import Countdown
from state.facts import NextRun
from state.records import RunState

SOON = timedelta(hours=12)
EMOJI = {
    Phase.DEPLOYING: "🚀",
    Phase.NEEDS_PEOPLE: "🙋",
    Phase.WATCHING: "👀",
    Phase.ALERT: "🚨",
    Phase.ON_HOLD: "⏸️",
    Phase.NEEDS_SIGNATURE: "🙋",
    Phase.NEEDS_SECOND_PERSON: "🙋",
    Phase.NEEDS_ANSWER: "❓",
    Phase.NEEDS_DECISION: "🏁",
    Phase.KEEPING: "✅",
    Phase.STOPPING: "⏪",
    Phase.ENDING: "⛔",
    Phase.ROLLING_BACK: "⏪",
    Phase.ROLLBACK_WAITS: "🙋",
    Phase.ROLLED_BACK: "↩️",
    Phase.PARTLY_ROLLED_BACK: "⚠️",
    Phase.STILL_WATCHED: "↩️",
    Phase.NOT_WELL: "⚠️",
    Phase.KEPT: "✅",
    Phase.ABORTED: "⛔",
    Phase.ABORTED_LATE: "⛔",
    Phase.ENDED: "🛑",
    Phase.LOST: "🛑",
}


def card(snapshot: Snapshot, *, clock: bool = True) -> Message:
    """The card at one moment. With `clock=False` it leaves out what changes with the clock alone.

    Two cards without the clock are equal unless there is news, so that the card is not redrawn all the time.
    """
    if snapshot.record.run.of_queue:
        return queued_card(snapshot)
    status = snapshot.status
    head = headline(status)
    # a countdown shows the rollback button at the top
    rollback = None if status.countdowns else snapshot.rollback_button()
    checks = checks_button(snapshot.record.run, status)
    blocks = [
        header(head),
        *countdown_blocks(snapshot, status, clock=clock),
        section(progress(snapshot, status, clock=clock)),
        section(host_lines(status)),
        section(banner(snapshot, status, clock=clock)),
        section(waiting_lines(snapshot, status, mentions=True)),
        section(what_lets_it_begin(snapshot)),
        section(check_summary(status), accessory=checks if status.checks else None),
        not_well(status),
        # beside the sentence about the version before, the button would leave it a column of a few letters
        actions(rollback, hold_button(snapshot, status), None if status.checks else checks),
        section(queued_after(snapshot)),
        context(_origin(snapshot, status)),
        context(undrilled(snapshot)),
    ]
    return message(head, blocks)


def undrilled(snapshot: Snapshot) -> str:
    """The roles whose people had not practised when the run began; empty for none."""
    if not snapshot.undrilled:
        return ""
    return f"🎓 Have not drilled this page in {FRESH.days} days: {line(', '.join(snapshot.undrilled), 300)}"


def queued_after(snapshot: Snapshot) -> str:
    """The starts that wait for the run's target; empty for none, and for a run that is over."""
    if not snapshot.record.run.active or not snapshot.queue:
        return ""
    return f"🕓 *Queued for this target*\n{queue_lines(snapshot.queue, snapshot.page.runbook.time_zone)}"


def headline(status: Status) -> str:
    """What is happening, in one line: emoji, target, state in words."""
    mark = f"{MARK} · " if status.drill else ""
    return f"{mark}{EMOJI[status.phase]} {status.target}: {status.phase}"


def progress(snapshot: Snapshot, status: Status, *, clock: bool) -> str:
    """The stage, what it is doing, and how far it is."""
    bar = f"{progress_bar(status.settled, status.total)}  {status.settled}/{status.total}"
    if status.stage == "Watch":
        bar = watch_progress(snapshot) if clock else ""
    if status.watched_after is not None:
        bar = after_progress(status) if clock else ""
    time = f" · *{t_plus(status)}*" if clock else ""
    if not snapshot.record.run.active:
        return f"{bar}{time}"
    doing = f" → {line(status.doing, 200)}" if status.doing else ""
    if status.until:
        doing += f", until {_moment(status.until, snapshot)}"
    return f"*{status.stage}*{doing}\n{bar}{time}"


def _moment(at: datetime, snapshot: Snapshot) -> str:
    """A time of day, and the day where it is not soon."""
    zone = snapshot.page.runbook.time_zone
    return time_of(at, zone) if at - snapshot.now < SOON else moment_of(at, zone)


def t_plus(status: Status) -> str:
    """The time since the run started, in whole seconds: "T+5 min 12 s"."""
    return f"T+{format_duration(int(status.clock.total_seconds()))}"


def watch_progress(snapshot: Snapshot) -> str:
    """How much of the watch is over, in the page's own time; empty before the watch."""
    elapsed, watch = watched_time(snapshot.page, snapshot.record, snapshot.now), snapshot.page.watch
    if elapsed is None or watch is None:
        return ""
    bar = progress_bar(round(elapsed / watch.lasts * 100), 100)
    return f"{bar}  {format_duration(elapsed)} of {format_duration(watch.lasts)}"


def after_progress(status: Status) -> str:
    """How much of the watch after the rollback is over; empty outside it."""
    if status.watched_after is None or not status.watched_after_lasts:
        return ""
    bar = progress_bar(round(status.watched_after / status.watched_after_lasts * 100), 100)
    return f"{bar}  {format_duration(status.watched_after)} of {format_duration(status.watched_after_lasts)}"


def countdown_blocks(snapshot: Snapshot, status: Status, *, clock: bool) -> list[Block | None]:
    """Each alert that counts down: what is wrong, when it rolls back, and its buttons."""
    blocks: list[Block | None] = []
    for countdown in status.countdowns[:4]:
        rollback = None if blocks else snapshot.rollback_button("⏪ Roll back now")
        blocks += [
            section(f"{alert_lines(countdown)}\n{countdown_line(snapshot, countdown, clock=clock)}"),
            actions(rollback, _false_alarm_button(snapshot, countdown)),
        ]
    return blocks


def _false_alarm_button(snapshot: Snapshot, countdown: Countdown) -> Block:
    alert = snapshot.page.alerts.index(countdown.alert) + 1
    value = button_value(snapshot.record.run, alert=alert, number=countdown.number)
    return button("false_alarm", "🔕 Hold: false alarm…", value)


def banner(snapshot: Snapshot, status: Status, *, clock: bool) -> str:
    """What is unusual: a hold, a rollback with its time, a false alarm, what is lost."""
    lines = [] if status.rollback_left is None else [_time_left(snapshot, status, clock=clock)]
    lines += [_false_alarm(snapshot, held) for held in status.false_alarms[:4]]
    if status.held_by and (hold := hold_of(snapshot.record)):
        why, decider = f": {line(hold.reason)}" if hold.reason else "", snapshot.title_of(snapshot.page.decision.role)
        lines.append(f"⏸️ *On hold* by {acted(hold)}{why}. No new step starts until {decider} resumes.")
    lines += handover_lines(snapshot)
    if snapshot.record.rollback and status.state != RunState.KEPT:
        lines.append(request_line(snapshot))
        if status.environment:
            lines.append(environment_warning(status.environment))
    if status.rollback_loss and snapshot.can_roll_back:
        lines.append(f"{_loss_mark(status)} Rolling back now loses {bold(status.rollback_loss, 200)}")
    if status.rollback_loss and (status.state == RunState.ROLLED_BACK or status.watched_after is not None):
        lines.append(f"{_loss_mark(status)} Lost by the rollback: {bold(status.rollback_loss, 200)}")
    lines += [f"❌ NOT restored: {line(loss, 200)}" for loss in status.not_restored[:6]]
    lines += [f"⚠️ {line(left, 300)}" for left in status.not_undone[:6]]
    if (keep := snapshot.record.keep) and status.state == RunState.KEPT:
        lines.append(f"Decided by {acted(keep)} at {time_of(keep.at, snapshot.page.runbook.time_zone)}")
        lines += [_next_run(snapshot, status.starts)] if status.starts else []
    return "\n".join(lines)


def _loss_mark(status: Status) -> str:
    return "✅" if is_nothing(status.rollback_loss) else "⚠️"


def _next_run(snapshot: Snapshot, page: str) -> str:
    """What has become of the page that KEEP starts."""
    name, following = bold(page, 80), snapshot.record.newest(NextRun)
    if following is None:
        return f"➡️ {name} is checked, then it starts. The result is posted in the thread."
    return f"➡️ Run {following.started} of {name} has started" if following.started else f"⚠️ {name} was NOT started"


def _false_alarm(snapshot: Snapshot, countdown: Countdown) -> str:
    if not countdown.hold or not countdown.held_until:
        return ""
    until = time_of(countdown.held_until, snapshot.page.runbook.time_zone)
    by, why = acted(countdown.hold), line(countdown.hold.reason, 200)
    return f"🔕 {bold(countdown.alert.name)} is held as a false alarm by {by} until {until}: {why}"


def _time_left(snapshot: Snapshot, status: Status, *, clock: bool) -> str:
    within = format_duration(snapshot.page.rollback.within)
    left = status.rollback_left
    if left is None or not clock:
        return f"⏱️ Time budget: {within}"
    seconds = left.total_seconds()
    over = f"🚨 *{format_duration(round(-seconds))} over* the time budget of {within}"
    summary = over if seconds < 0 else f"⏱️ *{format_duration(round(seconds))} left* of {within}"
    return "\n".join([summary, *(_late(step) for step in status.slow_steps[:4])])


def _late(step: StepPace) -> str:
    return f"🐢 {bold(step.title, 120)} is {step.excess}"


def hold_button(snapshot: Snapshot, status: Status) -> Block | None:
    """The button that holds the run, or resumes it; None when it is too late."""
    if not snapshot.can_roll_back:
        return None
    value = button_value(snapshot.record.run, number=hold_number(snapshot.record))
    if status.held_by:
        effect = "The next step starts at once. Resuming needs the deciding role."
        return button("resume", "▶️ Resume", value, confirm=confirm("Resume?", effect, "Resume"))
    label, effect = "⏸️ Hold", "The current step finishes. No new step starts until somebody resumes."
    if status.countdowns:  # “Hold: false alarm…” stands on the same card
        label = "⏸️ Hold the run"
        effect += " The alert's countdown goes on: only “Hold: false alarm…” stops it."
    return button("hold", label, value, confirm=confirm("Hold the run?", effect, "Hold"))


def _origin(snapshot: Snapshot, status: Status) -> str:
    note = f" · {line(snapshot.record.run.note, 300)}" if snapshot.record.run.note else ""
    speed = f" · rehearsal, watch {status.speed:g} times faster" if status.speed != 1 else ""
    starter = acted(snapshot.record.run.started_by)
    release = line(status.release, 100)
    return f"Run {status.run} · {line(status.title, 150)} · `{release}` · started by {starter}{note}{speed}"
