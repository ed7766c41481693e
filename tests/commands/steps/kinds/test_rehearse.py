"""`rehearse` on a real PostgreSQL: the copy goes forward and back, and what does not come back is named."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.scripts import script
from tests.commands.steps.databases import DUMP, do, dump, fresh
from tests.commands.steps.making import box, context
from tests.local_shell import LocalShell
from tests.world import World

SHOP = """
CREATE TABLE kept (id serial PRIMARY KEY, word text); INSERT INTO kept (word) VALUES ('one'), ('two');
CREATE TABLE "Alt ของ" (id integer); INSERT INTO "Alt ของ" SELECT generate_series(1, 7);
"""
FORWARD = 'ALTER TABLE kept ADD COLUMN extra integer;\nDROP TABLE "Alt ของ";\n'
BACK = 'ALTER TABLE kept DROP COLUMN extra;\nCREATE TABLE "Alt ของ" (id integer);\n'


VERIFY = 'database = "d"\nfile = "f.sql"\n'
COLUMNS = """
[[verify]]
says = "it's extra"
expect = {}
sql = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'kept'::regclass AND attname = 'extra'"
"""


RETURN = """
host = "h"
database = "d"
database_url = "$DB"
folder = "$FOLDER"
undoes = "forward"
tables = ["\\"Alt ของ\\""]
"""


class Shop:
    """A production database, its backup, and an empty scratch database."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.folder = folder
        self.url, self.scratch = postgres.url(OWNER, "shop"), postgres.url(SUPERUSER, "scratch")
        fresh(postgres, "shop", "scratch")
        do(self.url, SHOP)
        self.sum = dump(self.url, folder)

    def rehearse(
        self,
        forward: str = FORWARD,
        back: str = BACK,
        *,
        returns: str | list[str] = RETURN,
        expect: str = "",
        proven: str = "",
    ) -> Outcome:
        places = {"DB": self.url, "SCRATCH": self.scratch, "FOLDER": str(self.folder)}
        toml = 'host = "h"\ndatabase_url = "$DB"\nscratch_url = "$SCRATCH"\nfolder = "$FOLDER"\n'
        own = toml + 'forward = "f.sql"\nrollback = "b.sql"'
        beside = {"forward": box("sql", VERIFY + (expect or COLUMNS.format(1))), "rehearse": box("rehearse", own)}
        all_returns = [returns] if isinstance(returns, str) else returns
        beside |= {f"return-{n}": box("data-return", one) for n, one in enumerate(all_returns) if one}
        values = {"backup_file": DUMP, "backup_sha256": self.sum, "backup_compared": "text"}
        shell = LocalShell(places, postgres_programs())
        made = context(
            World(),
            values,
            shell=shell,
            files={"f.sql": forward, "b.sql": back},
            beside=beside,
        )
        if proven:
            asked = shell.ask(
                "h",
                f"psql -XqAt -v by=text $DB <<'END' > $FOLDER/{DUMP}.content\n{script('postgres/content.sql')}END\n",
                env={name: f"${name}" for name in places},
            )
            assert not asked.code, asked.tail
            proof = execute(box("proof", toml), replace(made, key="run-1/proof/1"))
            assert proof.state == "done", proof.summary + proof.output
            [[copy]] = do(self.url, "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo%'")
            do(self.scratch.replace("/scratch", f"/{copy}"), proven.format(copy=copy))
        return execute(box("rehearse", own), made)

    def left(self) -> list[tuple[object, ...]]:
        """Databases of ours that were not dropped, and what is in production."""
        copies = do(self.url, "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo%'")
        return copies + do(self.url, 'SELECT count(*) FROM "Alt ของ"')


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[Shop]:
    """The database before the deployment; whatever happens, it is untouched and the copy is gone."""
    made = Shop(postgres, tmp_path)
    yield made
    assert made.left() == [(7,)]


def test_rows_that_do_not_come_back_stop_the_run_and_are_counted(shop: Shop) -> None:
    found = shop.rehearse(returns="")
    assert found.state == "failed", found.summary
    assert 'does not bring back the rows of public."Alt ของ"' in found.summary, found.output
    assert '"Alt ของ": 7 → gone → 0 ❗ not as before' in found.lines


def test_rows_that_data_return_brings_back_on_the_copy_do_not_stop_it(shop: Shop) -> None:
    found = shop.rehearse()
    assert found.state == "done", found.summary + found.output
    assert "7 rows brought back from the backup in" in found.summary
    assert "schema and every row as before" in found.summary
    assert '"Alt ของ": 7 → gone → 0 → 7 ✓' in found.lines


def test_a_return_that_fails_on_the_copy_is_told_with_the_reason(shop: Shop) -> None:
    found = shop.rehearse(back=BACK.replace("(id integer)", "(word integer)"))
    assert found.state == "failed"
    assert "the data-return fails" in found.summary
    assert any('column "id" does not exist' in line for line in found.lines), found.output


