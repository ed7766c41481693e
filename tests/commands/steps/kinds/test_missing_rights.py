"""A role that may not use what a migration made is named, with the GRANT, on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from commands.steps.base import execute
from commands.systems.postgres.missing_rights import missing_sentence, missing_since, objects_now
from tests.bot.tools.postgres.test_database import database_at
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.kinds.rehearsed_shop import RehearsedShop
from tests.commands.steps.kinds.test_migrate import ALEMBIC, Project
from tests.commands.steps.migration_projects import alembic_project, alembic_revision
from tests.world import World

ROLES = ("app_rw", "reporting", "reader", "member", "mover")
GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app_rw;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app_rw;
GRANT SELECT ON kept TO reporting;
"""
INVOICES = "CREATE TABLE invoices (id serial PRIMARY KEY, total integer);"
LACKS = (
    "app_rw has no right on the new table public.invoices, though on nearly all older ones; missing: "
    "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.invoices TO app_rw (1 more missing GRANT in the lines below)"
)
SEQUENCE = "missing: GRANT USAGE ON SEQUENCE public.invoices_id_seq TO app_rw;"


@pytest.fixture
def roles(postgres: Postgres) -> Iterator[str]:
    """Some roles, on a server whose database nobody has used yet."""
    server = postgres.url(SUPERUSER)
    drop = f"DROP ROLE IF EXISTS {', '.join(ROLES)}"
    create_databases(postgres, "shop", "scratch", "migrated")
    run_sql(server, drop)
    for role in ROLES:
        run_sql(server, f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
    yield server
    create_databases(postgres)
    for name in ("shop", "scratch", "migrated"):
        run_sql(postgres.url(SUPERUSER, name), f"DROP OWNED BY {', '.join(ROLES)}")
    run_sql(server, drop)


@pytest.fixture
def shop(roles: str, postgres: Postgres, tmp_path: Path) -> RehearsedShop:
    """Production, where the application's role may use every table."""
    shop = RehearsedShop(postgres, tmp_path)
    shop.change_production(GRANTS)
    return shop


@pytest.fixture
def url(roles: str, postgres: Postgres) -> str:
    """The owner's address of a database with tables, a view and a function."""
    url = postgres.url(OWNER, "shop")
    run_sql(url, "CREATE TABLE kept (id serial, word text); CREATE TABLE other (id integer); CREATE TABLE more ()")
    run_sql(url, GRANTS)
    return url


def missing(url: str, sql: str) -> list[str]:
    """The statements that are missing after a migration."""
    database = database_at(url)
    older = objects_now(database, "db")
    run_sql(url, sql)
    return [one.grant() for one in missing_since(database, "db", older)]


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_rehearsed_table_that_the_applications_role_may_not_use_is_asked_about(shop: RehearsedShop) -> None:
    outcome = shop.rehearse_alone(INVOICES, "DROP TABLE invoices;")
    assert outcome.state == "failed", outcome.summary + outcome.output
    assert outcome.summary == (
        f"On the copy, {LACKS}. The application would get “permission denied”. Add the statement to the migration, or "
        "if that is meant, run the step again to go on."
    )
    assert SEQUENCE in outcome.lines


def test_a_migration_that_grants_or_a_default_that_does_passes_the_rehearsal(shop: RehearsedShop) -> None:
    granting = f"{INVOICES} GRANT SELECT ON invoices TO app_rw;"
    granted = shop.rehearse_alone(granting, "DROP TABLE invoices;")
    assert granted.state == "done", granted.summary
    shop.change_production(
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT, INSERT ON TABLES TO app_rw;"
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT USAGE ON SEQUENCES TO app_rw;"
    )
    by_default = shop.rehearse_alone(INVOICES, "DROP TABLE invoices;")
    assert by_default.state == "done", by_default.summary
    assert "no right" not in by_default.summary


@pytest.mark.fault("not looked at, and said to be fine")
def test_the_applied_file_names_the_role_and_the_missing_grant(url: str) -> None:
    world = World()
    toml = 'database = "db"\nfile = "f.sql"\nverify = [{ says = "there", expect = 1, sql = "SELECT count(*) FROM '
    toml += "pg_class WHERE relname = 'invoices'\" }]\n"
    ctx = context(world, files={"f.sql": INVOICES})
    object.__setattr__(ctx.tools, "database", database_at(url))
    outcome = execute(box("sql", toml), ctx)
    assert (outcome.state, outcome.summary.partition(" passed. ")[2]) == ("done", f"But {LACKS}.")
    assert SEQUENCE in outcome.lines


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_tool_of_another_role_names_the_role_and_the_missing_grant(
    roles: str, postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.url(OWNER, "migrated")
    alembic_project(tmp_path, url)
    run_sql(
        postgres.url(SUPERUSER, "migrated"), f"{GRANTS.replace('kept', 'orders')} GRANT ALL ON SCHEMA public TO mover"
    )
    project = Project(tmp_path, url.replace("postgresql://", "postgresql+psycopg://"))
    ctx = project.context()
    ctx = replace(ctx, tools=replace(ctx.tools, database=database_at(url)))
    alembic_revision(tmp_path, "bbb2", "aaa1", INVOICES, "DROP TABLE invoices")
    outcome = execute(box("migrate", ALEMBIC), ctx)
    assert outcome.state == "done", outcome.summary + outcome.output
    assert "app_rw has no right on the new table public.invoices" in outcome.summary


@pytest.mark.parametrize(
    ("sql", "grants"),
    [
        ("CREATE VIEW words AS SELECT word FROM kept", ["GRANT SELECT ON TABLE public.words TO app_rw;"]),
        ("CREATE MATERIALIZED VIEW sums AS SELECT 1 AS n", ["GRANT SELECT ON TABLE public.sums TO app_rw;"]),
        ('CREATE SEQUENCE "N°"', ['GRANT USAGE ON SEQUENCE public."N°" TO app_rw;']),
        (
            "CREATE SCHEMA billing; CREATE TABLE billing.sums (id integer)",
            [
                "GRANT USAGE ON SCHEMA billing TO app_rw;",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE billing.sums TO app_rw;",
            ],
        ),
        (
            "DROP TABLE other; CREATE TABLE other (id bigint)",
            ["GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.other TO app_rw;"],
        ),
        (
            "ALTER TABLE kept RENAME TO gone; CREATE TABLE kept (id bigint); GRANT ALL ON kept TO app_rw",
            ["GRANT SELECT ON TABLE public.kept TO reporting;"],
        ),
    ],
    ids=["view", "materialized view", "sequence", "schema", "made anew", "renamed and made anew"],
)
def test_every_kind_of_object_is_looked_at(url: str, sql: str, grants: list[str]) -> None:
    assert missing(url, sql) == grants


@pytest.mark.fault("not looked at, and said to be fine")
def test_what_one_role_alone_had_is_missed_on_a_view_that_was_made_anew(url: str) -> None:
    view = "CREATE VIEW sums AS SELECT count(*) AS n FROM kept; "
    run_sql(url, f"{view}GRANT SELECT ON sums TO reporting")
    database = database_at(url)
    older = objects_now(database, "db")
    run_sql(url, f"DROP VIEW sums; {view}")
    found = [one for one in missing_since(database, "db", older) if one.roles == "reporting"]
    assert missing_sentence(found) == (
        "reporting has fewer rights on the view public.sums, which was made anew, than on the one before; missing: "
        "GRANT SELECT ON TABLE public.sums TO reporting"
    )
    assert missing(url, f"DROP VIEW sums; {view}GRANT SELECT ON sums TO reporting, app_rw") == []
    assert missing(url, "CREATE OR REPLACE VIEW sums AS SELECT count(*) AS n FROM other") == []


@pytest.mark.fault("not looked at, and said to be fine")
def test_the_owner_before_is_missed_where_a_table_gets_another(url: str, postgres: Postgres) -> None:
    server = postgres.url(SUPERUSER, "shop")
    older = objects_now(database_at(url), "db")
    run_sql(server, "ALTER TABLE kept OWNER TO mover")
    found = missing_since(database_at(url), "db", older)
    assert [(one.how, one.name, one.roles) for one in found] == [
        ("owner", "public.kept", OWNER),
        ("owner", "public.kept_id_seq", OWNER),
    ]
    assert "which has another owner now; missing: GRANT SELECT, INSERT, UPDATE" in missing_sentence(found)


def test_what_a_file_revokes_from_a_role_is_meant(url: str) -> None:
    assert missing(url, "REVOKE SELECT ON kept FROM reporting, app_rw") == []


def test_a_note_of_an_older_bot_has_the_keys_alone(url: str) -> None:
    database = database_at(url)
    keys = ",".join(one.partition(":")[0] for one in objects_now(database, "db").split(","))
    run_sql(url, "CREATE TABLE invoices (id integer)")
    assert [one.name for one in missing_since(database, "db", keys)] == ["public.invoices"]


@pytest.mark.parametrize(
    "table", ["knex_migrations", "databasechangelog", "SequelizeMeta", "__EFMigrationsHistory", "_sqlx_migrations"]
)
def test_the_table_of_a_migration_tool_is_none_of_the_applications(url: str, table: str) -> None:
    run_sql(url, f'CREATE TABLE "{table}" (id integer)')
    assert missing(url, "CREATE TABLE invoices (id integer)") == [
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.invoices TO app_rw;"
    ]


def test_a_function_is_missed_where_others_are_granted_too(url: str) -> None:
    function = "CREATE FUNCTION {0}() RETURNS integer LANGUAGE sql AS 'SELECT 1'; "
    revoke = "REVOKE ALL ON FUNCTION {0}() FROM PUBLIC; "
    run_sql(url, f"{function}{revoke}GRANT EXECUTE ON FUNCTION {{0}}() TO app_rw".format("one"))
    assert missing(url, function.format("two")) == []
    assert missing(url, (function + revoke).format("three")) == ["GRANT EXECUTE ON ROUTINE public.three() TO app_rw;"]


def test_an_owner_of_the_older_tables_is_missed_on_those_of_another(url: str, roles: str, postgres: Postgres) -> None:
    run_sql(postgres.url(SUPERUSER, "shop"), "GRANT ALL ON SCHEMA public TO mover")
    older = objects_now(database_at(url), "db")
    with psycopg.connect(f"postgresql://mover:mover@127.0.0.1:{postgres.port}/shop", autocommit=True) as mover:
        mover.execute("CREATE TABLE invoices (id integer)")
    found = missing_since(database_at(url), "db", older)
    assert {one.roles for one in found} == {"app_rw", OWNER}


@pytest.mark.parametrize(
    ("before", "sql"),
    [
        ("GRANT app_rw TO member; GRANT SELECT ON kept, other, more TO member", "GRANT ALL ON invoices TO app_rw"),
        ("", "GRANT SELECT ON invoices TO PUBLIC"),
        ("", "GRANT SELECT (total) ON invoices TO app_rw"),
        ("GRANT pg_read_all_data TO app_rw", ""),
        ("REVOKE ALL ON kept, other, more FROM app_rw; GRANT SELECT ON kept TO app_rw", ""),
    ],
    ids=["its group", "everybody", "columns", "pg_read_all_data", "one of three tables"],
)
def test_who_may_use_it_in_another_way_is_not_named(url: str, postgres: Postgres, before: str, sql: str) -> None:
    run_sql(postgres.url(SUPERUSER, "shop"), before or "SELECT 1")
    assert missing(url, f"CREATE TABLE invoices (id integer, total integer); {sql}") == []


def test_what_needs_no_right_of_its_own_is_not_named(url: str) -> None:
    run_sql(url, "CREATE TABLE parted (id integer, day date) PARTITION BY RANGE (day); GRANT ALL ON parted TO app_rw")
    assert (
        missing(
            url,
            "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
            "CREATE TABLE child () INHERITS (kept); CREATE TABLE alembic_version (version_num text);"
            "ALTER TABLE more ADD id integer GENERATED ALWAYS AS IDENTITY;"
            "CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
            "REVOKE ALL ON FUNCTION fired() FROM PUBLIC;",
        )
        == []
    )


def test_the_group_is_named_and_not_its_members_and_nothing_is_said_of_nothing(url: str, roles: str) -> None:
    run_sql(roles, "GRANT app_rw TO member")
    run_sql(url, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO member")
    assert missing(url, "CREATE TABLE invoices (id integer)") == [
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.invoices TO app_rw;"
    ]
    assert missing_sentence([]) == ""
