"""A run of a page in memory: its times are the plan's, what its steps find is made up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.slack.views.following import Following
from bot.slack.views.snapshot import Snapshot
from commands.progress.evidence import evidence_of
from commands.rollback.loss import loss_in_words
from commands.run.events import phase_began, run_moved, step_began, step_ended
from commands.runbook.losses import changing_steps, taking_step
from commands.runbook.page import Page, PageStep
from commands.steps.outcome import Outcome, done
from state.events import EventData
from state.facts import Actor, Door, Fact, Signature, evidence_hash
from state.records import Attempt, AttemptState, Event, NewEvent, Record, Run, RunState

STARTER = Actor(person="USTARTER", door=Door.SLACK)
EVENING = datetime(2026, 1, 13, 20)  # noqa: DTZ001 - in the page's zone
FOUND = "What the step found stands here."
LOST = 3  # what a rollback loses, as an example


class PlayedRun:
    """A run that goes as the page plans it. Its events are those of the real run, made by the same functions."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.now = EVENING.replace(tzinfo=ZoneInfo(page.runbook.time_zone)).astimezone(UTC)
        # the one made-up person of each role, as Slack names people
        self.people = {role: f"UROLE{number:02}" for number, role in enumerate(page.roles, start=1)}
        self._events = 0
        run = Run(
            id=1,
            key="preview",
            target=page.runbook.target,
            page=page.name,
            text=page.text,
            ref=page.runbook.ref,
            note="",
            starter=STARTER.person,
            channel="",
            speed=1.0,
            notice_minutes=int(page.runbook.countdown.total_seconds() // 60),
            state=RunState.GOING,
            began_at=self.now,
            ended_at=None,
        )
        self.record = Record(run=run, attempts=(), facts=())

    @property
    def snapshot(self) -> Snapshot:
        """The run as it is now; a role has one person, and its number is the name of the variable."""
        return Snapshot(
            page=self.page,
            record=self.record,
            now=self.now,
            mentions={role: [person] for role, person in self.people.items()},
            phones={name: role.phone for name, role in self.page.roles.items()},
            following=Following(name=self.page.decision.starts) if self.page.decision.starts else None,
        )

    def event(self, data: EventData, step: str = "") -> Event:
        """An event that is told now."""
        self._events += 1
        return Event(id=self._events, run=1, at=self.now, step=step, data=data)

    def pass_time(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by

    def begin(self, step: PageStep, attempt: int = 1) -> list[Event]:
        """An attempt at a step begins."""
        self._add_attempt(step.id, attempt)
        return self._told(step_began(self.page, step, attempt))

    def end(self, step: PageStep, outcome: Outcome | None = None) -> list[Event]:
        """The newest attempt at a step ends as it is planned to, and successfully unless an outcome is given."""
        result = outcome or done(FOUND, evidence=_evidence(step), loss=self._loss(step))
        self.pass_time(step.box.takes)
        ended = self._end_attempt(step.id, result.state, result)
        return self._told(step_ended(self.page, self.record, step, ended, result, step.box.takes.total_seconds()))

    def sign(self, step: PageStep) -> None:
        """Every role that must sign a step's result signs it."""
        evidence = evidence_of(self.page, self.record)
        signed: dict[str, Any] = {
            "step": step.id,
            "attempt": 1,
            "evidence": evidence,
            "evidence_hash": evidence_hash(evidence),
        }
        for role in sorted(step.box.roles()):
            by = Actor(person=self.people[role], door=Door.SLACK)
            self.add_fact(Signature(by=by, at=self.now, role=role, **signed))

    def settle(self, steps: Iterable[PageStep]) -> None:
        """Steps that have not begun yet are done and signed, one after another."""
        for step in steps:
            if self.record.last(step.id) is None:
                self.begin(step)
                self.end(step)
                self.sign(step)

    def begin_phase(self, phase: str) -> Event:
        """The watch, or the question after it, begins."""
        self._add_attempt(phase, 1)
        return self._told([phase_began(self.page, self.record, phase, self.now)])[0]

    def end_phase(self, phase: str) -> None:
        """The watch is over."""
        self._end_attempt(phase, AttemptState.DONE, done(""))

    def add_fact(self, fact: Fact) -> None:
        """Somebody, or the bot, acts."""
        self.record = replace(self.record, facts=(*self.record.facts, fact))

    def move(self, state: RunState) -> Event:
        """The run moves to another state."""
        ended = None if state in {RunState.GOING, RunState.ROLLING_BACK} else self.now
        self.record = replace(self.record, run=replace(self.record.run, state=state, ended_at=ended))
        return self._told([run_moved(self.page, self.record, state, self.now)])[0]

    def count_loss(self) -> None:
        """What a rollback loses is counted, if the page says how."""
        if loses := self.page.rollback.loses:
            words = loss_in_words(self.page, self.record, loses, LOST)
            self.record = replace(self.record, run=replace(self.record.run, rollback_loss=words))

    def _loss(self, step: PageStep) -> dict[str, int]:
        loses = self.page.rollback.loses
        if loses and step in changing_steps(self.page, loses):
            return {"made": 0}
        return {"lost": LOST} if loses and step == taking_step(self.page, loses) else {}

    def _told(self, events: Iterable[NewEvent]) -> list[Event]:
        return [self.event(new.data, new.step) for new in events]

    def _add_attempt(self, step: str, number: int) -> None:
        attempt = Attempt(step=step, attempt=number, state=AttemptState.RUNNING, began_at=self.now)
        self.record = replace(self.record, attempts=(*self.record.attempts, attempt))

    def _end_attempt(self, step: str, state: AttemptState, result: Outcome) -> Attempt:
        running = self.record.last(step)
        if running is None:
            raise ValueError(f"{step} has not begun")
        ended = replace(running, state=state, ended_at=self.now, summary=result.summary, outcome=result.as_data())
        attempts = tuple(ended if one is running else one for one in self.record.attempts)
        self.record = replace(self.record, attempts=attempts)
        return ended


def _evidence(step: PageStep) -> dict[str, str]:
    return {step.box.evidence_name: "as found"} if step.box.evidence_name else {}
