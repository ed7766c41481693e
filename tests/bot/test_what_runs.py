"""What runs is asked: whole runs on a real host, whose application answers its commit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.target.ssh_server import SshServer
from bot.settings import read_settings
from bot.wiring import tools_for
from commands.report.report import build_report
from commands.runbook.rollback_ends import RUNNING_AGAIN
from commands.start.page_warnings import page_warnings
from commands.start.preflight import run_preflight
from state.facts import Choice
from state.records import RunState
from tests.bot.answering_shop import CODE_BACK, AnsweringShop
from tests.commands.steps.databases import run_sql
from tests.commands.steps.git_repository import git

NO_CODE_BACK = ""
ASKED_BACK = CODE_BACK.replace("commit_before", "running_before")


@pytest.fixture
def shop(tmp_path: Path, ssh: SshServer, postgres: Postgres) -> Iterator[AnsweringShop]:
    """A shop whose clone and processes are at v1."""
    made = AnsweringShop(tmp_path, ssh, postgres)
    made.restart()
    yield made
    made.close()


def columns(shop: AnsweringShop) -> list[str]:
    """The columns of the table of orders."""
    sql = "SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0"
    return [str(name) for (name,) in run_sql(shop.database, sql)]


@pytest.mark.fault("compared with itself")
def test_a_clone_that_was_pulled_by_hand_stops_the_run_before_anything_changes(shop: AnsweringShop) -> None:
    git(shop.clone, "pull", "-q")
    shop.begin(shop.page(back=ASKED_BACK))
    waiting = shop.waiting()
    assert (waiting.step, waiting.choices) == ("release", (Choice.RETRY,))
    v1, v2 = shop.v1[:10], shop.v2[:10]
    assert shop.record.attempts[-1].summary == (
        f"The clone on backend is at {v2}, but /health on api_1 answers {v1}, /health on api_2 answers {v1}: "
        f"if {v1} is right, check it out in the clone (git checkout {v1}); if not, find out why it runs."
    )
    shop.roll_back()
    shop.wait(lambda: not shop.record.run.active)
    assert shop.record.run.state == RunState.ABORTED
    assert [attempt.step for attempt in shop.record.attempts] == ["release"]
    assert (shop.answers(), columns(shop), git(shop.clone, "rev-parse", "HEAD")) == ([200, 200], ["title"], shop.v2)


@pytest.mark.fault("found too late, known before")
def test_the_doctor_finds_that_the_clone_is_not_what_runs(shop: AnsweringShop) -> None:
    page = shop.page(back=ASKED_BACK)
    tools = tools_for(page, read_settings(shop.environ))
    try:
        fine = run_preflight(page, tools, "main")
        assert any(
            f"commit {shop.v1[:10]} runs (/health on api_1, /health on api_2)" in one.result.summary for one in fine
        )
        git(shop.clone, "pull", "-q")
        (bad,) = [one.result for one in run_preflight(page, tools, "main") if one.result.level == "fail"]
        assert bad.summary.startswith(f"the clone on backend is at {shop.v2[:10]}, but /health on api_1 answers")
    finally:
        tools.close()


@pytest.mark.fault("the first of several for all")
def test_one_of_two_processes_at_another_commit_stops_the_run(shop: AnsweringShop) -> None:
    git(shop.clone, "pull", "-q")
    shop.restart(shop.ports[1])
    shop.begin(shop.page(back=ASKED_BACK))
    assert shop.waiting().step == "release"
    assert f"answers {shop.v1[:10]}" in shop.record.attempts[-1].summary


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_page_that_asks_nothing_claims_nothing_of_what_runs(shop: AnsweringShop) -> None:
    """The clone is at v2, both processes at v1; the rollback checks v2 out again and restarts it."""
    git(shop.clone, "pull", "-q")
    shop.begin(shop.page(running=""))
    shop.wait(lambda: shop.record.last("restart") and shop.record.last("the decision"))
    assert shop.record.attempts[0].summary == (
        f"main is commit {shop.v2[:10]}. The clone on backend is at that commit already; what answers was not asked."
    )
    shop.roll_back()
    shop.wait(lambda: not shop.record.run.active)
    assert shop.answers() == [500, 500], "the story is told of a broken shop"
    moved = shop.rolled_back()
    assert (
        "what answers (the page names no `running`; the rollback went to the commit of the clone on backend)"
        in moved.not_compared
    )


@pytest.mark.fault("compared with itself")
def test_a_rollback_after_which_the_new_code_still_answers_is_not_called_rolled_back(shop: AnsweringShop) -> None:
    """The page's author forgot the code: the old schema is back, and both processes load v2 again."""
    page = shop.page(back=NO_CODE_BACK)
    assert any(warning.startswith("“Code”: it makes a change, and no step") for warning in page_warnings(page))
    shop.begin(page)
    shop.wait(lambda: shop.record.last("the decision"))
    assert (shop.answers(), shop.commits()) == ([200, 200], [shop.v2, shop.v2])
    shop.roll_back()
    waiting = shop.waiting()
    assert (shop.answers(), waiting.step) == ([500, 500], RUNNING_AGAIN)
    last = shop.record.last(RUNNING_AGAIN)
    v1, v2 = shop.v1[:10], shop.v2[:10]
    assert last
    assert last.summary == (
        f"What ran before does not run again: /health on api_1 answers {v2}, /health on api_2 answers {v2}, "
        f"and not {v1}."
    )
    shop.skip(waiting)
    shop.wait(lambda: not shop.record.run.active)
    moved = shop.rolled_back()
    assert [sentence for sentence in moved.not_restored if "does not run again" in sentence]
    assert moved.not_undone == ("Not rolled back: “Code”: no step of the rollback undoes it",)


@pytest.mark.fault("compared with itself")
def test_a_rollback_ends_when_both_processes_answer_what_they_answered_before(shop: AnsweringShop) -> None:
    shop.begin(shop.page(back=ASKED_BACK))
    shop.wait(lambda: shop.record.last("the decision"))
    first = shop.record.attempts[0]
    asked = "/health on api_1, /health on api_2"
    assert first.summary.startswith(f"main is commit {shop.v2[:10]}; {shop.v1[:10]} runs now ({asked}); ")
    shop.roll_back()
    shop.wait(lambda: not shop.record.run.active)
    assert (shop.answers(), shop.commits(), columns(shop)) == ([200, 200], [shop.v1, shop.v1], ["title"])
    report = build_report(shop.page(back=ASKED_BACK), shop.record, [], [], people={}, now=shop.record.run.began_at)
    assert (report.not_restored, report.not_undone) == ((), ())
    assert f"/health on api_2 answers {shop.v1[:10]}" in report.comparison.compared
