"""What each failure leads to is what the engine does."""

from __future__ import annotations

import pytest

from bot.preview.failures import Failure, Sort, alert_rows, failures
from bot.preview.played_run import PlayedRun
from bot.settings import read_page_file, shipped_runbooks
from commands.run.decide import decide
from commands.run.instructions import RequestRollback
from commands.runbook.page import STAGES
from commands.steps.outcome import failed
from tests.pages import small


def by_step(found: list[Failure]) -> dict[str, tuple[Sort, str, str]]:
    """Each step with what its failure leads to."""
    return {
        step: (one.sort, one.leads_to, details)
        for one in found
        for details, steps in one.steps.items()
        for step in steps
    }


def test_each_failure_of_the_small_page() -> None:
    assert by_step(failures(small())) == {
        "Deploy: Put the code there": (
            Sort.ASK,
            "The run waits for Tech Lead",
            "Answers: run it again, call it fixed by hand, skip it or roll back.",
        ),
        "Smoke tests: Health": (Sort.BACK, "Rolls back at once", "Nobody is asked."),
        "Watch: Response time": (
            Sort.TELL,
            "People are called",
            "The watch goes on. Only the alerts below can roll back.",
        ),
        "Rollback: Put the old code back": (
            Sort.ASK,
            "The rollback waits for Tech Lead",
            "Answers: run it again, call it fixed by hand or skip it.",
        ),
    }


def test_the_worst_comes_first() -> None:
    sorts = [one.sort for one in failures(small())]
    assert sorts == sorted(sorts)


@pytest.mark.parametrize("name", ["option-a.md", "option-b.md"])
def test_the_engine_rolls_back_at_once_where_it_is_said(name: str) -> None:
    page = read_page_file(shipped_runbooks() / name)
    said = by_step(failures(page))
    for step in page.forward:
        if step.box.asks_people:
            continue
        run = PlayedRun(page)
        run.settle(page.forward[: page.forward.index(step)])
        run.begin(step)
        run.end(step, failed("it failed"))
        back = isinstance(decide(page, run.record, run.now), RequestRollback)
        sort = said[f"{STAGES[step.part]}: {step.title}"][0]
        assert back == (sort in {Sort.BACK, Sort.END}), step.title


def test_a_page_before_its_first_change_ends_without_a_rollback() -> None:
    step = '### Ask\n\n```toml http\nweb = "api"\npath = "/"\non_failure = "roll back"\n```\n\n'
    found = by_step(failures(small(**{"## Deploy\n": f"{step}## Deploy\n"})))
    assert found["Before: Ask"] == (Sort.END, "The run ends", "Nothing was changed yet.")


def test_what_takes_two_people_is_said_apart() -> None:
    found = by_step(failures(read_page_file(shipped_runbooks() / "option-a.md")))
    two = "With a second person: call it fixed by hand or skip it."
    assert found["Before: Prove the backup: restore it"][2] == f"Answers: run it again or roll back. {two}"
    back = "Rollback: STEP 3: Revert backend code"
    assert found[back][2] == f"Answers: run it again. {two}", "the schema would go back without the code"
    assert found["Rollback: STEP 1: Stop new requests"] == (Sort.TELL, "It is only reported", "The rollback goes on.")


def test_an_alert_counts_down_or_only_calls_people() -> None:
    (row,) = alert_rows(small())
    assert (row.sort, row.rule) == (Sort.BACK, "limit: above 5 s, 2 times in a row")
    assert row.leads_to == "Calls Tech Lead. Rolls back after 1 min, unless Tech Lead holds it as a false alarm."
    told = alert_rows(small(**{"in_a_row = 2\n": 'in_a_row = 2\naction = "tell"\npings = ["dba"]\n'}))[0]
    assert (told.sort, told.leads_to) == (Sort.TELL, "Calls Database Admin. The bot does not roll back.")
    expected = alert_rows(small(**{"in_a_row = 2\n": "in_a_row = 2\nexpected = true\n"}))[0]
    assert expected.leads_to == "Expected: counted and shown only."
