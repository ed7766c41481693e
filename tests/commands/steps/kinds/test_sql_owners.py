"""`sql`: what its user does not own is found before the start, on a real server."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.steps.kinds.sql import FileCanBeApplied
from tests.bot.tools.postgres.test_database import database_at
from tests.commands.steps.databases import create_databases, run_sql
from tests.world import World

OWNED = """
CREATE TABLE kept (id serial PRIMARY KEY, word text); CREATE INDEX kept_word ON kept (word);
CREATE VIEW words AS SELECT word FROM kept; CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM kept;
GRANT SELECT, INSERT, UPDATE, DELETE ON kept TO mover; GRANT CREATE ON SCHEMA public TO mover;
"""


@pytest.fixture
def mover(postgres: Postgres) -> Iterator[str]:
    """The address of a role that may write into tables of which it owns none."""
    create_databases(postgres, "shop")
    server = postgres.url(SUPERUSER, "shop")
    run_sql(server, "DROP ROLE IF EXISTS mover; CREATE ROLE mover LOGIN PASSWORD 'mover'")
    run_sql(postgres.url(OWNER, "shop"), OWNED)
    yield f"postgresql://mover:mover@127.0.0.1:{postgres.port}/shop"
    run_sql(server, "DROP OWNED BY mover; DROP ROLE mover")


def look(url: str, text: str) -> PreflightResult:
    tools = World().tools()
    object.__setattr__(tools, "database", database_at(url))
    (result,) = FileCanBeApplied(database="db", file="f.sql").run_preflight(
        PreflightContext(tools=tools, ref="main", files={"f.sql": text})
    )
    return result


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ALTER TABLE kept ADD extra integer", "kept"),
        ("CREATE INDEX more ON kept (id)", "kept"),
        ("DROP VIEW words", "words"),
        ("DROP MATERIALIZED VIEW counted", "counted"),
        ("ALTER INDEX kept_word RENAME TO word_of_kept", "kept_word"),
        ("ALTER SEQUENCE kept_id_seq RESTART WITH 100", "kept_id_seq"),
        ("COMMENT ON TABLE kept IS 'of the shop'", "kept"),
    ],
)
def test_what_the_user_does_not_own_is_named_before_the_start(mover: str, text: str, named: str) -> None:
    with psycopg.connect(mover) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(text.encode())
    result = look(mover, f"{text};")
    assert result.level == "fail"
    assert result.summary == f"f.sql changes what user mover does not own: {named} (of {OWNER})"


@pytest.mark.fault("found too late, known before")
def test_who_owns_the_schema_may_drop_and_a_right_to_truncate_can_be_granted(mover: str, postgres: Postgres) -> None:
    owner, server = postgres.url(OWNER, "shop"), postgres.url(SUPERUSER, "shop")
    text = "TRUNCATE kept; DROP VIEW words;"
    refused = look(mover, text)
    assert refused.summary == f"f.sql changes what user mover does not own: kept (of {OWNER}), words (of {OWNER})"
    run_sql(owner, "GRANT TRUNCATE ON kept TO mover")
    run_sql(server, "ALTER SCHEMA public OWNER TO mover")
    assert look(mover, text).level == "ok"
    with psycopg.connect(mover) as connection:
        connection.execute(text.encode())
        connection.rollback()
    assert look(mover, "TRUNCATE kept; ALTER TABLE kept ADD extra int;").level == "fail"
    run_sql(server, f"ALTER SCHEMA public OWNER TO {OWNER}")


def test_what_the_file_makes_itself_and_what_is_granted_is_fine(mover: str) -> None:
    text = "CREATE TABLE fresh (id int); CREATE INDEX ON fresh (id); UPDATE kept SET word = word; DROP TABLE fresh;"
    with psycopg.connect(mover) as connection:
        connection.execute(text.encode())
    assert look(mover, text).level == "ok"
