"""Databases of the tests' own on the real PostgreSQL: made empty, asked, and dumped as the backup step does it."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from pathlib import Path

import psycopg

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.programs import postgres_programs

DUMP = "shop.dump"


def fresh(postgres: Postgres, *names: str) -> None:
    """Make these databases anew and empty, the tables' owner's own."""
    with psycopg.connect(postgres.url(OWNER), autocommit=True) as server:
        for name in names:
            server.execute(f"DROP DATABASE IF EXISTS {name}".encode())
            server.execute(f"CREATE DATABASE {name}".encode())


def do(url: str, sql: str) -> list[tuple[object, ...]]:
    """Run statements; the rows of the last one."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def dump(url: str, folder: Path) -> str:
    """Dump a database into the folder's `DUMP`, with its checksums beside it; returns the checksum of those."""
    script = f"{postgres_programs() / 'pg_dump'} -Fd -f {DUMP} '{url}'"
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, check=True)
    return seal(folder / DUMP)


def seal(archive: Path) -> str:
    """Write the checksums of an archive's files down beside it, as the backup step does; returns the checksum of those."""
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(archive.iterdir())]
    sums = archive.with_name(f"{archive.name}.sha256")
    sums.write_text("".join(lines))
    return hashlib.sha256(sums.read_bytes()).hexdigest()


def data_file(archive: Path, row: bytes) -> Path:
    """The archive's file with that row."""
    return next(file for file in archive.glob("*.dat.gz") if row in gzip.decompress(file.read_bytes()))


def change(archive: Path, old: bytes, new: bytes) -> None:
    """Change a row of an archive, packed as it was, without a word to its checksums."""
    file = data_file(archive, old)
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()).replace(old, new)))
