"""Databases of the tests' own on the real PostgreSQL: made empty, asked, and dumped as the backup step does it."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import psycopg

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.tools import postgres_programs

DUMP = "shop.sql.gz"


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
    """Dump a database into the folder's `DUMP`; returns its SHA-256."""
    script = f"{postgres_programs() / 'pg_dump'} '{url}' | gzip > {DUMP}"
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, check=True)
    return hashlib.sha256((folder / DUMP).read_bytes()).hexdigest()
