"""A host must reach the database that the bot sees, and no pooler; each step checks first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.page_text import DatabaseAddress
from commands.ports.preflight import FAIL, OK, PreflightContext, PreflightResult
from commands.ports.tools import Tools
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.postgres.same_database import SameDatabaseCheck
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import DUMP, create_databases, dump_database, run_sql
from tests.conftest import make_host
from tests.local_shell import LocalShell
from tests.pooler import pooled
from tests.world import World

COMMON = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$F"\n'
BACKUP = f'{COMMON}name = "shop"\nat_least_lines = 1'
ON_COPY = f'{COMMON}scratch_url = "$SCRATCH"\n'
STEPS = {
    "backup": BACKUP,
    "proof": ON_COPY,
    "rehearse": f'{ON_COPY}forward = "a.sql"\nrollback = "b.sql"',
    "data-return": f'{COMMON}database = "main"\ntables = ["jobs"]\nundoes = "m"',
}
OTHER_DATABASE = "leads to another database than from the bot; nothing was done."
POOLER = "leads to a pooler, where another session gets what one session sets; nothing was done."


class Machines:
    """The bot and a host, each with an address of its own for `$DB`."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        create_databases(postgres, "shop", "clone", "scratch")
        self.folder = folder
        self.bots = self.hosts = postgres.url(OWNER, "shop")
        self.scratch = postgres.url(OWNER, "scratch")
        self.place_url = "$DB"
        self.programs = postgres_programs()
        run_sql(self.bots, "CREATE TABLE jobs (id int PRIMARY KEY)")

    def tools(self) -> Tools:
        environ = {"DB": self.bots, "BOTS_OWN": self.bots}
        places = {"main": DatabasePlace(url=DatabaseAddress(self.place_url))}
        shell = LocalShell({"DB": self.hosts, "SCRATCH": self.scratch, "F": str(self.folder)}, self.programs)
        return replace(World().tools(), database=PostgresDatabase(places, environ, Redactor([])), shell=shell)

    def check(self) -> PreflightResult:
        check = SameDatabaseCheck(host="h", database_url="$DB")
        return check.run_preflight(PreflightContext(tools=self.tools(), ref="main"))[0]

    def run(self, kind: str) -> Outcome:
        shutil.rmtree(self.folder / DUMP, ignore_errors=True)
        sha256 = dump_database(self.hosts, self.folder)
        values = {"backup_file": DUMP, "backup_sha256": sha256, "backup_compared": "text"}
        ctx = context(World(), values, files={"a.sql": "SELECT 1;", "b.sql": "SELECT 1;"})
        return execute(box(kind, STEPS[kind]), replace(ctx, tools=self.tools()))


@pytest.fixture
def machines(postgres: Postgres, tmp_path: Path) -> Machines:
    """Both reach the same database."""
    return Machines(postgres, tmp_path)


def test_the_same_database_by_two_addresses_passes(machines: Machines) -> None:
    machines.hosts = machines.hosts.replace("127.0.0.1", "localhost")
    result = machines.check()
    assert (result.level, result.summary) == (OK, "$DB: the same database from here and from the bot, and no pooler")


@pytest.mark.fault("one text, two readers")
@pytest.mark.parametrize("place_url", ["$DB", "$BOTS_OWN"])
def test_another_database_on_the_same_server_is_refused(machines: Machines, place_url: str) -> None:
    machines.place_url = place_url
    machines.hosts = machines.hosts.replace("/shop", "/clone")
    result = machines.check()
    assert result.level == FAIL
    assert "leads to another database than from the bot" in result.summary


@pytest.mark.fault("one text, two readers")
@pytest.mark.parametrize("kind", ["backup", "proof", "rehearse"])
def test_no_step_works_on_another_database_than_the_bot_sees(machines: Machines, kind: str) -> None:
    machines.hosts = machines.hosts.replace("/shop", "/clone")
    assert OTHER_DATABASE in machines.run(kind).summary
    machines.hosts = machines.bots
    assert OTHER_DATABASE not in machines.run(kind).summary


