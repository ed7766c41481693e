"""How far each host of a group is, for the card, the status posts and `gonogo status`."""

from __future__ import annotations

from datetime import timedelta

from commands.progress.reach import REACH
from commands.report.status import Status, status_of
from commands.report.status_text import status_lines
from commands.runbook import Page
from state.facts import Fact
from state.records import Attempt, AttemptState, RunState
from tests.groups import ROLLING, TOGETHER, on
from tests.pages import NOON, SIGNED, attempt_at, fact, record

DEPLOY = "put-the-code-there"
READY = attempt_at("ready", AttemptState.DONE)


def status(page: Page, *attempts: Attempt, facts: tuple[Fact, ...] = (), state: RunState = RunState.GOING) -> Status:
    """The status of a run with these attempts, after the signed gate."""
    return status_of(page, record(READY, *attempts, facts=(*SIGNED, *facts), state=state), NOON + timedelta(minutes=9))


def printed(of: Status) -> list[str]:
    """The lines about hosts that `gonogo status` prints."""
    return [line.strip() for line in status_lines(of) if line.startswith("  ") and "backend-1" in line]


def done(*steps: str) -> tuple[Attempt, ...]:
    """Attempts that succeeded."""
    return tuple(attempt_at(step, AttemptState.DONE) for step in steps)


def test_a_step_done_together_has_one_line_with_the_state_of_each_host() -> None:
    two = (*done(on(DEPLOY, 1)), attempt_at(on(DEPLOY, 2), AttemptState.RUNNING))
    of = status(TOGETHER, *two, attempt_at(on(DEPLOY, 3), AttemptState.FAILED))
    assert of.doing == "Put the code there"
    assert printed(of) == ["Put the code there: backend-1 done, backend-2 running, backend-3 failed"]


def test_one_by_one_the_line_names_the_step_of_the_host_whose_turn_it_is() -> None:
    first = done(*(on(step, 1) for step in ("out", "code", "answers", "in")))
    second = (*done(on("out", 2)), attempt_at(on("code", 2), AttemptState.RUNNING))
    of = status(ROLLING, *first, *second)
    assert of.doing == "Roll the hosts"
    assert printed(of) == ["Roll the hosts: backend-1 done, backend-2 running (Put the code there), backend-3 waiting"]


def test_before_and_after_the_group_no_line_is_shown() -> None:
    assert printed(status(TOGETHER)) == ["Put the code there: backend-1 waiting, backend-2 waiting, backend-3 waiting"]
    assert status_of(TOGETHER, record(), NOON).hosts == ()
    assert status(TOGETHER, *done(*(on(DEPLOY, n) for n in (1, 2, 3)))).hosts == ()


def test_a_host_that_people_went_on_without_is_not_called_done() -> None:
    first = (*done(on("out", 1)), attempt_at(on("code", 1), AttemptState.FAILED))
    of = status(ROLLING, *first, facts=(fact("answer", on("code", 1), said="skip"),))
    assert printed(of) == ["Roll the hosts: backend-1 skipped, backend-2 waiting, backend-3 waiting"]


def test_a_host_that_was_left_out_is_shown_to_the_end() -> None:
    turns = [(on(step, host)) for host in (2, 3) for step in ("out", "code", "answers", "in")]
    begun = (*done(on("out", 1)), attempt_at(on("code", 1), AttemptState.FAILED), *done(*turns, "health"))
    skip = fact("answer", on("code", 1), said="skip")
    for state in (RunState.GOING, RunState.KEPT):
        (line,) = status(ROLLING, *begun, facts=(skip,), state=state).hosts
        assert [word for _, word, _ in line.hosts] == ["skipped", "done", "done"]


def test_in_a_rollback_a_host_that_was_never_touched_is_called_so() -> None:
    begun = (*done(on("out", 1), on("code", 1), on("answers", 1), on("in", 1), on("out", 2), REACH),)
    back = (*done(on("back-out", 2), on("back-in", 2)), attempt_at(on("back-out", 1), AttemptState.RUNNING))
    of = status(ROLLING, *begun, *back, facts=(fact("rollback"),), state=RunState.ROLLING_BACK)
    assert printed(of) == ["Roll the hosts back: backend-1 running (Out again), backend-2 done, backend-3 not touched"]
    assert (of.doing, of.settled, of.total) == ("Roll the hosts back", 2, 5)
