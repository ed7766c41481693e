"""`rehearse` with a migration tool: it runs on a copy, and never on production."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.rehearsal.target.postgres import Postgres
from tests.commands.steps.builders import box
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.migrated_project import ALEMBIC, COMMON, DJANGO, MigratedProject
from tests.commands.steps.migration_projects import alembic_project, alembic_revision, django_project, run_tool
from tests.conftest import make_host

MODEL = """\
from django.db import models


class Order(models.Model):
    class Meta:
        managed = False
"""
CONTENT_TYPES = "contenttypes=0002_remove_content_type_name(2) "
STATE = "SELECT version_num FROM alembic_version"


@pytest.fixture(scope="module")
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A second server: what a tool does to a whole server cannot be known before."""
    host = make_host(tmp_path_factory.mktemp("scratch"))
    server = Postgres(host)
    server.start()
    yield server
    server.stop()
    host.stop_processes()


@pytest.fixture
def alembic(postgres: Postgres, other_server: Postgres, tmp_path: Path) -> Iterator[MigratedProject]:
    project = MigratedProject(postgres, other_server, tmp_path, ALEMBIC, form="postgresql+psycopg://")
    project.app.mkdir()
    alembic_project(project.app, project.url)
    run_sql(project.url, "INSERT INTO orders VALUES (1), (2)")
    yield project
    assert run_sql(project.url, STATE) == [("aaa1",)], "production was migrated"
    assert project.leftovers() == [], "a copy was left behind"


def test_alembic_is_rehearsed_forward_and_back_on_the_copy_alone(alembic: MigratedProject) -> None:
    outcome = alembic.rehearse()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert "the schema, every row and every sequence are as before" in outcome.summary
    assert outcome.lines[0] == (
        "the tool went from “aaa1” to “bbb2” on the copy, and back; in the database itself the state is still “aaa1”"
    )
    assert "forward changes orders: + price integer" in outcome.lines
    assert outcome.measures["rollback_seconds"] > 0


def test_the_verify_queries_of_both_ways_are_asked_on_the_copy(alembic: MigratedProject) -> None:
    there = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'price'"
    step = f'{COMMON}{ALEMBIC}{alembic.env}database = "shop"\n'

    def expecting(number: int) -> str:
        return f'verify = [{{ says = "column price", expect = {number}, sql = "{there}" }}]\n'

    back = f'{step}mode = "back"\nundoes = "migration"\n'
    alembic.more = {"migration": box("migrate", step + expecting(1)), "back": box("migrate", back + expecting(0))}
    outcome = alembic.rehearse()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert "2 verify queries passed" in outcome.summary
    alembic.more["back"] = box("migrate", back + expecting(1))
    outcome = alembic.run("rehearse", attempt=2)
    assert (outcome.state, "column price" in outcome.summary) == ("failed", True), outcome.summary


def test_django_is_rehearsed_and_the_rows_that_it_leaves_for_new_models_are_no_loss(
    postgres: Postgres, other_server: Postgres, tmp_path: Path
) -> None:
    project = MigratedProject(postgres, other_server, tmp_path, DJANGO)
    project.app.mkdir()
    django_project(project.app, project.url)
    settings = project.app / "settings.py"
    settings.write_text(settings.read_text().replace('["shop"', '["django.contrib.contenttypes", "shop"'))
    run_tool([sys.executable, "manage.py", "migrate", "contenttypes"], project.app, project.url)
    run_sql(project.url, "TRUNCATE django_content_type")
    (project.app / "shop" / "models.py").write_text(MODEL)
    outcome = project.rehearse()
    assert outcome.state == "done", outcome.summary + outcome.output
    first = outcome.lines[0].replace(CONTENT_TYPES, "")
    assert "“shop=0002_price(2) stock=0001_initial(1)” on the copy, and back" in first
    assert any(line.startswith("django_content_type: 0 rows before, ") for line in outcome.lines), outcome.lines


def test_a_tool_with_an_address_of_its_own_never_migrates_production(alembic: MigratedProject) -> None:
    env = alembic.app / "migrations" / "env.py"
    env.write_text(env.read_text().replace('os.environ["DATABASE_URL"]', repr(alembic.environ["URL"])))
    outcome = alembic.rehearse()
    assert outcome.state == "failed"
    assert outcome.summary == (
        "The tool must use the address that the page hands over. Its state command was given that of a database to "
        "which nobody may connect, and ended with exit code 0; nothing was rehearsed."
    )


@pytest.mark.parametrize("way", ["forward", "back"])
def test_a_command_that_leaves_its_address_alone_can_only_read_production(alembic: MigratedProject, way: str) -> None:
    """The state is asked at the right place; only the command that migrates goes elsewhere."""
    elsewhere = f"DATABASE_URL={alembic.environ['URL']}"
    own = {"forward": "$PROGRAM upgrade head", "back": "$PROGRAM downgrade base"}[way]
    alembic.tool += f'{way} = """\n{elsewhere} {own}\n"""\n'
    outcome = alembic.rehearse()
    assert outcome.state == "failed"
    assert f"Its {way} command was given that of a database to which nobody may connect" in outcome.summary
    assert "read-only transaction" in outcome.output


