"""What named people do to a run: sign, refuse, answer, hold, resume, keep. Each is one fact, and a second click is the same click."""

from __future__ import annotations

from datetime import datetime

from commands.progress.hold import hold_of
from commands.progress.step_state import DECISION, WATCH
from commands.runbook.page import Page, PageStep
from commands.runbook.people import People, require_not_starter, require_role, roles_of
from commands.signoff.events import asked_after_refusal, early_keep_asked, people_asked
from commands.signoff.false_alarm import hold_alert, must_not_be_late
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
    shortened,
)
from state.records import NewEvent, Record, RunState
from state.sqlite.store import Store


class RunActions:
    """What people do to one run; every method writes one fact or raises a Refused whose sentence they see."""

    def __init__(self, store: Store, page: Page, run: int, people: People) -> None:
        self.store = store
        self.page = page
        self.run = run
        self.people = people

    def sign(
        self, step_id: str, attempt: int, actor: Actor, at: datetime, *, refused: bool = False, reason: str = ""
    ) -> tuple[str, ...]:
        """Sign or refuse a step in every role the person holds that is still waited for; returns those roles."""
        record, step = self._open(step_id)
        waiting = self._waiting(record, Ask.SIGN, step_id, attempt)
        require_not_starter(actor, record.run, self.page)
        require_role(actor, waiting.roles, self.people, self.page, f"sign “{step.title}” now")
        if refused and not reason.strip():
            raise Refused("Refusing needs a reason, so that the team knows what to mend.")
        roles = tuple(sorted(set(waiting.roles) & roles_of(actor.person, self.people)))
        for role in roles:
            told = StepSigned(
                title=step.title,
                role=role,
                person=actor.person,
                attempt=attempt,
                refused=refused,
                reason=shortened(reason),
            )
            fact = Signature(
                by=actor, at=at, step=step_id, attempt=attempt, role=role, refused=refused, reason=told.reason
            )
            self.store.add_fact(self.run, fact, NewEvent(step=step_id, data=told))
        if asked := asked_after_refusal(self.page, self.store.record(self.run), step):
            self.store.add_events(self.run, at, *asked)
        return roles

    def answer(self, step_id: str, attempt: int, actor: Actor, choice: Choice, reason: str, at: datetime) -> None:
        """Answer for a step that failed or whose end is not known; all but another attempt takes a reason."""
        record, step = self._open(step_id)
        waiting = self._waiting(record, Ask.ANSWER, step_id, attempt)
        if choice not in waiting.choices:
            raise Refused(f"The answer can be {', '.join(waiting.choices)}, not {str(choice)!r}.")
        if choice is Choice.RETRY:
            require_role(actor, tuple(self.page.roles), self.people, self.page, "have a step run again")
        else:
            require_role(actor, waiting.roles, self.people, self.page, "go on in spite of this")
        if choice is not Choice.RETRY and not reason.strip():
            raise Refused("Going on in spite of this needs a reason; it stands in the record.")
        fact = StepAnswer(by=actor, at=at, step=step_id, attempt=attempt, choice=choice, reason=shortened(reason))
        told = StepAnswered(title=step.title, person=actor.person, attempt=attempt, choice=choice, reason=fact.reason)
        if not self.store.add_fact(self.run, fact, NewEvent(step=step_id, data=told)):
            raise TooLate(f"“{step.title}” was answered already.")
        if asked := people_asked(self.page, self.store.record(self.run), step):
            self.store.add_events(self.run, at, *asked)

    def agree(self, step_id: str, attempt: int, actor: Actor, at: datetime) -> None:
        """Agree, as a second person, to going on in spite of a failure, or to an early KEEP. Raises NotAllowed for the first."""
        record = self._active()
        waiting = self._waiting(record, Ask.AGREE, step_id, attempt)
        early = record.newest(EarlyKeep) if step_id == DECISION else None
        first = early or record.newest(StepAnswer, step=step_id, attempt=attempt)
        if first and first.person == actor.person:
            raise NotAllowed("A second person must agree; you are the first.")
        require_role(actor, waiting.roles, self.people, self.page, "agree to this")
        agreed = NewEvent(step=step_id, data=StepAgreed(title=waiting.title, person=actor.person, attempt=attempt))
        if early is None:
            self.store.add_fact(self.run, Agreement(by=actor, at=at, step=step_id, attempt=attempt), agreed)
            return
        kept = Keep(by=early.by, at=at, reason=early.reason)
        told = NewEvent(data=KeepDecided(person=early.person, reason=early.reason))
        fact = EarlyKeepAgreement(by=actor, at=at)
        if not self.store.add_fact(self.run, fact, agreed, told, follows=kept, only_if=self._may_be_kept):
            self._must_be_keepable()

    def false_alarm(self, alert: str, number: int, actor: Actor, reason: str, lasts: str, at: datetime) -> bool:
        """Hold an alert's countdown for a time in words ("30 min"), with a reason; going on is signed, by the roles it calls."""
        record = self._active()
        must_not_be_late(record, alert)
        waiting = self._waiting(record, Ask.COUNTDOWN, alert, number)
        require_role(actor, waiting.roles, self.people, self.page, f"hold “{alert}”")
        return hold_alert(self.store, self.run, waiting, actor, reason, lasts, at)

    def hold(self, actor: Actor, reason: str, at: datetime) -> bool:
        """Let no new step begin; free for everybody. False if the run is held already."""
        record = self._active()
        if record.run.state == RunState.ROLLING_BACK:
            raise TooLate("A rollback is under way; it is not held.")
        if hold_of(record):
            return False
        fact = Hold(by=actor, at=at, number=_count(record, Hold), reason=shortened(reason))
        return self.store.add_fact(self.run, fact, NewEvent(data=RunHeld(person=actor.person, reason=fact.reason)))

    def resume(self, actor: Actor, reason: str, at: datetime) -> bool:
        """Go on after a hold; the deciding role signs for it. False if the run is not held."""
        record = self._active()
        require_role(actor, (self.page.decision.role,), self.people, self.page, "resume")
        if not hold_of(record):
            return False
        fact = Resume(by=actor, at=at, number=_count(record, Resume), reason=shortened(reason))
        return self.store.add_fact(self.run, fact, NewEvent(data=RunResumed(person=actor.person, reason=fact.reason)))

    def keep(self, actor: Actor, reason: str, at: datetime) -> str:
        """Decide KEEP. Before the watch is over it takes a reason and a second person. Returns the sentence for who said it."""
        record = self._active()
        require_role(actor, (self.page.decision.role,), self.people, self.page, "decide KEEP")
        require_not_starter(actor, record.run, self.page)
        self._must_be_keepable()
        if record.last(DECISION) is None:
            return self._keep_early(record, actor, reason, at)
        fact = Keep(by=actor, at=at, reason=shortened(reason))
        told = NewEvent(data=KeepDecided(person=actor.person, reason=fact.reason))
        if self.store.add_fact(self.run, fact, told, only_if=self._may_be_kept):
            return "KEEP."
        self._must_be_keepable()
        return "KEEP was decided already."

    # -- inside -------------------------------------------------------------------------------------------------

    def _keep_early(self, record: Record, actor: Actor, reason: str, at: datetime) -> str:
        if record.last(WATCH) is None:
            raise TooLate("KEEP can be decided when the watch is over; roll back or hold at any time.")
        if record.keep:
            return "KEEP was decided already."
        if not reason.strip():
            raise Refused("The watch is not over: KEEP now needs a reason, and then a second person who agrees.")
        fact = EarlyKeep(by=actor, at=at, reason=shortened(reason))
        told = StepAnswered(title="KEEP before the watch is over", person=actor.person, reason=fact.reason)
        if not self.store.add_fact(self.run, fact, NewEvent(step=DECISION, data=told), only_if=self._may_be_kept):
            self._must_be_keepable()
            return "It waits for a second person already."
        self.store.add_events(self.run, at, *early_keep_asked(self.page, self.store.record(self.run)))
        return "A second person must agree: they are asked in the thread."

    def _may_be_kept(self, record: Record) -> bool:
        return not record.rollback and not running_countdowns(self.page, record)

    def _must_be_keepable(self) -> None:
        """Raise TooLate after a rollback was asked for, and Refused while an alert counts down to one."""
        record = self.store.record(self.run)
        if record.rollback:
            raise TooLate("A rollback was asked for; KEEP comes too late.")
        for one in running_countdowns(self.page, record):
            raise Refused(
                f"“{one.alert.name}” counts down to a rollback: hold it as a false alarm first, or let it roll back. "
                "This KEEP was not noted."
            )

    def _active(self) -> Record:
        record = self.store.record(self.run)
        if not record.run.active:
            raise TooLate(f"Run {self.run} is over ({record.run.state}).")
        return record

    def _open(self, step_id: str) -> tuple[Record, PageStep]:
        record = self._active()
        try:
            return record, self.page.step(step_id)
        except KeyError:
            raise Refused(f"There is no step “{step_id}” in run {self.run}.") from None

    def _waiting(self, record: Record, ask: Ask, step_id: str, attempt: int) -> Waiting:
        for waiting in waiting_for(self.page, record):
            if (waiting.ask, waiting.step, waiting.attempt) == (ask, step_id, attempt):
                return waiting
        title = next((step.title for step in self.page.steps if step.id == step_id), step_id)
        raise TooLate(f"Nothing is asked about “{title}” any more; see the card for what is.")


def _count(record: Record, kind: type[Hold | Resume]) -> int:
    return sum(isinstance(fact, kind) for fact in record.facts)
