"""The thread's messages: which view draws each kind of event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.slack.views import alerts, run, steps
from bot.slack.views.blocks import Message, message, section
from bot.slack.views.drill import drill_began, invitation
from bot.slack.views.handover import offer_ended, role_offered
from bot.slack.views.note import note_added
from bot.slack.views.notices import (
    clock_jumped,
    environment_changed,
    feed_waits,
    interrupted_step,
    mirror_read,
    record_changed,
    slow_step,
)
from bot.slack.views.panel import panel
from bot.slack.views.questions import question
from bot.slack.views.queue import queue_left, queue_moved, start_put_off, start_question
from bot.slack.views.snapshot import Snapshot
from bot.slack.views.start_gate import gate_question
from bot.slack.views.status_post import status_post
from bot.text import acted, bold, event_kind, event_title_and_detail, line
from state.events import (
    AlertHeld,
    AlertRaised,
    Ask,
    CheckBlind,
    CheckFailed,
    CheckPassed,
    ClockJumped,
    CriteriaShown,
    DrillBegan,
    EnvironmentChanged,
    EventData,
    FeedWaits,
    HandoverEnded,
    HandoverOffered,
    KeepDecided,
    MirrorRead,
    NextRunReported,
    NoteAdded,
    PeopleAsked,
    PeopleInvited,
    PressRefused,
    QueueLeft,
    QueueMoved,
    RecordChanged,
    Recovered,
    Reminder,
    RollbackBudget,
    RollbackRequested,
    RunHeld,
    RunMoved,
    RunResumed,
    RunStarted,
    SignaturesFell,
    StartAsked,
    StartPutOff,
    StartQueued,
    StatusDue,
    StepAgreed,
    StepAnswered,
    StepBegan,
    StepEnded,
    StepInterrupted,
    StepSigned,
    StepSlow,
    TookPart,
    WarningRaised,
    WatchBegan,
    WatchOver,
)
from state.records import Event

# events without a message: the card or another message shows them
SILENT = (TookPart, PressRefused, CheckPassed, StepAnswered, StepAgreed, KeepDecided, SignaturesFell, StartQueued)
_TOLD_TIMES = 3  # an interrupted step is told when it begins for the third time, and at every third after that
# messages that are redrawn while the run (or the step) goes on: their buttons, names or output may change
LIVE = (StepBegan, PeopleAsked, PeopleInvited, HandoverOffered, WarningRaised, CriteriaShown, StartAsked)


def draw(snapshot: Snapshot, event: Event, ended: Event | None = None) -> Message | None:
    """The message of an event; None if another one shows it. `ended` is the end of the step that `event` starts."""
    data = event.data
    if isinstance(data, SILENT) or _is_shown_elsewhere(snapshot, event):
        return None
    if isinstance(data, StepBegan) and ended:
        return draw(snapshot, ended)
    drawer = _DRAWERS.get(type(data))
    return drawer(snapshot, event, data) if drawer else plain_message(event)


def plain_message(event: Event) -> Message:
    """The event as one plain line, for when its view fails or Slack refuses its blocks."""
    title, detail = event_title_and_detail(event.data)
    parts = [event_kind(event.data), line(title, 200), line(detail, 600)]
    return Message(text=": ".join(filter(None, parts)), blocks=[])


def _is_shown_elsewhere(snapshot: Snapshot, event: Event) -> bool:
    if isinstance(event.data, StepSigned):
        return not event.data.refused
    if isinstance(event.data, StepInterrupted):
        return event.data.times % _TOLD_TIMES != 0  # one restart is nothing to look at
    return isinstance(event.data, StepBegan) and steps.announces(snapshot, event.step)


def _refused(_: Snapshot, __: Event, data: StepSigned) -> Message:
    head = f"⛔ {acted(data)} refused to sign {bold(data.title)}"
    what = f"⛔ Sign-off refused: {data.title}: {data.reason}"
    return message(what, [section(f"{head}\n> {line(data.reason, 600)}")], broadcast=True)


def _question(snapshot: Snapshot, event: Event, data: PeopleAsked) -> Message:
    return (gate_question if data.ask == Ask.START else question)(snapshot, event, data)


_DRAWERS: dict[type[EventData], Callable[[Snapshot, Event, Any], Message]] = {
    RunStarted: run.run_started,
    StepBegan: steps.step_began,
    StepEnded: steps.step_ended,
    PeopleAsked: _question,
    StepSigned: _refused,
    RunHeld: run.run_held,
    RunResumed: run.run_resumed,
    RollbackRequested: run.rollback_requested,
    AlertRaised: alerts.alert,
    WarningRaised: alerts.alert,
    AlertHeld: alerts.held,
    Recovered: alerts.recovered,
    CheckBlind: alerts.blind,
    CheckFailed: alerts.failed_check,
    RollbackBudget: alerts.budget,
    Reminder: alerts.reminder,
    CriteriaShown: panel,
    WatchBegan: run.watch_began,
    WatchOver: run.watch_over,
    StatusDue: status_post,
    RunMoved: run.run_moved,
    NextRunReported: run.next_run,
    StepSlow: slow_step,
    StepInterrupted: interrupted_step,
    ClockJumped: clock_jumped,
    RecordChanged: record_changed,
    EnvironmentChanged: environment_changed,
    MirrorRead: mirror_read,
    FeedWaits: feed_waits,
    NoteAdded: note_added,
    PeopleInvited: invitation,
    DrillBegan: drill_began,
    StartAsked: start_question,
    StartPutOff: start_put_off,
    QueueMoved: queue_moved,
    QueueLeft: queue_left,
    HandoverOffered: role_offered,
    HandoverEnded: offer_ended,
}
