"""Agreeing, as a second person, to a start against which something speaks."""

from __future__ import annotations

from datetime import datetime

from commands.progress.start_gate import GATE, open_objections
from commands.runbook.people import roles_of
from commands.signoff.permission_check import Matter, require_permission
from commands.signoff.permissions import Act, roles_for
from commands.signoff.run_access import RunAccess
from commands.signoff.waiting import roles_to_agree
from commands.text.actors import door_in_words
from state.errors import NotAllowed, TooLate
from state.events import Ask, StepAgreed
from state.facts import Actor, Door, StartAgreement, StartObjection
from state.records import NewEvent, Record


class StartActions(RunAccess):
    """What a second person does at the gate before everything else."""

    def agree_to_start(self, actor: Actor, at: datetime) -> bool:
        """Agree, as a second person, to the objections about which this person may. True if that was the last one."""

        def covered(record: Record) -> tuple[int, ...]:
            waiting = self._require_waiting(record, Ask.START, GATE, 1)
            self._require(Act.AGREE_TO_START, actor, record, waiting.roles, waiting)
            held = roles_of(actor.person, self.holders(record))
            return tuple(
                one.number for one in open_objections(record) if held.intersection(roles_to_agree(self.page, one))
            )

        record = self.store.record(self.run)
        covers = covered(record)
        self._require_starters(record, open_objections(record)[0])
        fact = StartAgreement(by=actor, at=at, covers=covers)
        agreed = StepAgreed(title=GATE, person=actor.person, door=door_in_words(actor))
        event = NewEvent(step=GATE, data=agreed)
        if not self.store.add_fact(self.run, fact, event, only_if=lambda record: covered(record) == covers):
            raise TooLate("Somebody has already agreed to this start.")
        return not open_objections(self.store.record(self.run))

    def _require_starters(self, record: Record, objection: StartObjection) -> None:
        """Raise NotAllowed if who started the run, or let it begin with a reason of their own, may not do so any more.

        KEEP needs no such person.
        """
        if objection.by.door is Door.BOT:
            return
        people = {role: frozenset(held).difference(self._absent) for role, held in self.people.items()}
        acts = {Act.START: record.run.started_by}
        if objection.person != record.run.starter:
            acts[Act.START_QUEUED] = objection.by
        for act, first in acts.items():
            try:
                require_permission(act, first, self.page, people, Matter(roles=roles_for(act, self.page)))
            except NotAllowed as error:
                raise NotAllowed(
                    f"{first.person} started this and may no longer do so: {error} Refuse it, and let somebody who "
                    "may start it anew."
                ) from None
