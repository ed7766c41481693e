"""The reach monitor: lets a rollback begin as soon as all that it needs answers again."""

from __future__ import annotations

from commands.progress.reach import REACH, ReachBox, reach_step
from commands.progress.step_state import StepState, answer_to, state_of
from commands.rollback.monitor import Monitor
from state.errors import BadRecord
from state.events import StepAnswered
from state.facts import BOT, Choice, StepAnswer
from state.records import NewEvent, Record, RunState

INTERVAL = 3.0  # seconds between two tries
LONGEST_INTERVAL = 30.0  # a host may lock out whoever tries too often
BACK = "it can be reached again"


class ReachMonitor(Monitor):
    """While people are asked because a place is away, tries again and again; answers “run again” once all are back."""

    name = "reach"

    def _loop(self) -> None:
        pause = INTERVAL
        while not self._stopped.wait(pause):
            try:
                record = self._last_read.record()
                if not record.run.active:
                    return
                pause = min(pause * 1.5, LONGEST_INTERVAL) if self._try(record) else INTERVAL
            except BadRecord:
                pause = INTERVAL  # the run's own loop reports it

    def _try(self, record: Record) -> bool:
        """Try all places if the run waits for them, and write that they are back. True if one is still away."""
        if record.run.state != RunState.ROLLING_BACK or not self._waits(record):
            return False
        step, attempt = reach_step(self.page, record), record.last(REACH)
        if not isinstance(step.box, ReachBox) or attempt is None or step.box.away(self.tools):
            return True
        if self._stopped.is_set():
            return False
        at = self.tools.clock.now()
        number = record.lapses(REACH, attempt.attempt)
        fact = StepAnswer(
            by=BOT, at=at, step=REACH, attempt=attempt.attempt, choice=Choice.RETRY, reason=BACK, number=number
        )
        answered = StepAnswered(
            title=step.title, person=BOT.person, attempt=attempt.attempt, choice=Choice.RETRY, reason=BACK
        )
        self.store.add_fact(self.number, fact, NewEvent(step=REACH, data=answered), only_if=self._waits)
        return False

    def _waits(self, record: Record) -> bool:
        """Whether people are asked because a place cannot be reached, and nobody has answered."""
        attempt = record.last(REACH)
        if attempt is None or answer_to(record, attempt):
            return False
        return state_of(self.page, record, reach_step(self.page, record)) is StepState.NEEDS_PEOPLE
