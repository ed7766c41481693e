"""Real Alembic and Django projects, each with one migration applied and one to come."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ALEMBIC_ENV = """\
import os
from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
ALEMBIC_REVISION = """\
from alembic import op

revision = "{revision}"
down_revision = {before}


def upgrade():
    op.execute("{up}")


def downgrade():
    op.execute("{down}")
"""
DJANGO_SETTINGS = """\
import os
from urllib.parse import urlsplit

url = urlsplit(os.environ["DATABASE_URL"])
SECRET_KEY = "x"
INSTALLED_APPS = ["shop", "stock"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
        "PASSWORD": url.password or "", "HOST": url.hostname, "PORT": url.port,
    }
}
"""
DJANGO_MANAGE = """\
import os, sys
from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line(sys.argv)
"""
DJANGO_MIGRATION = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = {dependencies}
    replaces = {replaces}
    operations = [migrations.RunSQL("{up}", "{down}")]
"""
ONE = ("CREATE TABLE orders (id int)", "DROP TABLE orders")
TWO = ("ALTER TABLE orders ADD COLUMN price int", "ALTER TABLE orders DROP COLUMN price")
OTHER = ("CREATE TABLE shelves (id int)", "DROP TABLE shelves")


def alembic_project(folder: Path, database_url: str) -> str:
    """Write the project and apply its first revision. Returns the address in the tool's own form."""
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (folder / "migrations" / "env.py").write_text(ALEMBIC_ENV)
    alembic_revision(folder, "aaa1", "", *ONE)
    run_tool([*ALEMBIC, "upgrade", "head"], folder, url)
    alembic_revision(folder, "bbb2", "aaa1", *TWO)
    return url


def alembic_revision(folder: Path, revision: str, before: str, up: str, down: str) -> None:
    """Add a revision."""
    text = ALEMBIC_REVISION.format(revision=revision, before=repr(before or None), up=up, down=down)
    (folder / "migrations" / "versions" / f"{revision}.py").write_text(text)


def django_project(folder: Path, database_url: str) -> None:
    """Write a project of two apps, the second depending on the first, and apply the first migration of the first."""
    (folder / "settings.py").write_text(DJANGO_SETTINGS)
    (folder / "manage.py").write_text(DJANGO_MANAGE)
    django_migration(folder, "shop", "0001_initial", [], *ONE)
    (folder / "stock" / "migrations").mkdir(parents=True)
    (folder / "stock" / "__init__.py").touch()
    (folder / "stock" / "migrations" / "__init__.py").touch()
    run_tool([sys.executable, "manage.py", "migrate", "--noinput"], folder, database_url)
    django_migration(folder, "shop", "0002_price", [("shop", "0001_initial")], *TWO)
    django_migration(folder, "stock", "0001_initial", [("shop", "0002_price")], *OTHER)


def django_migration(
    folder: Path,
    app: str,
    name: str,
    after: list[tuple[str, str]],
    up: str,
    down: str,
    replaces: list[tuple[str, str]] | None = None,
) -> None:
    """Add a migration of an app."""
    migrations = folder / app / "migrations"
    migrations.mkdir(parents=True, exist_ok=True)
    (folder / app / "__init__.py").touch()
    (migrations / "__init__.py").touch()
    (migrations / f"{name}.py").write_text(
        DJANGO_MIGRATION.format(dependencies=after, replaces=replaces or [], up=up, down=down)
    )


ALEMBIC = [sys.executable, "-m", "alembic"]


def run_tool(command: list[str], folder: Path, url: str) -> None:
    """Run a command of the project."""
    subprocess.run(command, cwd=folder, env={"DATABASE_URL": url}, check=True, capture_output=True)
