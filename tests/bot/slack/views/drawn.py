"""Views for a test: events and snapshots of its own, and what a message shows."""

from __future__ import annotations

from typing import Any

from bot.doors.button import read_button
from bot.slack.views.blocks import Message
from bot.slack.views.snapshot import Snapshot
from state.events import EventData
from state.facts import Fact
from state.records import Attempt, Event
from tests.bot.slack.run_writer import HOLDERS, PAGE
from tests.pages import NOON, record

PHONES = {"dba": "+66 2 555 0101", "lead": "+66 2 555 0102"}


def event_with(data: EventData, *, step: str = "", number: int = 7) -> Event:
    """An event of run 1, at noon, in Slack."""
    return Event(id=number, run=1, at=NOON, step=step, data=data)


def snapshot_with(*attempts: Attempt, facts: tuple[Fact, ...] = (), **run: object) -> Snapshot:
    """The small page's run at noon, with these attempts and facts; `run` changes fields of the run."""
    return Snapshot(page=PAGE, record=record(*attempts, facts=facts, **run), now=NOON, mentions=HOLDERS, phones=PHONES)


def texts(value: Any) -> list[str]:
    """Every text in blocks or a form, in order."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for item in value.values() for text in texts(item)]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else []


def shown(message: Message) -> str:
    """What a message shows, one text a line, with its buttons and their questions."""
    return "\n".join(texts(message.blocks))


def button_of(message: Message, action: str) -> dict[str, Any]:
    """The first button with this action id. Raises AssertionError if there is none."""
    elements = [element for block in message.blocks for element in block.get("elements", [])]
    found = [element for element in elements if element.get("action_id") == action]
    assert found, f"no button {action} among {[element.get('action_id') for element in elements]}"
    return dict(found[0])


def event_of(message: Message, action: str) -> int:
    """The event that the first button with this action id is about; 0 for the whole run."""
    about = read_button(button_of(message, action)["value"])
    assert about.key, "the button does not say of which record its run is"
    return about.event
