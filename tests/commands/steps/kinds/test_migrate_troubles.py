"""`migrate`: what keeps a tool from applying anything is found before the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.test_migrate import (
    ALEMBIC,
    BACK,
    COLUMNS,
    COMMON,
    DJANGO,
    Project,
    alembic,
    django,
    url,
)
from tests.commands.steps.kinds.test_migrate_tools import PRISMA, RAILS, RAILS_PRICE, prisma, prisma_project, rails
from tests.commands.steps.migration_projects import alembic_revision, django_migration

__all__ = ["alembic", "django", "prisma", "prisma_project", "rails", "url"]  # fixtures
KIND = "found too late, known before"
NOTHING = "the migration tool would apply nothing: "
MERGE = "merge them: alembic merge HEAD HEAD, and release the new revision"
NEW_NUMBER = "give one of them a number of its own (rename its file) before this release"


@pytest.mark.fault(KIND)
def test_two_heads_of_alembic_are_named_before_anything_is_run(alembic: Project, tmp_path: Path, url: str) -> None:
    assert alembic.looked_at(ALEMBIC).level == "ok"
    alembic_revision(tmp_path, "ccc3", "aaa1", "SELECT 1", "SELECT 1")
    found = alembic.looked_at(ALEMBIC)
    words = "Multiple head revisions are present: bbb2, ccc3"
    assert (found.level, found.summary, found.todo) == ("fail", NOTHING + words, MERGE)
    outcome = alembic.run(ALEMBIC)
    assert outcome.state == "failed"
    assert outcome.summary == (
        f"Nothing was run, because the migration tool would apply nothing: {words}. Cure: {MERGE}."
    )
    assert run_sql(url, COLUMNS) == [("id",)]


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_word_that_env_py_prints_is_no_head(alembic: Project, tmp_path: Path, url: str) -> None:
    env = next(tmp_path.rglob("env.py"))
    env.write_text(f"print('postgresql://shop')\nprint('ddd4')\n{env.read_text()}")
    ini = tmp_path / "alembic.ini"
    ini.write_text(ini.read_text() + "revision_environment = true\n")
    found = alembic.looked_at(ALEMBIC + BACK)
    assert (found.level, found.summary) == ("ok", "the migration tool reports its state: “aaa1”")
    assert alembic.looked_at(ALEMBIC).level == "ok"
    assert alembic.run(ALEMBIC).summary == "Migrated from “aaa1” to “bbb2”."
    assert alembic.run(ALEMBIC + BACK, "back").state == "done"
    assert run_sql(url, COLUMNS) == [("id",)]


def test_a_page_that_applies_all_heads_by_itself_is_not_stopped(alembic: Project, tmp_path: Path) -> None:
    alembic_revision(tmp_path, "ccc3", "aaa1", "SELECT 1", "SELECT 1")
    own = ALEMBIC + 'forward = "$PROGRAM upgrade heads"\n'
    assert alembic.looked_at(own).level == "ok"
    assert alembic.run(own).summary == "Migrated from “aaa1” to “bbb2 ccc3”."


@pytest.mark.fault(KIND)
def test_two_last_migrations_of_a_django_app_are_named_before_the_start(django: Project, tmp_path: Path) -> None:
    assert django.looked_at(DJANGO).level == "ok"
    django_migration(tmp_path, "shop", "0002_other", [("shop", "0001_initial")], "SELECT 1", "SELECT 1")
    found = django.looked_at(DJANGO)
    words = (
        "Conflicting migrations detected; multiple leaf nodes in the migration graph: (0002_other, 0002_price in shop)"
    )
    assert (found.level, found.summary) == ("fail", NOTHING + words)
    assert "makemigrations --merge" in found.todo
    assert words in django.run(DJANGO).summary


@pytest.mark.fault(KIND)
def test_a_django_migration_that_depends_on_nothing_there_or_on_what_is_not_applied_is_named(
    django: Project, tmp_path: Path, url: str
) -> None:
    run_sql(url, "INSERT INTO django_migrations (app, name, applied) VALUES ('stock', '0001_initial', now())")
    found = django.looked_at(DJANGO)
    assert (found.level, "stock.0001_initial is applied before its dependency" in found.summary) == ("fail", True)
    django_migration(tmp_path, "shop", "0003_lost", [("shop", "0002_gone")], "SELECT 1", "SELECT 1")
    found = django.looked_at(DJANGO)
    assert (found.level, "nonexistent parent node ('shop', '0002_gone')" in found.summary) == ("fail", True)


@pytest.mark.fault(KIND)
def test_two_files_of_rails_with_one_number_are_named_before_the_start(rails: Project, tmp_path: Path) -> None:
    assert rails.looked_at(RAILS).level == "ok"
    (tmp_path / "db/migrate/20260101000000_price.rb").write_text(RAILS_PRICE)
    found = rails.looked_at(RAILS)
    assert (found.level, found.todo) == ("fail", NEW_NUMBER)
    assert "Multiple migrations have the version number 20260101000000" in found.summary


@pytest.mark.fault(KIND)
def test_a_failed_migration_of_prisma_is_named_before_the_start(
    prisma: Project, prisma_project: Path, url: str
) -> None:
    folder = prisma_project / "prisma" / "migrations" / "20260101000000_wrong"
    folder.mkdir()
    (folder / "migration.sql").write_text("SELECT nothing FROM nowhere;\n")
    assert prisma.run(PRISMA, attempt=2).state == "failed"
    found = prisma.looked_at(PRISMA)
    assert found.level == "fail"
    assert found.summary.endswith("20260101000000_wrong(failed)")
    assert "prisma migrate resolve" in found.todo


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_failed_migration_of_prisma_is_named_beside_one_to_come_and_a_rolled_back_one_is_not_applied(
    prisma: Project, prisma_project: Path, url: str
) -> None:
    for name in ("20260101000000_wrong", "20260201000000_next"):
        (prisma_project / "prisma" / "migrations" / name).mkdir()
        (prisma_project / "prisma" / "migrations" / name / "migration.sql").write_text("SELECT 1;\n")
    run_sql(
        url,
        "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('w', 'w', '20260101000000_wrong')",
    )
    found = prisma.looked_at(PRISMA)  # its own status names only the one to come
    assert (found.level, "20260101000000_wrong(failed)" in found.summary) == ("fail", True), found.summary
    run_sql(url, "UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = 'w'")
    found = prisma.looked_at(PRISMA)  # its own status calls it applied
    assert (found.level, "“20250101000000_baseline(1)”" in found.summary) == ("ok", True), found.summary


@pytest.mark.fault(KIND)
def test_a_database_that_prisma_has_not_made_is_named_before_the_start(
    prisma: Project, prisma_project: Path, url: str
) -> None:
    run_sql(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert prisma.looked_at(PRISMA).level == "ok", "an empty database is its own to fill"
    run_sql(url, "CREATE TABLE from_before (id int)")
    found = prisma.looked_at(PRISMA)
    assert (found.level, found.summary) == (
        "fail",
        f"{NOTHING}P3005: the database schema is not empty, and Prisma has recorded no migration in it",
    )
    assert "prisma migrate resolve --applied NAME" in found.todo
    outcome = prisma.run(PRISMA, attempt=2)
    assert outcome.summary.startswith("Nothing was run, because the migration tool would apply nothing: P3005")


# what the tools print, in the form of their own versions 10 and 4
FLYWAY_TWO = """\
ERROR: Found more than one migration with version 2
Offenders:
-> /flyway/sql/V2__a.sql (SQL)
-> /flyway/sql/V2__b.sql (SQL)
"""
FLYWAY_FAILED = """\
| Category  | Version | Description | Type | Installed On        | State   | Undoable |
| Versioned | 1       | orders      | SQL  | 2026-01-01 00:00:00 | Success | No       |
| Versioned | 2       | price       | SQL  | 2026-01-02 00:00:00 | Failed  | No       |
"""
GOLANG_TWO = 'error: failed to open source, "file://migrations": duplicate migration file: 1_other.up.sql\n'


@pytest.mark.fault(KIND)
@pytest.mark.parametrize(
    ("tool", "code", "said", "words", "cure"),
    [
        ("flyway", 1, FLYWAY_TWO, "Found more than one migration with version 2", NEW_NUMBER),
        ("flyway", 0, FLYWAY_FAILED, "2(failed)", "flyway repair"),
        ("golang-migrate", 1, GOLANG_TWO, "duplicate migration file: 1_other.up.sql", NEW_NUMBER),
        ("golang-migrate", 0, "2 (dirty)\n", "2(dirty)", "migrate force VERSION"),
    ],
    ids=["flyway two", "flyway failed", "golang two", "golang dirty"],
)
def test_what_flyway_and_golang_migrate_refuse_is_named_before_the_start(
    tmp_path: Path, url: str, tool: str, code: int, said: str, words: str, cure: str
) -> None:
    (tmp_path / "said").write_text(said)
    (tmp_path / "tool").write_text(f'#!/bin/sh\ncat "$(dirname "$0")/said"\nexit {code}\n')
    (tmp_path / "tool").chmod(0o755)
    toml = f'{COMMON}tool = "{tool}"\nprogram = "./tool"\n'
    found = Project(tmp_path, url).looked_at(toml)
    assert (found.level, words in found.summary, cure in found.todo) == ("fail", True, True), found
    outcome = Project(tmp_path, url).run(toml)
    assert outcome.state == "failed"


FLYWAY_INFO = """\
| Category  | Version | Description | Type | Installed On        | State   | Undoable |
| Versioned | 1       | orders      | SQL  | 2026-01-01 00:00:00 | Success | No       |
| Versioned | 2       | price       | SQL  |                     | Pending | No       |
"""
PENDING = (
    "ERROR: Validate failed: Migrations have failed validation\nDetected resolved migration not applied to database: 2"
)
CHANGED = f"{PENDING}\nMigration checksum mismatch for migration version 1\n-> Applied to database : -11"
GONE = "Validate failed: Detected applied migration not resolved locally: 1. If you removed this migration …"
VALIDATES = """\
#!/bin/sh
cd "$(dirname "$0")"
case "$1" in
  info) cat info ;;
  validate) [ "$2" = -cleanDisabled=true ] || echo cleaned > said; cat said; exit 1 ;;
  migrate) sed -i s/Pending/Success/ info ;;
