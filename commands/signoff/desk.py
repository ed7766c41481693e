"""What named people say to a run: sign, refuse, answer, hold, resume, keep. Each is one fact, and a second click is the same click."""

from __future__ import annotations

from datetime import datetime

from commands.progress.hold import held
from commands.progress.step_state import AGAIN, DECISION, EARLY, ITS_DONE, NO, SKIP, WATCH, YES
from commands.runbook.page import Page, PageStep
from commands.runbook.people import People, Who, must_hold, must_not_be_starter, roles_of
from commands.signoff import events as signoff_events
from commands.signoff import false_alarm
from commands.signoff.waiting import Waiting, waiting_for
from commands.watch.countdown import running
from state.errors import NotAllowed, Refused, TooLate
from state.records import Fact, News, Record
from state.sqlite.store import Store


class Desk:
    """Takes what people say to one run; every method writes one fact or raises a Refused whose sentence they see."""

    def __init__(self, store: Store, page: Page, run: int, people: People) -> None:
        self.store = store
        self.page = page
        self.run = run
        self.people = people

    def sign(self, step_id: str, attempt: int, who: Who, said: str, reason: str, at: datetime) -> tuple[str, ...]:
        """Sign (`yes`) or refuse (`no`) a step in every role the person holds that is still waited for; returns those roles."""
        record, step = self._open(step_id)
        waiting = self._waiting(record, "sign", step_id, attempt)
        must_not_be_starter(who, record.run, self.page)
        must_hold(who, waiting.roles, self.people, self.page, f"sign “{step.title}” now")
        if said not in {YES, NO}:
            raise Refused(f"A sign-off is yes or no, not {said!r}.")
        if said == NO and not reason.strip():
            raise Refused("Refusing needs a reason, so that the team knows what to mend.")
        roles = tuple(sorted(set(waiting.roles) & roles_of(who.person, self.people)))
        for role in roles:
            once = f"sign:{step_id}:{attempt}:{role}"
            fact = who.fact("sign", once, at, step=step_id, attempt=attempt, role=role, said=said, reason=reason)
            self.store.add_fact(self.run, fact, self._news("signed", fact, step.title))
        now = self.store.record(self.run)
        if news := signoff_events.refused(self.page, now, step):
            self.store.tell(self.run, at, *news)
        return roles

    def answer(self, step_id: str, attempt: int, who: Who, said: str, reason: str, at: datetime) -> None:
        """Answer for a step that failed or whose end is not known: `again`, `done` or `skip` (the last two with a reason)."""
        record, step = self._open(step_id)
        waiting = self._waiting(record, "answer", step_id, attempt)
        if said not in waiting.choices:
            raise Refused(f"The answer can be {', '.join(waiting.choices)}, not {said!r}.")
        if said == AGAIN:
            must_hold(who, tuple(self.page.roles), self.people, self.page, "have a step run again")
        else:
            must_hold(who, waiting.roles, self.people, self.page, "go on in spite of this")
        if said in {SKIP, ITS_DONE} and not reason.strip():
            raise Refused("Going on in spite of this needs a reason; it stands in the record.")
        once = f"answer:{step_id}:{attempt}"
        fact = who.fact("answer", once, at, step=step_id, attempt=attempt, said=said, reason=reason)
        if not self.store.add_fact(self.run, fact, self._news("answered", fact, step.title)):
            raise TooLate(f"“{step.title}” was answered already.")
        if news := signoff_events.wanted(self.page, self.store.record(self.run), step):
            self.store.tell(self.run, at, *news)

    def second(self, step_id: str, attempt: int, who: Who, at: datetime) -> None:
        """Agree, as a second person, to going on in spite of a failure, or to an early KEEP. Raises NotAllowed for the first."""
        record = self._active()
        waiting = self._waiting(record, "second", step_id, attempt)
        first = record.fact("answer", step_id, attempt)
        if first and first.person == who.person:
            raise NotAllowed("A second person must agree; you are the first.")
        must_hold(who, waiting.roles, self.people, self.page, "agree to this")
        fact = who.fact("second", f"second:{step_id}:{attempt}", at, step=step_id, attempt=attempt)
        seconded = self._news("seconded", fact, waiting.title)
        if not first or step_id != DECISION:
            self.store.add_fact(self.run, fact, seconded)
            return
        kept = Who(person=first.person, via=first.via).fact("keep", "keep", at, reason=first.reason)
        news = News(kind="keep", data={"person": first.person, "reason": first.reason})
        if not self.store.add_fact(self.run, fact, seconded, news, follows=kept, provided=self._may_be_kept):
            self._must_be_keepable()

    def false_alarm(self, alert: str, number: int, who: Who, reason: str, lasts: str, at: datetime) -> bool:
        """Hold an alert's countdown for a time in words ("30 min"), with a reason; going on is signed, by the roles it calls."""
        record = self._active()
        false_alarm.must_not_be_late(record, alert)
        waiting = self._waiting(record, "countdown", alert, number)
        must_hold(who, waiting.roles, self.people, self.page, f"hold “{alert}”")
        return false_alarm.hold(self.store, self.run, waiting, who, reason, lasts, at)

    def hold(self, who: Who, reason: str, at: datetime) -> bool:
        """Let no new step begin; free for everybody. False if the run is held already."""
        record = self._active()
        if record.run.state == "rolling back":
            raise TooLate("A rollback is under way; it is not held.")
        return not held(record) and self._say("hold", f"hold:{_count(record, 'hold')}", who, reason, at)

    def resume(self, who: Who, reason: str, at: datetime) -> bool:
        """Go on after a hold; the deciding role signs for it. False if the run is not held."""
        record = self._active()
        must_hold(who, (self.page.decision.role,), self.people, self.page, "resume")
        return held(record) and self._say("resume", f"resume:{_count(record, 'resume')}", who, reason, at)

    def keep(self, who: Who, reason: str, at: datetime) -> str:
        """Decide KEEP. Before the watch is over it takes a reason and a second person. Returns the sentence for who said it."""
        record = self._active()
        must_hold(who, (self.page.decision.role,), self.people, self.page, "decide KEEP")
        must_not_be_starter(who, record.run, self.page)
        self._must_be_keepable()
        if record.last(DECISION) is None:
            return self._keep_early(record, who, reason, at)
        fact = who.fact("keep", "keep", at, reason=reason)
        news = News(kind="keep", data={"person": who.person, "reason": fact.reason})
        if self.store.add_fact(self.run, fact, news, provided=self._may_be_kept):
            return "KEEP."
        self._must_be_keepable()
        return "KEEP was decided already."

    # -- inside -------------------------------------------------------------------------------------------------

    def _keep_early(self, record: Record, who: Who, reason: str, at: datetime) -> str:
        if record.last(WATCH) is None:
            raise TooLate("KEEP can be decided when the watch is over; roll back or hold at any time.")
        if record.fact("keep"):
            return "KEEP was decided already."
        if not reason.strip():
            raise Refused("The watch is not over: KEEP now needs a reason, and then a second person who agrees.")
        once = f"answer:{DECISION}:{EARLY}"
        fact = who.fact("answer", once, at, step=DECISION, attempt=EARLY, said="keep", reason=reason)
        news = self._news("answered", fact, "KEEP before the watch is over")
        if not self.store.add_fact(self.run, fact, news, provided=self._may_be_kept):
            self._must_be_keepable()
            return "It waits for a second person already."
        self.store.tell(self.run, at, *signoff_events.early_keep(self.page, self.store.record(self.run)))
        return "A second person must agree: they are asked in the thread."

    def _may_be_kept(self, record: Record) -> bool:
        return not record.fact("rollback") and not running(self.page, record)

    def _must_be_keepable(self) -> None:
        """Raise TooLate after a rollback was asked for, and Refused while an alert counts down to one."""
        record = self.store.record(self.run)
        if record.fact("rollback"):
            raise TooLate("A rollback was asked for; KEEP comes too late.")
        for one in running(self.page, record):
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

    def _waiting(self, record: Record, kind: str, step_id: str, attempt: int) -> Waiting:
        for waiting in waiting_for(self.page, record):
            if (waiting.kind, waiting.step, waiting.attempt) == (kind, step_id, attempt):
                return waiting
        title = next((step.title for step in self.page.steps if step.id == step_id), step_id)
        raise TooLate(f"Nothing is asked about “{title}” any more; see the card for what is.")

    def _say(self, kind: str, once: str, who: Who, reason: str, at: datetime) -> bool:
        fact = who.fact(kind, once, at, reason=reason)
        return self.store.add_fact(self.run, fact, News(kind=kind, data={"person": who.person, "reason": fact.reason}))

    def _news(self, kind: str, fact: Fact, title: str) -> News:
        data = {name: getattr(fact, name) for name in ("role", "person", "said", "reason", "attempt")}
        return News(kind=kind, step=fact.step, data={"title": title, **data})


def _count(record: Record, kind: str) -> int:
    return sum(fact.kind == kind for fact in record.facts)
