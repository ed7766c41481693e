"""A backup made by the real step is proven on a real PostgreSQL, and one that is not what it should be is seen."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.tools import postgres_programs
from commands.outcome import Outcome
from commands.steps.base import act
from tests.commands.steps.databases import do, fresh
from tests.commands.steps.making import box, context
from tests.local_shell import LocalShell
from tests.world import World

SCHEMA = """
CREATE TABLE parents (id serial PRIMARY KEY, name text);
CREATE TABLE "Kinder ไทย" (id integer REFERENCES parents, words text);
CREATE MATERIALIZED VIEW names AS SELECT name FROM parents;
CREATE SCHEMA other; CREATE TABLE other.parents (id bigint GENERATED ALWAYS AS IDENTITY);
INSERT INTO parents (name) SELECT 'parent ' || n FROM generate_series(1, 3000) n;
INSERT INTO "Kinder ไทย" SELECT n, E'GRANT ALL ON x TO y;\nALTER TABLE z OWNER TO somebody;' FROM generate_series(1, 5) n;
INSERT INTO other.parents DEFAULT VALUES;
REFRESH MATERIALIZED VIEW names;
GRANT SELECT ON parents TO dj_app;
"""
BACKUP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\nname = "shop"\n'
PROOF = 'host = "h"\ndatabase_url = "$DB"\nscratch_url = "$SCRATCH"\nfolder = "$FOLDER"\n'


class Shop:
    """A database, its scratch database, and the newest backup."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.folder, self.url, self.scratch = folder, postgres.url(OWNER, "shop"), postgres.url(OWNER, "scratch")
        fresh(postgres, "shop", "scratch")
        do(self.url, SCHEMA)
        self.made = self.step("backup", BACKUP, {})

    def step(self, kind: str, toml: str, values: dict[str, str], scratch: str = "") -> Outcome:
        """Run a step on this machine."""
        environ = {"DB": self.url, "SCRATCH": scratch or self.scratch, "FOLDER": str(self.folder)}
        shell = LocalShell(environ, postgres_programs())
        return act(box(kind, toml), context(World(), values, shell=shell))

    def prove(self, scratch: str = "") -> Outcome:
        """Prove the newest backup."""
        return self.step("proof", PROOF, dict(self.made.values), scratch)

    def change(self, how: Callable[[bytes], bytes], *, right_sum: bool) -> None:
        """Change the backup's text, with or without telling the checksum."""
        file = self.folder / self.made.values["backup_file"]
        file.write_bytes(gzip.compress(how(gzip.decompress(file.read_bytes()))))
        if right_sum:
            self.made.values["backup_sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()  # type: ignore[index]


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    """The database and its backup."""
    return Shop(postgres, tmp_path)


def test_a_whole_backup_is_proven_with_equal_counts(shop: Shop) -> None:
    assert shop.made.state == "done", shop.made.says + shop.made.output
    assert "3,006 rows of 3 tables" in shop.made.says
    found = shop.prove()
    assert found.state == "done", found.says + found.output
    assert "all 3 tables hold the 3,006 rows of the dump, unchanged" in found.says
    assert do(shop.url, "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo%'") == [], "the copy stays"


def test_rows_written_while_the_dump_runs_do_not_count_as_lost(shop: Shop) -> None:
    do(shop.url, "INSERT INTO parents (name) VALUES ('since')")
    assert shop.prove().state == "done", "the counts must be those of the dump's snapshot"


def test_a_proof_can_be_made_again(shop: Shop) -> None:
    assert shop.prove().state == "done"
    again = shop.prove()
    assert again.state == "done", again.output


def test_what_a_killed_attempt_left_is_removed(shop: Shop) -> None:
    left = "gonogo_proof_" + hashlib.sha256(shop.made.values["backup_file"].encode()).hexdigest()[:16]
    do(shop.scratch, f'CREATE DATABASE "{left}"')
    found = shop.prove()
    assert found.state == "done", found.says + found.output
    assert do(shop.url, "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo%'") == [], "the left-over stays"


def test_a_dump_that_lost_rows_is_seen(shop: Shop) -> None:
    shop.change(lambda text: text.replace(b"17\tparent 17\n", b""), right_sum=True)
    found = shop.prove()
    assert "does not hold what the database held" in found.says
    assert "public.parents: 3000 rows dumped, 2999 restored" in found.lines


def test_a_dump_with_as_many_rows_of_other_content_is_seen(shop: Shop) -> None:
    shop.change(lambda text: text.replace(b"17\tparent 17\n", b"17\tparent 71\n"), right_sum=True)
    found = shop.prove()
    assert "does not hold what the database held" in found.says
    assert "public.parents: 3000 rows, of which some hold something else than was dumped" in found.lines


def test_a_flipped_bit_is_seen(shop: Shop) -> None:
    shop.change(lambda text: text.replace(b"parent 17", b"parent 18"), right_sum=False)
    assert "its checksum differs" in shop.prove().says


def test_a_dump_cut_in_the_middle_is_seen(shop: Shop) -> None:
    shop.change(lambda text: text[: len(text) * 6 // 10], right_sum=True)
    found = shop.prove()
    assert found.state == "failed", "cut at 60 %: psql ends with 0 and leaves a part of the rows"


def test_production_itself_is_never_the_scratch_database(shop: Shop) -> None:
    found = shop.prove(scratch=shop.url.replace("127.0.0.1", "localhost") + "?application_name=other")
    assert "is production itself" in found.says
    assert do(shop.url, "SELECT count(*) FROM parents") == [(3000,)]


def test_a_scratch_database_that_holds_something_else_is_left_alone(shop: Shop) -> None:
    do(shop.scratch, "CREATE TABLE precious (id integer)")
    found = shop.prove()
    assert "is not empty" in found.says
    assert do(shop.scratch, "SELECT count(*) FROM precious") == [(0,)]


def test_the_superuser_is_not_needed(shop: Shop) -> None:
    assert SUPERUSER not in shop.url + shop.scratch
    assert shop.prove().state == "done"
