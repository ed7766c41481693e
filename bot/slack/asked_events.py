"""The newest event of each question of a run: its number stands in the question's buttons."""

from __future__ import annotations

from collections.abc import Mapping

from commands.signoff.waiting import Waiting
from state.events import PeopleAsked
from state.records import Event
from state.store import RecordStore

AT_ONCE = 1_000  # events read at once
Question = tuple[str, str, int]  # what is asked, of which step, about which attempt


def question_key(asked: PeopleAsked | Waiting) -> Question:
    """What a question is known by."""
    return str(asked.ask), asked.step, asked.attempt


class AskedEvents:
    """The questions of the active runs. Each event is read once."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self._read_to: dict[int, int] = {}
        self._asked: dict[int, dict[Question, Event]] = {}

    def of(self, run: int) -> Mapping[Question, Event]:
        """The newest event of each question of a run so far. Raises UnreadableRun."""
        asked = self._asked.setdefault(run, {})
        while events := self._store.events(run, self._read_to.get(run, 0), AT_ONCE):
            for event in events:
                if isinstance(event.data, PeopleAsked):
                    asked[question_key(event.data)] = event
            self._read_to[run] = events[-1].id
        return dict(asked)

    def forget_all_but(self, runs: set[int]) -> None:
        """Drop the runs that are over."""
        for known in (self._read_to, self._asked):
            for run in known.keys() - runs:
                del known[run]
