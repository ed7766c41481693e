"""The check of a run's messages finds what is doubled, lost or out of order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.workspace import Message, Person, Workspace
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.sqlite.store import Store
from tests.crash.message_checks import message_problems
from tests.pages import NOON, event, small

CHANNEL, CARD = "C01DEPLOY", 0


class Channel:
    """A run with two events in the state file, and its card and their messages in a workspace."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.workspace = Workspace([Person("U1", "Nok")])
        starter = Actor(person="U1", door=Door.TERMINAL)
        people = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
        self.run = start(self.store, small(), StartRequest(), starter, people, NOON).id
        self.store.add_events(self.run, NOON, event("signed"), event("signed"))
        self.events = [one.id for one in self.store.events(self.run, 0, 100)]
        self.card = self.post(CARD)
        self.messages = [self.post(number) for number in self.events]

    def post(self, number: int, *, run: int = 0) -> Message:
        """Post the message of an event, or the card, and note it in the state file."""
        ids = {"event_type": "gonogo_event", "event_payload": {"run": run or self.run, "event": number}}
        ts = self.workspace.state.new_ts()
        thread = None if number == CARD else "1.0"
        message = Message(CHANNEL, ts, "U0GONOGO", f"event {number}", thread_ts=thread, metadata=ids)
        if not run:
            self.store.save_post(self.run, number, CHANNEL, ts)
        return self.workspace.state.post(message)

    def problems(self) -> list[str]:
        return message_problems(self.workspace, self.store, self.run)


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Channel]:
    channel = Channel(tmp_path / "gonogo.db")
    yield channel
    channel.store.close()


def test_every_event_posted_once_and_in_order_is_no_problem(channel: Channel) -> None:
    channel.post(channel.events[0], run=99)  # another run's message
    assert channel.problems() == []


def test_an_event_that_is_posted_twice_is_a_problem(channel: Channel) -> None:
    last = channel.events[-1]
    channel.post(last)
    assert channel.problems() == [f"event {last} of run {channel.run} is posted 2 times"]


def test_an_event_that_is_noted_as_posted_but_not_in_the_channel_is_a_problem(channel: Channel) -> None:
    channel.workspace.state.remove(channel.messages[1])
    event_id = channel.events[1]
    assert channel.problems() == [f"event {event_id} (signed ) of run {channel.run} was never posted"]


def test_events_out_of_order_are_a_problem(channel: Channel) -> None:
    channel.workspace.state.messages[-2:] = channel.workspace.state.messages[:-3:-1]
    assert f"the events of run {channel.run} are out of order" in channel.problems()[0]


@pytest.mark.parametrize("cards", [0, 2])
def test_a_run_without_a_card_or_with_two_is_a_problem(channel: Channel, cards: int) -> None:
    if cards:
        channel.post(CARD)
    else:
        channel.workspace.state.remove(channel.card)
    assert channel.problems() == [f"run {channel.run} has {cards} cards"]


def test_the_message_of_a_steps_end_must_name_the_step_or_its_result(channel: Channel) -> None:
    ended = event("ended", {"title": "Backup", "summary": "1.2 MB", "attempt": 1, "state": "done"}, step="backup")
    channel.store.add_events(channel.run, NOON, ended)
    number = channel.store.events(channel.run, 0, 100)[-1].id
    message = channel.post(number)
    assert channel.problems() == [f"event {number}, the end of backup, is not in its message: event {number}"]
    message.text = "✅ Backup"
    assert channel.problems() == []
