"""`rehearse` elsewhere: whether the tool's user may do the same in the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.migrated_project import ALEMBIC, MigratedProject
from tests.commands.steps.kinds.test_rehearse_migrate import other_server
from tests.commands.steps.migration_projects import alembic_project, alembic_revision

__all__ = ["other_server"]  # a fixture
ASKED = "asked in the database itself: mover may change what the tool changed on the copy (1 object)"
MOVER = (
    "DROP ROLE IF EXISTS mover; CREATE ROLE mover LOGIN PASSWORD 'moves'; GRANT ALL ON orders TO mover; "
    "ALTER TABLE alembic_version OWNER TO mover; GRANT USAGE, CREATE ON SCHEMA public TO mover; "
    f"GRANT SELECT ON alembic_version TO {OWNER}"
)


@pytest.fixture
def project(postgres: Postgres, other_server: Postgres, tmp_path: Path) -> Iterator[MigratedProject]:
    """Its tool connects as mover, which owns none of the tables."""
    project = MigratedProject(postgres, other_server, tmp_path, ALEMBIC, form="postgresql+psycopg://")
    project.app.mkdir()
    alembic_project(project.app, project.url)
    admin = postgres.url(SUPERUSER, "shop")
    run_sql(admin, MOVER)
    postgres.passwords["mover"] = "moves"
    project.environ["URL"] = postgres.url("mover", "shop").replace("postgresql://", "postgresql+psycopg://")
    project.environ["ADMIN"] = admin
    yield project
    run_sql(admin, "DROP OWNED BY mover; DROP ROLE mover")


@pytest.mark.fault("found too late, known before")
def test_a_tool_whose_user_does_not_own_what_it_changes_fails_its_rehearsal(project: MigratedProject) -> None:
    outcome = project.rehearse()
    assert outcome.state == "failed", outcome.summary
    assert outcome.summary == (
        "In the database itself the tool would fail: its user mover may not change public.orders, which belongs to "
        f"{OWNER}. Let it connect as the owner, or make it a member of that role; nothing was changed there."
    )
    # whoever may act as the owner may change it
    run_sql(project.environ["ADMIN"], f"GRANT {OWNER} TO mover")
    again = project.run("rehearse", attempt=2)
    run_sql(project.environ["ADMIN"], f"REVOKE {OWNER} FROM mover")
    assert again.state == "done", again.summary + again.output
    assert ASKED in again.lines


@pytest.mark.fault("found too late, known before")
def test_a_role_whose_rights_the_user_does_not_inherit_is_not_said_to_be_its_own(project: MigratedProject) -> None:
    run_sql(project.environ["ADMIN"], f"ALTER ROLE mover NOINHERIT; GRANT {OWNER} TO mover")
    outcome = project.rehearse()
    run_sql(project.environ["ADMIN"], f"REVOKE {OWNER} FROM mover")
    assert outcome.state == "done", outcome.summary + outcome.output
    assert ASKED not in outcome.lines
    assert (
        f"asked in the database itself: mover may change public.orders, which belongs to {OWNER}, only after SET ROLE, "
        "because mover does not inherit that role's rights; whether the tool does that is not known"
    ) in outcome.lines


@pytest.mark.fault("found too late, known before")
def test_a_member_who_may_neither_use_the_owner_s_rights_nor_act_as_it_fails_the_rehearsal(
    project: MigratedProject,
) -> None:
    run_sql(project.environ["ADMIN"], f"GRANT {OWNER} TO mover WITH INHERIT FALSE, SET FALSE")
    outcome = project.rehearse()
    # who inherits the rights needs no SET ROLE to change what is there
    run_sql(project.environ["ADMIN"], f"GRANT {OWNER} TO mover WITH INHERIT TRUE")
    again = project.run("rehearse", attempt=2)
    run_sql(project.environ["ADMIN"], f"REVOKE {OWNER} FROM mover")
    assert f"its user mover may not change public.orders, which belongs to {OWNER}. " in outcome.summary
    assert again.state == "done", again.summary + again.output
    assert ASKED in again.lines


@pytest.mark.fault("found too late, known before")
def test_dropping_and_creating_are_asked_about_too(project: MigratedProject) -> None:
    up = "CREATE TYPE mood AS ENUM ('a'); DROP VIEW seen; CREATE TABLE mine (id int)"
    down = "DROP TYPE mood; CREATE VIEW seen AS SELECT id FROM orders; DROP TABLE mine"
    run_sql(
        project.environ["ADMIN"], "CREATE VIEW seen AS SELECT id FROM orders; REVOKE CREATE ON SCHEMA public FROM mover"
    )
    alembic_revision(project.app, "bbb2", "aaa1", up, down)
    outcome = project.rehearse()
    assert outcome.state == "failed", outcome.summary
    assert "may not change public.seen, which belongs to " in outcome.summary
    assert " or create anything in the schema public. " in outcome.summary


def test_what_its_user_owns_it_may_change(project: MigratedProject) -> None:
    run_sql(project.environ["ADMIN"], f"ALTER TABLE orders OWNER TO mover; GRANT SELECT ON orders TO {OWNER}")
    outcome = project.rehearse()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert ASKED in outcome.lines
