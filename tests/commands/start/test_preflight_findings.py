"""What the preflight finds on the shipped page, good or with one thing wrong."""

from __future__ import annotations

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.ports.preflight import FAIL, OK, WARN
from commands.start.preflight import require_no_failures, run_preflight
from tests.production import READY, ended, rows
from tests.world import World

PAGE = read_pages(shipped_runbooks())["option-a.md"]


def lines_of(world: World, level: str, ref: str = "") -> list[str]:
    """The lines of one level, as `gonogo doctor` prints them."""
    return [str(line) for line in run_preflight(PAGE, world.tools(), ref, limit=10) if line.result.level == level]


@pytest.fixture
def world() -> World:
    """A production that meets everything the page needs."""
    world = World()
    world.on_sql("server_version", rows("dj_owner", "16.4", False, False, None))
    return world


def test_a_good_production_has_one_ok_line_at_least_for_each_place(world: World) -> None:
    lines = run_preflight(PAGE, world.tools(), "", limit=10)
    assert [str(line) for line in lines if line.result.level != OK] == []
    assert {line.about for line in lines} == {
        "host production",
        "database production",
        "web app",
        "web api",
        "web api_local",
        "browser",
    }


def test_a_preflight_changes_nothing(world: World) -> None:
    run_preflight(PAGE, world.tools(), "", limit=10)
    assert not world.begun
    assert not world.applied
    assert {method for method, _, _ in world.calls} == {"GET"}


def test_an_unreachable_host_fails_once_and_not_for_each_check_on_it(world: World) -> None:
    world.unreachable()
    failures = lines_of(world, FAIL)
    assert len([line for line in failures if "host production" in line]) == 1, failures


def test_every_missing_program_is_named_at_once(world: World) -> None:
    world.on_host("command -v --", ended("missing=pm2\nmissing=npm\n"))
    assert "not found on its PATH: pm2, npm" in lines_of(world, FAIL)[0]


def test_an_unknown_ref_is_named(world: World) -> None:
    world.on_host("commit=", ended("", 66))
    assert "no branch, tag or commit v9" in lines_of(world, FAIL, "v9")[0]


def test_a_ref_that_git_could_take_for_an_option_is_never_sent_to_a_host(world: World) -> None:
    (line,) = lines_of(world, FAIL, "--upload-pack=x")
    assert line.startswith("fail  ref: ")
    assert "is not a branch, tag or commit" in line
    assert not world.asked


def test_a_migration_file_that_the_release_lacks_is_named(world: World) -> None:
    world.on_host(r"git show \"\$COMMIT:", ended("fatal: path does not exist", 128))
    assert [line for line in lines_of(world, FAIL) if "has no file database/migrations/manual/016_extend" in line]


def test_a_migration_with_its_own_commit_is_named_with_its_line(world: World) -> None:
    name = next(name for name in world.files if "ROLLBACK" not in name)
    world.files[name] = "ALTER TABLE approval_flows ADD COLUMN x int;\nCOMMIT;\n"
    assert [line for line in lines_of(world, FAIL) if "line 2: has its own transaction command" in line]


def test_a_table_that_another_user_owns_fails_before_the_migration(world: World) -> None:
    world.on_sql("relowner", rows("approval_flows (of postgres)", "dj_owner"))
    failures = lines_of(world, FAIL)
    assert [line for line in failures if "user dj_owner does not own: approval_flows (of postgres)" in line], failures


def test_a_database_user_who_cannot_write_receipts_is_told_what_to_grant(world: World) -> None:
    world.on_sql("to_regnamespace", rows("dj_reader", False, False, False))
    assert [
        line for line in lines_of(world, FAIL) if "may not create the schema gonogo" in line and "GRANT CREATE" in line
    ]


def test_a_read_only_user_warns_and_a_standby_fails(world: World) -> None:
    world.on_sql("server_version", rows("dj_reader", "16.4", False, True, None))
    assert "read-only by default" in lines_of(world, WARN)[0]
    world.on_sql("server_version", rows("dj_reader", "16.4", True, True, None))
    assert "standby" in lines_of(world, FAIL)[0]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (READY.replace(") 16.4", ") 14.9"), "it has pg_dump 14, the database server is PostgreSQL 16"),
        (READY.replace("free_bytes=9", "free_bytes=0").replace("50000000", "95000000000"), "free up space"),
        (
            "psql: error: connection refused\n",
            "psql cannot query the database from this host (psql: error: connection refused)",
        ),
        (
            "psql: error: connection refused\n\tIs the server running on that host?\n",
            "psql cannot query the database from this host (psql: error: connection refused)",
        ),
    ],
)
def test_a_backup_that_cannot_be_made_fails(world: World, answers: str, words: str) -> None:
    world.on_host("server=%s", ended(answers))
    assert [line for line in lines_of(world, FAIL) if words in line], lines_of(world, FAIL)


def test_files_changed_by_hand_are_a_warning_and_do_not_stop_the_start(world: World) -> None:
    world.on_host(r"may_write \. && may_write", ended(" M backend/x.js\n"))
    assert "1 tracked file of the working copy differs from its commit: M backend/x.js" in lines_of(world, WARN)[0]
    assert (
        "save or discard the changes first"
        in require_no_failures(PAGE, run_preflight(PAGE, world.tools(), "", limit=10)).warnings[0]
    )


def test_a_missing_browser_is_a_warning_because_people_can_look(world: World) -> None:
    world.no_browser = "no Chromium is installed"
    assert "people will be asked" in lines_of(world, WARN)[0]
