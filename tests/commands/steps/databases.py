"""Databases on the real PostgreSQL of the tests: created, queried, dumped and damaged."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs

DUMP = "shop.dump"


def create_databases(postgres: Postgres, *names: str) -> None:
    """Create these databases, empty and owned by the owner of the tables.

    Existing ones are dropped first, and so are the copies and the replaced databases that another test left.
    """
    for name in made_databases(postgres):
        run_sql(postgres.url(SUPERUSER), f"DROP DATABASE {name} WITH (FORCE)")
    with psycopg.connect(postgres.url(OWNER), autocommit=True) as server:
        for name in names:
            server.execute(f"DROP DATABASE IF EXISTS {name}".encode())
            server.execute(f"CREATE DATABASE {name}".encode())


def made_databases(postgres: Postgres) -> list[str]:
    """The databases that the bot has made on a server, asked of one that no test renames."""
    query = "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo%' ORDER BY 1"
    return [str(row[0]) for row in run_sql(postgres.url(SUPERUSER), query)]


@contextmanager
def extension(postgres: Postgres, sql: str) -> Iterator[None]:
    """The extension `hints`, which the server may create meanwhile."""
    where = str(run_sql(postgres.url(SUPERUSER), "SHOW extension_control_path")[0][0])
    folder = Path(where.rpartition(":")[2]) / "extension"
    files = {folder / "hints.control": "default_version = '1'\ntrusted = true\n", folder / "hints--1.sql": sql}
    for file, text in files.items():
        file.write_text(text)
    yield
    for file in files:
        file.unlink()


def run_sql(url: str, sql: str) -> list[tuple[object, ...]]:
    """Run statements. Returns the rows of the last one."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def limit_transactions(url: str, setting: str, limit: str) -> None:
    """Let a limit that is meant for the application count for every session; skips the test where it is not known."""
    if not run_sql(url, f"SELECT 1 FROM pg_settings WHERE name = '{setting}'"):
        pytest.skip(f"this PostgreSQL has no {setting}")
    name = run_sql(url, "SELECT current_database()")[0][0]
    run_sql(url, f"ALTER DATABASE {name} SET {setting} = '{limit}'")


def slow_programs(folder: Path, seconds: int) -> Path:
    """A folder with PostgreSQL's programs, of which those for archives wait before they begin."""
    folder.mkdir()
    for program in postgres_programs().iterdir():
        if program.name in ("pg_dump", "pg_restore"):
            (folder / program.name).write_text(f'#!/bin/sh\nsleep {seconds}\nexec {program} "$@"\n')
            (folder / program.name).chmod(0o755)
        else:
            (folder / program.name).symlink_to(program)
    return folder


def dump_database(url: str, folder: Path) -> str:
    """Dump a database to `DUMP` in the folder, with its checksums. Returns the checksum of the checksums."""
    script = f"{postgres_programs() / 'pg_dump'} -Fd -f {DUMP} '{url}'"
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, check=True)
    return write_checksums(folder / DUMP)


def write_checksums(archive: Path) -> str:
    """Write the checksums of an archive's files like the `backup` step. Returns the checksum of the checksums."""
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(archive.iterdir())]
    checksums = archive.with_name(f"{archive.name}.sha256")
    checksums.write_text("".join(lines))
    return hashlib.sha256(checksums.read_bytes()).hexdigest()


def data_file(archive: Path, row: bytes) -> Path:
    """The file of the archive that has this row."""
    return next(file for file in archive.glob("*.dat.gz") if row in gzip.decompress(file.read_bytes()))


def change_row(archive: Path, old: bytes, new: bytes) -> None:
    """Change a row inside an archive, without updating its checksums."""
    file = data_file(archive, old)
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()).replace(old, new)))
