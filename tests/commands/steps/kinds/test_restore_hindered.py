"""`back = "restore"`: what keeps a database from being replaced is known before the start."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.rehearsal.target.postgres import APP, OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.ports.preflight import PreflightResult
from commands.steps.shared.whole_restore import restore_checks
from commands.steps.values import page_texts
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.test_migrate_restore import Shop
from tests.local_shell import LocalShell


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    return Shop(postgres, tmp_path)


def found(shop: Shop) -> list[PreflightResult]:
    """What the check before the start says."""
    backup: Any = shop.boxes()["backup"]
    [check] = restore_checks(backup)
    shell = LocalShell(shop.environ, postgres_programs())
    return check.judge(shell.ask("h", check.script, env=page_texts(dict(check.env), {})))  # type: ignore[attr-defined, no-any-return]


@pytest.mark.fault("the way back is first tried when it is needed")
def test_sessions_that_nobody_here_may_end_are_named_before_the_start(shop: Shop, postgres: Postgres) -> None:
    with ExitStack() as open_sessions:
        for user, name in ((SUPERUSER, "pg_cron"), (APP, "api")):
            address = postgres.url(user, "shop")
            open_sessions.enter_context(psycopg.connect(address, application_name=name))
        _, hindered = found(shop)
        run_sql(postgres.url(SUPERUSER), f"GRANT pg_signal_backend TO {shop.url.split('//')[1].split(':')[0]}")
        _, fewer = found(shop)
        shop.environ["DB"] = postgres.url(SUPERUSER, "shop")
        assert [one.level for one in found(shop)] == ["ok"], "a superuser ends every session"
    run_sql(postgres.url(SUPERUSER), f"REVOKE pg_signal_backend FROM {shop.url.split('//')[1].split(':')[0]}")
    assert hindered.level == "warn"
    assert hindered.summary == (
        "the database could not be replaced while this is in it, which its user cannot end: "
        f"session api of {APP} and session pg_cron of {SUPERUSER}"
    )
    assert fewer.summary.endswith(f": session pg_cron of {SUPERUSER}")


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_prepared_transaction_that_only_a_person_may_end_is_named_before_the_start(shop: Shop) -> None:
    run_sql(shop.url, "BEGIN; INSERT INTO orders VALUES (7); PREPARE TRANSACTION 'half'")
    try:
        _, hindered = found(shop)
        assert (hindered.level, ": prepared transaction half of " in hindered.summary) == ("warn", True)
    finally:
        run_sql(shop.url, "ROLLBACK PREPARED 'half'")


@pytest.mark.fault("not looked at, and said to be fine")
def test_what_belongs_to_the_replaced_database_is_named_before_and_after(shop: Shop, postgres: Postgres) -> None:
    admin = postgres.url(SUPERUSER, "shop")
    run_sql(admin, "CREATE SUBSCRIPTION prices CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)")
    try:
        _, stays = found(shop)
        assert (stays.level, "replaced database: subscription prices; what reads" in stays.summary) == ("warn", True)
        shop.migrated()
        back = shop.run("back")
        assert " The replaced one has kept subscription prices: create the same again" in back.summary, (
            back.summary + back.output
        )
    finally:
        for name in (*shop.databases(), "shop")[:1]:  # an archive of a user who is no superuser has none
            url = postgres.url(SUPERUSER, name)
            for statement in ("DISABLE", "SET (slot_name = NONE)"):
                run_sql(url, f"ALTER SUBSCRIPTION prices {statement}")
            run_sql(url, "DROP SUBSCRIPTION prices")


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_setting_that_an_older_server_does_not_know_is_harmless_in_any_language(shop: Shop, tmp_path: Path) -> None:
    shop.migrated()
    newer = tmp_path / "newer"
    newer.mkdir()
    for program in postgres_programs().iterdir():
        (newer / program.name).symlink_to(program)
    (newer / "pg_restore").unlink()
    said = (
        "pg_restore: error: could not execute query: FEHLER:  unbekannter Konfigurationsparameter »transaction_timeout«"
    )
    (newer / "pg_restore").write_text(
        f'#!/bin/sh\n{postgres_programs() / "pg_restore"} "$@"\necho "{said}" >&2\n'
        'echo "Command was: SET transaction_timeout = 0;" >&2\nexit 1\n'
    )
    (newer / "pg_restore").chmod(0o755)
    back = shop.run("back", shell=LocalShell(shop.environ, newer))
    assert back.state == "done", back.summary + back.output
    assert run_sql(shop.url, "SELECT id, note FROM orders ORDER BY 1") == [(1, "one"), (2, "two")]


@pytest.mark.fault("the way back is first tried when it is needed")
def test_an_extension_whose_files_are_newer_than_the_database_s_needs_the_right_for_the_newer(
    shop: Shop, postgres: Postgres
) -> None:
    where = str(run_sql(postgres.url(SUPERUSER), "SHOW extension_control_path")[0][0]).rpartition(":")[2]
    control, first, second = (Path(where, "extension", f"newer{end}") for end in (".control", "--1.sql", "--2.sql"))
    control.write_text("default_version = '1'\n")
    first.write_text("SELECT 1;")
    try:
        run_sql(postgres.url(SUPERUSER, "shop"), "CREATE EXTENSION newer")
        control.write_text("default_version = '2'\n")
        first.rename(second)
        assert "it may not create the extension newer" in found(shop)[0].summary
    finally:
        run_sql(postgres.url(SUPERUSER, "shop"), "DROP EXTENSION newer")
        for file in (control, second):
            file.unlink()


@pytest.mark.fault("the way back is first tried when it is needed")
def test_owners_of_more_than_tables_as_whom_the_user_may_not_act_are_named_before_the_start(
    shop: Shop, postgres: Postgres
) -> None:
    superuser = postgres.url(SUPERUSER, "shop")
    lacks = "to restore the whole database, its user lacks a right: it may not "
    owner = f"{lacks}act as the owner of what is in it: {SUPERUSER}"
    made = {
        "FUNCTION f()": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SCHEMA ops": "CREATE SCHEMA ops",
        "TYPE mood": "CREATE TYPE mood AS ENUM ('a')",
        "TYPE pair": "CREATE TYPE pair AS (a int)",
        "TEXT SEARCH CONFIGURATION fr": "CREATE TEXT SEARCH CONFIGURATION fr (COPY = english)",
    }
    for name, sql in made.items():
        run_sql(superuser, sql)
        [refused] = found(shop)
        run_sql(superuser, f"DROP {name}")
        assert (refused.level, refused.summary) == ("fail", owner), name
    # as it is in a database that was upgraded from PostgreSQL 14
    run_sql(superuser, f"ALTER SCHEMA public OWNER TO {SUPERUSER}")
    assert [one.summary for one in found(shop)] == [owner]
    run_sql(superuser, "ALTER SCHEMA public OWNER TO pg_database_owner; CREATE PUBLICATION every FOR ALL TABLES")
    [refused] = found(shop)
    assert refused.summary.endswith(
        f": {SUPERUSER} and may not create the publication every for all tables (only a superuser may)"
    )
    run_sql(superuser, "DROP PUBLICATION every; GRANT EXECUTE ON FUNCTION pg_read_file(text) TO dj_app")
    assert [one.summary for one in found(shop)] == [f"{lacks}give rights on what is PostgreSQL's own: pg_read_file"]
    run_sql(superuser, "REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM dj_app")
    run_sql(superuser, "ALTER DATABASE shop SET log_min_duration_statement = '1s'")
    assert [one.summary for one in found(shop)] == [f"{lacks}set for this database: log_min_duration_statement"]
    run_sql(superuser, "ALTER DATABASE shop RESET log_min_duration_statement")
    # its own role's settings it may set
    run_sql(shop.url, "ALTER ROLE CURRENT_USER IN DATABASE shop SET work_mem = '8MB'")
    assert [one.level for one in found(shop)] == ["ok"]


def test_what_no_archive_holds_or_a_restore_only_remarks_stops_no_start(shop: Shop, postgres: Postgres) -> None:
    superuser = postgres.url(SUPERUSER, "shop")
    healthy = {
        # its functions are the first superuser's, whoever makes it
        "CREATE TYPE hours AS RANGE (subtype = float8)": "DROP TYPE hours",
        "GRANT SELECT ON pg_stat_database TO dj_app": "REVOKE SELECT ON pg_stat_database FROM dj_app",
        "REVOKE EXECUTE ON FUNCTION pg_sleep FROM PUBLIC": "GRANT EXECUTE ON FUNCTION pg_sleep TO PUBLIC",
        "CREATE VIEW information_schema.more AS SELECT 1 AS one": "DROP VIEW information_schema.more",
        "ALTER DATABASE shop SET role = 'none'": "ALTER DATABASE shop RESET role",
    }
    for there, away in healthy.items():
        run_sql(shop.url if there.startswith("CREATE TYPE") else superuser, there)
        said = found(shop)
        run_sql(superuser, away)
        assert [one.level for one in said] == ["ok"], (there, said)


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_setting_of_the_application_s_own_that_only_a_superuser_gives_is_named(
    shop: Shop, postgres: Postgres
) -> None:
    superuser = postgres.url(SUPERUSER, "shop")
    run_sql(superuser, "ALTER DATABASE shop SET app.tenant = 'north'")
    try:
        [refused] = found(shop)
    finally:
        run_sql(superuser, "ALTER DATABASE shop RESET app.tenant")
    assert refused.summary.endswith("it may not set for this database: app.tenant")


@pytest.mark.fault("the way back is first tried when it is needed")
def test_an_owner_whose_rights_are_inherited_and_to_whom_nothing_may_be_given_is_named(
    shop: Shop, postgres: Postgres
) -> None:
    superuser = postgres.url(SUPERUSER, "shop")
    run_sql(superuser, f"CREATE ROLE keeper; GRANT keeper TO {OWNER} WITH INHERIT TRUE, SET FALSE")
    run_sql(superuser, "ALTER TABLE orders OWNER TO keeper")
    lacks = "to restore the whole database, its user lacks a right: it may not "
    try:
        assert [one.summary for one in found(shop)] == [f"{lacks}act as the owner of what is in it: keeper"]
        run_sql(superuser, f"ALTER TABLE orders OWNER TO {OWNER}; ALTER DATABASE shop OWNER TO keeper")
        [refused] = found(shop)
        assert f"{lacks}give a database to keeper, its owner (GRANT keeper … WITH SET TRUE)" in refused.summary
        run_sql(superuser, f"GRANT keeper TO {OWNER} WITH SET TRUE; ALTER TABLE orders OWNER TO keeper")
        assert [one.level for one in found(shop)] == ["ok"]
    finally:
        run_sql(superuser, f"ALTER DATABASE shop OWNER TO {OWNER}; ALTER TABLE orders OWNER TO {OWNER}")
        run_sql(superuser, "DROP OWNED BY keeper; DROP ROLE keeper")
