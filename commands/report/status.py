"""The status of a run as one value, for the card, the status posts and `gonogo status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from commands.progress.clock import elapsed
from commands.progress.evidence import CHECK, check_step
from commands.progress.hold import environment_change, hold_of
from commands.progress.own_steps import own_steps
from commands.progress.rollback_steps import rollback_steps
from commands.progress.step_state import WATCH, StepState, state_of
from commands.progress.usual_time import UsualTime
from commands.report.people import PersonAction, person_actions
from commands.rollback.budget import StepPace, running_steps
from commands.rollback.restored import not_restored
from commands.runbook.page import STAGES, Page, Part
from commands.signoff.waiting import Waiting, decision_pending, waiting_for
from commands.text.actors import actor_in_words
from commands.watch.countdown import Countdown, held_alerts, running_countdowns
from commands.watch.criteria import CriterionStatus, criteria_status
from commands.watch.verdicts import CheckVerdict, check_verdicts
from state.events import Ask
from state.records import AttemptState, Record, RunState


class Phase(StrEnum):
    """What is happening in a run, in the words of its headline."""

    DEPLOYING = "deploying"
    WATCHING = "watching"
    ALERT = "ALERT, about to roll back"
    ON_HOLD = "ON HOLD"
    NEEDS_SIGNATURE = "waiting for sign-off"
    NEEDS_SECOND_PERSON = "waiting for a second person"
    NEEDS_ANSWER = "a step needs an answer"
    NEEDS_DECISION = "KEEP or ROLLBACK?"
    STOPPING = "stopping, then rolling back"
    ROLLING_BACK = "ROLLING BACK"
    ROLLBACK_WAITS = "ROLLBACK waiting for people"
    ROLLED_BACK = "ROLLED BACK"
    PARTLY_ROLLED_BACK = "ROLLED BACK, but NOT all of it"
    KEPT = "KEPT"
    ABORTED = "ABORTED, nothing was changed"
    ENDED = "ENDED BY HAND, check what runs"


_ENDED = {
    RunState.KEPT: Phase.KEPT,
    RunState.ROLLED_BACK: Phase.ROLLED_BACK,
    RunState.ABORTED: Phase.ABORTED,
    RunState.ENDED: Phase.ENDED,
}
_ASKED = {
    Ask.DECIDE: Phase.NEEDS_DECISION,
    Ask.SIGN: Phase.NEEDS_SIGNATURE,
    Ask.AGREE: Phase.NEEDS_SECOND_PERSON,
}


@dataclass(frozen=True, kw_only=True)
class Status:
    """Everything that people ask first about a run.

    `settled` of `total` steps are over. `clock` is T+, which counts the watch at its planned speed, and `watched` the
    part of the watch that is over, of `watch_lasts`. `countdowns` are those that roll back when they expire,
    `false_alarms` those that are held. `rollback_left` is negative once the rollback is over its time budget;
    `slow_steps` are over their share of it. `rollback_loss` is what a rollback loses now, or lost. `not_restored` holds
    one sentence for each part that a finished rollback did not restore. `environment` says how the bot's environment
    differs from the one that the run started with, while nobody has resumed with it. `role_titles` maps the page's
    roles to titles.
    """

    run: int
    target: str
    title: str
    ref: str
    zone: str
    role_titles: Mapping[str, str]
    state: RunState
    stage: str
    doing: str
    settled: int
    total: int
    clock: timedelta
    watched: timedelta | None
    watch_lasts: timedelta | None
    waiting: tuple[Waiting, ...]
    held_by: str
    hold_reason: str
    environment: str
    can_roll_back: bool
    rollback_reason: str
    rollback_loss: str
    rollback_left: timedelta | None
    slow_steps: tuple[StepPace, ...]
    not_restored: tuple[str, ...]
    checks: tuple[CheckVerdict, ...]
    criteria: tuple[CriterionStatus, ...]
    countdowns: tuple[Countdown, ...]
    false_alarms: tuple[Countdown, ...]
    at_terminal: tuple[PersonAction, ...]
    speed: float

    @property
    def blocking(self) -> tuple[Waiting, ...]:
        """What the run waits for before it continues."""
        return tuple(waiting for waiting in self.waiting if waiting.blocks)

    @property
    def phase(self) -> Phase:
        """What is happening now."""
        if ended := _ENDED.get(self.state):
            return Phase.PARTLY_ROLLED_BACK if self.not_restored else ended
        if self.state == RunState.ROLLING_BACK:
            return Phase.ROLLBACK_WAITS if self.blocking else Phase.ROLLING_BACK
        return Phase.STOPPING if self.rollback_left is not None else self._phase_before_rollback()

    def _phase_before_rollback(self) -> Phase:
        if self.countdowns:
            return Phase.ALERT
        if self.held_by:
            return Phase.ON_HOLD
        if self.blocking:
            return _ASKED.get(self.blocking[0].ask, Phase.NEEDS_ANSWER)
        return Phase.WATCHING if self.stage == STAGES[Part.WATCH] else Phase.DEPLOYING


def status_of(page: Page, record: Record, now: datetime, usual: Mapping[str, UsualTime] | None = None) -> Status:
    """The status of a run at `now`. `usual` is how long its steps took in earlier runs."""
    stage, doing = _where(page, record)
    run, rollback = record.run, record.rollback
    # a rollback waits for no hold, and a run that is over holds nothing back
    hold = hold_of(record) if run.state == RunState.GOING and not rollback else None
    steps = rollback_steps(page, record) if run.state in {RunState.ROLLING_BACK, RunState.ROLLED_BACK} else page.forward
    return Status(
        run=run.id,
        target=run.target,
        title=page.title,
        ref=run.ref,
        zone=page.runbook.time_zone,
        role_titles={name: role.title for name, role in page.roles.items()},
        state=run.state,
        stage=stage,
        doing=doing,
        settled=sum(state_of(page, record, step) is StepState.SETTLED for step in steps),
        total=len(steps),
        clock=elapsed(record, now),
        watched=watched_time(page, record, now),
        watch_lasts=page.watch.lasts if page.watch else None,
        waiting=waiting_for(page, record),
        held_by=actor_in_words(hold.by) if hold else "",
        hold_reason=hold.reason if hold else "",
        environment=environment_change(record),
        can_roll_back=can_roll_back(record),
        rollback_reason=rollback.reason if rollback else "",
        rollback_loss=run.rollback_loss,
        rollback_left=page.rollback.within - (now - rollback.at) if rollback and run.active else None,
        slow_steps=tuple(pace for pace in running_steps(page, record, usual or {}, now) if pace.slow),
        not_restored=not_restored(page, record) if run.state == RunState.ROLLED_BACK else (),
        checks=check_verdicts(page, record),
        criteria=criteria_status(page, record),
        countdowns=running_countdowns(page, record),
        false_alarms=held_alerts(page, record, now),
        at_terminal=tuple(action for action in person_actions(page, record, {}) if action.account),
        speed=run.speed,
    )


def can_roll_back(record: Record) -> bool:
    """Whether a rollback can still be requested."""
    return record.run.state == RunState.GOING and not record.rollback and not record.keep


def watched_time(page: Page, record: Record, now: datetime) -> timedelta | None:
    """How much of the watch is over, at its planned speed, at most all of it. None before it starts."""
    watch = record.last(WATCH)
    if watch is None or page.watch is None:
        return None
    return min((now - watch.began_at) * record.run.speed, page.watch.lasts)


def _where(page: Page, record: Record) -> tuple[str, str]:
    """The stage of a run, and what it is doing there."""
    if not record.run.active:
        return record.run.state.capitalize(), ""
    running = [attempt for attempt in record.attempts if attempt.state == AttemptState.RUNNING]
    steps = {step.id: step for step in (*page.steps, *own_steps(page, record))}
    if record.run.state == RunState.GOING and record.keep:
        return "Decision", "KEEP was decided; the running checks finish first"
    if decision_pending(record):
        checks = "; the checks continue until then, and alerts count" if page.part(Part.WATCH) else ""
        return "Decision", f"KEEP or ROLLBACK{checks}"
    watch = record.last(WATCH)
    if record.run.state == RunState.GOING and watch and watch.state == AttemptState.RUNNING:
        return STAGES[Part.WATCH], _checking([steps[one.step].title for one in running if one.step in steps])
    if record.run.state == RunState.ROLLING_BACK:
        undoing = [steps[one.step] for one in running if one.step in steps]
        return STAGES[Part.ROLLBACK], " and ".join(step.title for step in undoing if step.part == Part.ROLLBACK)
    unsettled = (step for step in page.forward if state_of(page, record, step) is not StepState.SETTLED)
    checking = any(one.step == CHECK for one in running)
    current = check_step(page) if checking else next(unsettled, page.forward[-1])
    return STAGES[current.part], current.title


def _checking(titles: list[str]) -> str:
    """The running checks: the first by name, the others by number."""
    # the titles of checks with one interval all start with the same "Every 15 minutes:"
    names = [title.rpartition(": ")[2] for title in titles]
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "") if names else ""


def progress_bar(settled: int, total: int, width: int = 12) -> str:
    """A bar of filled and empty blocks that is readable without colour."""
    filled = round(width * settled / total) if total else 0
    return "▰" * filled + "▱" * (width - filled)
