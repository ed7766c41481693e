"""`rehearse`: files that change their session, and what PostgreSQL refuses in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from commands.ports.preflight import OK, WARN, PreflightContext
from commands.steps.kinds.sql import FileCanBeApplied
from tests.bot.tools.postgres.test_database import database_at
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.rehearsed_shop import FORWARD, ROLLBACK, VERIFY_ONE, RehearsedShop
from tests.world import World


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[RehearsedShop]:
    """Production before the deploy. After every test, it is untouched and no copy is left."""
    shop = RehearsedShop(postgres, tmp_path)
    yield shop
    shop.assert_untouched()


def test_a_file_that_sets_its_role_or_discards_what_is_temporary_is_rehearsed(
    shop: RehearsedShop, postgres: Postgres
) -> None:
    server = postgres.url(SUPERUSER, "shop")
    run_sql(server, "DROP ROLE IF EXISTS member; CREATE ROLE member LOGIN PASSWORD 'member'")
    run_sql(server, f"GRANT {OWNER} TO member")
    shop.change_production("SELECT 1")
    url, shop.url = shop.url, f"postgresql://member:member@127.0.0.1:{postgres.port}/shop"
    try:
        outcome = shop.rehearse(f"SET ROLE {OWNER};\nDISCARD TEMP;\n{FORWARD}", f"SET ROLE {OWNER};\n{ROLLBACK}")
        assert outcome.state == "done", outcome.summary + outcome.output
        assert any(line.startswith("forward blocks readers and writers: ") for line in outcome.lines), outcome.lines
        assert any('"Alt ของ"' in line for line in outcome.lines if "forward blocks" in line), outcome.lines
    finally:
        shop.url = url
        run_sql(server, "DROP OWNED BY member; DROP ROLE member")


@pytest.mark.fault("not looked at, and said to be fine")
def test_who_acts_as_another_role_from_the_beginning_does_so_on_the_copy(
    shop: RehearsedShop, postgres: Postgres
) -> None:
    server = postgres.url(SUPERUSER, "shop")
    run_sql(
        server, "DROP ROLE IF EXISTS member, reader; CREATE ROLE member LOGIN PASSWORD 'member'; CREATE ROLE reader"
    )
    run_sql(server, f"GRANT {OWNER} TO member; ALTER ROLE member SET role = {OWNER}")
    rights = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; ALTER DEFAULT PRIVILEGES "
    shop.change_production(f"{rights} FOR ROLE {OWNER} GRANT SELECT ON TABLES TO reader")
    url, shop.url = shop.url, f"postgresql://member:member@127.0.0.1:{postgres.port}/shop"
    try:
        outcome = shop.rehearse_alone("CREATE TABLE later (id int);", "DROP TABLE later;")
        assert outcome.state == "done", outcome.summary + outcome.output
        run_sql(server, "ALTER ROLE member RESET role; ALTER ROLE member IN DATABASE shop SET role = none")
        itself = shop.rehearse_alone("CREATE TABLE later (id int);", "DROP TABLE later;")
        assert "has no right on the new table public.later" in itself.summary, itself.output
    finally:
        shop.url = url
        run_sql(server, "DROP OWNED BY member, reader; DROP ROLE member, reader")


def test_a_new_enum_value_is_named_with_the_way_out(shop: RehearsedShop) -> None:
    shop.change_production("CREATE TYPE e AS ENUM ('a'); CREATE TABLE felt (x e)")
    forward = "ALTER TYPE e ADD VALUE 'b';\nINSERT INTO felt VALUES ('b');\n"
    outcome = shop.rehearse(forward, "SELECT 1;", returns=(), verify=VERIFY_ONE)
    assert outcome.state == "failed"
    assert any('unsafe use of new value "b" of enum type e' in line for line in outcome.lines), outcome.lines
    assert outcome.lines[-1].startswith("f.sql:2 may use the new value 'b' of e, which PostgreSQL refuses")


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        ("SELECT 1;", OK, "f.sql can run in one transaction"),
        ("ALTER TYPE e ADD VALUE 'b';\nINSERT INTO felt VALUES ('b');", WARN, "f.sql line 2: it may use the new value"),
        ("SELECT 1;\nCALL public.clean(1);", WARN, "f.sql line 2: it calls a procedure that commits in its code"),
        ("CALL tidy();", OK, "f.sql can run in one transaction"),
    ],
)
def test_the_doctor_says_before_what_may_fail_in_one_transaction(
    shop: RehearsedShop, text: str, level: str, words: str
) -> None:
    run_sql(shop.url, "CREATE PROCEDURE clean(n int) LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$")
    run_sql(shop.url, "CREATE PROCEDURE tidy() LANGUAGE plpgsql AS $$ BEGIN NULL; END $$")
    tools = World().tools()
    object.__setattr__(tools, "database", database_at(shop.url))
    (result,) = FileCanBeApplied(database="db", file="f.sql").run_preflight(
        PreflightContext(tools=tools, ref="main", files={"f.sql": text})
    )
    assert (result.level, result.summary[: len(words)]) == (level, words)


@pytest.mark.fault("not looked at, and said to be fine")
def test_times_are_read_on_the_copy_in_the_zone_of_productions_server(shop: RehearsedShop, postgres: Postgres) -> None:
    server = postgres.url(SUPERUSER, "shop")
    shop.change_production("CREATE TABLE times (at timestamp); INSERT INTO times VALUES ('2026-01-01 12:00')")
    epoch = "SELECT extract(epoch FROM at::timestamptz)::int FROM times"
    [(there,)] = run_sql(shop.url, epoch)
    verify = f"[[verify]]\nsays = 'at'\nexpect = {there}\nsql = '{epoch}'\n"
    # the copy's server reads them in a zone of its own
    run_sql(server, f"ALTER ROLE {SUPERUSER} SET timezone = 'Asia/Tokyo'")
    try:
        zoned = "ALTER TABLE times ALTER at TYPE timestamp{};"
        outcome = shop.rehearse(zoned.format("tz"), zoned.format(""), returns=(), verify=verify)
    finally:
        run_sql(server, f"ALTER ROLE {SUPERUSER} RESET timezone")
    assert outcome.state == "done", outcome.summary + outcome.output


def test_a_zone_that_the_copys_server_does_not_know_keeps_nothing_from_being_rehearsed(
    shop: RehearsedShop, postgres: Postgres
) -> None:
    server = postgres.url(SUPERUSER, "shop")
    shop.change_production(f"ALTER ROLE {OWNER} IN DATABASE shop SET timezone = 'Asia/Tokyo'")
    # a server without this name in its files; production's own takes its other zone then
    run_sql(server, "UPDATE pg_db_role_setting SET setconfig = '{TimeZone=Asia/Old}' WHERE setdatabase <> 0")
    try:
        outcome = shop.rehearse_alone("CREATE TABLE later (id int);", "DROP TABLE later;")
    finally:
        run_sql(server, f"ALTER ROLE {OWNER} IN DATABASE shop RESET timezone")
    assert outcome.state == "done", outcome.summary + outcome.output
    said = "; times were NOT read in the database's zone Asia/Old, which the scratch server does not know."
    assert outcome.summary.endswith(said), outcome.summary
