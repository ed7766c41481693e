"""The thread's messages, one for each kind of event, drawn from the event and the run as it is now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.slack.views import alerts, run, steps
from bot.slack.views.blocks import Message, message, section
from bot.slack.views.notices import clock, slow
from bot.slack.views.panel import panel
from bot.slack.views.questions import question
from bot.slack.views.snapshot import Snapshot
from bot.text import bold, event_in_short, line, person
from state.events import (
    AlertHeld,
    AlertRaised,
    CheckBlind,
    CheckFailed,
    CheckPassed,
    ClockJumped,
    CriteriaShown,
    EventData,
    KeepDecided,
    NextRunReported,
    PeopleAsked,
    Recovered,
    Reminder,
    RollbackBudget,
    RollbackRequested,
    RunHeld,
    RunMoved,
    RunResumed,
    RunStarted,
    StatusDue,
    StepAgreed,
    StepAnswered,
    StepBegan,
    StepEnded,
    StepSigned,
    StepSlow,
    WarningRaised,
    WatchBegan,
    WatchOver,
)
from state.records import Event

# what the card or another message shows already
SILENT = (CheckPassed, StepAnswered, StepAgreed, KeepDecided)
# what is drawn again as long as the run goes on (or its step), because its buttons, names or output so far may change
LIVE = (StepBegan, PeopleAsked, WarningRaised, CriteriaShown)


def draw(snapshot: Snapshot, event: Event, ended: Event | None = None) -> Message | None:
    """The message that tells an event, or None where another message does. `ended` is the end of a step that `event` begins."""
    data = event.data
    if isinstance(data, SILENT) or _told_elsewhere(snapshot, event):
        return None
    if isinstance(data, StepBegan) and ended:
        return draw(snapshot, ended)
    drawer = _DRAWERS.get(type(data))
    return drawer(snapshot, event, data) if drawer else plainly(event)


def plainly(event: Event) -> Message:
    """The event as one plain line, for when its proper message cannot be made or is refused by Slack."""
    title, said = event_in_short(event.data)
    words = f"{event.data.stored_kind}: {line(title, 200)} {line(said, 600)}".rstrip(": ")
    return Message(text=words, blocks=[])


def _told_elsewhere(snapshot: Snapshot, event: Event) -> bool:
    if isinstance(event.data, StepSigned):
        return not event.data.refused
    return isinstance(event.data, StepBegan) and steps.announces(snapshot, event.step)


def _refused(_: Snapshot, __: Event, data: StepSigned) -> Message:
    head = f"⛔ {person(data.person)} refused to sign {bold(data.title)}"
    return message(head, [section(f"{head}\n> {line(data.reason, 600)}")], broadcast=True)


_DRAWERS: dict[type[EventData], Callable[[Snapshot, Event, Any], Message]] = {
    RunStarted: run.run_started,
    StepBegan: steps.step_began,
    StepEnded: steps.step_ended,
    PeopleAsked: question,
    StepSigned: _refused,
    RunHeld: run.run_held,
    RunResumed: run.run_held,
    RollbackRequested: run.rollback_requested,
    AlertRaised: alerts.alert,
    WarningRaised: alerts.alert,
    AlertHeld: alerts.held,
    Recovered: alerts.recovered,
    CheckBlind: alerts.blind,
    CheckFailed: alerts.bad,
    RollbackBudget: alerts.budget,
    Reminder: alerts.reminder,
    CriteriaShown: panel,
    WatchBegan: run.watch_began,
    WatchOver: run.watch_over,
    StatusDue: run.status_post,
    RunMoved: run.run_moved,
    NextRunReported: run.next_run,
    StepSlow: slow,
    ClockJumped: clock,
}
