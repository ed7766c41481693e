"""A real database on which a migration and its rollback have lost all rows."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from threading import Event

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.database import Migration
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.scripts import script
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import DUMP, create_databases, dump_database, run_sql
from tests.local_shell import LocalShell
from tests.world import World

ODD = '"Größe & ""Art"" ของ (x)"'
SCHEMA = f"""
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE parents (id serial PRIMARY KEY, name text UNIQUE, child integer);
CREATE TABLE children (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent integer NOT NULL REFERENCES parents, size integer,
  double integer GENERATED ALWAYS AS (size * 2) STORED);
ALTER TABLE parents ADD CONSTRAINT favourite FOREIGN KEY (child) REFERENCES children;
CREATE TABLE {ODD} ("Id ไทย" integer PRIMARY KEY, "select" mood, doc json, "a ""quoted"" one" text);
CREATE TABLE parted (id integer, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
CREATE TABLE keyless (word text);
CREATE TABLE fired (what text);
CREATE FUNCTION log_insert() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO fired VALUES ('insert'); RETURN NEW; END $$;
CREATE TRIGGER logs_insert AFTER INSERT ON parents FOR EACH ROW EXECUTE FUNCTION log_insert();
"""
ROWS = f"""
INSERT INTO parents (name) SELECT 'parent ' || n FROM generate_series(1, 5) n;
INSERT INTO children (parent, size) SELECT n, n * 10 FROM generate_series(1, 5) n;
UPDATE parents SET child = id;
INSERT INTO {ODD} VALUES
  (1, 'good', '{{"a": 1}}', E'tab\there\nline\\\\.'), (2, 'bad', NULL, 'COPY public.parents (id) FROM stdin;');
INSERT INTO parted VALUES (1, '2026-02-01'), (2, '2026-08-01');
INSERT INTO keyless VALUES ('one'), ('one');
TRUNCATE fired;
"""
TABLES = ("parents", "children", ODD, "parted", "keyless", "fired")
FORWARD = (
    f"DROP TABLE parents, children, {ODD}, parted, keyless, fired CASCADE; DROP FUNCTION log_insert; DROP TYPE mood;"
)

NOT_COMPARED = "Rows written between the backup and the migration were not compared: this page has no data-keep step."


class MigratedShop:
    """The database with its rows, its dump, and the migration that loses the rows."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.folder = folder
        self.compared = "records"
        self.kept: dict[str, str] = {}
        self.url = postgres.url(OWNER, "shop")
        create_databases(postgres, "shop")
        self.run_sql(SCHEMA + ROWS)
        self.back_up()

    def back_up(self) -> None:
        """Dump the database as it is now."""
        shutil.rmtree(self.folder / DUMP, ignore_errors=True)
        self.checksum = dump_database(self.url, self.folder)
        psql = [str(postgres_programs() / "psql"), "-XqAt", "-v", f"by={self.compared}", "-d", self.url]
        lines = subprocess.run(psql, input=script("postgres/content.sql"), text=True, capture_output=True, check=True)
        (self.folder / f"{DUMP}.content").write_text(lines.stdout)

    def run_sql(self, sql: str) -> list[tuple[object, ...]]:
        """Run statements. Returns the rows of the last one."""
        return run_sql(self.url, sql)

    def migrate_and_roll_back(self) -> None:
        """Afterwards the tables exist again, but they are empty."""
        self.run_sql(FORWARD)
        self.run_sql(SCHEMA)

    def keep_rows(self, *tables: str, columns: tuple[str, ...] = (), programs: Path | None = None) -> Outcome:
        """Run the `data-keep` step. What it kept is used by `bring_back`."""
        toml = (
            'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\n'
            f"tables = [{_quoted(tables)}]\ncolumns = [{_quoted(columns)}]\n"
        )
        values = {"backup_file": DUMP, "backup_sha256": self.checksum, "backup_compared": self.compared}
        ctx = context(World(), values, shell=self._shell(programs))
        outcome = execute(box("data-keep", toml), ctx)
        self.kept = dict(outcome.values)
        return outcome

    def _shell(self, programs: Path | None = None) -> LocalShell:
        environ = {"DB": self.url + "?schema=public", "FOLDER": str(self.folder)}
        return LocalShell(environ, programs or postgres_programs())

    def bring_back(
        self,
        *tables: str,
        columns: tuple[str, ...] = (),
        attempt: int = 1,
        migrated: bool = True,
        programs: Path | None = None,
        files: dict[str, str] | None = None,
        lock_timeout: str = "5 s",
    ) -> Outcome:
        """Run the `data-return` step. Unless `migrated`, the run has no receipt of the migration; it has `files`."""
        toml = (
            'host = "h"\ndatabase = "db"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\nundoes = "migration"\n'
            f"tables = [{_quoted(tables)}]\ncolumns = [{_quoted(columns)}]\nlock_timeout = '{lock_timeout}'\n"
        )
        values = {"backup_file": DUMP, "backup_sha256": self.checksum, **self.kept}
        ctx = context(World(), values, shell=self._shell(programs), attempt=attempt, files=files)
        database = PostgresDatabase({"db": DatabasePlace(url=self.url)}, {}, Redactor([]))
        if migrated:
            key = f"{ctx.key.rsplit('/', 2)[0]}/migration"
            migration = Migration(key=key, name="016.sql", text="SELECT 1", lock_timeout=1, limit=5)
            database.apply("db", migration, stop=Event())
        object.__setattr__(ctx.tools, "database", database)
        return execute(box("data-return", toml), ctx)

    def counts(self) -> dict[str, object]:
        """The number of rows of each table."""
        return {name: self.run_sql(f"SELECT count(*) FROM {name}")[0][0] for name in TABLES}

    def content(self) -> list[object]:
        """All rows of all tables, sorted."""
        return [sorted(str(row) for row in self.run_sql(f"SELECT t::text FROM {name} t")) for name in TABLES]


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)
