"""Races between a button and the loop: what the person was told stays true."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.rollback.request import rollback
from commands.run.decide import decide
from commands.run.events import step_ended
from commands.run.instructions import Instruction, MoveRun
from commands.run.runner import Runner
from commands.signoff import false_alarm
from commands.signoff.actions import RunActions
from commands.signoff.waiting import waiting_for
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.steps.outcome import done
from commands.watch.countdown import CountdownExpired, StartCountdown
from state.errors import NothingRuns, Refused, TooLate
from state.facts import BOT, Actor, Door
from state.records import Attempt, AttemptState, Record, RunState
from state.sqlite.store import Store
from tests.pages import NOON, SIGNED, attempt_at, fact, record, small
from tests.world import World

PAGE = small()
ALERT = "API response > 5 s"
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
STARTER, DBA, LEAD = (Actor(person=name, door=Door.SLACK) for name in ("U1", "UDBA", "ULEAD"))
BEFORE = NOON - timedelta(minutes=2)


class Watched:
    """A run in its watch whose runner's turns the test takes; with `alert`, a countdown expires at noon."""

    def __init__(self, folder: Path, *, alert: bool = True) -> None:
        self.store = Store(folder / "gonogo.db")
        self.run = start(self.store, PAGE, StartRequest(), STARTER, PEOPLE, BEFORE).id
        self.actions = RunActions(self.store, PAGE, self.run, PEOPLE)
        self.world = World(rate=1)
        self.world.clock.start = BEFORE
        self.runner = Runner(self.store, PAGE, self.run, self.world.tools())
        for step in ("ready", "put-the-code-there", "health"):
            self.do(step)
        self.actions.sign("ready", 1, DBA, BEFORE)
        self.actions.sign("ready", 1, LEAD, BEFORE)
        self.store.begin_attempt(self.run, WATCH, 1, BEFORE)
        if alert:
            self.start_countdown(BEFORE)
        self.world.clock.move(minutes=2)

    def do(self, step: str, attempt: int = 1, **measures: float) -> None:
        """Write a successful attempt."""
        self.store.begin_attempt(self.run, step, attempt, BEFORE)
        ended = Attempt(
            step=step, attempt=attempt, state=AttemptState.DONE, began_at=NOON, outcome={"measures": measures}
        )
        self.store.end_attempt(self.run, ended, BEFORE)

    def start_countdown(self, at: datetime) -> None:
        """Write two samples over the limit, and let the runner start the countdown."""
        self.do("response-time", 1, seconds=9.0)
        self.do("response-time", 2, seconds=9.0)
        self.carry_out(at)

    def carry_out(self, at: datetime = NOON) -> None:
        """Let the runner decide and carry it out."""
        self.runner._carry_out(self.next(at), self.record)

    def next(self, at: datetime = NOON) -> Instruction:
        """What the runner decides."""
        return decide(PAGE, self.record, at)

    @property
    def record(self) -> Record:
        """The record now."""
        return self.store.record(self.run)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_an_expired_countdown_rolls_back(watched: Watched) -> None:
    assert isinstance(watched.next(), CountdownExpired)
    watched.carry_out()
    request = watched.record.rollback
    assert request
    assert "nobody held the countdown" in request.reason


def test_an_alert_that_is_held_after_the_decision_and_before_the_write_rolls_nothing_back(watched: Watched) -> None:
    decided, read = watched.next(), watched.record
    assert watched.actions.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    watched.runner._carry_out(decided, read)
    assert watched.record.rollback is None


def test_an_alert_cannot_be_held_after_its_rollback_was_written(watched: Watched) -> None:
    (waiting,) = waiting_for(PAGE, watched.record)
    watched.carry_out()
    with pytest.raises(TooLate, match="Too late: the rollback was requested at 12:0"):
        watched.actions.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    with pytest.raises(TooLate, match="Too late: the rollback was requested at 12:0"):
        # by somebody whose view is from before the write
        false_alarm.hold_alert(watched.store, watched.run, waiting, LEAD, "a load test", "30 min", NOON)
    assert [fact.kind for fact in watched.record.facts][-1] == "rollback"
    assert [event.data.stored_kind for event in watched.store.events(watched.run)][-1] == "rollback"


