"""The messages of a step: running, with its output so far, and ended, with its result."""

from __future__ import annotations

from bot.slack.views.blocks import Message, Upload, context, message, section
from bot.slack.views.snapshot import Snapshot
from bot.text import bold, clip, code, escape, first_lines, line, time_of, with_mentions
from commands.progress.evidence import CHECK
from commands.runbook.page import Part, stage_of
from commands.text.durations import format_duration
from state.events import StepBegan, StepEnded
from state.records import AttemptState, Event

MARKS = {AttemptState.DONE: "✅", AttemptState.FAILED: "❌", AttemptState.UNKNOWN: "❓", AttemptState.STOPPED: "⏹️"}


def announces(snapshot: Snapshot, step: str) -> bool:
    """Whether the step's own text is the message, so that its start has none."""
    return any(page_step.box.is_announcement for page_step in snapshot.page.steps if page_step.id == step)


def step_began(snapshot: Snapshot, event: Event, data: StepBegan) -> Message:
    """A running step: what it does, and its last lines of output."""
    again = f" (attempt {data.attempt})" if data.attempt > 1 else ""
    stage = stage_of(data.part)
    at = time_of(event.at, snapshot.page.runbook.time_zone)
    newest = snapshot.record.last(event.step)
    is_running = newest and (newest.attempt, newest.state) == (data.attempt, AttemptState.RUNNING)
    output = newest.progress if newest and is_running else ""
    return message(
        f"⏳ {data.title}{again}",
        [
            section(f"⏳ {bold(data.title)}{again}"),
            section(code(first_lines(data.plan), 1800)),
            section(output and f"Output so far:\n{code(output.splitlines(), 900)}"),
            context(f"{stage} · started at {at}"),
        ],
    )


def step_ended(snapshot: Snapshot, event: Event, data: StepEnded) -> Message:
    """How a step ended. The whole output goes along as a file if the message does not show all of it."""
    if announces(snapshot, event.step) and data.state == AttemptState.DONE:
        return _announcement(snapshot, data)
    again = f" (attempt {data.attempt})" if data.attempt > 1 and data.part != Part.WATCH else ""
    head = f"{_mark(data.state)} {bold(data.title)}{again}"
    took = f"{stage_of(data.part)} · took {format_duration(data.seconds)}"
    blocks = [
        section(f"{head}\n{_summary(event, data)}"),
        section(code(data.lines, 2400)),
        context(took),
    ]
    # the check of the evidence names people by their ids, which a notification shows as they are
    what = f"{_mark(data.state)} {data.title}" + ("" if event.step == CHECK else f": {data.summary}")
    return message(what, blocks, upload=_output_file(event, data))


def _summary(event: Event, data: StepEnded) -> str:
    # the check of the evidence names the people who signed
    return with_mentions(data.summary) if event.step == CHECK else escape(data.summary, 1200)


def _mark(state: str) -> str:
    return next((mark for known, mark in MARKS.items() if known == state), "•")


def _output_file(event: Event, data: StepEnded) -> Upload | None:
    if len(data.output.splitlines()) <= max(2, len(data.lines)):
        return None
    name = f"run-{event.run}-{event.id}-attempt-{data.attempt}.txt"
    return Upload(name=name, title=clip(f"Output of {data.title}", 120), content=data.output)


def _announcement(snapshot: Snapshot, data: StepEnded) -> Message:
    """A step that announces something: its text in the channel itself, with its target and mentions of its roles."""
    text = "\n".join([escape(data.summary, 1500), *(line(extra) for extra in data.lines[:3])])
    # one person may hold several of the roles
    people = " ".join(dict.fromkeys(" ".join(map(snapshot.mentions_of, data.roles)).split()))
    run = snapshot.record.run
    about = f"{line(run.target, 100)} · run {run.id}" + (f" · For {people}" if people else "")
    blocks = [section(f"📣 {text}"), context(about)]
    return message(f"📣 {data.summary}", blocks, roles=snapshot.titles(data.roles), broadcast=True)