def test_an_address_in_parts_needs_to_be_told_apart(alembic: MigratedProject) -> None:
    env = alembic.app / "migrations" / "env.py"
    parts = '"postgresql+psycopg://{0[DB_USER]}:{0[DB_PASSWORD]}@{0[DB_HOST]}:{0[DB_PORT]}/{0[DB_NAME]}"'
    env.write_text(env.read_text().replace('os.environ["DATABASE_URL"]', f"{parts}.format(os.environ)"))
    url = urlsplit(alembic.url)
    alembic.environ |= {"H": url.hostname or "", "P": str(url.port), "W": url.password or ""}
    names = 'DB_HOST = "$H", DB_PORT = "$P", DB_PASSWORD = "$W", DB_NAME = "shop", DB_USER = "dj_owner"'
    alembic.env = f"env = {{ {names} }}\n"
    outcome = alembic.rehearse()
    assert outcome.summary.startswith("The variable DB_HOST of the migrate step has a part of the real address")
    told = 'DB_HOST = "host", DB_PORT = "port", DB_NAME = "name", DB_USER = "user", DB_PASSWORD = "password"'
    outcome = alembic.rehearse(f"copy_env = {{ {told} }}")
    assert outcome.state == "done", outcome.summary + outcome.output


def test_code_that_is_not_there_yet_is_named_and_may_be_elsewhere(alembic: MigratedProject) -> None:
    shutil.copytree(alembic.app, alembic.folder / "release")
    (alembic.app / "migrations" / "versions" / "bbb2.py").unlink()
    outcome = alembic.rehearse()
    assert outcome.summary == (
        "On the copy, the tool ended with exit code 0 and changed nothing: the state is still “aaa1”. If the release's "
        'code is not in $APP yet, name its folder on this host: code = "…".'
    )
    alembic.environ["CODE"] = str(alembic.folder / "release")
    outcome = alembic.rehearse('code = "$CODE"')
    assert outcome.state == "done", outcome.summary + outcome.output


def test_a_state_that_moved_since_the_backup_is_not_rehearsed(alembic: MigratedProject) -> None:
    alembic.back_up()
    run_sql(alembic.url, "UPDATE alembic_version SET version_num = 'bbb2'")
    outcome = alembic.rehearse()
    assert outcome.summary.startswith(
        "The tool's state is “bbb2” in the database itself and “aaa1” in the backup; nothing was"
    )
    run_sql(alembic.url, "UPDATE alembic_version SET version_num = 'aaa1'")


def test_a_way_back_that_does_not_arrive_fails_the_rehearsal(alembic: MigratedProject) -> None:
    alembic.tool += "back = '$PROGRAM current'\n"
    outcome = alembic.rehearse()
    assert outcome.summary == (
        "On the copy, the tool's way back ended with exit code 0, but the state is “bbb2” instead of “aaa1”."
    )


def test_a_migration_that_fails_is_seen_on_the_copy(alembic: MigratedProject) -> None:
    alembic_revision(alembic.app, "ccc3", "bbb2", "ALTER TABLE nowhere ADD COLUMN x int", "SELECT 1")
    outcome = alembic.rehearse()
    assert outcome.summary == "On the copy, the forward command failed; nothing else was touched."
    assert any("nowhere" in line for line in outcome.lines), outcome.lines


def test_tables_that_a_tool_blocks_are_shown_with_their_time(alembic: MigratedProject) -> None:
    alembic_revision(alembic.app, "ccc3", "bbb2", "LOCK TABLE orders; SELECT pg_sleep(0.5)", "SELECT 1")
    outcome = alembic.rehearse()
    assert any(line.startswith("forward blocks readers and writers: orders") for line in outcome.lines), outcome.lines


def test_values_of_a_dropped_column_are_lost_unless_data_return_brings_them_back(alembic: MigratedProject) -> None:
    run_sql(
        alembic.url, "ALTER TABLE orders ADD PRIMARY KEY (id), ADD COLUMN note text; UPDATE orders SET note = 'mine'"
    )
    drop, create = "ALTER TABLE orders DROP COLUMN note", "ALTER TABLE orders ADD COLUMN note text"
    alembic_revision(alembic.app, "ccc3", "bbb2", drop, create)
    outcome = alembic.rehearse()
    assert "the rollback does not restore the rows of public.orders" in outcome.summary
    returns = 'host = "h"\ndatabase = "d"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\nundoes = "migration"\n'
    alembic.more["return"] = box("data-return", f'{returns}columns = ["orders.note"]')
    outcome = alembic.rehearse()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert "brought back from the backup" in outcome.summary


def test_a_scratch_database_on_productions_server_is_refused_for_a_tool(alembic: MigratedProject) -> None:
    alembic.environ["SCRATCH"] = alembic.url.replace("/shop", "/scratch_here")
    run_sql(alembic.url, "DROP DATABASE IF EXISTS scratch_here")
    run_sql(alembic.url, "CREATE DATABASE scratch_here")
    assert "The scratch database is on the server of the database itself" in alembic.rehearse().summary


def test_without_a_way_back_the_backup_is_restored_on_the_copy_and_timed(alembic: MigratedProject) -> None:
    alembic.back = 'back = "restore"\n'
    outcome = alembic.rehearse()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert "then the whole backup was restored again" in outcome.lines[0]
    assert outcome.measures["rollback_seconds"] > 0
