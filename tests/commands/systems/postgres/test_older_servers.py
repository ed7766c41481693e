"""What is asked of an older server than the wheel's; skipped where none is installed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from bot.rehearsal.target.programs import postgres_programs
from bot.tools.postgres.scratch_server import SUPERUSER, local_server
from bot.tools.postgres.server_programs import choose_programs, program_folders
from commands.ports.scratch_server import ScratchNeeds
from commands.systems.scripts import script
from state.errors import Failed

OLDER = ScratchNeeds(size=8_000_000, encoding="UTF8", oldest=13, newest=15)
THINGS = """
CREATE ROLE mover; CREATE ROLE owner; SET ROLE owner;
CREATE TABLE orders (id int);
CREATE FUNCTION total(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE mood AS ENUM ('a');
"""
CHANGED = (
    ("changed", "relation", "public.orders", "public"),
    ("dropped", "routine", "public.total(integer)", "public"),
    ("changed", "type", "public.mood", "public"),
)
Ask = Callable[..., str]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Runs statements on an older server, with variables of psql, and returns what it answers."""
    try:
        programs = choose_programs(OLDER, program_folders())
    except Failed:
        pytest.skip("no PostgreSQL 13, 14 or 15 is installed")
    with local_server(programs, OLDER, Path("/tmp"), Event()) as server:  # noqa: S108  (the server's user must reach it)
        address = {"PGHOST": str(server.folder), "PGUSER": SUPERUSER, "PGDATABASE": "postgres"}
        environment = {**os.environ, **address, "PGPASSWORD": server.password}
        psql = [str(postgres_programs() / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1"]

        def ask(statements: str, **variables: str) -> str:
            words = [*psql, *(word for name, value in variables.items() for word in ("-v", f"{name}={value}"))]
            asked = subprocess.run(
                words, input=statements, env=environment, capture_output=True, text=True, check=False
            )
            assert asked.returncode == 0, asked.stderr
            return asked.stdout

        ask("GRANT CREATE ON SCHEMA public TO PUBLIC;" + THINGS)
        yield ask


@pytest.mark.fault("not looked at, and said to be fine")
def test_what_a_tools_user_may_not_change_is_asked_of_an_older_server_too(ask: Ask) -> None:
    changed = "\n".join("\x1f".join(line) for line in CHANGED)
    told = ask(script("migrations/may_change.sql"), user="mover", changed=changed, schemas="public")
    names = ("orders", "mood", "total(integer)")
    assert sorted(told.splitlines()) == sorted(
        [*(f"may not: change public.{name}, which belongs to owner" for name in names), "may change: 3"]
    )


@pytest.mark.parametrize("name", ["catalog", "schema", "schema_details", "sequences", "restore_hindered", "defects"])
def test_who_is_no_superuser_gets_each_list_from_an_older_server(ask: Ask, name: str) -> None:
    ask(f"SET ROLE owner; {script(f'postgres/{name}.sql')}")


@pytest.mark.fault("a cause that nobody has seen")
def test_functions_that_a_range_has_since_14_make_no_difference_between_servers(ask: Ask) -> None:
    ask("CREATE TYPE span AS RANGE (subtype = float8)")
    listed = ask(script("postgres/catalog.sql"))
    assert "owner of function public.span(double precision,double precision)" in listed
    assert "span_multirange(" not in listed
