"""One run of the small page in a real store, and the people who act on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.rollback.request import rollback
from commands.runbook import Page
from commands.signoff.actions import RunActions
from state.errors import Refused
from state.events import EventData
from state.facts import BOT, Actor, CountdownStart, Door
from state.records import Record, Run
from state.sqlite.store import Store
from tests.commands.signoff.samples import ALERT
from tests.pages import NOON
from tests.stored import stored_attempt, stored_run

PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
DBA, GUEST = (Actor(person=name, door=Door.SLACK) for name in ("UDBA", "UGUEST"))
LEAD = Actor(person="ULEAD", door=Door.TERMINAL, account="lea@web1")
AT_TERMINAL = "at the terminal, as system user lea on host web1"
LATER = NOON + timedelta(minutes=5)
FOUR_EYES = {'target = "shop"': 'target = "shop"\nfour_eyes = true'}


class Night:
    """One run of the small page in a real store, and what people do to it."""

    def __init__(self, store: Store, page: Page, *, starter: str = "U1") -> None:
        self.store = store
        self.page = page
        self.run: Run = stored_run(store, page, starter=starter)
        self.actions = RunActions(store, page, self.run.id, PEOPLE)

    @property
    def record(self) -> Record:
        return self.store.record(self.run.id)

    @property
    def events(self) -> list[EventData]:
        """The events of the run after its start."""
        return [event.data for event in self.store.events(self.run.id)[1:]]

    def attempt(self, step: str, state: str = "done", number: int = 1) -> None:
        stored_attempt(self.store, self.run, step, state, number)

    def watch(self) -> None:
        self.attempt(WATCH, "running")

    def decide(self) -> None:
        self.watch()
        self.attempt(DECISION, "running")

    def count_down(self, number: int = 1) -> None:
        fact = CountdownStart(by=BOT, at=NOON, alert=ALERT, number=number, seen="9 s")
        assert self.store.add_fact(self.run.id, fact)

    def roll_back(self) -> None:
        assert rollback(self.store, self.run, GUEST, "it burns", NOON)

    def changes_nothing(self, action: Callable[[], object], error: type[Refused], words: str) -> None:
        """The action is refused with these words, and stores nothing."""
        before = self.record, self.events
        with pytest.raises(error, match=words) as caught:
            action()
        assert caught.type is error
        assert (self.record, self.events) == before
