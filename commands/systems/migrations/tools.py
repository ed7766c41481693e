"""How each migration tool is asked for its state, goes forward, and goes back to a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from commands.systems.migrations.locks import GOLANG_MIGRATE, PRISMA, RAILS, AdvisoryLock
from commands.systems.scripts import script
from state.frozen import dataclass

ToolName = Literal["alembic", "django", "prisma", "rails", "flyway", "golang-migrate"]
_RAILS_DATABASES = script("migrations/rails_databases.sh")


@dataclass(frozen=True, kw_only=True)
class Table:
    """Where a tool records in the database what is applied: a table, and its `rows` as the words of the tool's `state`.

    `columns`: those of a table that an application may call otherwise, sorted; empty for one that always has its name.
    """

    name: str
    rows: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MigrationTool:
    """A tool's commands, as bash. `$PROGRAM` holds the words that start the tool.

    `state` prints what is applied, the same for the same state, and nothing if nothing is. `back` goes to the state
    in `$STATE_BEFORE`, which `state` printed, with spaces for line ends; it is empty if the tool knows no way back.
    - `reads_pgoptions`: it takes its session's settings from PGOPTIONS, as libpq does.
    - `address_parts`: its own variables with one part of the database's address.
    - `grows`: tables in which it leaves rows when it goes back.
    - `irreversible`: prints what is to be applied and could not be taken back, one a line; after "leaves " what `back`
      goes past without a failure. It fails if that cannot be known. Empty if the tool does not tell.
    - `passed`: prints what it would never apply, as `passed_over` reads it. Empty for a tool that applies all.
    - `pending`: prints what `forward` has left unapplied, one a line. Empty for a tool that does not tell.
    - `databases`: prints a line for each database of which `state` tells. Empty for a tool of one.
    - `table`: in the database; None where it is not known.
    - `troubles`: prints what keeps `forward` from applying anything, one a line after `troubles.MARK`. Empty for a tool
      whose `state` fails there, or says it.
    - `lock`: that of its sessions. None for a tool without one, or where its number is not known.
    """

    program: str
    state: str
    forward: str
    back: str = ""
    reads_pgoptions: bool = True
    address_parts: Mapping[str, str] = field(default_factory=dict)
    grows: tuple[str, ...] = ()
    irreversible: str = ""
    passed: str = ""
    pending: str = ""
    databases: str = ""
    table: Table | None = None
    troubles: str = ""
    lock: AdvisoryLock | None = None


MIGRATION_TOOLS: Mapping[ToolName, MigrationTool] = {
    # https://alembic.sqlalchemy.org/en/latest/tutorial.html: `current --verbose` prints a line for each
    # head, like "Rev: ae1 (head)"; a bare "ae1" could be a word that the project's env.py prints
    "alembic": MigrationTool(
        program="alembic",
        state="$PROGRAM current --verbose | awk '/^Rev: / {print $2}' | sort",
        forward="$PROGRAM upgrade head",
        back=script("migrations/alembic_back.sh"),
        irreversible=script("migrations/alembic_irreversible.sh"),
        pending=script("migrations/alembic_pending.sh"),
        table=Table(name="alembic_version", rows="SELECT version_num FROM {table}", columns=("version_num",)),
        troubles=script("migrations/alembic_troubles.sh"),
    ),
    # https://docs.djangoproject.com/en/5.2/ref/django-admin/#shell; after it went forward, it creates the content types
    # and permissions of new models, and nothing removes them
    "django": MigrationTool(
        program="python manage.py",
        state=script("migrations/django_state.sh"),
        forward="$PROGRAM migrate --noinput",
        back=script("migrations/django_back.sh"),
        grows=("public.django_content_type", "public.auth_permission"),
        irreversible=script("migrations/django_irreversible.sh"),
        pending=script("migrations/django_pending.sh"),
        table=Table(
            name="django_migrations",
            rows="""SELECT DISTINCT ON (app) app || '=' || name || '(' || count(*) OVER (PARTITION BY app) || ')'
            FROM {table} ORDER BY app, id DESC""",
        ),
        troubles=script("migrations/django_troubles.sh"),
    ),
    # https://www.prisma.io/docs/orm/reference/prisma-cli-reference#migrate-deploy; its own engine connects without
    # libpq. Without --no-install, npx would fetch the newest Prisma where none is installed
    "prisma": MigrationTool(
        program="npx --no-install prisma",
        state=script("migrations/prisma_told.sh") + script("migrations/prisma_state.sh"),
        forward="$PROGRAM migrate deploy",
        reads_pgoptions=False,
        pending=script("migrations/prisma_told.sh") + script("migrations/prisma_pending.sh"),
        table=Table(
            name="_prisma_migrations",
            rows="""SELECT max(migration_name COLLATE "C") || '(' || count(DISTINCT migration_name) || ')' FROM {table}
            WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL""",
        ),
        troubles=script("migrations/prisma_told.sh") + script("migrations/prisma_troubles.sh"),
        lock=PRISMA,
    ),
    # https://guides.rubyonrails.org/v6.1/active_record_migrations.html; without SCHEMA it would write db/schema.rb anew
    "rails": MigrationTool(
        program="bin/rails",
        state=_RAILS_DATABASES + script("migrations/rails_state.sh"),
        forward="SCHEMA=/dev/null $PROGRAM db:migrate",
        back=_RAILS_DATABASES + script("migrations/rails_back.sh"),
        irreversible=_RAILS_DATABASES + script("migrations/rails_irreversible.sh"),
        pending=script("migrations/rails_pending.sh"),
        databases="$PROGRAM db:migrate:status | grep '^database: '",
        table=Table(
            name="schema_migrations",
            # with the zeros that Rails puts before a low number when it tells it
            rows="SELECT lpad(version::text, greatest(3, length(version::text)), '0') FROM {table}",
        ),
        troubles=_RAILS_DATABASES + script("migrations/rails_troubles.sh"),
        lock=RAILS,
    ),
    # https://documentation.red-gate.com/flyway; its `undo` is not in the Community edition
    "flyway": MigrationTool(
        program="flyway",
        state=script("migrations/flyway_state.sh"),
        forward="$PROGRAM migrate",
        reads_pgoptions=False,
        address_parts={"FLYWAY_USER": "user", "FLYWAY_PASSWORD": "password"},
        passed=script("migrations/flyway_passed.sh"),
        troubles=script("migrations/flyway_troubles.sh"),
    ),
    # https://github.com/golang-migrate/migrate/tree/master/cmd/migrate
    "golang-migrate": MigrationTool(
        program="migrate -path migrations",
        state=script("migrations/golang_migrate_state.sh"),
        forward='$PROGRAM -database "$DATABASE_URL" up',
        back=script("migrations/golang_migrate_back.sh"),
        irreversible=script("migrations/golang_migrate_irreversible.sh"),
        passed=script("migrations/golang_migrate_passed.sh"),
        table=Table(
            name="schema_migrations",
            rows="SELECT version || CASE WHEN dirty THEN '(dirty)' ELSE '' END FROM {table}",
            columns=("dirty", "version"),
        ),
        lock=GOLANG_MIGRATE,
    ),
}
