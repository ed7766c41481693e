"""`data-return` on a real PostgreSQL: what a forward migration dropped comes back from the dump, once, whatever its types."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from bot.tools.places import DatabasePlace
from bot.tools.postgres.sql import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.database import Migration
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.scripts import script
from tests.commands.steps.databases import DUMP, data_file, do, dump, fresh, seal
from tests.commands.steps.making import box, context, plan
from tests.local_shell import LocalShell
from tests.world import World

ODD = '"Größe & ""Art"" ของ (x)"'
SCHEMA = f"""
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE parents (id serial PRIMARY KEY, name text UNIQUE, child integer);
CREATE TABLE children (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent integer NOT NULL REFERENCES parents, size integer,
  double integer GENERATED ALWAYS AS (size * 2) STORED);
ALTER TABLE parents ADD CONSTRAINT favourite FOREIGN KEY (child) REFERENCES children;
CREATE TABLE {ODD} ("Id ไทย" integer PRIMARY KEY, "select" mood, doc json, "a ""quoted"" one" text);
CREATE TABLE parted (id integer, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
CREATE TABLE keyless (word text);
CREATE TABLE told (what text);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO told VALUES ('fired'); RETURN NEW; END $$;
CREATE TRIGGER tells AFTER INSERT ON parents FOR EACH ROW EXECUTE FUNCTION tell();
"""
ROWS = f"""
INSERT INTO parents (name) SELECT 'parent ' || n FROM generate_series(1, 5) n;
INSERT INTO children (parent, size) SELECT n, n * 10 FROM generate_series(1, 5) n;
UPDATE parents SET child = id;
INSERT INTO {ODD} VALUES (1, 'good', '{{"a": 1}}', E'tab\there\nline\\\\.'), (2, 'bad', NULL, 'COPY public.parents (id) FROM stdin;');
INSERT INTO parted VALUES (1, '2026-02-01'), (2, '2026-08-01');
INSERT INTO keyless VALUES ('one'), ('one');
TRUNCATE told;
"""
TABLES = ("parents", "children", ODD, "parted", "keyless", "told")
FORWARD = f"DROP TABLE parents, children, {ODD}, parted, keyless, told CASCADE; DROP FUNCTION tell; DROP TYPE mood;"


class Shop:
    """A database with its dump, on which a forward migration and its rollback have run."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.folder = folder
        self.url = postgres.url(OWNER, "shop")
        fresh(postgres, "shop")
        self.do(SCHEMA + ROWS)
        self.backup()

    def backup(self) -> None:
        """Dump it as it is now."""
        shutil.rmtree(self.folder / DUMP, ignore_errors=True)
        self.sum = dump(self.url, self.folder)

    def do(self, sql: str) -> list[tuple[object, ...]]:
        """Run statements; the rows of the last one."""
        return do(self.url, sql)

    def lose(self) -> None:
        """Forward, and back: the tables are there, the rows are not."""
        self.do(FORWARD)
        self.do(SCHEMA)

    def bring_back(
        self,
        *tables: str,
        columns: tuple[str, ...] = (),
        run: int = 1,
        migrated: bool = True,
        programs: Path | None = None,
    ) -> Outcome:
        """Run the step."""
        names = ", ".join(f"'{name}'" for name in tables)
        more = ", ".join(f"'{name}'" for name in columns)
        toml = (
            'host = "h"\ndatabase = "db"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\n'
            f'tables = [{names}]\ncolumns = [{more}]\nundoes = "migration"\n'
        )
        shell = LocalShell(
            {"DB": self.url + "?schema=public", "FOLDER": str(self.folder)}, programs or postgres_programs()
        )
        values = {"backup_file": DUMP, "backup_sha256": self.sum}
        made = context(World(), values, shell=shell, attempt=run)
        sql = PostgresDatabase({"db": DatabasePlace(url=self.url)}, {}, Redactor([]))
        if migrated:
            receipt = Migration(
                key=f"{made.key.rsplit('/', 2)[0]}/migration", name="016.sql", text="SELECT 1", lock_timeout=1, limit=5
            )
            sql.apply("db", receipt, stop=Event())
        object.__setattr__(made.tools, "database", sql)
        return execute(box("data-return", toml), made)

    def counts(self) -> dict[str, object]:
        """The rows of each table."""
        return {name: self.do(f"SELECT count(*) FROM {name}")[0][0] for name in TABLES}


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[Shop]:
    """The database before the deployment."""
    yield Shop(postgres, tmp_path)


def content(shop: Shop) -> list[object]:
    """All rows of all tables, in order."""
    return [sorted(str(row) for row in shop.do(f"SELECT t::text FROM {name} t")) for name in TABLES]


def test_every_row_of_every_type_comes_back_and_the_next_insert_works(shop: Shop) -> None:
    before = content(shop)
    shop.lose()
    assert set(shop.counts().values()) == {0}, "the trap: the tables are there, and empty"
    found = shop.bring_back(*TABLES)
    assert found.state == "done", found.output
    assert content(shop) == before
    assert shop.do("INSERT INTO parents (name) VALUES ('next') RETURNING id") == [(6,)]
    assert shop.do("INSERT INTO children (parent, size) VALUES (6, 1) RETURNING id, double") == [(6, 2)]
    assert "parents: 5 in the backup, 0 there, 5 brought back" in "\n".join(found.lines)
    assert found.summary.startswith("16 rows of 7 tables are back"), found.summary


def test_triggers_stay_quiet_and_fire_again_afterwards(shop: Shop) -> None:
    shop.lose()
    assert shop.bring_back(*TABLES).state == "done"
    assert shop.counts()["told"] == 0, "a trigger fired for a row that came back"
    shop.do("INSERT INTO parents (name) VALUES ('next')")
    assert shop.counts()["told"] == 1, "the trigger stays off"


def test_foreign_keys_hold_again_as_they_did(shop: Shop) -> None:
    keys = "SELECT conname, condeferrable, condeferred, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY 1"
    before = shop.do(keys)
    shop.lose()
    assert shop.bring_back(*TABLES).state == "done"
    assert shop.do(keys) == before
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        shop.do("INSERT INTO children (parent, size) VALUES (999, 1)")


def test_it_happens_once_for_each_run(shop: Shop) -> None:
    shop.lose()
    assert shop.bring_back(*TABLES).state == "done"
    shop.do("DELETE FROM keyless")
    again = shop.bring_back(*TABLES, run=2)
    assert again.summary == "The rows were brought back by this run before."
    assert shop.counts()["keyless"] == 0


def test_the_values_of_a_dropped_column_come_back_and_no_deleted_row_does(shop: Shop) -> None:
    shop.do("UPDATE parents SET child = NULL WHERE child = 5")
    shop.do(
        "ALTER TABLE children DROP COLUMN double; ALTER TABLE children DROP COLUMN size; DELETE FROM children WHERE id = 5"
    )
    shop.do("ALTER TABLE children ADD COLUMN size integer")
    found = shop.bring_back(columns=("children.size",))
    assert found.state == "done", found.output
    assert found.summary.startswith("4 values of columns are back from the backup, in "), found.summary
    assert shop.do("SELECT id, size FROM children ORDER BY id") == [(1, 10), (2, 20), (3, 30), (4, 40)]


def test_where_columns_alone_are_named_no_tables_next_row_is_tried(shop: Shop) -> None:
    ended = LocalShell({"DB": shop.url}, postgres_programs()).ask(
        "h",
        f"psql -XqAt -v ON_ERROR_STOP=1 -v tables= $DB <<'END'\n{script('postgres/next_insert.sql')}END\n",
        env={"DB": "$DB"},
    )
    assert ended.code == 0, ended.tail


def test_a_page_must_name_a_table_or_a_column() -> None:
    toml = 'host = "h"\ndatabase = "db"\ndatabase_url = "$DB"\nfolder = "$F"\nundoes = "m"\n'
    with pytest.raises(ValueError, match="must name at least one of tables or columns"):
        box("data-return", toml)
    text = plan(box("data-return", toml + 'columns = ["a.b"]'))
    assert "on db: the values of a.b come back from <backup_file>" in text
    assert "on db: rows of" not in text


@pytest.mark.parametrize(
    ("spoil", "tables", "summary"),
    [
        ("INSERT INTO keyless VALUES ('since')", ("keyless",), "keyless has no primary key and holds rows already"),
        ("CREATE TABLE newer (id integer PRIMARY KEY)", ("newer",), "the backup has no table public.newer"),
        ("SELECT 1", ("nowhere",), 'relation "nowhere" does not exist'),
        ("ALTER TABLE parents DROP COLUMN name", ("parents",), 'column "name" does not exist'),
        ("ALTER TABLE children ADD CHECK (size < 20)", ("parents", "children"), "violates check constraint"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_changes_nothing(
    shop: Shop, spoil: str, tables: tuple[str, ...], summary: str
) -> None:
    shop.lose()
    shop.do(spoil)
    before = shop.counts()
    found = shop.bring_back(*tables)
    assert found.state == "failed"
    assert summary in found.summary
    assert shop.counts() == before
    assert shop.do("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND condeferrable") == [(0,)]


def test_where_the_migration_was_never_applied_nothing_is_brought_back(shop: Shop) -> None:
    shop.do("DELETE FROM keyless")
    found = shop.bring_back("keyless", migrated=False)
    assert found.state == "done"
    assert "never applied" in found.summary
    assert shop.counts()["keyless"] == 0, "rows that people deleted since the backup must stay deleted"


def test_a_backup_that_was_changed_is_not_used(shop: Shop) -> None:
    shop.lose()
    file = data_file(shop.folder / DUMP, b"parent 3")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    found = shop.bring_back(*TABLES)
    assert "its checksum differs" in found.summary
    assert set(shop.counts().values()) == {0}


def test_a_backup_that_breaks_off_in_the_middle_brings_nothing_back(shop: Shop) -> None:
    shop.lose()
    file = data_file(shop.folder / DUMP, b"COPY public.parents")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    shop.sum = seal(shop.folder / DUMP)
    assert shop.bring_back(*TABLES).state == "failed"
    assert set(shop.counts().values()) == {0}


def test_the_plan_names_the_tables_and_no_address() -> None:
    toml = 'host = "h"\ndatabase = "db"\ndatabase_url = "$DB"\nfolder = "$F"\ntables = ["a", "b"]\nundoes = "m"'
    text = plan(box("data-return", toml))
    assert "on db: rows of a, b that are missing come back from <backup_file>" in text
    assert "DATABASE_URL=$DB" in text
