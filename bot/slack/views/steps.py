"""The messages of steps: one under way with its output so far, and how it ended."""

from __future__ import annotations

from bot.slack.views.blocks import Message, Upload, context, message, section
from bot.slack.views.snapshot import Snapshot
from bot.text import bold, clip, code, escape, few_lines, line, time_of
from commands.runbook.page import Part, stage_of
from commands.text.durations import format_duration
from state.events import StepBegan, StepEnded
from state.records import AttemptState, Event

MARKS = {AttemptState.DONE: "✅", AttemptState.FAILED: "❌", AttemptState.UNKNOWN: "❓", AttemptState.STOPPED: "⏹️"}


def announces(snapshot: Snapshot, step: str) -> bool:
    """Whether a step's own words are the message, so that it begins without one."""
    return any(one.box.is_announcement for one in snapshot.page.steps if one.id == step)


def step_began(snapshot: Snapshot, event: Event, data: StepBegan) -> Message:
    """A step under way."""
    again = f" (attempt {data.attempt})" if data.attempt > 1 else ""
    stage = stage_of(data.part)
    at = time_of(event.at, snapshot.page.runbook.time_zone)
    row = snapshot.record.last(event.step)
    shown = row.progress if row and (row.attempt, row.state) == (data.attempt, AttemptState.RUNNING) else ""
    return message(
        f"⏳ {bold(data.title)}{again}",
        [
            section(f"⏳ {bold(data.title)}{again}"),
            section(code(few_lines(data.plan), 1800)),
            section(shown and f"So far:\n{code(shown.splitlines(), 900)}"),
            context(f"{stage} · began at {at}"),
        ],
    )


def step_ended(snapshot: Snapshot, event: Event, data: StepEnded) -> Message:
    """How a step ended; its whole output goes with it as a file where the message does not show all of it."""
    if announces(snapshot, event.step) and data.state == AttemptState.DONE:
        return _announcement(snapshot, data)
    again = f" (attempt {data.attempt})" if data.attempt > 1 and data.part != Part.WATCH else ""
    head = f"{_mark(data.state)} {bold(data.title)}{again}"
    took = f"{stage_of(data.part)} · took {format_duration(data.seconds)}"
    blocks = [
        section(f"{head}\n{escape(data.summary, 1200)}"),
        section(code(data.lines, 2400)),
        context(took),
    ]
    return message(f"{head} {line(data.summary, 500)}", blocks, upload=_upload(event, data))


def _mark(state: str) -> str:
    return next((mark for known, mark in MARKS.items() if known == state), "•")


def _upload(event: Event, data: StepEnded) -> Upload | None:
    if len(data.output.splitlines()) <= max(2, len(data.lines)):
        return None
    name = f"run-{event.run}-{event.id}-attempt-{data.attempt}.txt"
    return Upload(name=name, title=clip(f"Output of {data.title}", 120), content=data.output)


def _announcement(snapshot: Snapshot, data: StepEnded) -> Message:
    """A step that announces: its words in the channel itself, calling the roles it names."""
    words = "\n".join([escape(data.summary, 1500), *(line(one) for one in data.lines[:3])])
    called = " ".join(filter(None, (snapshot.called(role) for role in data.roles)))
    return message(f"📣 {words}", [section(f"📣 {words}"), context(called and f"For {called}")], broadcast=True)
