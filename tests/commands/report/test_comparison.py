"""The end of a run says what was looked at on what serves, and after which changes nothing was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.report.comparison import Comparison, comparison
from commands.runbook import read_page
from state.records import Attempt, AttemptState, RunState
from tests.commands.rollback.samples import OLD, lane
from tests.pages import record, row, said, spoil

PAGE = read_page(spoil((OLD, lane("database") + lane("code"))), "small.md")
DEPLOYED = row("put-the-code-there", AttemptState.DONE)
FIXED = said("answer", "code", 1, said="done", reason="by hand")


def looked(step: str, *compared: str, state: AttemptState = AttemptState.DONE) -> Attempt:
    """An attempt that compared something."""
    return replace(row(step, state), outcome={"compared": list(compared)})


def test_a_rollback_names_what_its_steps_compared_each_thing_once() -> None:
    back = record(DEPLOYED, looked("database", "4 tables", "8 rows"), looked("code", "api answers v1", "8 rows"))
    assert comparison(PAGE, back, RunState.ROLLED_BACK) == Comparison(compared=("4 tables", "8 rows", "api answers v1"))


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_changing_step_that_only_did_something_is_named_as_not_compared() -> None:
    back = record(DEPLOYED, looked("database"), looked("code", "api answers v1"))
    assert comparison(PAGE, back, RunState.ROLLED_BACK).not_compared == ("“database”",)


@pytest.mark.fault("not looked at, and said to be fine")
def test_what_a_step_that_is_done_did_not_compare_is_named_beside_what_it_did() -> None:
    partly = replace(row("code", AttemptState.DONE), outcome={"compared": ["v1"], "not_compared": ["the page"]})
    back = record(DEPLOYED, looked("database", "4 tables"), partly)
    assert comparison(PAGE, back, RunState.ROLLED_BACK) == Comparison(
        compared=("4 tables", "v1"), not_compared=("“code”: the page",)
    )


def test_what_a_person_fixed_by_hand_was_not_looked_at() -> None:
    failed = looked("code", "api answers v2", state=AttemptState.FAILED)
    back = comparison(
        PAGE, record(DEPLOYED, looked("database", "4 tables"), failed, facts=(FIXED,)), RunState.ROLLED_BACK
    )
    assert back == Comparison(compared=("4 tables",), not_compared=("“code” (fixed by hand)",))


def test_what_a_failed_step_looked_at_is_no_evidence() -> None:
    failed = looked("code", "api answers v2", state=AttemptState.FAILED)
    back = comparison(PAGE, record(DEPLOYED, looked("database", "4 tables"), failed), RunState.ROLLED_BACK)
    assert back == Comparison(compared=("4 tables",)), "it is among what is not restored"


def test_after_keep_the_deploy_counts_and_a_skipped_step_is_named() -> None:
    assert comparison(PAGE, record(looked("put-the-code-there", "api answers v2")), RunState.KEPT) == Comparison(
        compared=("api answers v2",)
    )
    skipped = record(looked("put-the-code-there", state=AttemptState.FAILED))
    assert comparison(PAGE, skipped, RunState.KEPT).not_compared == ("“Put the code there” (failed)",)


@pytest.mark.parametrize("state", [RunState.GOING, RunState.ROLLING_BACK, RunState.ABORTED, RunState.ENDED])
def test_before_an_end_nothing_is_claimed(state: RunState) -> None:
    assert comparison(PAGE, record(looked("put-the-code-there", "api answers v2")), state) == Comparison()


def test_after_a_rollback_without_a_backup_the_database_is_named_as_not_compared() -> None:
    page = read_pages(shipped_runbooks())["option-a.md"]
    without = replace(page, steps=tuple(step for step in page.steps if not step.box.makes_backup))
    for one, why in ((page, "this run made none"), (without, "the page makes none")):
        assert comparison(one, record(), RunState.ROLLED_BACK).not_compared == (f"the database with a backup ({why})",)
    assert comparison(PAGE, record(), RunState.ROLLED_BACK).not_compared == ()
