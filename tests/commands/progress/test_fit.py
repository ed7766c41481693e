"""Which parts of production a rollback left while others went back."""

from __future__ import annotations

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.progress.fit import parts_left
from commands.progress.rollback_steps import goes_back_without, parts_of_rollback
from commands.progress.step_state import needs_two
from state.facts import Fact
from state.records import Attempt, Record
from tests.pages import attempt_at, fact, record, small

PAGE = read_pages(shipped_runbooks())["option-a.md"]
DEPLOYED = tuple(attempt_at(step, "done") for step in ("migration", "backend-code", "publish"))
PARTS = ["rollback-database", "revert-code", "revert-install", "revert-restart", "revert-frontend"]


def back(*attempts: Attempt, facts: tuple[Fact, ...] = ()) -> Record:
    return record(*DEPLOYED, *attempts, facts=(fact("rollback"), *facts), state="rolling back")


def skipped(*steps: str, choice: str = "skip") -> tuple[Fact, ...]:
    """Two people skipped these steps."""
    return tuple(
        one for step in steps for one in (fact("answer", step, said=choice), fact("second", step, said=choice))
    )


def left(of: Record) -> list[str]:
    return [step.id for step in parts_left(PAGE, of)]


def test_rows_and_what_only_looks_or_cleans_up_are_no_parts() -> None:
    assert [step.id for step in parts_of_rollback(PAGE)] == PARTS


def test_a_part_that_was_skipped_is_left_once_another_one_is_back() -> None:
    failed, code = attempt_at("rollback-database", "failed"), attempt_at("revert-code", "done")
    assert left(back(failed, code, facts=skipped("rollback-database"))) == ["rollback-database"]
    assert left(back(failed, code)) == [], "nobody has decided yet; it may still go back"
    assert left(back(failed, code, facts=skipped("rollback-database", choice="done"))) == [], "fixed by hand"
    assert left(back(attempt_at("rollback-database", "done"), code)) == []


def test_if_no_part_went_back_all_are_the_new_ones_and_fit() -> None:
    failed = [attempt_at(step, "failed") for step in PARTS]
    assert left(back(*failed, facts=skipped(*PARTS))) == []


def test_a_part_goes_back_only_if_what_it_undoes_has_begun() -> None:
    begun = [attempt_at("backend-code", "done")]
    for expected in (["revert-restart"], ["revert-install", "revert-restart"]):
        of = record(*begun, facts=(fact("rollback"),), state="rolling back")
        others = goes_back_without(PAGE, of, PAGE.step("revert-code"))
        assert [step.id for step in others] == expected
        begun.append(attempt_at("backend-install", "done"))


@pytest.mark.parametrize(("step", "two"), [("rollback-database", True), ("revert-code", True), ("verify-jobs", False)])
def test_leaving_a_part_while_others_go_back_takes_two_people(step: str, two: bool) -> None:
    assert needs_two(PAGE, back(), PAGE.step(step)) is two


def test_leaving_the_only_part_takes_one_person() -> None:
    page = small()
    assert not needs_two(page, record(attempt_at("put-the-code-there", "done")), page.step("put-the-old-code-back"))
