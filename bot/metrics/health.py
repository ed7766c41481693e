"""Whether the bot does its work now. Each yes rests on something that a part has just done."""

from __future__ import annotations

from collections.abc import Callable

from bot.metrics.bounded import Bounded
from commands.run.engine import Engine
from state.store import RecordStore

# seconds for which the engine's loop or a run's may be silent; they come round at least twice a second, but for a page
# that follows a kept run: its checks take up to 10 s
SILENT = 30.0
ANSWER = 2.0  # seconds in which the record, and the part that serves Slack, must answer
ENGINE, RECORD, SLACK = "engine", "record", "slack"


class Health:
    """Asked from threads that share nothing with the parts, so that a part that hangs hangs no answer.

    `hears` says whether commands and presses in Slack are heard now, and None if the part that serves Slack does not
    answer within so many seconds. It is None itself for a bot without Slack.
    """

    def __init__(self, engine: Engine, store: RecordStore, hears: Callable[[float], bool | None] | None) -> None:
        self._engine = engine
        self._record = Bounded(store.active_by_state)
        self._hears = hears

    def parts(self) -> dict[str, bool]:
        """The parts of this bot, and whether each works."""
        parts = {ENGINE: self._engine_turns(), RECORD: self._record_answers()}
        return parts | ({SLACK: self._hears(ANSWER) is True} if self._hears else {})

    def carries_all_runs(self) -> bool:
        """Whether this bot carries out an active run, and everything that needs for that works.

        Slack may be away meanwhile; the part that serves it must not hang.
        """
        vitals = self._engine.vitals
        if not (vitals.carries_all and self._engine_turns() and self._record_answers()):
            return False
        return self._hears is None or self._hears(ANSWER) is not None

    def is_idle(self) -> bool:
        """Whether the record has no active run, and that is sure."""
        vitals = self._engine.vitals
        if vitals.carried or vitals.left_out or not self._engine_turns():
            return False
        try:
            return not any(self._record.ask(ANSWER).values())
        except Exception:
            return False

    def _engine_turns(self) -> bool:
        return self._engine.is_alive and self._engine.vitals.silent_for < SILENT

    def _record_answers(self) -> bool:
        try:
            self._record.ask(ANSWER)
        except Exception:  # whatever it is, it is no answer
            return False
        return True
