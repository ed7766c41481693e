"""The card: the one live message of a run in the channel, readable in five seconds on a phone."""

from __future__ import annotations

from collections import Counter

from bot.slack.views.blocks import Block, Message, actions, button, confirm, context, header, message, section
from bot.slack.views.snapshot import Snapshot
from bot.text import bold, line, person, time_of
from commands.progress.step_state import DECISION
from commands.report.status import Phase, Status, progress_bar, watched_time
from commands.rollback.budget import StepPace
from commands.signoff.waiting import Waiting
from commands.text.durations import format_duration
from commands.watch.countdown import Countdown, time_left
from commands.watch.verdicts import CheckVerdict, Verdict
from state.events import Ask
from state.records import RunState

EMOJI = {
    Phase.DEPLOYING: "🚀",
    Phase.WATCHING: "👀",
    Phase.ALERT: "🚨",
    Phase.ON_HOLD: "⏸️",
    Phase.NEEDS_SIGNATURE: "🙋",
    Phase.NEEDS_SECOND_PERSON: "🙋",
    Phase.NEEDS_ANSWER: "❓",
    Phase.NEEDS_DECISION: "🏁",
    Phase.STOPPING: "⏪",
    Phase.ROLLING_BACK: "⏪",
    Phase.ROLLBACK_WAITS: "🙋",
    Phase.ROLLED_BACK: "↩️",
    Phase.PARTLY_ROLLED_BACK: "⚠️",
    Phase.KEPT: "✅",
    Phase.ABORTED: "⛔",
    Phase.ENDED: "🛑",
}
VERDICTS = {
    Verdict.BAD: "❌",
    Verdict.UNREACHABLE: "🔌",
    Verdict.NO_DATA: "❔",
    Verdict.WARNING: "⚠️",
    Verdict.QUIET: "💤",
    Verdict.OK: "✅",
}


def card(snapshot: Snapshot, *, clock: bool = True) -> Message:
    """The card at one moment. With `clock=False` without all that changes by the clock alone, to tell whether it must be redrawn."""
    status = snapshot.status
    head = headline(status)
    blocks = [
        header(head),
        section("\n".join(_counting(snapshot, one, clock=clock) for one in status.countdowns[:4])),
        section(_progress(snapshot, status, clock=clock)),
        section(_banner(snapshot, status, clock=clock)),
        section(_waiting(snapshot, status)),
        section(checks(status)),
        actions(snapshot.rollback_button(), _hold_button(snapshot, status)),
        context(_origin(snapshot, status)),
    ]
    return message(f"{head} · {_progress(snapshot, status, clock=clock)}", blocks)


def headline(status: Status) -> str:
    """What is happening, in one line: emoji, target, state in words."""
    return f"{EMOJI[status.phase]} {status.target}: {status.phase}"


def _progress(snapshot: Snapshot, status: Status, *, clock: bool) -> str:
    bar = f"{progress_bar(status.settled, status.total)}  {status.settled}/{status.total}"
    if status.stage == "Watch":
        bar = watched(snapshot) if clock else ""
    time = f" · *{t_plus(status)}*" if clock else ""
    if not snapshot.record.run.active:
        return f"{bar}{time}"
    doing = f" → {line(status.doing, 200)}" if status.doing else ""
    return f"*{status.stage}*{doing}\n{bar}{time}"


def t_plus(status: Status) -> str:
    """The clock of the run, in whole seconds."""
    return f"T+{format_duration(int(status.clock.total_seconds()))}"


def watched(snapshot: Snapshot) -> str:
    """How much of the watch is over, in the page's own time."""
    elapsed, watch = watched_time(snapshot.page, snapshot.record, snapshot.now), snapshot.page.watch
    if elapsed is None or watch is None:
        return ""
    return f"{progress_bar(round(elapsed / watch.lasts * 100), 100)}  {format_duration(elapsed)} of {format_duration(watch.lasts)}"


def _banner(snapshot: Snapshot, status: Status, *, clock: bool) -> str:
    lines = [_false_alarm(snapshot, one) for one in status.false_alarms[:4]]
    if status.held_by:
        why = f": {line(status.hold_reason)}" if status.hold_reason else ""
        lines.append(f"⏸️ *On hold* by {person(status.held_by)}{why}. No new step begins.")
    if (fact := snapshot.record.rollback) and status.state != RunState.KEPT:
        why = f": {line(status.rollback_reason)}" if status.rollback_reason else ""
        lines.append(f"⏪ *Rollback* asked for by {person(fact.person)}{why}")
    if status.rollback_loss and snapshot.can_roll_back:
        lines.append(f"⚠️ Rolling back now loses {bold(status.rollback_loss, 200)}")
    if status.rollback_loss and status.state == RunState.ROLLED_BACK:
        lines.append(f"⚠️ Lost by it: {bold(status.rollback_loss, 200)}")
    lines += [f"❌ NOT restored: {line(one, 200)}" for one in status.not_restored[:6]]
    if status.rollback_left is not None:
        lines.append(_time_left(snapshot, status, clock=clock))
    if (keep := snapshot.record.keep) and status.state == RunState.KEPT:
        lines.append(f"Decided by {person(keep.person)} at {time_of(keep.at, snapshot.page.runbook.time_zone)}")
    return "\n".join(lines)


