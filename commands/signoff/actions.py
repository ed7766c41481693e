"""The actions people take on a run: sign, refuse, answer, agree, hold, resume, keep."""

from __future__ import annotations

from datetime import datetime

from commands.progress.evidence import evidence_of
from commands.progress.step_state import DECISION, is_refused
from commands.runbook.page import PageStep
from commands.signoff.events import asked_after_refusal, people_asked
from commands.signoff.false_alarm import hold_alert, require_no_rollback
from commands.signoff.first_person import ACTS, first_decision, lapse, why_lapsed
from commands.signoff.handover import HandoverActions
from commands.signoff.hold_actions import HoldActions
from commands.signoff.keep_actions import KeepActions
from commands.signoff.permissions import Act, roles_for
from commands.signoff.signing import roles_to_sign
from commands.signoff.start_actions import StartActions
from commands.signoff.waiting import Waiting
from commands.text.actors import door_in_words
from commands.text.typed import typed
from state.errors import NotAllowed, Refused, TooLate
from state.events import Ask, StepAgreed, StepAnswered, StepSigned
from state.facts import Actor, Agreement, Choice, EarlyKeep, Signature, StepAnswer, evidence_hash
from state.records import NewEvent, Record


class RunActions(HoldActions, KeepActions, HandoverActions, StartActions):
    """What people may do to one run.

    Each action is stored as one fact with its event. The same action twice is stored once. Whether it is possible and
    allowed is asked again in the transaction that stores it, of the record as it is then. An action that is not
    possible raises Refused or one of its subclasses, whose message the person reads.
    """

    def sign(
        self, step_id: str, attempt: int, actor: Actor, at: datetime, *, refused: bool = False, reason: str = ""
    ) -> tuple[str, ...]:
        """Sign a step in the missing roles that the person holds (see `roles_to_sign`), or refuse it in all of them.

        Return those roles.
        """
        step = self._step(step_id)

        def roles_now(record: Record) -> tuple[str, ...]:
            self._require_waiting(record, Ask.SIGN, step_id, attempt)
            newest = record.last(step_id)
            people = self.holders(record)
            self._require_part(actor, record, step.box.roles())
            return roles_to_sign(self.page, record, step, newest, actor, people, refused=refused) if newest else ()

        roles = roles_now(self.store.record(self.run))
        if refused and not reason.strip():
            raise Refused("Refusing needs a reason, so that the team knows what to fix.")
        evidence = evidence_of(self.page, self.store.record(self.run))
        for number, role in enumerate(roles):
            fact = Signature(
                by=actor,
                at=at,
                step=step_id,
                attempt=attempt,
                role=role,
                refused=refused,
                reason=typed(reason),
                evidence=evidence,
                evidence_hash=evidence_hash(evidence),
            )
            # the first one proves that the step still waits for this person; with a refusal it waits no more
            only_if = (lambda record: roles_now(record) == roles) if number == 0 else None
            if not self.store.add_fact(self.run, fact, _signed(step, fact), only_if=only_if):
                raise TooLate(f"“{step.title}” has been signed meanwhile; the status shows what is missing.")
        if asked := asked_after_refusal(self.page, self.store.record(self.run), step):
            self.store.add_events(self.run, at, *asked)
        return roles

    def answer(self, step_id: str, attempt: int, actor: Actor, choice: Choice, reason: str, at: datetime) -> None:
        """Answer for a step that failed, whose result is unknown, or whose sign-off was refused.

        Every answer but “again” needs a reason.
        """
        step = self._step(step_id)

        def allowed(record: Record) -> bool:
            waiting = self._require_waiting(record, Ask.ANSWER, step_id, attempt)
            if choice not in waiting.choices:
                choices = ", ".join(waiting.choices)
                raise Refused(f"The possible answers are {choices}; {str(choice)!r} is not one of them.")
            self._require(ACTS[choice], actor, record, roles_for(ACTS[choice], self.page, box=step.box), waiting)
            return True

        record = self.store.record(self.run)
        allowed(record)
        if choice is not Choice.RETRY and not reason.strip():
            raise Refused("Continuing despite this needs a reason. The reason is recorded with the run.")
        newest = record.last(step_id)
        fact = StepAnswer(
            by=actor,
            at=at,
            step=step_id,
            attempt=attempt,
            choice=choice,
            reason=typed(reason),
            after_refusal=newest is not None and is_refused(record, newest),
            number=record.lapses(step_id, attempt),
        )
        answered = StepAnswered(
            title=step.title,
            person=actor.person,
            door=door_in_words(actor),
            attempt=attempt,
            choice=choice,
            reason=fact.reason,
        )
        if not self.store.add_fact(self.run, fact, NewEvent(step=step_id, data=answered), only_if=allowed):
            raise TooLate(f"“{step.title}” has already been answered.")
        self._ask(step, at)

    def agree(self, step_id: str, attempt: int, actor: Actor, at: datetime) -> None:
        """Agree, as a second person, to an answer for a step or to an early KEEP.

        Raises NotAllowed for the person who made that decision, and for others who took part in the matter; and if that
        person may no longer decide it: then it counts no longer, and is asked about again.
        """

        def waiting_now(record: Record) -> Waiting:
            waiting = self._require_waiting(record, Ask.AGREE, step_id, attempt)
            overrides = Choice.OVERRIDE in waiting.choices
            self._require(Act.AGREE_TO_OVERRIDE if overrides else Act.AGREE, actor, record, waiting.roles, waiting)
            return waiting

        record = self.store.record(self.run)
        waiting = waiting_now(record)
        self._require_first(record, waiting, at)
        agreed = NewEvent(
            step=step_id,
            data=StepAgreed(title=waiting.title, person=actor.person, door=door_in_words(actor), attempt=attempt),
        )
        early = first_decision(record, waiting)
        if isinstance(early, EarlyKeep):
            self._agree_to_keep(early, actor, at, agreed, waiting_now)
            return
        fact = Agreement(by=actor, at=at, step=step_id, attempt=attempt, choice=waiting.choices[0])
        if not self.store.add_fact(self.run, fact, agreed, only_if=lambda record: waiting_now(record) == waiting):
            raise TooLate(f"Somebody has already agreed about “{waiting.title}”.")
        self._ask(self._step(step_id), at)

    def false_alarm(self, alert: str, number: int, actor: Actor, reason: str, lasts: str, at: datetime) -> bool:
        """Hold an alert's countdown as a false alarm, with a reason, for a time in words ("30 min").

        The roles that the alert calls may do it, and the deciding role. False if the alert is held already.
        """
        record = self._active_record()
        require_no_rollback(record, alert)
        waiting = self._require_waiting(record, Ask.COUNTDOWN, alert, number)
        self._require(Act.FALSE_ALARM, actor, record, waiting.roles, waiting)
        return hold_alert(self.store, self.run, waiting, actor, reason, lasts, at)

    def _require_first(self, record: Record, waiting: Waiting, at: datetime) -> None:
        """Raise NotAllowed if the person who asked for a second one may no longer decide this."""
        first = first_decision(record, waiting)
        if first is None or not (why := why_lapsed(self.page, self.holders(record), record, waiting)):
            return
        if lapse(self.store, self.run, self.page, first, waiting, why, at) and waiting.step != DECISION:
            self._ask(self._step(waiting.step), at)
        raise NotAllowed(
            f"This no longer counts, because {first.person} may no longer decide it: {why} "
            "Somebody who holds the role must decide again; then a second person must agree."
        )

    def _ask(self, step: PageStep, at: datetime) -> None:
        if asked := people_asked(self.page, self.store.record(self.run), step):
            self.store.add_events(self.run, at, *asked)


def _signed(step: PageStep, fact: Signature) -> NewEvent:
    """The event of a signature or a refusal."""
    signed = StepSigned(
        title=step.title,
        role=fact.role,
        person=fact.by.person,
        door=door_in_words(fact.by),
        attempt=fact.attempt,
        refused=fact.refused,
        reason=fact.reason,
    )
    return NewEvent(step=step.id, data=signed)
