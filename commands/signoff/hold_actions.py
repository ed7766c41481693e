"""Holding a run and resuming it: one press is one fact."""

from __future__ import annotations

from datetime import datetime

from commands.progress.hold import hold_number, hold_of
from commands.signoff.permission_check import require_door
from commands.signoff.permissions import Act, roles_for
from commands.signoff.press import NO_PRESS, PressId, is_repeated, require_current
from commands.signoff.run_access import RunAccess
from commands.text.actors import door_in_words
from commands.text.typed import typed
from state.errors import TooLate, UnreadableRun
from state.events import RunHeld, RunResumed
from state.facts import Actor, EnvironmentHold, Hold, Resume
from state.records import NewEvent, Record, RunState

_TRIES = 3  # a hold that loses a race to another one is tried again, unless the run is on hold then


def _hold(actor: Actor, reason: str, at: datetime, press: PressId, number: int) -> tuple[Hold, NewEvent]:
    fact = Hold(by=actor, at=at, number=number, reason=typed(reason), press=press.id)
    return fact, NewEvent(data=RunHeld(person=actor.person, door=door_in_words(actor), reason=fact.reason))


class HoldActions(RunAccess):
    """Hold, which is free, and resume."""

    def hold(self, actor: Actor, reason: str, at: datetime, press: PressId = NO_PRESS) -> bool:
        """Let no new step begin. Every member of the channel may do it. False if the run is on hold already.

        Raises TooLate for a press that has been carried out before.
        """
        for _ in range(_TRIES):
            try:
                record = self._active_record()
            except UnreadableRun:  # no other row of the run is needed to stop it
                return self._hold_unread(actor, reason, at, press)
            if record.run.state == RunState.ROLLING_BACK:
                raise TooLate("A rollback is running, and a rollback cannot be put on hold.")
            self._require(Act.HOLD, actor, record)
            if hold_of(record):
                return False
            fact, held = _hold(actor, reason, at, press, hold_number(record))

            def is_new(record: Record, fact: Hold = fact) -> bool:
                if not hold_of(record) and is_repeated(record, fact, press):
                    raise TooLate("This press has been carried out before, and the run was resumed since. Press again.")
                return not hold_of(record)

            if self.store.add_fact(self.run, fact, held, only_if=is_new):
                return True
        return False

    def _hold_unread(self, actor: Actor, reason: str, at: datetime, press: PressId) -> bool:
        """Hold a run of which some row cannot be read. False if it is on hold already by this very button."""
        require_door(Act.HOLD, actor)
        number = press.drawn
        if number is None:
            number = self.store.fact_count(self.run, Hold.kind, EnvironmentHold.kind)
        fact, held = _hold(actor, reason, at, press, number)
        return self.store.add_fact(self.run, fact, held, only_in=(RunState.GOING,))

    def resume(self, actor: Actor, reason: str, at: datetime, press: PressId = NO_PRESS) -> bool:
        """Resume a run that is on hold. Only the deciding role may do it. False if the run is not on hold.

        Raises TooLate for a press that has been carried out before, or that was meant for an earlier hold.
        """
        record = self._active_record()
        self._require(Act.RESUME, actor, record, roles_for(Act.RESUME, self.page))
        if not hold_of(record):
            return False
        number, hold = sum(isinstance(fact, Resume) for fact in record.facts), hold_number(record)
        fact = Resume(by=actor, at=at, number=number, reason=typed(reason), press=press.id)
        require_current(record, fact, press)

        def is_current(record: Record) -> bool:
            self._require_active(record)
            return hold_of(record) is not None and hold_number(record) == hold

        resumed = NewEvent(data=RunResumed(person=actor.person, door=door_in_words(actor), reason=fact.reason))
        if self.store.add_fact(self.run, fact, resumed, only_if=is_current):
            return True
        if hold_of(self.store.record(self.run)):
            raise TooLate("The run was resumed and held again meanwhile. If it may continue, resume it again.")
        return False
