"""A button and the loop at the same moment: what a person was told is so, whichever of the two was written first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.rollback.request import rollback
from commands.run.decide import Move, Next, decide
from commands.run.events import ended
from commands.run.runner import Runner
from commands.runbook.people import BOT, Who
from commands.signoff import false_alarm
from commands.signoff.desk import Desk
from commands.signoff.waiting import waiting_for
from commands.start.request import Request, start
from commands.steps.outcome import done
from commands.watch.countdown import BEGUN, AtZero, BeginCountdown
from state.errors import NothingRuns, Refused, TooLate
from state.records import DONE, RUNNING, Record, Step
from state.sqlite.store import Store
from tests.pages import NOON, SIGNED, record, row, said, small
from tests.world import World

PAGE = small()
ALERT = "API response > 5 s"
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
STARTER, DBA, LEAD = (Who(person=name, via="slack") for name in ("U1", "UDBA", "ULEAD"))
LONG_AGO = NOON - timedelta(minutes=2)


class Night:
    """A run in its watch, two slow answers, and a countdown that is at zero."""

    def __init__(self, folder: Path, *, counts: bool = True) -> None:
        self.store = Store(folder / "gonogo.db")
        self.run = start(self.store, PAGE, Request(), STARTER, PEOPLE, LONG_AGO).id
        self.desk = Desk(self.store, PAGE, self.run, PEOPLE)
        self.world = World(rate=1)
        self.world.clock.start = LONG_AGO
        self.runner = Runner(self.store, PAGE, self.run, self.world.tools())
        for step in ("ready", "put-the-code-there", "health"):
            self.end(step)
        self.desk.sign("ready", 1, DBA, "yes", "", LONG_AGO)
        self.desk.sign("ready", 1, LEAD, "yes", "", LONG_AGO)
        self.store.begin_step(self.run, WATCH, 1, LONG_AGO)
        if counts:
            self.end("response-time", 1, seconds=9.0)
            self.end("response-time", 2, seconds=9.0)
            self.carry_out(LONG_AGO)
        self.world.clock.move(minutes=2)

    def end(self, step: str, attempt: int = 1, **measures: float) -> None:
        self.store.begin_step(self.run, step, attempt, LONG_AGO)
        row = Step(step=step, attempt=attempt, state=DONE, began_at=NOON, outcome={"measures": measures})
        self.store.end_step(self.run, row, LONG_AGO)

    def carry_out(self, at: object = NOON) -> None:
        """What the loop does now, as one turn of it."""
        self.runner._carry_out(self.next(at), self.record)

    def next(self, at: object = NOON) -> Next:
        return decide(PAGE, self.record, at)  # type: ignore[arg-type]

    @property
    def record(self) -> Record:
        return self.store.record(self.run)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def test_at_zero_it_rolls_back(night: Night) -> None:
    assert isinstance(night.next(), AtZero)
    night.carry_out()
    back = night.record.fact("rollback")
    assert back
    assert "nobody held the countdown" in back.reason


def test_a_hold_between_the_look_and_the_write_is_not_overruled(night: Night) -> None:
    decided, read = night.next(), night.record
    assert night.desk.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    night.runner._carry_out(decided, read)
    assert night.record.fact("rollback") is None


def test_a_hold_after_the_rollback_was_written_is_refused_and_says_so(night: Night) -> None:
    (waiting,) = waiting_for(PAGE, night.record)
    night.carry_out()
    with pytest.raises(TooLate, match="Too late: the rollback began at 12:0"):
        night.desk.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    with pytest.raises(TooLate, match="Too late: the rollback began at 12:0"):
        # who read the record before the loop wrote
        false_alarm.hold(night.store, night.run, waiting, LEAD, "a load test", "30 min", NOON)
    assert [fact.kind for fact in night.record.facts][-1] == "rollback"
    assert [event.kind for event in night.store.events(night.run)][-1] == "rollback"


def test_keep_is_refused_while_an_alert_counts_down(night: Night) -> None:
    with pytest.raises(Refused, match=f"“{ALERT}” counts down to a rollback: hold it as a false alarm first"):
        night.desk.keep(LEAD, "quiet", NOON)
    night.store.begin_step(night.run, DECISION, 1, NOON)
    with pytest.raises(Refused, match="This KEEP was not noted"):
        night.desk.keep(LEAD, "quiet", NOON)
    night.desk.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    assert night.desk.keep(LEAD, "quiet", NOON) == "KEEP."


def test_who_agrees_to_an_early_keep_while_an_alert_counts_may_do_so_after_it_was_held(tmp_path: Path) -> None:
    night = Night(tmp_path, counts=False)
    night.desk.keep(LEAD, "quiet", NOON)
    night.end("response-time", 1, seconds=9.0)
    night.end("response-time", 2, seconds=9.0)
    night.carry_out()
    with pytest.raises(Refused, match="counts down to a rollback"):
        night.desk.second(DECISION, 0, DBA, NOON)
    assert {fact.kind for fact in night.record.facts} == {"sign", "answer", BEGUN}
    night.desk.false_alarm(ALERT, 1, LEAD, "a load test", "30 min", NOON)
    night.desk.second(DECISION, 0, DBA, NOON)
    assert night.record.fact("keep")


def test_after_keep_no_countdown_begins_and_what_the_last_check_saw_is_told() -> None:
    before = (row("ready", DONE), row("put-the-code-there", DONE), row("health", DONE), row(WATCH, RUNNING))
    slow, last = (row("response-time", DONE, n, seconds=9.0) for n in (1, 2))
    kept = record(*before, slow, last, facts=(*SIGNED, said("keep")))
    assert not isinstance(decide(PAGE, kept, NOON), BeginCountdown)
    told = ended(PAGE, kept, PAGE.step("response-time"), last, done(""), 1)
    assert "alert" in [news.kind for news in told]
    counting = record(*before, slow, last, facts=SIGNED)
    assert isinstance(decide(PAGE, counting, NOON), BeginCountdown)


def test_a_rollback_between_the_look_and_the_end_of_the_run_comes_first(tmp_path: Path) -> None:
    night = Night(tmp_path, counts=False)
    night.store.end_step(night.run, Step(step=WATCH, attempt=1, state=DONE, began_at=NOON), NOON)
    night.store.begin_step(night.run, DECISION, 1, NOON)
    night.desk.keep(LEAD, "", NOON)
    decided, read = night.next(), night.record
    assert decided == Move("kept")
    assert rollback(night.store, night.store.run(night.run), DBA, "it burns", NOON)
    night.runner._carry_out(decided, read)
    assert night.record.run.state == "going"
    night.carry_out()
    assert night.record.run.state == "rolling back"


def test_a_rollback_of_a_run_that_was_kept_in_the_same_moment_says_that_it_is_over(tmp_path: Path) -> None:
    night = Night(tmp_path, counts=False)
    read = night.store.run(night.run)
    night.store.move_run(night.run, "kept", NOON)
    with pytest.raises(NothingRuns, match="Run 1 is over"):
        rollback(night.store, read, BOT, "", NOON)
    assert night.record.fact("rollback") is None


@pytest.mark.parametrize("early", [True, False])
def test_a_rollback_that_is_written_while_keep_is_looked_at_comes_first(
    tmp_path: Path, early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, looked = Night(tmp_path, counts=False), Desk._must_be_keepable
    if not early:
        night.store.begin_step(night.run, DECISION, 1, NOON)

    def then_rolled_back(desk: Desk) -> None:
        looked(desk)
        rollback(night.store, night.store.run(night.run), DBA, "it burns", NOON)

    monkeypatch.setattr(Desk, "_must_be_keepable", then_rolled_back)
    with pytest.raises(TooLate, match="KEEP comes too late"):
        night.desk.keep(LEAD, "quiet", NOON)
    assert [fact.kind for fact in night.record.facts][-1] == "rollback"
