"""A migration of 15,000 statements beside psql, and the review of 10,000 added lines."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from threading import Event

import psycopg

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from bot.tools.analysis import CodeAnalysis
from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.database import Migration
from commands.steps.base import execute
from commands.systems.postgres.one_transaction import unsafe_statements
from commands.systems.postgres.sql_file import read_sql
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository
from tests.conftest import make_host
from tests.local_shell import LocalShell
from tests.world import World

ROUNDS = 3
STATEMENTS = "".join(
    f"INSERT INTO things (id, name) VALUES ({number}, 'ของเดิม'); -- {'x' * 60}\n" for number in range(15_000)
)
LINES = "".join(f"  const value{number} = compute(something, {number}, 'some words')\n" for number in range(10_000))


def measure() -> dict[str, float]:
    """Seconds (medians of 3, measured in turn), gonogo's also as a ratio to psql's."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        host = make_host(folder)
        server = Postgres(host)
        server.start()
        try:
            rounds = [_one_round(server.url(OWNER), folder / "file.sql", number) for number in range(ROUNDS)]
        finally:
            server.stop()
            host.stop_processes()
        review = _review(folder)
    psql, gonogo, first = (statistics.median(seconds[n] for seconds in rounds) for n in range(3))
    return {
        "psql: 15,000 statements, s": psql,
        "gonogo: the same, read, checked and applied, s": gonogo,
        "gonogo: until its first report, s": first,
        "ratio, gonogo to psql": gonogo / psql,
        "gonogo: review of 10,000 added lines, s": review,
    }


def _one_round(url: str, file: Path, number: int) -> tuple[float, float, float]:
    file.write_text(f"BEGIN;\n{STATEMENTS}COMMIT;\n")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS things; CREATE TABLE things (id int, name text)")
    began = time.monotonic()
    subprocess.run([postgres_programs() / "psql", "-Xq", url, "-f", file], check=True)
    psql = time.monotonic() - began
    read_sql.cache_clear()
    reports: list[float] = []
    began = time.monotonic()
    text = file.read_text()
    if unsafe_statements(text, CodeAnalysis()):
        raise RuntimeError("The file would be refused.")
    migration = Migration(key=f"bench/{number}", name="file.sql", text=text, lock_timeout=5, limit=600)
    database = PostgresDatabase({"db": DatabasePlace(url=url)}, {}, Redactor([]))
    database.apply("db", migration, stop=Event(), on_output=lambda _: reports.append(time.monotonic() - began))
    return psql, time.monotonic() - began, reports[0] if reports else float("nan")


def _review(folder: Path) -> float:
    repository = Repository(folder)
    new = repository.commit({"big.js": LINES}, "Third")
    shell = LocalShell({"REPO": str(repository.path)})
    shell.ask("h", f"cd {repository.path}; git fetch -q")
    values = {"commit": new, "commit_before": repository.new}
    began = time.monotonic()
    outcome = execute(
        box("review", 'host = "h"\nrepository = "$REPO"'), context(World(), values, shell=shell, files={})
    )
    if outcome.summary != "No findings in the changes.":
        raise RuntimeError(outcome.summary)
    return time.monotonic() - began