@pytest.fixture(scope="module")
def standby(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database on a standby."""
    host = make_host(tmp_path_factory.mktemp("standby"))
    server = Postgres(host)
    server.start()
    create_databases(server, "shop")
    run_sql(server.url(OWNER, "shop"), "CREATE TABLE jobs (id int PRIMARY KEY)")
    data = Path((host.folder / "postgres.folder").read_text()) / "data"
    (data / "standby.signal").touch()
    server._run_as_server("pg_ctl", ["restart", "-D", data, "-m", "fast", "-w", "-l", data / "log"])
    host.children.pop().wait()  # the server before the restart
    yield server.url(OWNER, "shop")
    server.stop()
    host.stop_processes()


@pytest.mark.fault("old evidence")
def test_no_step_works_on_a_standby_even_if_the_page_names_no_database(
    machines: Machines, standby: str, tmp_path: Path
) -> None:
    tools = replace(machines.tools(), database=PostgresDatabase({}, {}, Redactor([])))
    environ = {"DB": standby, "F": str(tmp_path)}
    tools = replace(tools, shell=LocalShell(environ, postgres_programs()))
    outcome = execute(box("backup", BACKUP), replace(context(World()), tools=tools))
    assert outcome.summary == (
        "The address leads to a standby, which may be behind its primary; nothing was done. Use the primary's address."
    )
    check = SameDatabaseCheck(host="h", database_url="$DB")
    (found,) = check.run_preflight(PreflightContext(tools=tools, ref="main"))
    assert (found.level, "leads to a standby" in found.summary) == (FAIL, True)


_ENDS_AT = """#!/bin/bash
[[ "$*" != *-XqAtc* ]] || exec {psql} "$@"
text=$(cat)
[[ $text != *{word}* ]] || [[ $PGDATABASE != {database} ]] || {{ echo 'server closed the connection' >&2; exit 2; }}
exec {psql} "$@" <<< "$text"
"""


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("kind", "word", "database", "summary"),
    [
        ("backup", "pg_control_system", "shop", "The database cannot be reached from the host; nothing was done."),
        ("proof", "pg_namespace", "scratch", "The scratch database cannot be queried from the host; nothing was done."),
    ],
)
def test_a_server_that_does_not_answer_is_not_called_another_one(
    machines: Machines, tmp_path: Path, kind: str, word: str, database: str, summary: str
) -> None:
    (tmp_path / "bin").mkdir()
    for program in postgres_programs().iterdir():
        (tmp_path / "bin" / program.name).symlink_to(program)
    (tmp_path / "bin" / "psql").unlink()
    psql = postgres_programs() / "psql"
    (tmp_path / "bin" / "psql").write_text(_ENDS_AT.format(psql=psql, word=word, database=database))
    (tmp_path / "bin" / "psql").chmod(0o755)
    machines.programs = tmp_path / "bin"
    assert machines.run(kind).summary == summary


def test_no_row_is_brought_back_into_another_database(machines: Machines) -> None:
    receipt = "CREATE SCHEMA gonogo; CREATE TABLE gonogo.receipts AS SELECT 'run-1/m' AS key, 'm' AS name, '' AS sha256"
    run_sql(machines.bots, receipt)
    machines.hosts = machines.hosts.replace("/shop", "/clone")
    assert OTHER_DATABASE in machines.run("data-return").summary


@pytest.mark.fault("the session of a pooled connection")
@pytest.mark.parametrize("kind", ["backup", "proof", "rehearse"])
def test_no_step_works_through_a_pooler(machines: Machines, kind: str) -> None:
    with pooled(machines.hosts) as url:
        machines.hosts = url
        assert POOLER in machines.run(kind).summary


@pytest.mark.fault("the session of a pooled connection")
@pytest.mark.parametrize(("reset", "level"), [("", FAIL), ("DISCARD ALL", OK)])
def test_a_pooler_that_keeps_sessions_must_reset_them(machines: Machines, reset: str, level: str) -> None:
    with pooled(machines.hosts, mode="session", size=5, more=f"server_reset_query = {reset}") as url:
        machines.hosts = url
        assert machines.check().level == level


@pytest.mark.fault("the session of a pooled connection")
def test_a_pooler_is_refused_before_the_start(machines: Machines) -> None:
    with pooled(machines.hosts) as url:
        machines.hosts = url
        result = machines.check()
    assert result.level == FAIL
    assert "leads to a pooler" in result.summary


@pytest.mark.fault("the session of a pooled connection")
@pytest.mark.parametrize("kind", STEPS)
def test_no_check_before_the_start_leaves_anything_in_a_session_that_the_application_gets(
    machines: Machines, kind: str
) -> None:
    step = box(kind, STEPS[kind])
    checks = [*step.preflight(), *(step.restore_checks() if kind == "backup" else ())]
    with pooled(machines.hosts, size=3, round_robin=1) as url:
        assert_session_untouched(url)  # the pooler has all its processes now
        machines.hosts = url
        ctx = PreflightContext(tools=machines.tools(), ref="main", files={"a.sql": "SELECT 1;", "b.sql": "SELECT 1;"})
        found = [result for check in checks for result in check.run_preflight(ctx)]
        assert any("leads to a pooler" in result.summary for result in found)
        assert_session_untouched(url)


@pytest.mark.fault("the session of a pooled connection")
def test_what_is_recorded_right_before_the_first_change_leaves_nothing_in_such_a_session(
    machines: Machines,
) -> None:
    step, ctx = box("backup", BACKUP), context(World())
    backup = execute(step, replace(ctx, tools=machines.tools()))
    with pooled(machines.hosts, size=3, round_robin=1) as url:
        assert_session_untouched(url)  # the pooler has all its processes now
        machines.hosts = url
        own = replace(ctx, tools=machines.tools(), values={**ctx.values, **backup.values})
        assert step.recheck(own, backup.evidence) == ""
        assert_session_untouched(url)


def assert_session_untouched(url: str) -> None:
    """The application behind the pooler works as ever, in each of the three processes that it may get."""
    with ExitStack() as stack:
        for _ in range(3):
            application = stack.enter_context(psycopg.connect(url, prepare_threshold=None))
            changed = application.execute("SELECT name, setting FROM pg_settings WHERE source = 'session'").fetchall()
            assert not [one for one in changed if one[0] not in OF_POOLER]
            assert application.execute("SELECT count(*) FROM jobs").fetchone() == (0,)


# what pgbouncer itself sets for each of its clients
OF_POOLER = {"application_name", "client_encoding", "DateStyle", "TimeZone", "standard_conforming_strings"}
