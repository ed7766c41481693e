"""`rehearse` on a real PostgreSQL: the copy goes forward and back, and what does not come back is named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.tools import postgres_programs
from commands.outcome import Outcome
from commands.steps.base import act
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


class Shop:
    """A production database, its backup, and an empty scratch database."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.folder = folder
        self.url, self.scratch = postgres.url(OWNER, "shop"), postgres.url(SUPERUSER, "scratch")
        fresh(postgres, "shop", "scratch")
        do(self.url, SHOP)
        self.sum = dump(self.url, folder)

    def rehearse(self, forward: str = FORWARD, back: str = BACK, returns: str = "", expect: str = "") -> Outcome:
        places = {"DB": self.url, "SCRATCH": self.scratch, "FOLDER": str(self.folder)}
        toml = (
            'host = "h"\ndatabase_url = "$DB"\nscratch_url = "$SCRATCH"\nfolder = "$FOLDER"\nforward = "f.sql"\n'
            f'rollback = "b.sql"\nreturns = [{returns}]'
        )
        made = context(
            World(),
            {"backup_file": DUMP, "backup_sha256": self.sum},
            shell=LocalShell(places, postgres_programs()),
            files={"f.sql": forward, "b.sql": back},
            beside={"forward": box("sql", VERIFY + expect)} if expect else None,
        )
        return act(box("rehearse", toml), made)

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
    found = shop.rehearse()
    assert found.state == "failed", found.says
    assert 'does not bring back the rows of public."Alt ของ"' in found.says, found.output
    assert 'public."Alt ของ": 7 rows → gone → 0, ❗ not as before' in found.lines


def test_rows_that_data_return_brings_back_do_not_stop_it(shop: Shop) -> None:
    found = shop.rehearse(returns="'\"Alt ของ\"'")
    assert found.state == "done", found.says + found.output
    assert "7 rows come back from the backup" in found.says
    assert "until forward is done, no reads or writes: public.kept" in found.lines


def test_the_pages_verify_queries_are_asked_on_the_copy(shop: Shop) -> None:
    agreed = shop.rehearse(returns="'\"Alt ของ\"'", expect=COLUMNS.format(1))
    assert agreed.state == "done", agreed.says + agreed.output
    assert "1 verify queries agree" in agreed.says
    wrong = shop.rehearse(returns="'\"Alt ของ\"'", expect=COLUMNS.format(4))
    assert wrong.state == "failed"
    assert "after forward, “it's extra” is 1 instead of 4" in wrong.says


def test_a_verify_query_that_the_scratch_server_cannot_answer_stops_nothing(shop: Shop) -> None:
    unknown = "[[verify]]\nsays = \"rights\"\nexpect = 1\nsql = \"SELECT has_table_privilege('nobody_here', 'kept', 'INSERT')::int\"\n"
    found = shop.rehearse(returns="'\"Alt ของ\"'", expect=unknown)
    assert found.state == "done", found.says
    assert "after forward, “rights” could not be asked on the copy" in found.lines


def test_content_that_changed_under_the_same_count_is_seen(shop: Shop) -> None:
    found = shop.rehearse(back=BACK + "UPDATE kept SET word = 'three' WHERE id = 2;", returns="'\"Alt ของ\"'")
    assert found.state == "failed"
    assert "rows of public.kept" in found.says


def test_a_schema_that_is_not_as_before_is_shown(shop: Shop) -> None:
    found = shop.rehearse(back='CREATE TABLE "Alt ของ" (id bigint);', returns="'\"Alt ของ\"'")
    assert found.state == "failed"
    assert "does not bring the schema back" in found.says
    assert any("extra integer" in line for line in found.lines), found.lines


@pytest.mark.parametrize(
    ("forward", "back", "which"), [("SELEC 1;", BACK, "forward"), (FORWARD, "\nDROP TABLE none;", "rollback")]
)
def test_a_file_that_fails_is_named_with_its_line(shop: Shop, forward: str, back: str, which: str) -> None:
    found = shop.rehearse(forward, back)
    assert found.state == "failed"
    assert f"the {which} file fails" in found.says, found.output
    assert f"line {1 + back.startswith(chr(10))}: ERROR" in "\n".join(found.lines)


def test_a_backup_that_is_not_as_it_was_is_not_rehearsed_on(shop: Shop) -> None:
    (shop.folder / "shop.sql.gz").write_bytes((shop.folder / "shop.sql.gz").read_bytes() + b"x")
    shop_digest = hashlib.sha256(b"").hexdigest()
    made = context(
        World(),
        {"backup_file": "shop.sql.gz", "backup_sha256": shop_digest},
        shell=LocalShell({"DB": shop.url, "SCRATCH": shop.scratch, "FOLDER": str(shop.folder)}, postgres_programs()),
        files={"f.sql": FORWARD, "b.sql": BACK},
    )
    toml = 'host = "h"\ndatabase_url = "$DB"\nscratch_url = "$SCRATCH"\nfolder = "$FOLDER"\nforward = "f.sql"\nrollback = "b.sql"'
    assert "its checksum differs" in act(box("rehearse", toml), made).says
