"""The status post: one line, whom the run waits for, and only what is not well."""

from __future__ import annotations

from bot.slack.views.blocks import Message, actions, context, message, section
from bot.slack.views.card import headline, t_plus
from bot.slack.views.checks import check_summary, checks_button, not_well
from bot.slack.views.hosts import host_lines
from bot.slack.views.snapshot import Snapshot
from bot.slack.views.waiting import alert_lines, asked_of, countdown_line, waiting_lines
from bot.text import line
from commands.report.status import Phase, Status
from commands.runbook.page import STAGES, Part
from commands.text.durations import format_duration
from state.events import StatusDue
from state.records import Event


def status_post(snapshot: Snapshot, _: Event, data: StatusDue) -> Message:
    """The regular status. What is well is behind its button."""
    status = snapshot.status
    late = line(data.late, 40)
    blocks = [
        section(_sum(status)),
        section("\n".join(filter(None, [host_lines(status), *_waiting(snapshot, status)]))),
        not_well(status),
        actions(checks_button(snapshot.record.run, status)),
        context(late and f"⏰ {late} late: the bot was not running"),
    ]
    for waiting in status.waiting[:1]:
        return message(asked_of(snapshot, waiting), blocks, roles=snapshot.titles(waiting.roles))
    checks = check_summary(status).replace("*", "") if status.checks else str(status.phase)
    return message(f"{checks} · {t_plus(status)}", blocks, target=status.target)


def _sum(status: Status) -> str:
    parts = [f"📋 *{t_plus(status)}*", line(headline(status)), _progress(status), check_summary(status)]
    return " · ".join(filter(None, parts))


def _progress(status: Status) -> str:
    """How far the run is: of the watch in its own time, else in steps, with the step that runs."""
    over, of = status.watched_after, status.watched_after_lasts
    if status.stage == STAGES[Part.WATCH]:
        over, of = status.watched, status.watch_lasts
    if over is not None and of:
        return f"{format_duration(over)} of {format_duration(of)}"
    if status.phase is Phase.NEEDS_DECISION:
        return ""
    return f"{status.stage} {status.settled}/{status.total}" + (f" → {line(status.doing, 120)}" if status.doing else "")


def _waiting(snapshot: Snapshot, status: Status) -> list[str]:
    """Which alerts count down, and who the run is waiting for."""
    counting = [
        f"🚨 {alert_lines(countdown)}\n{countdown_line(snapshot, countdown, clock=False)}"
        for countdown in status.countdowns[:4]
    ]
    return [*counting, waiting_lines(snapshot, status, mentions=False)]
