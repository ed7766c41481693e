"""The preflight on a whole target: ok as it is, and each broken thing is reported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.role_holders import role_environment
from bot.rehearsal.target.postgres import OWNER, SUPERUSER
from bot.settings import read_pages, shipped_runbooks
from bot.tools import make_tools
from bot.wiring import places_of
from commands.ports.preflight import FAIL, OK, WARN
from commands.start.preflight import run_preflight
from tests.bot.rehearsal.target.conftest import Operator

PAGE = read_pages(shipped_runbooks())["option-a.md"]


def lines(operator: Operator, *levels: str, ref: str = "", **changes: str) -> list[str]:
    """The preflight's lines of these levels about the target, with some variables changed."""
    environ = {
        **operator.target.env,
        **role_environment(),
        **{f"PROD_{name}": value for name, value in changes.items()},
    }
    tools = make_tools(places_of(PAGE), environ, PAGE.env_names())
    try:
        return [str(line) for line in run_preflight(PAGE, tools, ref) if line.result.level in levels]
    finally:
        tools.close()


@pytest.fixture
def superuser(operator: Operator) -> Iterator[psycopg.Connection]:
    """A connection as superuser."""
    with psycopg.connect(operator.target.postgres.url(SUPERUSER), autocommit=True) as connection:
        yield connection


def test_a_sound_target_passes_the_preflight_of_the_shipped_page(operator: Operator) -> None:
    assert lines(operator, FAIL) == []
    assert [line for line in lines(operator, WARN) if "browser" not in line] == []
    ok = "\n".join(lines(operator, OK))
    for words in ("pm2 runs dj-system-api (online)", "can run in one transaction", "may store receipts", "pg_dump"):
        assert words in ok, words


def test_an_unusable_scratch_database_is_reported(operator: Operator, superuser: psycopg.Connection) -> None:
    assert "is the one that was backed up" in "\n".join(lines(operator, FAIL, SCRATCH_URL=operator.env("DATABASE_URL")))
    assert "cannot be queried from the host" in "\n".join(
        lines(operator, FAIL, SCRATCH_URL="postgresql://a:b@127.0.0.1:1/c")
    )
    superuser.execute(f"ALTER ROLE {OWNER} NOCREATEDB")
    try:
        assert "ALTER ROLE … CREATEDB" in "\n".join(lines(operator, FAIL))
    finally:
        superuser.execute(f"ALTER ROLE {OWNER} CREATEDB")


def test_a_ref_that_nobody_pushed_is_reported(operator: Operator) -> None:
    assert [line for line in lines(operator, FAIL, ref="v99") if "no branch, tag or commit v99" in line]
    operator.run("git branch hotfix")
    found = lines(operator, FAIL, ref="hotfix")
    operator.run("git branch -D hotfix")
    assert [line for line in found if "the branch hotfix is in the working copy only" in line], found


def test_a_folder_without_git_and_a_missing_web_folder_are_reported(operator: Operator, tmp_path: Path) -> None:
    wrong = "\n".join(lines(operator, FAIL, REPOSITORY=str(tmp_path), WWW=str(tmp_path / "none")))
    assert "not a git repository" in wrong
    assert "the folder that is served ($PROD_WWW) does not exist" in wrong


def test_a_file_changed_by_hand_on_the_host_is_a_warning(operator: Operator) -> None:
    readme = Path(operator.env("REPOSITORY")) / "README.md"
    before = readme.read_text()
    readme.write_text(before + "changed by hand\n")
    try:
        assert [
            line
            for line in lines(operator, WARN)
            if "1 tracked file of the working copy differs from its commit: M README.md" in line
        ]
    finally:
        readme.write_text(before)


def test_a_pg_dump_older_than_the_server_is_reported(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.1'\n")
    (tmp_path / "pg_dump").chmod(0o755)
    wrong = lines(operator, FAIL, PATH=f"{tmp_path}:{operator.env('PATH')}")
    assert [line for line in wrong if "it has pg_dump 12, the database server is PostgreSQL" in line], wrong


def test_a_user_that_does_not_own_the_tables_is_reported(operator: Operator, superuser: psycopg.Connection) -> None:
    superuser.execute("CREATE ROLE dj_guest LOGIN PASSWORD 'visitor'")
    try:
        url = operator.target.postgres.url(OWNER)
        guest = url.replace(url.split("//")[1].split("@")[0], "dj_guest:visitor")
        wrong = "\n".join(lines(operator, FAIL, DATABASE_URL=guest))
    finally:
        superuser.execute("DROP ROLE dj_guest")
    assert "may not create the schema gonogo" in wrong or "may not use the schema gonogo" in wrong
    assert "changes what user dj_guest does not own: approval_flow" in wrong
    assert "visitor" not in wrong


def test_a_wrong_database_name_and_a_dead_web_address_are_both_reported(operator: Operator) -> None:
    url = operator.target.postgres.url(OWNER)
    wrong = "\n".join(
        lines(operator, FAIL, DATABASE_URL=f"{url.rsplit('/', 1)[0]}/nothing", API_LOCAL="http://127.0.0.1:9")
    )
    assert "database production: Database “production” cannot be reached" in wrong
    assert "host production: psql cannot query the database from this host" in wrong
    assert "web api_local: “api_local” cannot be reached: nothing answers at its address" in wrong
