"""A backup of the record, made as docs/operating.md says, is whole and verifies."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from state.facts import Hold
from state.place import Place, open_record, verify_record
from state.postgres.address import PostgresAddress
from tests.pages import event
from tests.state.kept import KeptInPostgres
from tests.state.sqlite.samples import U1, at
from tests.state.store.journalled import write_run

OPERATING = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()


def assert_whole(copy: Place, key: Path) -> None:
    """The copy verifies, has the run, and a bot goes on with it."""
    with closing(open_record(copy, key=key)) as record:
        (run,) = record.active_runs()
        assert [str(one) for verdict in verify_record(copy, record.key) for one in verdict.changes] == []
        assert record.add_fact(run.id, Hold(by=U1, at=at(20), number=1), event("hold"))
        assert record.changes(run.id) == []


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="this machine has no sqlite3")
def test_the_state_file_is_copied_by_sqlite_while_it_is_written(tmp_path: Path) -> None:
    (command,) = re.findall(r'^sqlite3 gonogo\.db "(\.backup [^"]+)"', OPERATING, re.MULTILINE)
    folder = tmp_path / "backup"
    folder.mkdir()
    with closing(open_record(tmp_path / "gonogo.db", serving=True)) as record:
        write_run(record)
        words = ["sqlite3", "gonogo.db", command.replace("/backup/", "backup/")]
        subprocess.run(words, cwd=tmp_path, check=True, timeout=60)
    assert_whole(folder / "gonogo.db", tmp_path / "gonogo.db.key")


def test_a_record_in_postgresql_is_copied_by_pg_dump_of_its_schema(postgres: Postgres, tmp_path: Path) -> None:
    (schema,) = re.findall(r"`pg_dump (--schema=\w+)`", OPERATING)
    kept = KeptInPostgres(postgres, tmp_path)
    kept.prepare()
    write_run(kept.open())
    with psycopg.connect(postgres.url(SUPERUSER), autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS restored_record WITH (FORCE)")
        server.execute(f"CREATE DATABASE restored_record OWNER {OWNER}".encode())
    programs = postgres_programs()
    dump = subprocess.run([programs / "pg_dump", schema, kept.address.url], capture_output=True, check=True, timeout=60)
    copy = postgres.url(OWNER, "restored_record")
    load: list[str | Path] = [programs / "psql", "-Xq", "-v", "ON_ERROR_STOP=1", copy]
    subprocess.run(load, input=dump.stdout, check=True, timeout=60)
    kept.close()
    assert_whole(PostgresAddress(copy), kept.key_file)
    with psycopg.connect(postgres.url(SUPERUSER), autocommit=True) as server:
        server.execute("DROP DATABASE restored_record WITH (FORCE)")
