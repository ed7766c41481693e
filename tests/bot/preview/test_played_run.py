"""A run in memory: the engine itself would go on with each of its steps."""

from __future__ import annotations

from datetime import timedelta

from bot.preview.played_run import PlayedRun
from bot.settings import read_page_file, shipped_runbooks
from commands.progress.step_state import WATCH
from commands.run.decide import decide
from commands.run.instructions import BeginStep, CheckEvidence, MarkPhase, MoveRun
from commands.runbook.page import Part
from state.events import PeopleAsked, StepEnded
from state.facts import RollbackRequest
from state.records import RunState
from tests.pages import small


def test_a_whole_run_takes_the_steps_that_the_engine_would_begin() -> None:
    page = read_page_file(shipped_runbooks() / "option-a.md")
    run = PlayedRun(page)
    for step in page.forward:
        due = decide(page, run.record, run.now)
        if step.box.changes_production:  # before the first one the real run looks at the hosts once more
            assert isinstance(due, BeginStep | CheckEvidence), f"before “{step.title}” the engine would {due}"
        else:
            assert due == BeginStep(step, 1), f"before “{step.title}” the engine would {due}"
        run.settle([step])
    assert decide(page, run.record, run.now) == MarkPhase(WATCH)


def test_its_clock_is_the_plan() -> None:
    page = small()
    run = PlayedRun(page)
    began = run.now
    run.settle(page.forward)
    assert run.now - began == timedelta(minutes=10)


def test_a_step_ends_with_the_events_of_a_real_one() -> None:
    page = small()
    run = PlayedRun(page)
    gate, deploy = page.forward[:2]
    run.begin(gate)
    (asked,) = run.end(gate)
    assert isinstance(asked.data, PeopleAsked)
    run.sign(gate)
    run.begin(deploy)
    (ended,) = run.end(deploy)
    assert isinstance(ended.data, StepEnded)
    assert ended.data.seconds == 600


def test_a_rollback_is_over_when_the_engine_says_so() -> None:
    page = small()
    run = PlayedRun(page)
    run.settle(page.forward)
    run.add_fact(RollbackRequest(by=run.record.run.started_by, at=run.now, reason="x"))
    assert decide(page, run.record, run.now) == MoveRun(RunState.ROLLING_BACK)
    run.move(RunState.ROLLING_BACK)
    run.settle(page.part(Part.ROLLBACK))
    assert run.snapshot.status.settled == run.snapshot.status.total == 1


def test_each_role_has_a_person_of_its_own_and_phones_are_only_named() -> None:
    snapshot = PlayedRun(small()).snapshot
    assert snapshot.mentions == {"dba": ["UROLE01"], "lead": ["UROLE02"]}
    assert snapshot.phones == {"dba": "$SHOP_DBA_PHONE", "lead": "$SHOP_LEAD_PHONE"}
