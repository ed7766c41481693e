"""`migrate` takes back a release that merges a branch of migrations: real Alembic and Django."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.test_migrate import ALEMBIC, BACK, DJANGO, Project, alembic, django, url
from tests.commands.steps.migration_projects import ALEMBIC as ALEMBIC_PROGRAM
from tests.commands.steps.migration_projects import alembic_revision, django_migration, run_tool

__all__ = ["alembic", "django", "url"]  # fixtures
TABLES = "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'"
KIND = "the way back is first tried when it is needed"


def merge(folder: Path, revision: str, *parents: str) -> None:
    """Add a revision of Alembic that merges others and changes nothing."""
    alembic_revision(folder, revision, "parents", "SELECT 1", "SELECT 1")
    file = folder / "migrations" / "versions" / f"{revision}.py"
    file.write_text(file.read_text().replace("'parents'", repr(parents)))


@pytest.mark.fault(KIND)
@pytest.mark.parametrize("last", [False, True], ids=["branch last", "branch first"])
def test_the_branch_that_a_release_merges_goes_back_with_it(
    alembic: Project, tmp_path: Path, url: str, last: bool
) -> None:
    run_tool([*ALEMBIC_PROGRAM, "upgrade", "head"], tmp_path, url.replace("postgresql://", "postgresql+psycopg://"))
    alembic_revision(tmp_path, "ccc3", "aaa1", "CREATE TABLE one (id int)", "DROP TABLE one")
    alembic_revision(tmp_path, "ddd4", "ccc3", "CREATE TABLE two (id int)", "DROP TABLE two")
    merge(tmp_path, "eee5", *(("ddd4", "bbb2") if last else ("bbb2", "ddd4")))
    assert alembic.run(ALEMBIC).summary == "Migrated from “bbb2” to “eee5”."
    back = alembic.run(ALEMBIC + BACK, "back")
    assert (back.state, back.summary) == ("done", "The migrations at “bbb2”, as before the deploy.")
    assert run_sql(url, TABLES) == [("alembic_version orders",)]


@pytest.mark.fault(KIND)
def test_a_branch_from_before_the_deploy_stays(alembic: Project, tmp_path: Path, url: str) -> None:
    tool_url = url.replace("postgresql://", "postgresql+psycopg://")
    alembic_revision(tmp_path, "ccc3", "aaa1", "CREATE TABLE one (id int)", "DROP TABLE one")
    merge(tmp_path, "ddd4", "bbb2", "ccc3")
    run_tool([*ALEMBIC_PROGRAM, "upgrade", "head"], tmp_path, tool_url)
    alembic_revision(tmp_path, "eee5", "ccc3", "CREATE TABLE two (id int)", "DROP TABLE two")
    merge(tmp_path, "fff6", "ddd4", "eee5")
    assert alembic.run(ALEMBIC).summary == "Migrated from “ddd4” to “fff6”."
    back = alembic.run(ALEMBIC + BACK, "back")
    assert (back.state, back.summary) == ("done", "The migrations at “ddd4”, as before the deploy.")
    assert run_sql(url, TABLES) == [("alembic_version one orders",)]


@pytest.mark.fault(KIND)
def test_the_branch_that_a_release_merges_goes_back_with_it_in_django(
    django: Project, tmp_path: Path, url: str
) -> None:
    run_tool([sys.executable, "manage.py", "migrate", "--noinput"], tmp_path, url)
    for name, after, table in (("0002_one", "0001_initial", "one"), ("0003_two", "0002_one", "two")):
        ways = (f"CREATE TABLE {table} (id int)", f"DROP TABLE {table}")
        django_migration(tmp_path, "shop", name, [("shop", after)], *ways)
    merged = [("shop", "0002_price"), ("shop", "0003_two")]
    django_migration(tmp_path, "shop", "0004_merge", merged, "SELECT 1", "SELECT 1")
    assert "“shop=0002_price(2) stock=0001_initial(1)” to “shop=0004_merge(5) " in django.run(DJANGO).summary
    back = django.run(DJANGO + BACK, "back")
    assert (back.state, back.summary) == (
        "done",
        "The migrations at “shop=0002_price(2) stock=0001_initial(1)”, as before the deploy.",
    )
    assert run_sql(url, TABLES) == [("django_migrations orders shelves",)]


@pytest.mark.fault(KIND)
def test_a_merge_that_a_release_merges_goes_back_with_all_its_branches(
    alembic: Project, tmp_path: Path, url: str
) -> None:
    run_tool([*ALEMBIC_PROGRAM, "upgrade", "head"], tmp_path, url.replace("postgresql://", "postgresql+psycopg://"))
    alembic_revision(tmp_path, "ccc3", "aaa1", "CREATE TABLE one (id int)", "DROP TABLE one")
    alembic_revision(tmp_path, "ddd4", "aaa1", "CREATE TABLE two (id int)", "DROP TABLE two")
    merge(tmp_path, "eee5", "ccc3", "ddd4")
    merge(tmp_path, "fff6", "bbb2", "eee5")
    assert alembic.run(ALEMBIC).summary == "Migrated from “bbb2” to “fff6”."
    back = alembic.run(ALEMBIC + BACK, "back")
    assert (back.state, back.summary) == ("done", "The migrations at “bbb2”, as before the deploy.")
    assert run_sql(url, TABLES) == [("alembic_version orders",)]


@pytest.mark.fault(KIND)
def test_a_branch_with_a_beginning_of_its_own_that_depends_on_the_other_goes_back(
    alembic: Project, tmp_path: Path, url: str
) -> None:
    run_tool([*ALEMBIC_PROGRAM, "upgrade", "head"], tmp_path, url.replace("postgresql://", "postgresql+psycopg://"))
    alembic_revision(tmp_path, "ccc3", "", "CREATE TABLE one (id int)", "DROP TABLE one")
    with (tmp_path / "migrations" / "versions" / "ccc3.py").open("a") as file:
        file.write("depends_on = 'bbb2'\n")
    forward = alembic.run(ALEMBIC + 'forward = "$PROGRAM upgrade heads"\n')
    assert forward.summary == "Migrated from “bbb2” to “bbb2 ccc3”."
    back = alembic.run(ALEMBIC + BACK, "back")
    assert (back.state, back.summary) == ("done", "The migrations at “bbb2”, as before the deploy.")
    assert run_sql(url, TABLES) == [("alembic_version orders",)]


@pytest.mark.fault(KIND)
def test_a_migration_from_before_stays_where_django_would_take_it_back_with_those_of_the_release(
    django: Project, tmp_path: Path, url: str
) -> None:
    def migrate() -> None:
        run_tool([sys.executable, "manage.py", "migrate", "--noinput"], tmp_path, url)

    ways = ("CREATE TABLE kept AS SELECT 1 AS id", "DROP TABLE kept")
    django_migration(tmp_path, "shop", "0003_kept", [("shop", "0002_price")], *ways)
    migrate()
    replaces = [("shop", "0001_initial"), ("shop", "0002_price")]
    django_migration(tmp_path, "shop", "0001_squashed", [], "SELECT 1", "DROP TABLE orders", replaces=replaces)
    migrate()  # an earlier deploy, which records the squashed one as the newest
    ways = ("CREATE TABLE more (id int)", "DROP TABLE more")
    django_migration(tmp_path, "shop", "0004_more", [("shop", "0003_kept")], *ways)
    assert "“shop=0001_squashed(4) stock=0001_initial(1)” to “shop=0004_more(5)" in django.run(DJANGO).summary
    back = django.run(DJANGO + BACK, "back")
    assert run_sql(url, "SELECT id FROM kept") == [(1,)]
    assert back.state == "failed"
    assert back.lines[-1].startswith("The migrations of shop were not taken back, nor any other: "), back.lines
