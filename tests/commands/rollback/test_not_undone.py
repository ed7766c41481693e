"""What the run changed and no step of its rollback undoes is named, with its commands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.report.comparison import comparison
from commands.report.status import Phase, status_of
from commands.report.status_text import status_lines
from commands.rollback.restored import not_undone, tool_rows_not_undone
from commands.run.events import run_moved
from commands.runbook import Page, read_page
from state.events import RunMoved
from state.records import AttemptState, Record, RunState
from tests.commands.rollback.samples import OLD, lane
from tests.pages import NOON, record, row, spoil

DEPLOYED = row("put-the-code-there", AttemptState.DONE)
WHY = 'undone_by = "nothing"\nwhy = "the tool has no way back."'
SQL = """### sql-back

```toml sql
id = "sql-back"
database = "shop"
file = "down.sql"
undoes = "put-the-code-there"
[[verify]]
says = "all"
expect = 1
sql = "SELECT 1"
```

"""


def page(commands: str, more: str = "", back: str = lane("other")) -> Page:
    """The small page whose deploy runs these commands."""
    places = ("[webs.api]", '[databases.shop]\nurl = "$SHOP_DB"\n\n[webs.api]')
    return read_page(
        spoil(places, ('commands = ["deploy"]', f"commands = {commands}\n{more}"), (OLD, back)), "small.md"
    )


def ended(state: RunState = RunState.ROLLED_BACK, *, step: AttemptState = AttemptState.DONE) -> Record:
    return record(replace(DEPLOYED, state=step), row("other", AttemptState.DONE), state=state)


def test_what_a_migration_tool_did_is_named_with_its_own_rows_and_the_pages_reason() -> None:
    migrates = page('["npm ci", "npx prisma migrate deploy"]', WHY)
    (sentence,) = not_undone(migrates, ended())
    assert sentence == (
        "Not rolled back: “Put the code there” (npm ci; npx prisma migrate deploy), and the migration "
        "tool's own list of what it applied: the tool has no way back"
    )


def test_a_command_is_named_without_its_comments() -> None:
    commented = page("['''\n# 1. Install\nnpm ci\n  # 2. Build\nnpm run build''']", WHY)
    (sentence,) = not_undone(commented, ended())
    assert "“Put the code there” (npm ci npm run build): " in sentence


def test_long_commands_leave_room_for_the_reason_at_the_end_of_the_sentence() -> None:
    long = [f"{'x' * 200} {number}" for number in range(5)]
    (sentence,) = not_undone(page(str(long).replace("'", '"'), WHY), ended())
    assert sentence.endswith("x…; and 2 more): the tool has no way back")
    assert len(sentence) < 300, "the message cuts what is longer"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (AttemptState.FAILED, "Not rolled back: “Put the code there”, which failed and may have changed something"),
        (
            AttemptState.UNKNOWN,
            "Not rolled back: “Put the code there”, whose result is unknown",
        ),
    ],
)
def test_a_step_that_did_not_succeed_may_have_changed_something(state: AttemptState, words: str) -> None:
    (sentence,) = not_undone(page('["deploy"]'), ended(step=state))
    assert sentence == f"{words} (deploy): no step of the rollback undoes it"


def test_a_step_that_is_undone_or_never_began_is_not_named() -> None:
    assert not_undone(page('["deploy"]', back=lane("back", 'undoes = "put-the-code-there"')), ended()) == ()
    assert not_undone(page('["deploy"]'), record(state=RunState.ROLLED_BACK)) == ()


EMPTY = replace(DEPLOYED, outcome={"applied_nothing": True})


def test_a_migration_that_found_nothing_to_apply_left_nothing() -> None:
    migrates = page('["npx prisma migrate deploy"]', WHY)
    assert not_undone(migrates, record(EMPTY, row("other", AttemptState.DONE), state=RunState.ROLLED_BACK)) == ()
    alembic = page('["alembic upgrade head"]', back=SQL)
    assert tool_rows_not_undone(alembic, record(EMPTY, state=RunState.ROLLED_BACK)) == ()


def test_an_attempt_that_failed_before_may_have_left_something_outside_of_the_tools_state() -> None:
    migrates = page('["npx prisma migrate deploy"]', WHY)
    again = record(replace(DEPLOYED, state=AttemptState.FAILED), replace(EMPTY, attempt=2), state=RunState.ROLLED_BACK)
    assert len(not_undone(migrates, again)) == 1
    assert len(not_undone(migrates, record(replace(EMPTY, state=AttemptState.UNKNOWN), state=RunState.ABORTED))) == 1


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_file_does_not_take_back_a_migration_tools_own_rows() -> None:
    alembic = page('["alembic upgrade head"]', back=SQL)
    tools_rows = "the migration tool's own list of what “Put the code there” applied (alembic upgrade head)"
    assert not_undone(alembic, ended()) == ()
    assert tool_rows_not_undone(alembic, ended()) == (tools_rows,)
    assert tools_rows in comparison(alembic, ended(), RunState.ROLLED_BACK).not_compared
    downgrade = page('["alembic upgrade head"]', back=lane("back", 'undoes = "put-the-code-there"'))
    assert tool_rows_not_undone(downgrade, ended()) == ()


def test_the_last_message_the_status_and_the_terminal_name_it() -> None:
    migrates = page('["manage.py migrate"]')
    (sentence,) = not_undone(migrates, ended())
    moved = run_moved(migrates, ended(RunState.ROLLING_BACK), RunState.ROLLED_BACK, NOON).data
    assert isinstance(moved, RunMoved)
    assert moved.not_undone == (sentence,)
    status = status_of(migrates, ended(), NOON)
    assert (status.not_undone, status.phase) == ((sentence,), Phase.ROLLED_BACK)
    assert sentence in status_lines(status)
    kept = run_moved(migrates, ended(), RunState.KEPT, NOON).data
    assert isinstance(kept, RunMoved)
    assert kept.not_undone == ()


def test_a_run_that_is_aborted_after_a_command_before_the_deploy_did_not_change_nothing() -> None:
    before = page('["deploy"]', back=lane("back", 'undoes = "put-the-code-there"'))
    text = before.text.replace("## Deploy\n", lane("prepare") + "## Deploy\n")
    prepared = read_page(text, "small.md")
    aborted = record(row("prepare", AttemptState.DONE), state=RunState.ABORTED)
    status = status_of(prepared, aborted, NOON)
    assert status.phase is Phase.ABORTED_LATE
    assert status.not_undone[0].startswith("Not rolled back: “prepare” (prepare)")
    assert status_of(prepared, record(state=RunState.ABORTED), NOON).phase is Phase.ABORTED
