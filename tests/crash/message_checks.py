"""Checks the messages of a run: every event is posted once and in order, whatever was killed."""

from __future__ import annotations

from collections import Counter

from bot.rehearsal.workspace import Message, Workspace
from state.store import RecordStore
from tests.pages import payload


def message_problems(workspace: Workspace, store: RecordStore, run: int) -> list[str]:
    """The messages of a run that are doubled, lost or out of order; [] when none is."""
    posted = [
        (ids["event"], message) for message in workspace.messages() if (ids := _ids(message)) and ids["run"] == run
    ]
    events = [event for event, message in posted if message.thread_ts]
    cards = [message for _, message in posted if not message.thread_ts]
    problems = [f"event {event} of run {run} is posted {n} times" for event, n in Counter(events).items() if n > 1]
    if len(cards) != 1:
        problems.append(f"run {run} has {len(cards)} cards")
    if events != sorted(events):
        problems.append(f"the events of run {run} are out of order: {events}")
    return problems + _lost(workspace, store, run)


def _lost(workspace: Workspace, store: RecordStore, run: int) -> list[str]:
    by_ts = {message.ts: message for message in workspace.messages()}
    posts = store.posts(run)
    problems = []
    for event in store.events(run, 0, 10_000):
        message = by_ts.get(posts.get(event.id, ""))
        if message is None:
            problems.append(f"event {event.id} ({event.data.stored_kind} {event.step}) of run {run} was never posted")
        elif event.data.stored_kind == "ended" and not _contains(
            message, str(payload(event).title)[:40], str(payload(event).summary)[:15]
        ):
            problems.append(f"event {event.id}, the end of {event.step}, is not in its message: {message.text[:80]}")
    return problems


def _contains(message: Message, *texts: str) -> bool:
    """Whether a message contains any of the texts: a step's title or, for a notification, its text."""
    return any(text in f"{message.text} {message.blocks}" for text in texts)


def _ids(message: Message) -> dict[str, int]:
    """The ids of the run and the event that a message is about; {} for any other message."""
    metadata = message.metadata or {}
    return dict(metadata.get("event_payload", {})) if metadata.get("event_type") == "gonogo_event" else {}