def _counting(snapshot: Snapshot, one: Countdown, *, clock: bool) -> str:
    at = time_of(one.ends_at, snapshot.page.runbook.time_zone, seconds=True)
    soon = f"in *{format_duration(round(time_left(one, snapshot.now).total_seconds()))}*, " if clock else ""
    return f"⏳ *Rolls back by itself* {soon}at {at}, unless it is held (in the thread)\n{bold(one.alert.name)} {line(one.summary, 200)}"


def _false_alarm(snapshot: Snapshot, one: Countdown) -> str:
    if not one.hold or not one.held_until:
        return ""
    until = time_of(one.held_until, snapshot.page.runbook.time_zone)
    why = line(one.hold.reason, 200)
    return f"🔕 {bold(one.alert.name)} is held as a false alarm by {person(one.hold.person)} until {until}: {why}"


def _time_left(snapshot: Snapshot, status: Status, *, clock: bool) -> str:
    within = format_duration(snapshot.page.rollback.within)
    left = status.rollback_left
    if left is None or not clock:
        return f"of {within}"
    seconds = left.total_seconds()
    over = f"🚨 *{format_duration(round(-seconds))} over* the {within} it may take"
    summary = over if seconds < 0 else f"⏱️ *{format_duration(round(seconds))} left* of {within}"
    return "\n".join([summary, *(_late(one) for one in status.slow_steps[:4])])


def _late(one: StepPace) -> str:
    return f"🐢 {bold(one.title, 120)} is {one.excess}"


def _waiting(snapshot: Snapshot, status: Status) -> str:
    # a countdown has its own lines above
    return "\n".join(_waits(snapshot, one) for one in status.waiting[:6] if one.ask is not Ask.COUNTDOWN)


def _waits(snapshot: Snapshot, waiting: Waiting) -> str:
    roles = list(waiting.roles)
    if waiting.ask is Ask.AGREE:
        what = "" if waiting.step == DECISION else "skip "
        return f"🙋 *Waiting for a second person* to agree: {what}{bold(waiting.title, 120)}"
    people = ", ".join(f"{snapshot.title_of(role)} {snapshot.called(role)}" for role in roles[:8])
    verb = {Ask.SIGN: "sign", Ask.ANSWER: "say what to do about", Ask.DECIDE: "decide"}[waiting.ask]
    return f"🙋 *Waiting for* {people}\nto {verb} {bold(waiting.title, 120)} (buttons in the thread)"


def checks(status: Status, *, whole: bool = False) -> str:
    """The newest verdict on each check of the watch, one a line, the bad ones first; with `whole` each with rule and baseline."""
    ordered = sorted(status.checks, key=lambda probe: list(VERDICTS).index(probe.verdict))
    return "\n".join(_check(one, whole=whole) for one in ordered[:12])


def _check(probe: CheckVerdict, *, whole: bool) -> str:
    # all checks of a list have their "Every 15 minutes:" in common with others
    title = bold(probe.title.rpartition(": ")[2], 80)
    words = "" if probe.verdict in {Verdict.OK, Verdict.BAD, Verdict.WARNING} else f"{probe.verdict}: "
    beside = f"  _({line(probe.limits, 120)})_" if probe.limits and (whole or not probe.good) else ""
    return f"{VERDICTS[probe.verdict]} {title} {words}{line(probe.summary, 160)}{beside}"


def sums(status: Status) -> str:
    """How many checks are not well, in one line; empty before there are any."""
    if not status.checks:
        return ""
    counted = Counter(probe.verdict for probe in status.checks if not probe.good)
    if not counted:
        return f"✅ all {len(status.checks)} checks are good"
    if counted.keys() == {Verdict.QUIET}:
        return f"✅ {len(status.checks) - counted[Verdict.QUIET]} checks are good, {VERDICTS[Verdict.QUIET]} {counted[Verdict.QUIET]} quiet"
    said = ", ".join(f"{VERDICTS[verdict]} {counted[verdict]} {verdict}" for verdict in VERDICTS if counted[verdict])
    return f"*{said}* of {len(status.checks)} checks"


def _hold_button(snapshot: Snapshot, status: Status) -> Block | None:
    if not snapshot.can_roll_back:
        return None
    value = f"{status.run}:0"
    if status.held_by:
        question = confirm("Go on?", "The next step begins at once. The deciding role signs for it.", "Go on")
        return button("resume", "▶️ Resume", value, confirm=question)
    question = confirm("Hold?", "The step under way ends; no new one begins before somebody resumes.", "Hold")
    return button("hold", "⏸️ Hold", value, confirm=question)


def _origin(snapshot: Snapshot, status: Status) -> str:
    note = f" · {line(snapshot.record.run.note, 300)}" if snapshot.record.run.note else ""
    speed = f" · rehearsal, watch {status.speed:g} times faster" if status.speed != 1 else ""
    starter = person(snapshot.record.run.starter)
    return (
        f"Run {status.run} · {line(status.title, 150)} · `{line(status.ref, 100)}` · started by {starter}{note}{speed}"
    )
