"""The messages of the whole run: it begins, is held, watched, rolled back, and ends; and the status posts."""

from __future__ import annotations

from bot.slack.views.blocks import Message, context, message, section
from bot.slack.views.card import checks, headline, sums, t_plus, watched
from bot.slack.views.notices import ended_by_hand
from bot.slack.views.snapshot import Snapshot
from bot.text import bold, code, few_lines, line, person, time_of
from commands.report.status import progress_bar
from commands.runbook.page import Part
from commands.runbook.plan import timeline
from commands.text.durations import format_duration
from state.events import (
    NextRunReported,
    RollbackRequested,
    RunHeld,
    RunMoved,
    RunResumed,
    RunStarted,
    StatusDue,
    WatchBegan,
    WatchOver,
)
from state.records import Event, RunState

_ENDS = {
    RunState.KEPT: ("✅", "kept"),
    RunState.ROLLED_BACK: ("↩️", "rolled back"),
    RunState.ABORTED: ("⛔", "aborted; nothing was changed in production"),
}


def run_started(snapshot: Snapshot, _: Event, data: RunStarted) -> Message:
    """A run begins: what goes where, who started it, and when each step is planned."""
    moments = [f"{f'T+{int(at.total_seconds() // 60)} min':<10} {title}" for at, title in timeline(snapshot.page)]
    head = f"{bold(data.title)}: `{line(data.ref, 100)}` goes to {bold(data.target)}"
    note = f"\n> {line(data.note, 500)}" if data.note else ""
    warned = "\n".join(f"• {line(warning, 300)}" for warning in data.warnings[:8])
    return message(
        head,
        [
            section(f"{head}\nStarted by {person(data.person)}{note}"),
            section(warned and f"⚠️ Known before the start:\n{warned}"),
            section(code(few_lines(moments, 40), 2800)),
            context("Anybody may press *Roll back* or *Hold* on the card at any moment, or type `/deploy rollback`."),
        ],
    )


def run_held(_: Snapshot, __: Event, data: RunHeld | RunResumed) -> Message:
    """Somebody holds the run, or lets it continue."""
    why = f"\n> {line(data.reason, 600)}" if data.reason else ""
    if isinstance(data, RunResumed):
        head = f"▶️ {person(data.person)} lets it go on"
    else:
        head = f"⏸️ *On hold* by {person(data.person)}: no new step begins"
    return message(head, [section(head + why)], broadcast=isinstance(data, RunHeld))


def rollback_requested(snapshot: Snapshot, _: Event, data: RollbackRequested) -> Message:
    """Somebody asked for the rollback."""
    within = format_duration(snapshot.page.rollback.within)
    head = f"⏪ *Rollback* asked for by {person(data.person)}"
    why = f"\n> {line(data.reason, 600)}" if data.reason else ""
    aim = f"Everything is to be back within {within}; the card shows the time left."
    return message(head, [section(head + why), context(aim)], broadcast=True)


def watch_began(snapshot: Snapshot, _: Event, data: WatchBegan) -> Message:
    """The watch begins: its checks, and how often each is made."""
    steps = snapshot.page.part(Part.WATCH)
    rows = [f"{format_duration(s.box.every) if s.box.every else '15 min':>7}  {s.title}" for s in steps]
    faster = f" ({data.speed:g} times faster: a rehearsal)" if data.speed != 1 else ""
    head = f"👀 *The watch begins*: {data.lasts}{faster}"
    return message(head, [section(head), section(code(["every", *rows], 2400))])


def watch_over(_: Snapshot, __: Event, ___: WatchOver) -> Message:
    """The watch is over."""
    head = "👀 *The watch is over*"
    return message(head, [section(f"{head}; its checks go on, and its alerts count, until somebody decides.")])


def status_post(snapshot: Snapshot, event: Event, data: StatusDue) -> Message:
    """The post of every 15 minutes: where it is, for whom it waits, and the newest checks."""
    status = snapshot.status
    at = time_of(event.at, snapshot.page.runbook.time_zone)
    late = line(data.late, 40)
    bar = watched(snapshot) if status.stage == "Watch" else progress_bar(status.settled, status.total)
    head = f"📋 *{t_plus(status)}* · {status.stage}\n{bar}"
    doing = f"→ {line(status.doing, 200)}" if status.doing else ""
    waits = "\n".join(
        f"🙋 waits for {', '.join(snapshot.title_of(r) for r in one.roles[:6])}" for one in status.waiting[:4]
    )
    loses = (
        f"⚠️ Rolling back now loses {line(status.rollback_loss, 200)}"
        if status.rollback_loss and snapshot.can_roll_back
        else ""
    )
    blocks = [
        section("\n".join(filter(None, [head, doing, waits, sums(status), loses]))),
        section(checks(status, whole=True)),
        context(f"{headline(status)} · {at}" + (f" · ⏰ {late} late: the bot was away" if late else "")),
    ]
    return message(head, blocks)


def run_moved(snapshot: Snapshot, event: Event, data: RunMoved) -> Message:
    """The run moves to another state."""
    if data.state == RunState.ROLLING_BACK:
        head = "⏪ *The rollback begins*"
        return message(head, [section(head)])
    if data.state == RunState.ENDED:
        return ended_by_hand(snapshot, event, data)
    emoji, words = _ENDS[RunState(data.state)]
    not_restored = data.not_restored
    if not_restored:
        emoji, words = "⚠️", "rolled back, but NOT all of it"
    took = f", {data.since_rollback} after it was asked for" if data.state == RunState.ROLLED_BACK else ""
    head = f"{emoji} *{line(snapshot.record.run.target)} is {words}*{took}"
    why = f"\n> {line(data.reason, 600)}" if data.reason else ""
    lost = snapshot.record.run.rollback_loss if data.state == RunState.ROLLED_BACK else ""
    why += f"\n⚠️ Lost by it: {line(lost, 200)}" if lost else ""
    why += "".join(f"\n❌ NOT restored: {line(one, 300)}" for one in not_restored[:8])
    return message(head, [section(head + why), context(f"The run took {data.clock}")], broadcast=True)


def next_run(_: Snapshot, __: Event, data: NextRunReported) -> Message:
    """What became of the page that KEEP starts."""
    head = f"➡️ {line(data.summary, 600)}"
    return message(head, [section(head)])
