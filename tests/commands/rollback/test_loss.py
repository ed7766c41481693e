"""What a rollback loses: counted right after the change, and right before it is undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from commands.ports.database import Rows
from commands.progress.reach import REACH
from commands.rollback.loss import change_of, lost, unknown_in_words, with_loss, without_why
from commands.runbook import Page
from commands.runbook.head_boxes import Loses
from commands.runbook.losses import changing_steps, taking_step
from commands.steps.outcome import Outcome, done, failed, unknown
from state.errors import BadPage, Failed, Unreachable
from state.records import Attempt, AttemptState, Record, RunState
from tests.commands.run.driven_runner import BACK, DEPLOY, GATE, DrivenRunner
from tests.losing import counted, losing_page
from tests.pages import attempt_at, fact, record
from tests.production import rows
from tests.world import World

PAGE, PLAIN = losing_page("orders"), losing_page("orders", migration=False)
MIGRATE, MIGRATE_BACK = "migrate", "migrate-back"
NO_COLUMN = Failed('A query on “shop” failed: column "job_type_id" does not exist.')


@dataclass
class Counts:
    """Answers each count with the next of these numbers, or raises it."""

    answers: list[Any]

    def query(self, database: str, sql: object, *, limit: float = 30, in_any_zone: bool = False) -> Rows:
        assert limit == 10, "the deploy and the rollback wait for it"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return rows(answer)


def counting(
    of: Record,
    step: str,
    *answers: Any,
    page: Page = PAGE,
    outcome: Outcome | None = None,
    recovering: bool = False,
    during: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """What an attempt at the step stores, if the counts answer so. All of them must be used."""
    counts = Counts([*answers])

    def work() -> Outcome:
        during()
        return outcome or done("It is applied.")

    running = Attempt(step=step, attempt=9, state=AttemptState.RUNNING, began_at=of.run.began_at)
    tools = replace(World().tools(), database=counts)  # type: ignore[arg-type]
    ended = with_loss(
        page, replace(of, attempts=(*of.attempts, running)), page.step(step), tools, work, recovering=recovering
    )
    assert counts.answers == []
    return dict(ended.loss)


def loses_of(page: Page) -> Loses:
    assert page.rollback.loses
    return page.rollback.loses


def migrated(**loss: Any) -> Attempt:
    return counted(attempt_at(MIGRATE, "done", after=5), **loss)


def rolled_back(*attempts: Attempt, page: Page = PAGE, **more: Any) -> str:
    """What the last message says was lost."""
    return lost(page, record(*attempts, state=RunState.ROLLED_BACK, **more))


def test_what_the_migration_made_itself_is_counted_right_after_it() -> None:
    assert counting(record(), MIGRATE, 84) == {"made": 84}


def test_a_migration_that_never_applied_counts_nothing_and_loses_nothing() -> None:
    assert counting(record(), MIGRATE, outcome=failed("It was rolled back whole.")) == {}
    undone = attempt_at(MIGRATE_BACK, "done", after=9)
    assert counting(record(attempt_at(MIGRATE, "failed")), MIGRATE_BACK) == {}
    assert rolled_back(attempt_at(MIGRATE, "failed"), undone) == ""
    assert rolled_back(attempt_at(DEPLOY, "done"), undone) == "", "it did not even begin"


def test_what_users_made_since_is_counted_right_before_the_database_goes_back() -> None:
    after = record(migrated(made=200))
    order: list[str] = []
    assert counting(after, MIGRATE_BACK, 203, during=lambda: order.append("undone")) == {"lost": 3}
    undone = counted(attempt_at(MIGRATE_BACK, "done", after=9), lost=3)
    assert rolled_back(migrated(made=200), undone) == "3 orders"


def test_rows_that_people_removed_make_no_negative_loss() -> None:
    undone = counted(attempt_at(MIGRATE_BACK, "done", after=9), lost=-2)
    assert rolled_back(migrated(made=200), undone) == "0 orders"


def test_where_the_database_did_not_go_back_the_loss_is_not_known() -> None:
    kept = counted(replace(attempt_at(MIGRATE_BACK, "failed", after=9), summary="A lock."), lost=201)
    assert rolled_back(migrated(made=0), kept) == "not known, because “Migrate back” failed: A lock."
    skip = fact("answer", MIGRATE_BACK, said="skip", reason="tomorrow")
    text = rolled_back(migrated(made=0), kept, facts=(skip,))
    assert text == "not known, because “Migrate back” failed: A lock. (skip: tomorrow)"
    assert rolled_back(migrated(made=0)) == "not known, because “Migrate back” did not begin"


def test_a_rollback_fixed_by_hand_has_lost_what_was_counted_before_it() -> None:
    fixed = counted(attempt_at(MIGRATE_BACK, "failed", after=9), lost=3)
    by_hand = (fact("answer", MIGRATE_BACK, said="done"), fact("second", MIGRATE_BACK, said="done", person="U3"))
    assert rolled_back(migrated(made=0), fixed, facts=by_hand) == "3 orders"


def test_while_the_database_goes_back_nothing_is_lost_yet() -> None:
    going = record(migrated(made=0), attempt_at(MIGRATE_BACK, "running"), state=RunState.ROLLING_BACK)
    assert lost(PAGE, going) == lost(PAGE, record(migrated(made=0), state=RunState.ROLLING_BACK)) == ""


@pytest.mark.parametrize("error", [Unreachable("nobody listens there"), RuntimeError("a secret")])
def test_a_count_that_fails_changes_nothing_else_and_makes_the_loss_unknown(error: Exception) -> None:
    told = str(error) if isinstance(error, Unreachable) else "RuntimeError"
    why = f"it could not be counted right after “Migrate”: {told}"
    assert counting(record(), MIGRATE, error) == {"why": why}
    assert counting(record(migrated(why=why)), MIGRATE_BACK) == {"why": why}
    undone = counted(attempt_at(MIGRATE_BACK, "done", after=9), why=why)
    assert rolled_back(migrated(why=why), undone) == f"not known, because {why}"
    before = f"it could not be counted before “Migrate back”: {told}"
    assert counting(record(migrated(made=1)), MIGRATE_BACK, error) == {"why": before}


def test_a_step_whose_end_the_bot_found_out_after_a_restart_was_not_counted_in_time() -> None:
    assert counting(record(), MIGRATE, recovering=True) == {"why": "the bot was restarted during “Migrate”"}
    after = record(migrated(made=1))
    assert counting(after, MIGRATE_BACK, recovering=True) == {"why": "the bot was restarted during “Migrate back”"}
    assert counting(record(), MIGRATE, recovering=True, outcome=failed("It did nothing.")) == {}


def test_the_second_attempt_of_a_migration_that_is_there_adds_what_it_made_itself() -> None:
    after = record(migrated(made=200))
    assert counting(after, MIGRATE, 205, 205) == {"made": 0}
    assert counting(after, MIGRATE, 205, 215, outcome=failed("half of it")) == {"made": 10}
    change = change_of(PAGE, record(migrated(made=200), migrated(made=10)), loses_of(PAGE))
    assert change.made == 210


def test_a_migration_on_the_host_is_found_by_the_first_count_that_works() -> None:
    page = losing_page("orders", after='[\\"put-the-code-there\\", \\"migrate\\"]'.replace("\\", ""))
    assert [step.id for step in changing_steps(page, loses_of(page))] == [DEPLOY, MIGRATE]
    assert counting(record(), DEPLOY, NO_COLUMN, page=page) == {}, "the column comes with the next step"
    deployed = attempt_at(DEPLOY, "done")
    assert change_of(page, record(deployed), loses_of(page)).is_there is False
    assert rolled_back(deployed, page=page) == ""
    assert counting(record(deployed), MIGRATE, 84, page=page) == {"made": 84}
    why = f"it could not be counted right after “Migrate”: {str(NO_COLUMN)[:120]}"
    assert counting(record(deployed), MIGRATE, NO_COLUMN, page=page) == {"why": why}


def test_an_attempt_whose_end_is_unknown_may_have_made_the_change() -> None:
    assert counting(record(), MIGRATE, outcome=unknown("The connection broke.")) == {}
    change = change_of(PAGE, record(attempt_at(MIGRATE, "unknown")), loses_of(PAGE))
    assert (change.is_there, change.why) == (True, "it is not known whether “Migrate” changed anything")
    by_hand = (fact("answer", MIGRATE, said="done"), fact("second", MIGRATE, said="done", person="U3"))
    change = change_of(PAGE, record(attempt_at(MIGRATE, "failed"), facts=by_hand), loses_of(PAGE))
    assert change.why == "“Migrate” was fixed by hand, and nothing was counted right after that"


def test_the_change_is_made_by_the_steps_on_the_database_or_else_by_all_that_change_production() -> None:
    assert [step.id for step in changing_steps(PAGE, loses_of(PAGE))] == [MIGRATE]
    assert [step.id for step in changing_steps(PLAIN, loses_of(PLAIN))] == [DEPLOY]
    assert [taking_step(page, loses_of(page)) for page in (PAGE, PLAIN)] == [PAGE.step(MIGRATE_BACK), PLAIN.step(BACK)]
    with pytest.raises(BadPage, match='loses: after: step: "health" is not on the page; the deploy has '):
        losing_page("orders", after='["health"]')


def test_no_step_of_the_rollback_undoes_the_change() -> None:
    loses = loses_of(PAGE)
    page = replace(PAGE, steps=tuple(step for step in PAGE.steps if step.id != MIGRATE_BACK))
    assert taking_step(page, loses) is None
    assert rolled_back(migrated(made=0), page=page) == "not known, because no step of the rollback undoes “Migrate”"


def test_a_page_without_such_a_query_counts_nothing() -> None:
    page = replace(PLAIN, rollback=PLAIN.rollback.model_copy(update={"loses": None}))
    assert counting(record(), DEPLOY, page=page) == {}
    assert lost(page, record(state=RunState.ROLLED_BACK)) == ""


def test_a_run_counts_around_its_steps_and_says_at_its_end_what_was_lost(tmp_path: Path) -> None:
    driven = DrivenRunner(tmp_path, PLAIN)
    driven.world.on_sql("FROM orders", rows(200))
    driven.do(GATE)
    driven.sign()
    assert driven.runner._turn()
    assert driven.ended(DEPLOY).loss == {"made": 200}
    driven.world.on_sql("FROM orders", rows(201))
    driven.store.add_fact(1, fact("rollback"))
    for _ in range(8):
        driven.runner._turn()
        for step in (REACH, BACK):
            if driven.record.last(step):
                driven.ended(step)
    assert driven.record.run.state == RunState.ROLLED_BACK
    assert [moved.lost for moved in driven.events("moved")] == ["", "1 orders"]
    driven.close()


def test_a_confirmation_says_what_is_lost_without_why_its_number_is_not_known() -> None:
    loses = Loses(database="shop", sql="SELECT 1", says="jobs, made since <since>")
    unknown_number = unknown_in_words(loses, "Database “shop” cannot be reached (at 127.0.0.1)")
    assert without_why(unknown_number) == "an unknown number of jobs, made since the change"
    assert without_why("3 jobs (new)") == "3 jobs (new)"