esac
"""


@pytest.fixture
def flyway(tmp_path: Path) -> Path:
    (tmp_path / "info").write_text(FLYWAY_INFO)
    (tmp_path / "tool").write_text(VALIDATES)
    (tmp_path / "tool").chmod(0o755)
    return tmp_path


@pytest.mark.fault(KIND)
@pytest.mark.parametrize(
    ("said", "words"),
    [
        (CHANGED, "Migration checksum mismatch for migration version 1"),
        (GONE, "Detected applied migration not resolved locally: 1."),
    ],
)
def test_what_flyway_refuses_when_it_validates_is_named_before_the_start_which_the_release_may_mend(
    flyway: Path, url: str, said: str, words: str
) -> None:
    (flyway / "said").write_text(said)
    toml = f'{COMMON}tool = "flyway"\nprogram = "./tool"\n'
    state, found = Project(flyway, url).all_looked_at(toml)
    assert (state.level, state.summary, bool(state.kept)) == ("ok", "the migration tool reports its state: “1”", True)
    assert (found.level, words in found.summary, "flyway repair" in found.todo) == ("warn", True, True), found
    outcome = Project(flyway, url).run(toml)
    assert (outcome.state, "Pending" in (flyway / "info").read_text()) == ("failed", True)
    assert outcome.summary.startswith("Nothing was run, because the migration tool would apply nothing: "), outcome
    (flyway / "said").write_text(PENDING)  # as with the release's files
    assert (Project(flyway, url).looked_at(toml).level, Project(flyway, url).run(toml).state) == ("ok", "done")


@pytest.mark.fault("not looked at, and said to be fine")
def test_the_look_tells_flyway_to_clean_nothing_also_where_no_variable_arrives(flyway: Path, url: str) -> None:
    (flyway / "said").write_text(CHANGED)
    program = "env -u FLYWAY_CLEAN_DISABLED -u FLYWAY_CLEAN_ON_VALIDATION_ERROR ./tool"
    toml = f'{COMMON}tool = "flyway"\nprogram = "{program}"\n'
    assert [one.level for one in Project(flyway, url).all_looked_at(toml)] == ["ok", "warn"]
    assert (flyway / "said").read_text() == CHANGED


@pytest.mark.parametrize(
    ("said", "setting", "where"),
    [
        (PENDING, "# flyway.validateOnMigrate=true", "flyway.conf"),
        (CHANGED, "flyway.validateOnMigrate=false", "flyway.conf"),
        (CHANGED, "validateOnMigrate = false", "flyway.toml"),
        (CHANGED, "FLYWAY_VALIDATE_ON_MIGRATE=false", "env"),
    ],
)
def test_what_flyway_would_apply_all_the_same_is_no_trouble(
    flyway: Path, url: str, said: str, setting: str, where: str
) -> None:
    (flyway / "said").write_text(said)
    (flyway / where).write_text(setting + "\n")
    name, _, value = setting.partition("=")
    env = f'env = {{ {name} = "{value}" }}' if where == "env" else "env = {}"
    toml = f'host = "h"\nfolder = "$APP"\n{env}\ntool = "flyway"\nprogram = "./tool"\n'
    assert Project(flyway, url).looked_at(toml).level == "ok"
    outcome = Project(flyway, url).run(toml)
    assert (outcome.state, outcome.summary) == ("done", "Migrated from “1” to “1 2”.")
