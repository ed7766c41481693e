"""The doctor on a whole real target: all ok as it stands, and each thing that is spoiled on it is found and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.people import environment
from bot.rehearsal.target.postgres import OWNER, SUPERUSER
from bot.settings import read_pages, shipped_runbooks
from bot.tools import make_tools
from bot.wiring import places_of
from commands.ports.preflight import FAIL, OK, WARN
from commands.start.preflight import run_preflight
from tests.bot.rehearsal.target.conftest import Hand

PAGE = read_pages(shipped_runbooks())["option-a.md"]


def lines(hand: Hand, *levels: str, ref: str = "", **changes: str) -> list[str]:
    """What the doctor says of the target on these levels, with some variables changed."""
    environ = {**hand.target.env, **environment(), **{f"PROD_{name}": value for name, value in changes.items()}}
    tools = make_tools(places_of(PAGE), environ, PAGE.env_names())
    try:
        return [str(line) for line in run_preflight(PAGE, tools, ref) if line.result.level in levels]
    finally:
        tools.close()


@pytest.fixture
def owner(hand: Hand) -> Iterator[psycopg.Connection]:
    """A session of the database's superuser."""
    with psycopg.connect(hand.target.postgres.url(SUPERUSER), autocommit=True) as connection:
        yield connection


def test_the_target_is_fit_for_the_shipped_page(hand: Hand) -> None:
    assert lines(hand, FAIL) == []
    assert [line for line in lines(hand, WARN) if "browser" not in line] == []
    said = "\n".join(lines(hand, OK))
    for words in ("pm2 runs dj-system-api (online)", "can run in one transaction", "may store receipts", "pg_dump"):
        assert words in said, words


def test_a_scratch_database_that_cannot_serve_is_found(hand: Hand, owner: psycopg.Connection) -> None:
    assert "is production itself" in "\n".join(lines(hand, FAIL, SCRATCH_URL=hand.env("DATABASE_URL")))
    assert "cannot be reached from the host" in "\n".join(
        lines(hand, FAIL, SCRATCH_URL="postgresql://a:b@127.0.0.1:1/c")
    )
    owner.execute(f"ALTER ROLE {OWNER} NOCREATEDB")
    try:
        assert "needs CREATEDB" in "\n".join(lines(hand, FAIL))
    finally:
        owner.execute(f"ALTER ROLE {OWNER} CREATEDB")


def test_a_ref_that_nobody_pushed_is_found(hand: Hand) -> None:
    assert [line for line in lines(hand, FAIL, ref="v99") if "no branch, tag or commit v99" in line]


def test_a_repository_that_is_none_and_a_folder_that_is_not_there_are_found(hand: Hand, tmp_path: Path) -> None:
    wrong = "\n".join(lines(hand, FAIL, REPOSITORY=str(tmp_path), WWW=str(tmp_path / "none")))
    assert "the repository is not a git working copy" in wrong
    assert "the folder that is served ($PROD_WWW) is not there" in wrong


def test_a_file_changed_by_hand_on_the_host_is_a_warning(hand: Hand) -> None:
    readme = Path(hand.env("REPOSITORY")) / "README.md"
    before = readme.read_text()
    readme.write_text(before + "changed by hand\n")
    try:
        assert [line for line in lines(hand, WARN) if "1 tracked file edited on the host: M README.md" in line]
    finally:
        readme.write_text(before)


def test_an_older_pg_dump_on_the_host_is_found(hand: Hand, tmp_path: Path) -> None:
    (tmp_path / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.1'\n")
    (tmp_path / "pg_dump").chmod(0o755)
    wrong = lines(hand, FAIL, PATH=f"{tmp_path}:{hand.env('PATH')}")
    assert [line for line in wrong if "it has pg_dump 12, the database server is PostgreSQL" in line], wrong


def test_a_user_that_does_not_own_the_tables_is_found_before_the_migration(
    hand: Hand, owner: psycopg.Connection
) -> None:
    owner.execute("CREATE ROLE dj_guest LOGIN PASSWORD 'guest'")
    try:
        url = hand.target.postgres.url(OWNER)
        guest = url.replace(url.split("//")[1].split("@")[0], "dj_guest:guest")
        wrong = "\n".join(lines(hand, FAIL, DATABASE_URL=guest))
    finally:
        owner.execute("DROP ROLE dj_guest")
    assert "may not create the schema gonogo" in wrong or "may not use the schema gonogo" in wrong
    assert "changes tables that user dj_guest does not own: approval_flow" in wrong
    assert "guest:guest" not in wrong


def test_a_wrong_database_name_and_a_dead_web_address_are_told_apart(hand: Hand) -> None:
    url = hand.target.postgres.url(OWNER)
    wrong = "\n".join(
        lines(hand, FAIL, DATABASE_URL=f"{url.rsplit('/', 1)[0]}/nothing", API_LOCAL="http://127.0.0.1:9")
    )
    assert "database production: Database “production” cannot be reached" in wrong
    assert "host production: psql cannot query the database from this host" in wrong
    assert "web api_local: “api_local” cannot be reached: nobody answers at its address" in wrong
