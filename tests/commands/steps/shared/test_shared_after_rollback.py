"""After a rollback, what all databases of a server share is compared with what it was, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import SUPERUSER, Postgres
from tests.commands.steps.databases import run_sql
from tests.commands.steps.shared.test_after_rollback import Shop

LONG = "a very long comment " * 5


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    """Production right before the first change."""
    return Shop(postgres, tmp_path)


@contextmanager
def undone(postgres: Postgres, *statements: str) -> Iterator[None]:
    """Afterwards the server, which other tests use too, is as it was."""
    try:
        yield
    finally:
        for statement in statements:
            run_sql(postgres.url(SUPERUSER), statement)


LABEL = "SET allow_system_table_mods = on; INSERT INTO pg_shseclabel VALUES ({}, 'mac', 'secret')"


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("change", "undo", "missing"),
    [
        ("COMMENT ON ROLE dj_app IS 'new'", "COMMENT ON ROLE dj_app IS NULL", "comment on role dj_app: none → new"),
        (
            f"COMMENT ON ROLE dj_app IS '{LONG}'",
            "COMMENT ON ROLE dj_app IS NULL",
            f"comment on role dj_app: none → {LONG[:50]}… (",
        ),
        (
            "COMMENT ON TABLESPACE pg_default IS 'slow'",
            "COMMENT ON TABLESPACE pg_default IS NULL",
            "comment on tablespace pg_default: none → slow",
        ),
        (
            "GRANT CREATE ON TABLESPACE pg_default TO dj_app",
            "REVOKE CREATE ON TABLESPACE pg_default FROM dj_app",
            "rights on tablespace pg_default: as by default → ",
        ),
        (
            "ALTER TABLESPACE pg_default SET (random_page_cost = 1.1)",
            "ALTER TABLESPACE pg_default RESET (random_page_cost)",
            "options of tablespace pg_default: none → random_page_cost=1.1",
        ),
        (
            LABEL.format("'dj_app'::regrole, 'pg_authid'::regclass"),
            "SET allow_system_table_mods = on; DELETE FROM pg_shseclabel",
            "security label (mac) of role dj_app: none → secret",
        ),
        (
            LABEL.format("(SELECT oid FROM pg_database WHERE datname = current_database()), 'pg_database'::regclass"),
            "SET allow_system_table_mods = on; DELETE FROM pg_shseclabel",
            "security label (mac) of this database: none → secret",
        ),
        (
            "GRANT dj_app TO dj_owner WITH ADMIN OPTION",
            "REVOKE dj_app FROM dj_owner",
            "dj_owner as a member of dj_app: none → yes, admin",
        ),
    ],
)
def test_what_a_rollback_leaves_on_the_server_is_named(
    shop: Shop, postgres: Postgres, change: str, undo: str, missing: str
) -> None:
    with undone(postgres, undo):
        run_sql(shop.superuser, change)
        found = shop.compare().missing
    assert len(found) == 1 and found[0].startswith(missing), found


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_right_to_set_a_parameter_that_a_rollback_forgets_is_named(shop: Shop, postgres: Postgres) -> None:
    if not run_sql(shop.superuser, "SELECT to_regclass('pg_catalog.pg_parameter_acl')")[0][0]:
        pytest.skip("this PostgreSQL has no such rights")
    with undone(postgres, "REVOKE SET ON PARAMETER log_statement FROM dj_app"):
        run_sql(shop.superuser, "GRANT SET ON PARAMETER log_statement TO dj_app")
        (line,) = shop.compare().missing
    assert line.startswith("rights on parameter log_statement: as by default → ") and "dj_app=s" in line


def test_a_comment_on_a_role_that_is_new_since_the_first_change_is_not_missing(shop: Shop, postgres: Postgres) -> None:
    with undone(postgres, "DROP ROLE fresh"):
        run_sql(shop.superuser, "CREATE ROLE fresh; COMMENT ON ROLE fresh IS 'for the audit'")
        outcome = shop.compare()
    assert outcome.missing == ()
    assert "comment on role fresh: none → for the audit, since the first change" in outcome.not_compared
