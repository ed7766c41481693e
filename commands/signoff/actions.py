"""The actions people take on a run: sign, refuse, answer, agree, hold, resume, keep."""

from __future__ import annotations

from datetime import datetime

from commands.progress.evidence import CHECK, check_step, evidence_of
from commands.progress.hold import hold_of
from commands.progress.step_state import DECISION, WATCH
from commands.runbook.page import Page, PageStep
from commands.runbook.people import People, require_not_starter, require_role, roles_of
from commands.signoff.events import asked_after_refusal, early_keep_asked, people_asked
from commands.signoff.false_alarm import hold_alert, require_no_rollback
from commands.signoff.waiting import Waiting, waiting_for
from commands.watch.countdown import running_countdowns
from state.errors import NotAllowed, Refused, TooLate
from state.events import Ask, KeepDecided, RunHeld, RunResumed, StepAgreed, StepAnswered, StepSigned
from state.facts import (
    Actor,
    Agreement,
    Choice,
    EarlyKeep,
    EarlyKeepAgreement,
    Hold,
    Keep,
    Resume,
    Signature,
    StepAnswer,
    evidence_hash,
    shortened,
)
from state.records import NewEvent, Record, RunState
from state.sqlite.store import Store


class RunActions:
    """What people may do to one run.

    Each action is stored as one fact with its event. The same action twice is stored once.
    An action that is not possible raises Refused or one of its subclasses, whose message the person reads.
    """

    def __init__(self, store: Store, page: Page, run: int, people: People) -> None:
        self.store = store
        self.page = page
        self.run = run
        self.people = people

    def sign(
        self, step_id: str, attempt: int, actor: Actor, at: datetime, *, refused: bool = False, reason: str = ""
    ) -> tuple[str, ...]:
        """Sign or refuse a step in every missing role that the person holds. Return those roles."""
        record, step = self._active_step(step_id)
        waiting = self._require_waiting(record, Ask.SIGN, step_id, attempt)
        require_not_starter(actor, record.run, self.page)
        require_role(actor, waiting.roles, self.people, self.page, f"sign “{step.title}” now")
        if refused and not reason.strip():
            raise Refused("Refusing needs a reason, so that the team knows what to fix.")
        roles = tuple(sorted(set(waiting.roles) & roles_of(actor.person, self.people)))
        evidence = evidence_of(self.page, record)
        for role in roles:
            signed = StepSigned(
                title=step.title,
                role=role,
                person=actor.person,
                attempt=attempt,
                refused=refused,
                reason=shortened(reason),
            )
            fact = Signature(
                by=actor,
                at=at,
                step=step_id,
                attempt=attempt,
                role=role,
                refused=refused,
                reason=signed.reason,
                evidence=evidence,
                evidence_hash=evidence_hash(evidence),
            )
            self.store.add_fact(self.run, fact, NewEvent(step=step_id, data=signed))
        if asked := asked_after_refusal(self.page, self.store.record(self.run), step):
            self.store.add_events(self.run, at, *asked)
        return roles

    def answer(self, step_id: str, attempt: int, actor: Actor, choice: Choice, reason: str, at: datetime) -> None:
        """Answer for a step that failed or whose result is unknown. Every answer but “again” needs a reason."""
        record, step = self._active_step(step_id)
        waiting = self._require_waiting(record, Ask.ANSWER, step_id, attempt)
        if choice not in waiting.choices:
            raise Refused(f"The possible answers are {', '.join(waiting.choices)}; {str(choice)!r} is not one of them.")
        if choice is Choice.RETRY:
            require_role(actor, tuple(self.page.roles), self.people, self.page, "run a step again")
        else:
            require_role(actor, waiting.roles, self.people, self.page, "continue despite this")
        if choice is not Choice.RETRY and not reason.strip():
            raise Refused("Continuing despite this needs a reason. The reason is recorded with the run.")
        fact = StepAnswer(by=actor, at=at, step=step_id, attempt=attempt, choice=choice, reason=shortened(reason))
        answered = StepAnswered(
            title=step.title, person=actor.person, attempt=attempt, choice=choice, reason=fact.reason
        )
        if not self.store.add_fact(self.run, fact, NewEvent(step=step_id, data=answered)):
            raise TooLate(f"“{step.title}” has already been answered.")
        if asked := people_asked(self.page, self.store.record(self.run), step):
            self.store.add_events(self.run, at, *asked)

    def agree(self, step_id: str, attempt: int, actor: Actor, at: datetime) -> None:
        """Agree, as a second person, to skip a failed step or to an early KEEP.

        Raises NotAllowed for the person who made that decision.
        """
        record = self._active_record()
        waiting = self._require_waiting(record, Ask.AGREE, step_id, attempt)
        early = record.newest(EarlyKeep) if step_id == DECISION else None
        first = early or record.newest(StepAnswer, step=step_id, attempt=attempt)
        if first and first.person == actor.person:
            raise NotAllowed("A second person must agree. You are the first, so it cannot be you.")
        require_role(actor, waiting.roles, self.people, self.page, "agree to this")
        agreed = NewEvent(step=step_id, data=StepAgreed(title=waiting.title, person=actor.person, attempt=attempt))
        if early is None:
            self.store.add_fact(self.run, Agreement(by=actor, at=at, step=step_id, attempt=attempt), agreed)
            return
        keep = Keep(by=early.by, at=at, reason=early.reason)
        decided = NewEvent(data=KeepDecided(person=early.person, reason=early.reason))
        agreement = EarlyKeepAgreement(by=actor, at=at)
        if not self.store.add_fact(self.run, agreement, agreed, decided, follows=keep, only_if=self._may_keep):
            self._require_may_keep()

    def false_alarm(self, alert: str, number: int, actor: Actor, reason: str, lasts: str, at: datetime) -> bool:
        """Hold an alert's countdown as a false alarm, with a reason, for a time in words ("30 min").

        The roles that the alert calls may do it, and the deciding role. False if the alert is held already.
        """
        record = self._active_record()
        require_no_rollback(record, alert)
        waiting = self._require_waiting(record, Ask.COUNTDOWN, alert, number)
        require_role(actor, waiting.roles, self.people, self.page, f"hold “{alert}”")
        return hold_alert(self.store, self.run, waiting, actor, reason, lasts, at)

    def hold(self, actor: Actor, reason: str, at: datetime) -> bool:
        """Let no new step begin. Everybody may do it. False if the run is on hold already."""
        record = self._active_record()
        if record.run.state == RunState.ROLLING_BACK:
            raise TooLate("A rollback is running, and a rollback cannot be put on hold.")
        if hold_of(record):
            return False
        fact = Hold(by=actor, at=at, number=_count(record, Hold), reason=shortened(reason))
        return self.store.add_fact(self.run, fact, NewEvent(data=RunHeld(person=actor.person, reason=fact.reason)))

    def resume(self, actor: Actor, reason: str, at: datetime) -> bool:
        """Resume a run that is on hold. Only the deciding role may do it. False if the run is not on hold."""
        record = self._active_record()
        require_role(actor, (self.page.decision.role,), self.people, self.page, "resume")
        if not hold_of(record):
            return False
        fact = Resume(by=actor, at=at, number=_count(record, Resume), reason=shortened(reason))
        return self.store.add_fact(self.run, fact, NewEvent(data=RunResumed(person=actor.person, reason=fact.reason)))

    def keep(self, actor: Actor, reason: str, at: datetime) -> str:
        """Decide KEEP. Before the watch is over this needs a reason and a second person.

        Return the sentence for the person who decided.
        """
        record = self._active_record()
        require_role(actor, (self.page.decision.role,), self.people, self.page, "decide KEEP")
        require_not_starter(actor, record.run, self.page)
        self._require_may_keep()
        if record.last(DECISION) is None:
            return self._keep_early(record, actor, reason, at)
        fact = Keep(by=actor, at=at, reason=shortened(reason))
        decided = NewEvent(data=KeepDecided(person=actor.person, reason=fact.reason))
        if self.store.add_fact(self.run, fact, decided, only_if=self._may_keep):
            return "KEEP."
        self._require_may_keep()
        return "KEEP has already been decided."

    # -- inside -------------------------------------------------------------------------------------------------

    def _keep_early(self, record: Record, actor: Actor, reason: str, at: datetime) -> str:
        if record.last(WATCH) is None:
            raise TooLate("It is too early for KEEP: the watch has not begun. You can roll back or hold at any time.")
        if record.keep:
            return "KEEP has already been decided."
        if not reason.strip():
            raise Refused("The watch is not over. KEEP now needs a reason, and a second person must agree.")
        fact = EarlyKeep(by=actor, at=at, reason=shortened(reason))
        answered = StepAnswered(title="KEEP before the watch is over", person=actor.person, reason=fact.reason)
        if not self.store.add_fact(self.run, fact, NewEvent(step=DECISION, data=answered), only_if=self._may_keep):
            self._require_may_keep()
            return "KEEP is already waiting for a second person to agree."
        self.store.add_events(self.run, at, *early_keep_asked(self.page, self.store.record(self.run)))
        return "A second person must agree. The request is in the thread."

    def _may_keep(self, record: Record) -> bool:
        return not record.rollback and not running_countdowns(self.page, record)

    def _require_may_keep(self) -> None:
        """Raise TooLate once a rollback is requested, and Refused while an alert counts down to one."""
        record = self.store.record(self.run)
        if record.rollback:
            raise TooLate("Too late for KEEP: a rollback has been requested.")
        for countdown in running_countdowns(self.page, record):
            raise Refused(
                f"“{countdown.alert.name}” is counting down to a rollback. "
                "Hold it as a false alarm first, or let it roll back. This KEEP was not recorded."
            )

    def _active_record(self) -> Record:
        record = self.store.record(self.run)
        if not record.run.active:
            raise TooLate(f"Run {self.run} is over ({record.run.state}).")
        return record

    def _active_step(self, step_id: str) -> tuple[Record, PageStep]:
        record = self._active_record()
        if step_id == CHECK:
            return record, check_step(self.page)
        try:
            return record, self.page.step(step_id)
        except KeyError:
            raise Refused(f"There is no step “{step_id}” in run {self.run}.") from None

    def _require_waiting(self, record: Record, ask: Ask, step_id: str, attempt: int) -> Waiting:
        for waiting in waiting_for(self.page, record):
            if (waiting.ask, waiting.step, waiting.attempt) == (ask, step_id, attempt):
                return waiting
        title = next((step.title for step in self.page.steps if step.id == step_id), step_id)
        raise TooLate(f"“{title}” is not waiting for this now; the card shows what is.")


def _count(record: Record, kind: type[Hold | Resume]) -> int:
    return sum(isinstance(fact, kind) for fact in record.facts)
