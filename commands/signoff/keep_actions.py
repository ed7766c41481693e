"""Deciding KEEP: at the end of the watch, or before it with a reason and a second person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from commands.progress.clock import rest_of_watch
from commands.progress.step_state import DECISION, WATCH
from commands.signoff.events import early_keep_asked
from commands.signoff.permissions import Act, roles_for
from commands.signoff.run_access import RunAccess
from commands.signoff.waiting import Waiting
from commands.text.actors import door_in_words
from commands.text.durations import format_duration
from commands.text.typed import typed
from commands.watch.countdown import running_countdowns
from state.errors import Refused, TooLate
from state.events import KeepDecided, StepAnswered
from state.facts import Actor, EarlyKeep, EarlyKeepAgreement, Keep
from state.records import Condition, NewEvent, Record


class KeepActions(RunAccess):
    """KEEP, early or at the decision."""

    def keep(self, actor: Actor, reason: str, at: datetime) -> str:
        """Decide KEEP. Before the watch is over this needs a reason and a second person.

        Return the sentence for the person who decided.
        """
        record = self._active_record()
        early = record.last(DECISION) is None
        act = Act.EARLY_KEEP if early else Act.KEEP

        def allowed(record: Record) -> bool:
            self._require(act, actor, record, roles_for(act, self.page))
            self._require_may_keep(record)
            return early == (record.last(DECISION) is None)

        allowed(record)
        if record.keep:
            return "KEEP has already been decided."
        if early:
            return self._keep_early(record, actor, reason, at, allowed)
        fact = Keep(by=actor, at=at, reason=typed(reason))
        decided = NewEvent(data=KeepDecided(person=actor.person, door=door_in_words(actor), reason=fact.reason))
        stored = self.store.add_fact(self.run, fact, decided, only_if=allowed)
        return f"You decided KEEP.{self.what_begins}" if stored else "KEEP has already been decided."

    @property
    def what_begins(self) -> str:
        """What begins because of KEEP, as a sentence after another one; empty for nothing."""
        starts = self.page.decision.starts
        return f" {starts} is checked and started now. The result is posted in the thread." if starts else ""

    def _keep_early(self, record: Record, actor: Actor, reason: str, at: datetime, allowed: Condition) -> str:
        if record.last(WATCH) is None:
            raise TooLate("It is too early for KEEP: the watch has not begun. You can roll back or hold at any time.")
        if not reason.strip():
            raise Refused("The watch is not over. KEEP now needs a reason, and a second person must agree.")
        fact = EarlyKeep(by=actor, at=at, reason=typed(reason), number=record.lapses(DECISION, 1))
        answered = StepAnswered(
            title="KEEP before the watch is over", person=actor.person, door=door_in_words(actor), reason=fact.reason
        )
        if not self.store.add_fact(self.run, fact, NewEvent(step=DECISION, data=answered), only_if=allowed):
            if self.store.record(self.run).last(DECISION):
                return "The watch is over now. Decide KEEP again; it needs no second person."
            return "KEEP is already waiting for a second person to agree."
        self.store.add_events(self.run, at, *early_keep_asked(self.page, self.store.record(self.run)))
        return f"{self._skipped(record, at)} A second person must agree. The status shows the request."

    def _skipped(self, record: Record, at: datetime) -> str:
        """What a KEEP before the end of the watch skips, and what it starts."""
        rest, starts = rest_of_watch(self.page, record, at) or timedelta(0), self.page.decision.starts
        then = f", and starts {starts}" if starts else ""
        return f"KEEP now skips the rest of the watch ({format_duration(rest)}){then}."

    def _agree_to_keep(
        self, early: EarlyKeep, actor: Actor, at: datetime, agreed: NewEvent, waiting_now: Callable[[Record], Waiting]
    ) -> None:
        keep = Keep(by=early.by, at=at, reason=early.reason)
        decided = NewEvent(data=KeepDecided(person=early.person, door=door_in_words(early.by), reason=early.reason))

        def allowed(record: Record) -> bool:
            self._require_may_keep(record)
            waiting_now(record)
            return True

        fact = EarlyKeepAgreement(by=actor, at=at)
        self.store.add_fact(self.run, fact, agreed, decided, follows=keep, only_if=allowed)

    def _require_may_keep(self, record: Record) -> None:
        """Raise TooLate once a rollback is requested, and Refused while an alert counts down to one."""
        if record.rollback:
            raise TooLate("Too late for KEEP: a rollback has been requested.")
        for countdown in running_countdowns(self.page, record):
            raise Refused(
                f"“{countdown.alert.name}” is counting down to a rollback. "
                "Hold it as a false alarm first, or let it roll back. This KEEP was not recorded."
            )
