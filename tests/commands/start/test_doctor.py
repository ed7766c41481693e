"""The doctor on the fake World: what it looks at, what it says, and that it never waits longer than it may."""

from __future__ import annotations

import threading
import time

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.ports.preflight import FAIL, OK, WARN, PreflightResult
from commands.start.doctor import DoctorLine, examine, in_parallel, missing_line, refuse_failures
from state.errors import Refused, Unreachable
from tests.production import READY, ended, rows
from tests.world import World

PAGE = read_pages(shipped_runbooks())["option-a.md"]


def found(world: World, level: str, ref: str = "") -> list[str]:
    """The lines of one level, in words."""
    return [str(line) for line in examine(PAGE, world.tools(), ref, limit=10) if line.found.level == level]


@pytest.fixture
def world() -> World:
    world = World()
    world.on_sql("server_version", rows("dj_owner", "16.4", False, False))
    world.on_sql("to_regnamespace", rows("dj_owner", False, True, False))
    world.on_sql("relowner", rows(None, "dj_owner"))
    return world


def test_a_good_production_is_all_ok_and_every_place_is_told(world: World) -> None:
    lines = examine(PAGE, world.tools(), "", limit=10)
    assert [str(line) for line in lines if line.found.level != OK] == []
    assert {line.about for line in lines} == {
        "host production",
        "database production",
        "web app",
        "web api",
        "web api_local",
        "browser",
    }


def test_nothing_is_changed_by_looking(world: World) -> None:
    examine(PAGE, world.tools(), "", limit=10)
    assert not world.begun
    assert not world.applied
    assert {method for method, _, _ in world.calls} == {"GET"}


def test_an_unreachable_host_is_said_once_and_not_for_each_thing_on_it(world: World) -> None:
    world.unreachable()
    wrong = found(world, FAIL)
    assert len([line for line in wrong if "host production" in line]) == 1, wrong


def test_every_missing_program_is_named_at_once(world: World) -> None:
    world.on_host("command -v --", ended("missing=pm2\nmissing=npm\n"))
    assert "not found on its PATH: pm2, npm" in found(world, FAIL)[0]


def test_a_ref_that_is_not_there_is_said_with_its_name(world: World) -> None:
    world.on_host("commit=", ended("", 66))
    assert "no branch, tag or commit v9" in found(world, FAIL, "v9")[0]


def test_a_ref_that_git_could_take_for_an_option_is_not_even_sent(world: World) -> None:
    assert "is not a branch, tag or commit" in found(world, FAIL, "--upload-pack=x")[0]
    assert not world.asked


def test_a_migration_file_that_the_release_lacks_is_named(world: World) -> None:
    world.on_host(r"git show \"\$COMMIT:", ended("fatal: path does not exist", 128))
    assert [line for line in found(world, FAIL) if "has no file database/migrations/manual/016_extend" in line]


def test_a_migration_with_its_own_commit_is_named_with_its_line(world: World) -> None:
    name = next(name for name in world.files if "ROLLBACK" not in name)
    world.files[name] = "ALTER TABLE approval_flows ADD COLUMN x int;\nCOMMIT;\n"
    assert [line for line in found(world, FAIL) if "line 2: has its own transaction command" in line]


def test_a_table_of_somebody_else_is_found_before_the_migration(world: World) -> None:
    world.on_sql("relowner", rows("approval_flows (of postgres)", "dj_owner"))
    wrong = found(world, FAIL)
    assert [line for line in wrong if "user dj_owner does not own: approval_flows (of postgres)" in line], wrong


def test_a_user_without_room_for_receipts_is_told_what_to_grant(world: World) -> None:
    world.on_sql("to_regnamespace", rows("dj_reader", False, False, False))
    assert [
        line for line in found(world, FAIL) if "may not create the schema gonogo" in line and "GRANT CREATE" in line
    ]


def test_a_read_only_user_and_a_standby_are_told_apart(world: World) -> None:
    world.on_sql("server_version", rows("dj_reader", "16.4", False, True))
    assert "read-only by default" in found(world, WARN)[0]
    world.on_sql("server_version", rows("dj_reader", "16.4", True, True))
    assert "standby" in found(world, FAIL)[0]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (READY.replace(") 16.4", ") 14.9"), "it has pg_dump 14, the database server is PostgreSQL 16"),
        (READY.replace("free_bytes=9", "free_bytes=0").replace("50000000", "95000000000"), "free up space"),
        (
            "psql: error: connection refused\n",
            "psql cannot query the database from this host (psql: error: connection refused)",
        ),
    ],
)
def test_a_backup_that_could_not_be_made_is_known_before(world: World, answers: str, words: str) -> None:
    world.on_host("server=%s", ended(answers))
    assert [line for line in found(world, FAIL) if words in line], found(world, FAIL)


def test_files_changed_by_hand_are_a_warning_and_do_not_stop_the_start(world: World) -> None:
    world.on_host("rev-parse --git-dir", ended(" M backend/x.js\n"))
    assert "1 tracked file edited on the host: M backend/x.js" in found(world, WARN)[0]
    assert "save or discard" in refuse_failures(PAGE, examine(PAGE, world.tools(), "", limit=10))[0]


def test_a_missing_browser_is_a_warning_because_people_can_look(world: World) -> None:
    world.no_browser = "no Chromium is installed"
    assert "people will be asked" in found(world, WARN)[0]


def test_a_start_is_refused_with_every_failure_and_what_to_do() -> None:
    lines = [
        *missing_line(["A", "B"]),
        DoctorLine(about="host x", found=PreflightResult(level=FAIL, summary="nobody listens there", todo="start it")),
        DoctorLine(about="web y", found=PreflightResult(level=WARN, summary="answers 404")),
    ]
    with pytest.raises(Refused, match=r"not set: A, B → set them.*\n• host x: nobody listens there → start it"):
        refuse_failures(PAGE, lines)


def test_places_are_looked_at_side_by_side_and_a_silent_one_is_left_behind() -> None:
    hang = threading.Event()
    both = threading.Barrier(2, timeout=5)

    def silent() -> list[DoctorLine]:
        hang.wait(30)
        return []

    def meets() -> list[DoctorLine]:
        both.wait()
        return [DoctorLine(about="meets", found=PreflightResult(level=OK, summary="met"))]

    began = time.monotonic()
    lines = in_parallel({"silent": silent, "one": meets, "two": meets}, 1.0)
    hang.set()
    assert time.monotonic() - began < 5, "the silent place held up the others"
    assert [line.found.summary for line in lines] == ["gave no answer within 1 s", "met", "met"]


def test_what_was_found_before_an_error_is_kept_and_an_own_mistake_tells_no_secret() -> None:
    def half() -> list[DoctorLine]:
        raise Unreachable("nobody there")

    def mistake() -> list[DoctorLine]:
        raise ValueError("postgresql://me:secret@host")

    said = [str(line) for line in in_parallel({"a": half, "b": mistake}, 2)]
    assert said[0] == "fail  a: nobody there"
    assert "ValueError" in said[1]
    assert "secret" not in said[1]
