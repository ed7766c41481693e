"""The counting in the workspace: every event of a run told once and in order, whatever was killed."""

from __future__ import annotations

from collections import Counter

from bot.rehearsal.workspace import Message, Workspace
from state.sqlite.store import Store
from tests.pages import payload


def wrong_in_channel(workspace: Workspace, store: Store, run: int) -> list[str]:
    """What is doubled, lost or out of order among the messages of a run; empty when nothing is."""
    told = [
        (payload["event"], one) for one in workspace.messages() if (payload := _mark(one)) and payload["run"] == run
    ]
    events = [number for number, one in told if one.thread_ts]
    cards = [one for _, one in told if not one.thread_ts]
    wrong = [f"event {number} of run {run} is posted {n} times" for number, n in Counter(events).items() if n > 1]
    if len(cards) != 1:
        wrong.append(f"run {run} has {len(cards)} cards")
    if events != sorted(events):
        wrong.append(f"the events of run {run} are out of order: {events}")
    return wrong + _lost(workspace, store, run)


def _lost(workspace: Workspace, store: Store, run: int) -> list[str]:
    there = {one.ts: one for one in workspace.messages()}
    posts = store.posts(run)
    wrong = []
    for event in store.events(run, 0, 10_000):
        message = there.get(posts.get(event.id, ""))
        if message is None:
            wrong.append(f"event {event.id} ({event.data.stored_kind} {event.step}) of run {run} was never posted")
        elif event.data.stored_kind == "ended" and not _tells(
            message, str(payload(event).title)[:40], str(payload(event).summary)[:15]
        ):
            wrong.append(f"event {event.id}, the end of {event.step}, is not told in its message: {message.text[:80]}")
    return wrong


def _tells(message: Message, *words: str) -> bool:
    """Whether a message holds any of the words: a step's title or, for a notification, its text."""
    return any(word in f"{message.text} {message.blocks}" for word in words)


def _mark(message: Message) -> dict[str, int]:
    """The run and event that a message tells, or nothing."""
    metadata = message.metadata or {}
    return dict(metadata.get("event_payload", {})) if metadata.get("event_type") == "gonogo_event" else {}
