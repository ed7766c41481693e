"""The status of a run as one value, for the card, the status posts and `gonogo status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from commands.progress.after_rollback import record_before_rollback
from commands.progress.clock import elapsed, watched_time
from commands.progress.drill import waits_for_people
from commands.progress.handovers import handovers, taken_over
from commands.progress.hold import environment_change, hold_of
from commands.progress.rollback_steps import rollback_steps
from commands.progress.step_state import AFTER_ROLLBACK, StepState, production_changed, state_of
from commands.progress.usual_time import UsualTime
from commands.report.asked_why import what_is_signed, why_asked
from commands.report.host_states import HostLine, host_lines
from commands.report.people import PersonAction, person_actions
from commands.report.stage import waits_until, where
from commands.rollback.budget import StepPace, running_steps
from commands.rollback.loss import lost
from commands.rollback.restored import TAKEN_BACK, not_restored, not_undone
from commands.runbook.page import STAGES, Page, Part
from commands.signoff.waiting import Waiting, waiting_for
from commands.text.actors import actor_in_words
from commands.watch.after_rollback import verdicts_after_rollback
from commands.watch.countdown import Countdown, held_alerts, running_countdowns
from commands.watch.criteria import CriterionStatus, criteria_status
from commands.watch.verdicts import CheckVerdict, Verdict, check_verdicts
from state.events import Ask
from state.facts import HandoverOffer, Note, RunClosed
from state.frozen import dataclass
from state.records import Record, RunState


class Phase(StrEnum):
    """What is happening in a run, in the words of its headline."""

    DEPLOYING = "deploying"
    NEEDS_PEOPLE = "waiting for people to take part"
    WATCHING = "watching"
    ALERT = "ALERT, about to roll back"
    ON_HOLD = "ON HOLD"
    NEEDS_SIGNATURE = "waiting for sign-off"
    NEEDS_SECOND_PERSON = "waiting for a second person"
    NEEDS_ANSWER = "a step needs an answer"
    NEEDS_DECISION = "KEEP or ROLLBACK?"
    KEEPING = "KEEP decided, checks finish"
    STOPPING = "stopping, then rolling back"
    ENDING = "ending, nothing was changed"
    ROLLING_BACK = "ROLLING BACK"
    ROLLBACK_WAITS = "ROLLBACK waiting for people"
    ROLLED_BACK = "ROLLED BACK"
    STILL_WATCHED = "ROLLED BACK, still watched"
    NOT_WELL = "ROLLED BACK, but NOT healthy"
    PARTLY_ROLLED_BACK = "ROLLED BACK, but NOT all of it"
    KEPT = "KEPT"
    ABORTED = "ABORTED, nothing was changed"
    ABORTED_LATE = "ABORTED before the deploy"
    ENDED = "ENDED BY HAND, check what runs"
    LOST = "ENDED, it could not go on"


_ENDED = {
    RunState.KEPT: Phase.KEPT,
    RunState.ABORTED: Phase.ABORTED,
    RunState.ENDED: Phase.ENDED,
}
_ASKED = {
    Ask.DECIDE: Phase.NEEDS_DECISION,
    Ask.SIGN: Phase.NEEDS_SIGNATURE,
    Ask.AGREE: Phase.NEEDS_SECOND_PERSON,
    Ask.START: Phase.NEEDS_SECOND_PERSON,
}


@dataclass(frozen=True, kw_only=True)
class Status:
    """Everything that people ask first about a run.

    `settled` of `total` steps are over. `clock` is T+, which counts the watch at its planned speed, and `watched` the
    part of the watch that is over, of `watch_lasts`. `countdowns` are those that roll back when they expire,
    `false_alarms` those that are held. `rollback_left` is negative once the rollback is over its time budget;
    `slow_steps` are over their share of it. `rollback_loss` is what a rollback would lose now, or has lost.
    `not_restored` holds one sentence for each part that a finished rollback did not restore, `not_undone` one for each
    change that no step of it undoes. `environment` says how the bot's environment differs from the one that the run
    started with, while nobody has resumed with it. `role_titles` maps the page's roles to titles. `starts` is the page
    that KEEP starts. Once a rollback is requested, `checks_before` and `criteria` are about the version that goes, and
    `checks` are those of the watch after the rollback; `watched_after` is how much of that watch is over. `hosts` says
    how far each host of a group is with what runs now. `notes` are the notes for the report. `handovers` are the
    roles that were handed over in this run, and `offers` those that are offered now. `until` is when a step that only
    lets time pass is over. `reasons` say why people are asked, and `signed` what each role signs. `drill` says whether
    it is one, `waits_for_people` whether it has not begun yet, and `lost` whether it ended because its places are gone.
    """

    run: int
    target: str
    title: str
    release: str
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
    rolls_back: bool
    rollback_reason: str
    rollback_loss: str
    rollback_left: timedelta | None
    slow_steps: tuple[StepPace, ...]
    not_restored: tuple[str, ...]
    not_undone: tuple[str, ...]
    checks: tuple[CheckVerdict, ...]
    checks_before: tuple[CheckVerdict, ...]
    watched_after: timedelta | None
    watched_after_lasts: timedelta | None
    criteria: tuple[CriterionStatus, ...]
    countdowns: tuple[Countdown, ...]
    false_alarms: tuple[Countdown, ...]
    at_terminal: tuple[PersonAction, ...]
    speed: float
    starts: str
    hosts: tuple[HostLine, ...] = ()
    notes: tuple[Note, ...] = ()
    handovers: tuple[HandoverOffer, ...] = ()
    offers: tuple[HandoverOffer, ...] = ()
    until: datetime | None = None
    drill: bool = False
    waits_for_people: bool = False
    lost: bool = False
    reasons: Mapping[Waiting, str] = field(default_factory=dict)
    signed: Mapping[Waiting, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def blocking(self) -> tuple[Waiting, ...]:
        """What the run waits for before it continues."""
        return tuple(waiting for waiting in self.waiting if waiting.blocks)

    @property
    def phase(self) -> Phase:
        """What is happening now."""
        if self.state == RunState.ROLLED_BACK or self.watched_after is not None:
            return self._phase_after_rollback()
        if ended := _ENDED.get(self.state):
            if self.lost:
                return Phase.LOST
            return Phase.ABORTED_LATE if ended is Phase.ABORTED and self.not_undone else ended
        if self.state == RunState.ROLLING_BACK:
            return Phase.ROLLBACK_WAITS if self.blocking else Phase.ROLLING_BACK
        if self.rolls_back:
            return Phase.STOPPING if self.rollback_left is not None else Phase.ENDING
        return self._phase_before_rollback()

    def _phase_after_rollback(self) -> Phase:
        if self.not_restored:
            return Phase.PARTLY_ROLLED_BACK
        if any(check.verdict == Verdict.BAD for check in self.checks):
            return Phase.NOT_WELL
        return Phase.ROLLED_BACK if self.state == RunState.ROLLED_BACK else Phase.STILL_WATCHED

    def _phase_before_rollback(self) -> Phase:
        if self.state == RunState.GOING and not self.can_roll_back:
            return Phase.KEEPING
        if self.countdowns:
            return Phase.ALERT
        if self.held_by:
            return Phase.ON_HOLD
        if self.blocking:
            return _ASKED.get(self.blocking[0].ask, Phase.NEEDS_ANSWER)
        if self.waits_for_people:
            return Phase.NEEDS_PEOPLE
        return Phase.WATCHING if self.stage == STAGES[Part.WATCH] else Phase.DEPLOYING


def status_of(page: Page, record: Record, now: datetime, usual: Mapping[str, UsualTime] | None = None) -> Status:
    """The status of a run at `now`. `usual` is how long its steps took in earlier runs."""
    stage, doing = where(page, record)
    waits = waits_for_people(record)
    run, rollback = record.run, record.rollback
    after = record.last(AFTER_ROLLBACK)
    # a rollback waits for no hold, and a run that is over holds nothing back
    hold = hold_of(record) if run.state == RunState.GOING and not rollback else None
    asked = waiting_for(page, record)
    steps = rollback_steps(page, record) if run.state in {RunState.ROLLING_BACK, RunState.ROLLED_BACK} else page.forward
    return Status(
        run=run.id,
        target=run.target,
        title=page.title,
        release=run.release,
        zone=page.runbook.time_zone,
        role_titles={name: role.title for name, role in page.roles.items()},
        state=run.state,
        stage=stage,
        doing="who takes part" if waits else doing,
        until=waits_until(page, record),
        settled=sum(state_of(page, record, step) is StepState.SETTLED for step in steps),
        total=len(steps),
        clock=elapsed(record, now),
        watched=watched_time(page, record, now),
        watch_lasts=page.watch.lasts if page.watch else None,
        waiting=asked,
        held_by=actor_in_words(hold.by) if hold else "",
        hold_reason=hold.reason if hold else "",
        environment=environment_change(record),
        can_roll_back=can_roll_back(record),
        rolls_back=rollback is not None,
        rollback_reason=rollback.reason if rollback else "",
        rollback_loss=run.rollback_loss if can_roll_back(record) else lost(page, record),
        rollback_left=_rollback_left(page, record, now),
        slow_steps=tuple(pace for pace in running_steps(page, record, usual or {}, now) if pace.slow),
        not_restored=not_restored(page, record) if after or run.state == RunState.ROLLED_BACK else (),
        not_undone=not_undone(page, record) if after or run.state in TAKEN_BACK else (),
        checks=verdicts_after_rollback(page, record) if rollback else check_verdicts(page, record),
        checks_before=check_verdicts(page, record_before_rollback(record)) if rollback else (),
        watched_after=_watched_after(page, record, now),
        watched_after_lasts=page.runbook.after_rollback,
        criteria=criteria_status(page, record_before_rollback(record)),
        countdowns=running_countdowns(page, record),
        false_alarms=held_alerts(page, record, now),
        at_terminal=tuple(action for action in person_actions(page, record, {}) if action.account),
        speed=run.speed,
        starts=page.decision.starts,
        hosts=host_lines(page, record),
        notes=tuple(fact for fact in record.facts if isinstance(fact, Note)),
        handovers=taken_over(record),
        reasons={one: why for one in asked if (why := why_asked(record, one))},
        signed={one: what_is_signed(page, record, one) for one in asked},
        offers=tuple(one.offer for one in handovers(record) if run.active and one.is_open(now)),
        drill=bool(record.run.drill),
        waits_for_people=waits,
        lost=run.state == RunState.ENDED and bool(run.drill) and record.newest(RunClosed) is None,
    )


def _rollback_left(page: Page, record: Record, now: datetime) -> timedelta | None:
    """What is left of the rollback's time budget; None where nothing is rolled back, as nothing was changed."""
    rollback = record.rollback
    if not rollback or not record.run.active or record.last(AFTER_ROLLBACK) or not production_changed(page, record):
        return None
    return page.rollback.within - (now - rollback.at)


def can_roll_back(record: Record) -> bool:
    """Whether a rollback can still be requested."""
    return record.run.state == RunState.GOING and not record.rollback and not record.keep


def _watched_after(page: Page, record: Record, now: datetime) -> timedelta | None:
    """How much of the watch after the rollback is over. None without it, and once the run has ended."""
    began = record.last(AFTER_ROLLBACK)
    if began is None or not record.run.active or page.runbook.after_rollback is None:
        return None
    return min((now - began.began_at) * record.run.speed, page.runbook.after_rollback)


def progress_bar(settled: int, total: int, width: int = 12) -> str:
    """A bar of filled and empty blocks that is readable without colour."""
    filled = round(width * settled / total) if total else 0
    return "▰" * filled + "▱" * (width - filled)