def test_a_return_that_forgets_a_table_stops_the_run(shop: Shop) -> None:
    do(shop.url, "CREATE TABLE forgotten (id integer); INSERT INTO forgotten VALUES (1)")
    shutil.rmtree(shop.folder / DUMP)
    shop.sum = dump(shop.url, shop.folder)
    found = shop.rehearse(FORWARD + "DROP TABLE forgotten;", BACK + "CREATE TABLE forgotten (id integer);")
    assert found.state == "failed"
    assert "does not bring back the rows of public.forgotten." in found.summary


def test_a_sequence_that_would_collide_with_a_row_that_came_back_is_found(shop: Shop) -> None:
    do(
        shop.url,
        "CREATE TABLE numbered (id integer PRIMARY KEY, word text); INSERT INTO numbered VALUES (1, 'one'), (2, 'two')",
    )
    shutil.rmtree(shop.folder / DUMP)
    shop.sum = dump(shop.url, shop.folder)
    # a sequence that belongs to no column is one that data-return cannot know
    back = "CREATE SEQUENCE apart; CREATE FUNCTION next_one() RETURNS integer LANGUAGE sql AS 'SELECT nextval(''apart'')::integer';"
    back += (
        "CREATE TABLE numbered (id integer PRIMARY KEY DEFAULT nextval('apart'), word text); DROP FUNCTION next_one;"
    )
    returns = RETURN.replace('tables = ["', 'tables = ["numbered", "')
    found = shop.rehearse(FORWARD + "DROP TABLE numbered;", BACK + back, returns=returns)
    assert found.state == "failed"
    assert found.summary.startswith("On the copy, the"), found.summary


def test_how_long_each_table_is_locked_is_measured_and_told(shop: Shop) -> None:
    slow = "SELECT pg_sleep(0.3);"
    found = shop.rehearse(f"ALTER TABLE kept ADD COLUMN extra integer; {slow}\n{FORWARD.splitlines()[1]}\n")
    assert found.state == "done", found.summary + found.output
    lock = next(line for line in found.lines if line.startswith("forward keeps readers and writers waiting: "))
    held = {name: int(ms) for name, ms in re.findall(r'(\w+|"[^"]+") (\d+) ms', lock)}
    assert 300 <= held["kept"] < 3000, lock
    assert held['"Alt ของ"'] < held["kept"] - 250, f"dropped after the sleep: {lock}"
    assert any(line.startswith("rollback keeps readers and writers waiting: kept ") for line in found.lines), (
        found.lines
    )


def test_the_copy_that_the_proof_left_is_used_and_dropped(shop: Shop) -> None:
    mark = "CREATE TABLE mark (id integer);"
    found = shop.rehearse(FORWARD + "DROP TABLE mark;", BACK + mark, proven=f"{mark} ALTER TABLE mark OWNER TO {OWNER}")
    assert found.state == "done", f"the backup was restored once more: {found.summary} {found.output}"


def test_a_copy_of_another_backup_is_not_used(shop: Shop) -> None:
    assert shop.rehearse(proven="COMMENT ON DATABASE {copy} IS 'another'").state == "done"


def test_the_pages_verify_queries_are_asked_on_the_copy(shop: Shop) -> None:
    agreed = shop.rehearse()
    assert agreed.state == "done", agreed.summary + agreed.output
    assert "1 verify queries agree" in agreed.summary
    wrong = shop.rehearse(expect=COLUMNS.format(4))
    assert wrong.state == "failed"
    assert "after forward, “it's extra” is 1 instead of 4" in wrong.summary


def test_a_verify_query_that_the_scratch_server_cannot_answer_stops_nothing(shop: Shop) -> None:
    unknown = "[[verify]]\nsays = \"rights\"\nexpect = 1\nsql = \"SELECT has_table_privilege('nobody_here', 'kept', 'INSERT')::int\"\n"
    found = shop.rehearse(expect=unknown)
    assert found.state == "done", found.summary
    assert "after forward, “rights” could not be asked on the copy, which lacks a role" in found.lines


def test_content_that_changed_under_the_same_count_is_seen(shop: Shop) -> None:
    found = shop.rehearse(back=BACK + "UPDATE kept SET word = 'three' WHERE id = 2;")
    assert found.state == "failed"
    assert "rows of public.kept" in found.summary


def test_a_schema_that_is_not_as_before_is_shown(shop: Shop) -> None:
    found = shop.rehearse(back='CREATE TABLE "Alt ของ" (id bigint);')
    assert found.state == "failed"
    assert "does not bring the schema back" in found.summary
    assert any("extra integer" in line for line in found.lines), found.lines


@pytest.mark.parametrize(
    ("forward", "back", "which"), [("SELEC 1;", BACK, "forward"), (FORWARD, "\nDROP TABLE none;", "rollback")]
)
def test_a_file_that_fails_is_named_with_its_line(shop: Shop, forward: str, back: str, which: str) -> None:
    found = shop.rehearse(forward, back)
    assert found.state == "failed"
    assert f"the {which} file fails" in found.summary, found.output
    assert f"line {1 + back.startswith(chr(10))}: ERROR" in "\n".join(found.lines)


def test_a_backup_that_is_not_as_it_was_is_not_rehearsed_on(shop: Shop) -> None:
    shop.sum = hashlib.sha256(b"").hexdigest()
    assert "its checksum differs" in shop.rehearse().summary