def test_keep_is_refused_while_an_alert_counts_down(watched: Watched) -> None:
    with pytest.raises(Refused, match=f"“{ALERT}” is counting down to a rollback. Hold it as a false alarm first"):
        watched.actions.keep(LEAD, "quiet", NOON)
    watched.store.begin_attempt(watched.run, DECISION, 1, NOON)
    with pytest.raises(Refused, match="This KEEP was not recorded"):
        watched.actions.keep(LEAD, "quiet", NOON)
    watched.actions.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    assert watched.actions.keep(LEAD, "quiet", NOON) == "You decided KEEP."


def test_a_second_person_can_agree_to_an_early_keep_once_the_alert_is_held(tmp_path: Path) -> None:
    watched = Watched(tmp_path, alert=False)
    watched.actions.keep(LEAD, "quiet", NOON)
    watched.start_countdown(NOON)
    with pytest.raises(Refused, match="is counting down to a rollback"):
        watched.actions.agree(DECISION, 1, DBA, NOON)
    assert {fact.kind for fact in watched.record.facts} == {"sign", "early keep", "countdown"}
    watched.actions.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    watched.actions.agree(DECISION, 1, DBA, NOON)
    assert watched.record.keep


def test_after_keep_no_countdown_starts_and_the_last_alert_is_reported() -> None:
    before = (
        attempt_at("ready", AttemptState.DONE),
        attempt_at("put-the-code-there", AttemptState.DONE),
        attempt_at("health", AttemptState.DONE),
        attempt_at(WATCH, AttemptState.RUNNING),
    )
    slow, last = (attempt_at("response-time", AttemptState.DONE, n, seconds=9.0) for n in (1, 2))
    kept = record(*before, slow, last, facts=(*SIGNED, fact("keep")))
    assert not isinstance(decide(PAGE, kept, NOON), StartCountdown)
    events = step_ended(PAGE, kept, PAGE.step("response-time"), last, done(""), 1)
    assert "alert" in [event.data.stored_kind for event in events]
    undecided = record(*before, slow, last, facts=SIGNED)
    assert isinstance(decide(PAGE, undecided, NOON), StartCountdown)


def test_a_rollback_after_the_decision_to_end_the_run_and_before_the_write_comes_first(tmp_path: Path) -> None:
    watched = Watched(tmp_path, alert=False)
    over = Attempt(step=WATCH, attempt=1, state=AttemptState.DONE, began_at=NOON)
    watched.store.end_attempt(watched.run, over, NOON)
    watched.store.begin_attempt(watched.run, DECISION, 1, NOON)
    watched.actions.keep(LEAD, "", NOON)
    decided, read = watched.next(), watched.record
    assert decided == MoveRun(RunState.KEPT)
    assert rollback(watched.store, watched.store.run(watched.run), DBA, "it burns", NOON)
    watched.runner._carry_out(decided, read)
    assert watched.record.run.state == "going"
    watched.carry_out()
    assert watched.record.run.state == "rolling back"


def test_a_rollback_of_a_run_that_was_kept_in_the_same_moment_says_that_it_is_over(tmp_path: Path) -> None:
    watched = Watched(tmp_path, alert=False)
    read = watched.store.run(watched.run)
    watched.store.move_run(watched.run, RunState.KEPT, NOON)
    with pytest.raises(NothingRuns, match="Run 1 is over"):
        rollback(watched.store, read, BOT, "", NOON)
    assert watched.record.rollback is None


@pytest.mark.parametrize("early", [True, False])
def test_a_rollback_that_is_written_while_keep_is_checked_comes_first(
    tmp_path: Path, early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, check = Watched(tmp_path, alert=False), RunActions._require_may_keep
    if not early:
        watched.store.begin_attempt(watched.run, DECISION, 1, NOON)

    def check_and_roll_back(actions: RunActions, record: Record) -> None:
        check(actions, record)
        rollback(watched.store, watched.store.run(watched.run), DBA, "it burns", NOON)

    monkeypatch.setattr(RunActions, "_require_may_keep", check_and_roll_back)
    with pytest.raises(TooLate, match="Too late for KEEP: a rollback has been requested"):
        watched.actions.keep(LEAD, "quiet", NOON)
    assert [fact.kind for fact in watched.record.facts][-1] == "rollback"
