"""A button and the loop at the same moment: what a person was told is so, whichever of the two was written first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.rollback.request import rollback
from commands.run.decide import MoveRun, NextAct, decide
from commands.run.events import step_ended
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
from tests.pages import NOON, SIGNED, record, row, said, small
from tests.world import World

PAGE = small()
ALERT = "API response > 5 s"
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
STARTER, DBA, LEAD = (Actor(person=name, door=Door.SLACK) for name in ("U1", "UDBA", "ULEAD"))
LONG_AGO = NOON - timedelta(minutes=2)


class Night:
    """A run in its watch, two slow answers, and a countdown that is at zero."""

    def __init__(self, folder: Path, *, counts: bool = True) -> None:
        self.store = Store(folder / "gonogo.db")
        self.run = start(self.store, PAGE, StartRequest(), STARTER, PEOPLE, LONG_AGO).id
        self.actions = RunActions(self.store, PAGE, self.run, PEOPLE)
        self.world = World(rate=1)
        self.world.clock.start = LONG_AGO
        self.runner = Runner(self.store, PAGE, self.run, self.world.tools())
        for step in ("ready", "put-the-code-there", "health"):
            self.end(step)
        self.actions.sign("ready", 1, DBA, LONG_AGO)
        self.actions.sign("ready", 1, LEAD, LONG_AGO)
        self.store.begin_attempt(self.run, WATCH, 1, LONG_AGO)
        if counts:
            self.end("response-time", 1, seconds=9.0)
            self.end("response-time", 2, seconds=9.0)
            self.carry_out(LONG_AGO)
        self.world.clock.move(minutes=2)

    def end(self, step: str, attempt: int = 1, **measures: float) -> None:
        self.store.begin_attempt(self.run, step, attempt, LONG_AGO)
        row = Attempt(
            step=step, attempt=attempt, state=AttemptState.DONE, began_at=NOON, outcome={"measures": measures}
        )
        self.store.end_attempt(self.run, row, LONG_AGO)

    def carry_out(self, at: object = NOON) -> None:
        """What the loop does now, as one turn of it."""
        self.runner._carry_out(self.next(at), self.record)

    def next(self, at: object = NOON) -> NextAct:
        return decide(PAGE, self.record, at)  # type: ignore[arg-type]

    @property
    def record(self) -> Record:
        return self.store.record(self.run)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def test_at_zero_it_rolls_back(night: Night) -> None:
    assert isinstance(night.next(), CountdownExpired)
    night.carry_out()
    back = night.record.rollback
    assert back
    assert "nobody held the countdown" in back.reason


def test_a_hold_between_the_look_and_the_write_is_not_overruled(night: Night) -> None:
    decided, read = night.next(), night.record
    assert night.actions.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    night.runner._carry_out(decided, read)
    assert night.record.rollback is None


def test_a_hold_after_the_rollback_was_written_is_refused_and_says_so(night: Night) -> None:
    (waiting,) = waiting_for(PAGE, night.record)
    night.carry_out()
    with pytest.raises(TooLate, match="Too late: the rollback was requested at 12:0"):
        night.actions.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    with pytest.raises(TooLate, match="Too late: the rollback was requested at 12:0"):
        # who read the record before the loop wrote
        false_alarm.hold_alert(night.store, night.run, waiting, LEAD, "a load test", "30 min", NOON)
    assert [fact.kind for fact in night.record.facts][-1] == "rollback"
    assert [event.data.stored_kind for event in night.store.events(night.run)][-1] == "rollback"


def test_keep_is_refused_while_an_alert_counts_down(night: Night) -> None:
    with pytest.raises(Refused, match=f"“{ALERT}” is counting down to a rollback. Hold it as a false alarm first"):
        night.actions.keep(LEAD, "quiet", NOON)
    night.store.begin_attempt(night.run, DECISION, 1, NOON)
    with pytest.raises(Refused, match="This KEEP was not recorded"):
        night.actions.keep(LEAD, "quiet", NOON)
    night.actions.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    assert night.actions.keep(LEAD, "quiet", NOON) == "KEEP."


def test_who_agrees_to_an_early_keep_while_an_alert_counts_may_do_so_after_it_was_held(tmp_path: Path) -> None:
    night = Night(tmp_path, counts=False)
    night.actions.keep(LEAD, "quiet", NOON)
    night.end("response-time", 1, seconds=9.0)
    night.end("response-time", 2, seconds=9.0)
    night.carry_out()
    with pytest.raises(Refused, match="is counting down to a rollback"):
        night.actions.agree(DECISION, 1, DBA, NOON)
    assert {fact.kind for fact in night.record.facts} == {"sign", "early keep", "countdown"}
    night.actions.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    night.actions.agree(DECISION, 1, DBA, NOON)
    assert night.record.keep


def test_after_keep_no_countdown_begins_and_what_the_last_check_saw_is_told() -> None:
    before = (
        row("ready", AttemptState.DONE),
        row("put-the-code-there", AttemptState.DONE),
        row("health", AttemptState.DONE),
        row(WATCH, AttemptState.RUNNING),
    )
    slow, last = (row("response-time", AttemptState.DONE, n, seconds=9.0) for n in (1, 2))
    kept = record(*before, slow, last, facts=(*SIGNED, said("keep")))
    assert not isinstance(decide(PAGE, kept, NOON), StartCountdown)
    told = step_ended(PAGE, kept, PAGE.step("response-time"), last, done(""), 1)
    assert "alert" in [news.data.stored_kind for news in told]
    counting = record(*before, slow, last, facts=SIGNED)
    assert isinstance(decide(PAGE, counting, NOON), StartCountdown)


def test_a_rollback_between_the_look_and_the_end_of_the_run_comes_first(tmp_path: Path) -> None:
    night = Night(tmp_path, counts=False)
    night.store.end_attempt(night.run, Attempt(step=WATCH, attempt=1, state=AttemptState.DONE, began_at=NOON), NOON)
    night.store.begin_attempt(night.run, DECISION, 1, NOON)
    night.actions.keep(LEAD, "", NOON)
    decided, read = night.next(), night.record
    assert decided == MoveRun(RunState.KEPT)
    assert rollback(night.store, night.store.run(night.run), DBA, "it burns", NOON)
    night.runner._carry_out(decided, read)
    assert night.record.run.state == "going"
    night.carry_out()
    assert night.record.run.state == "rolling back"


def test_a_rollback_of_a_run_that_was_kept_in_the_same_moment_says_that_it_is_over(tmp_path: Path) -> None:
    night = Night(tmp_path, counts=False)
    read = night.store.run(night.run)
    night.store.move_run(night.run, RunState.KEPT, NOON)
    with pytest.raises(NothingRuns, match="Run 1 is over"):
        rollback(night.store, read, BOT, "", NOON)
    assert night.record.rollback is None


@pytest.mark.parametrize("early", [True, False])
def test_a_rollback_that_is_written_while_keep_is_looked_at_comes_first(
    tmp_path: Path, early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, looked = Night(tmp_path, counts=False), RunActions._require_may_keep
    if not early:
        night.store.begin_attempt(night.run, DECISION, 1, NOON)

    def then_rolled_back(actions: RunActions) -> None:
        looked(actions)
        rollback(night.store, night.store.run(night.run), DBA, "it burns", NOON)

    monkeypatch.setattr(RunActions, "_require_may_keep", then_rolled_back)
    with pytest.raises(TooLate, match="Too late for KEEP: a rollback has been requested"):
        night.actions.keep(LEAD, "quiet", NOON)
    assert [fact.kind for fact in night.record.facts][-1] == "rollback"
