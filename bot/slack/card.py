"""The card: the one live message of a run in the channel, readable in five seconds on a phone."""

from __future__ import annotations

from bot.slack.blocks import Block, Message, actions, button, confirm, context, header, message, section
from bot.slack.scene import Scene
from bot.slack.text import bold, line, person, time_of
from commands.durations import say
from commands.settle import WATCH, Waiting
from commands.status import Status, progress_bar
from state.records import ABORTED, ENDED, KEPT, ROLLED_BACK, ROLLING_BACK

ENDINGS = {
    KEPT: ("✅", "KEPT"),
    ROLLED_BACK: ("↩️", "ROLLED BACK"),
    ABORTED: ("⛔", "ABORTED, nothing was changed"),
    ENDED: ("🛑", "ENDED BY HAND, look at production"),
}


def card(scene: Scene, *, clock: bool = True) -> Message:
    """The card at one moment. With `clock=False` without all that changes by the clock alone, to tell whether it must be redrawn."""
    status = scene.status
    head = headline(status)
    blocks = [
        header(head),
        section(_progress(scene, status, clock=clock)),
        section(_banner(scene, status, clock=clock)),
        section(_waiting(scene, status)),
        section(checks(status)),
        actions(scene.rollback_button(), _hold_button(scene, status)),
        context(_origin(scene, status)),
    ]
    return message(f"{head} · {_progress(scene, status, clock=clock)}", blocks)


def headline(status: Status) -> str:
    """What is happening, in one line: emoji, target, state in words."""
    emoji, words = ENDINGS.get(status.state) or _going(status)
    return f"{emoji} {status.target}: {words}"


def _going(status: Status) -> tuple[str, str]:
    if status.state == ROLLING_BACK:
        return ("🙋", "rollback waits for people") if status.waiting else ("⏪", "ROLLING BACK")
    if status.rollback_left is not None:
        return "⏪", "stopping, to roll back"
    if status.held_by:
        return "⏸️", "ON HOLD"
    if status.waiting:
        asked = {"decide": ("🏁", "KEEP or ROLLBACK?"), "sign": ("🙋", "waiting for sign-off")}
        return asked.get(status.waiting[0].kind, ("❓", "a step needs an answer"))
    return ("👀", "being watched") if status.stage == "Watch" else ("🚀", "deploying")


def _progress(scene: Scene, status: Status, *, clock: bool) -> str:
    bar = f"{progress_bar(status.settled, status.total)}  {status.settled}/{status.total}"
    if status.stage == "Watch":
        bar = watched(scene) if clock else ""
    time = f" · *{t_plus(status)}*" if clock else ""
    if status.state in ENDINGS:
        return f"{bar}{time}"
    doing = f" → {line(status.doing, 200)}" if status.doing else ""
    return f"*{status.stage}*{doing}\n{bar}{time}"


def t_plus(status: Status) -> str:
    """The clock of the run, in whole seconds."""
    return f"T+{say(int(status.clock.total_seconds()))}"


def watched(scene: Scene) -> str:
    """How much of the watch is over, in the page's own time."""
    row, watch, run = scene.record.last(WATCH), scene.page.watch, scene.record.run
    if row is None or watch is None:
        return ""
    elapsed = min((scene.now - row.began_at) * run.speed, watch.lasts)
    return f"{progress_bar(round(elapsed / watch.lasts * 100), 100)}  {say(elapsed)} of {say(watch.lasts)}"


def _banner(scene: Scene, status: Status, *, clock: bool) -> str:
    lines = []
    if status.held_by:
        why = f": {line(status.hold_reason)}" if status.hold_reason else ""
        lines.append(f"⏸️ *On hold* by {person(status.held_by)}{why}. No new step begins.")
    if (fact := scene.record.fact("rollback")) and status.state != KEPT:
        why = f": {line(status.reason)}" if status.reason else ""
        lines.append(f"⏪ *Rollback* asked for by {person(fact.person)}{why}")
    if status.loses and scene.can_turn_back:
        lines.append(f"⚠️ Rolling back now loses {bold(status.loses, 200)}")
    if status.loses and status.state == ROLLED_BACK:
        lines.append(f"⚠️ Lost by it: {bold(status.loses, 200)}")
    if status.rollback_left is not None:
        lines.append(_time_left(scene, status, clock=clock))
    if (keep := scene.record.fact("keep")) and status.state == KEPT:
        lines.append(f"Decided by {person(keep.person)} at {time_of(keep.at, scene.page.runbook.time_zone)}")
    return "\n".join(lines)


def _time_left(scene: Scene, status: Status, *, clock: bool) -> str:
    within = say(scene.page.rollback.within)
    left = status.rollback_left
    if left is None or not clock:
        return f"of {within}"
    seconds = left.total_seconds()
    if seconds < 0:
        return f"🚨 *{say(round(-seconds))} over* the {within} it may take"
    return f"⏱️ *{say(round(seconds))} left* of {within}"


def _waiting(scene: Scene, status: Status) -> str:
    return "\n".join(_waits(scene, waiting) for waiting in status.waiting[:6])


def _waits(scene: Scene, waiting: Waiting) -> str:
    roles = list(waiting.roles)
    if waiting.kind == "second":
        return f"🙋 *Waiting for a second person* to agree: skip {bold(waiting.title, 120)}"
    people = ", ".join(f"{scene.title_of(role)} {scene.called(role)}" for role in roles[:8])
    verb = {"sign": "sign", "answer": "say what to do about", "decide": "decide"}[waiting.kind]
    return f"🙋 *Waiting for* {people}\nto {verb} {bold(waiting.title, 120)} (buttons in the thread)"


def checks(status: Status) -> str:
    """The newest result of each check of the watch, one a line, the bad ones first."""
    ordered = sorted(status.checks, key=lambda check: check.good)
    return "\n".join(
        f"{'✅' if one.good else '❌'} {bold(one.title, 80)} {line(one.says, 160)}" for one in ordered[:12]
    )


def _hold_button(scene: Scene, status: Status) -> Block | None:
    if not scene.can_turn_back:
        return None
    value = f"{status.run}:0"
    if status.held_by:
        question = confirm("Go on?", "The next step begins at once. The deciding role signs for it.", "Go on")
        return button("resume", "▶️ Resume", value, confirm=question)
    question = confirm("Hold?", "The step under way ends; no new one begins before somebody resumes.", "Hold")
    return button("hold", "⏸️ Hold", value, confirm=question)


def _origin(scene: Scene, status: Status) -> str:
    note = f" · {line(scene.record.run.note, 300)}" if scene.record.run.note else ""
    speed = f" · rehearsal, watch {status.speed:g} times faster" if status.speed != 1 else ""
    starter = person(scene.record.run.starter)
    return (
        f"Run {status.run} · {line(status.title, 150)} · `{line(status.ref, 100)}` · started by {starter}{note}{speed}"
    )
