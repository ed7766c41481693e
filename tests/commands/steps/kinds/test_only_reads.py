"""A database that only reads is found before the start, on real servers."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.rehearsal.target.loopback import free_port, wait_until
from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres, server_user
from bot.rehearsal.target.programs import postgres_programs
from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.systems.postgres.writable import WritableDatabaseCheck
from tests.commands.steps.builders import box
from tests.commands.steps.databases import create_databases, run_sql
from tests.world import World

VERIFY = 'verify = [{ sql = "SELECT 1", expect = 1, says = "one" }]\n'
SQL = f'database = "db"\nfile = "up.sql"\n{VERIFY}'
MIGRATE = 'host = "h"\nfolder = "$APP"\ntool = "alembic"\nenv = { DATABASE_URL = "$URL", MODE = "fast" }\n'
RETURN = 'host = "h"\ndatabase = "db"\ndatabase_url = "$URL"\nfolder = "$FOLDER"\nundoes = "up"\ntables = ["orders"]\n'
A_STANDBY = "database db is a standby, which only reads: perhaps a failover has made another server the primary"


@pytest.fixture(scope="module")
def standby(postgres: Postgres) -> Iterator[str]:
    """The address of a server that follows the other one."""
    create_databases(postgres, "shop")
    folder = Path(tempfile.mkdtemp(prefix="gt-standby-", dir="/tmp"))
    shutil.chown(folder, server_user() or os.geteuid())
    port, programs, data = free_port(), postgres_programs(), folder / "data"
    user = {"user": server_user(), "cwd": "/"}
    words = ["-D", data, "-h", "127.0.0.1", "-p", str(postgres.port), "-U", SUPERUSER, "-R", "-c", "fast", "--no-sync"]
    env = {**os.environ, "PGPASSWORD": postgres.passwords[SUPERUSER]}
    subprocess.run([programs / "pg_basebackup", *words], env=env, check=True, **user)  # type: ignore[call-overload]
    settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
    settings += ["max_connections=60", "max_prepared_transactions=5"]  # not less than those of the other one
    flags = [word for setting in settings for word in ("-c", setting)]
    server = subprocess.Popen([programs / "postgres", "-D", data, *flags], **user)  # type: ignore[call-overload]
    url = postgres.url(OWNER, "shop").replace(f":{postgres.port}/", f":{port}/")
    try:
        wait_until(lambda: answers(url), "the standby", 60)
        yield url
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def looks(kind: str, toml: str, **addresses: str) -> list[PreflightResult]:
    """What the step's look says of writing; the page's databases are these variables, in small letters by name."""
    tools: Any = World().tools()
    places = {name: DatabasePlace(url=PageText(f"${name.upper()}")) for name in addresses}
    environ = {name.upper(): url for name, url in addresses.items()}
    object.__setattr__(tools, "database", PostgresDatabase(places, environ, Redactor([])))
    (check,) = (one for one in box(kind, toml).preflight() if isinstance(one, WritableDatabaseCheck))
    return check.run_preflight(PreflightContext(tools=tools, ref="main"))


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(("kind", "toml"), [("sql", SQL), ("data-return", RETURN)])
def test_a_standby_is_refused_before_the_start(standby: str, kind: str, toml: str) -> None:
    (found,) = looks(kind, toml, db=standby)
    assert (found.level, found.summary, found.todo) == ("fail", A_STANDBY, "give the primary's address")


@pytest.mark.fault("found too late, known before")
def test_a_tool_that_would_migrate_a_standby_is_refused(standby: str, postgres: Postgres) -> None:
    (found,) = looks("migrate", MIGRATE, url=standby)
    assert (found.level, found.summary) == ("fail", A_STANDBY.replace("database db", "database url"))
    primary = postgres.url(OWNER, "shop")
    (good,) = looks("migrate", MIGRATE, url=primary, reports=standby)
    assert (good.level, good.summary) == ("ok", "database url can be written to"), "queries may ask a standby"


def test_an_address_that_is_none_of_the_pages_is_said_to_be_unknown(standby: str) -> None:
    (found,) = looks("migrate", MIGRATE, reports=standby)
    assert found.level == "ok"
    assert found.summary == "no database of the page has this address, so whether it is a standby was not looked at"


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize("where", ["DATABASE shop", f"ROLE {OWNER}"])
def test_a_database_whose_transactions_only_read_is_refused(postgres: Postgres, where: str) -> None:
    create_databases(postgres, "shop")
    url, server = postgres.url(OWNER, "shop"), postgres.url(SUPERUSER, "postgres")
    assert looks("sql", SQL, db=url)[0].level == "ok"
    run_sql(server, f"ALTER {where} SET default_transaction_read_only = on")
    try:
        (found,) = looks("sql", SQL, db=url)
    finally:
        run_sql(server, f"ALTER {where} RESET default_transaction_read_only")
    assert (found.level, found.summary) == (
        "fail",
        f"in database db user {OWNER} may only read: default_transaction_read_only is on",
    )
