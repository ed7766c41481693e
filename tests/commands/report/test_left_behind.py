"""What a run cleaned up, left behind, and did not restore."""

from __future__ import annotations

from dataclasses import replace

from commands.report.left_behind import cleanup_results, rollback_losses
from commands.report.run_data import RunData
from commands.runbook import Page
from state.records import Attempt, AttemptState, RunState
from tests.commands.report.deployed import PAGE, ended, rolled_back
from tests.losing import losing_page, lost_by_rollback
from tests.pages import record, row, said, small

CLEANS = small(**{'path = "/health"': 'path = "/health"\nclean_up = "/jobs/1"'})


def cleanup(page: Page, *attempts: Attempt) -> tuple[str, ...]:
    """What the attempts cleaned up."""
    return cleanup_results(RunData(page, record(*attempts)))


def test_what_was_deleted_and_what_was_left_behind_are_named() -> None:
    left = replace(row("health", AttemptState.FAILED, 2), summary="what it created is still at /jobs/1")
    assert cleanup(CLEANS, row("health", AttemptState.DONE), left) == (
        "“Health” deleted what was created at /jobs/1, in 1 of 2 attempts",
        "“Health”: what it created is still at /jobs/1",
    )


def test_an_attempt_that_is_running_has_cleaned_up_nothing_yet() -> None:
    assert cleanup(CLEANS, row("health", AttemptState.RUNNING)) == ()
    done, running = row("health", AttemptState.DONE), row("health", AttemptState.RUNNING, 2)
    assert cleanup(CLEANS, done, running) == ("“Health” deleted what was created at /jobs/1, in 1 of 1 attempts",)


def test_a_failed_clean_up_deleted_nothing() -> None:
    failed = replace(row("health", AttemptState.FAILED), summary="no answer")
    assert cleanup(CLEANS, failed) == ("“Health”: no answer",)


def test_a_step_that_only_deletes_is_a_clean_up() -> None:
    deletes = small(**{'path = "/health"': 'path = "/jobs/1"\nmethod = "DELETE"'})
    assert cleanup(deletes, row("health", AttemptState.DONE)) == (
        "“Health” deleted what was created at /jobs/1, in 1 of 1 attempts",
    )
    assert cleanup(PAGE, row("health", AttemptState.DONE)) == (), "a step that only reads cleans up nothing"


def test_what_a_rollback_lost_and_did_not_restore_is_named() -> None:
    failed = replace(row("put-the-old-code-back", AttemptState.FAILED, after=41), summary="exit 1")
    skip = said("answer", "put-the-old-code-back", 1, said="skip", reason="by hand")
    losses = rollback_losses(PAGE, rolled_back(ended(failed, 50), facts=(skip,)))
    assert losses == ("“Put the old code back” failed: exit 1 (skip: by hand)",)
    undone = ended(row("put-the-old-code-back", AttemptState.DONE, after=41), 50)
    assert rollback_losses(PAGE, rolled_back(undone)) == ()


def test_without_a_rollback_nothing_is_lost() -> None:
    page = losing_page(migration=False)
    for state in (RunState.GOING, RunState.KEPT):
        assert rollback_losses(page, record(*lost_by_rollback(3), state=state)) == ()
    assert rollback_losses(page, record(*lost_by_rollback(3), state=RunState.ROLLING_BACK)) == ("Lost: 3 orders",)
