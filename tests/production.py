"""A small production in memory: what its host, database and web answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from commands.ports.database import Rows
from commands.ports.shell import CommandResult
from commands.ports.web import HttpRequest, HttpResponse
from commands.systems.git.release_files import blob

OLD, NEW = "1" * 40, "2" * 40
FORWARD_SQL = "ALTER TABLE approval_flows ADD COLUMN job_type_id integer;\n"
ROLLBACK_SQL = "ALTER TABLE approval_flows DROP COLUMN job_type_id;\n"


def ended(tail: str = "", code: int = 0) -> CommandResult:
    """A command that ended."""
    return CommandResult(code=code, tail=tail, size=len(tail.encode()), seconds=0.1)


def rows(*cells: Any) -> Rows:
    """One row."""
    return Rows(columns=tuple(f"c{n}" for n in range(len(cells))), rows=(cells,))


def answer(status: int = 200, data: Any = None, *, text: str = "", seconds: float = 0.05) -> HttpResponse:
    """An HTTP answer with JSON, or with plain text."""
    return HttpResponse(status=status, seconds=seconds, headers={}, text=text or json.dumps(data))


class Production:
    """The old version serves until it is deployed to; nothing here ever fails."""

    def __init__(self) -> None:
        self.files = {
            "database/migrations/manual/016_extend_v1_remove_v2_approval_flow.sql": FORWARD_SQL,
            "database/migrations/manual/016_ROLLBACK_extend_v1_remove_v2.sql": ROLLBACK_SQL,
        }
        self.forward = self.maintenance = False
        self.head = self.running = self.served = OLD
        self.pid, self.restarts = 100, 3
        self.jobs: dict[int, str] = {}
        self.log_lines: list[str] = []
        self._next_job = 1

    def host_does(self, script: str, env: Mapping[str, str]) -> CommandResult:
        """What a script does when all goes well."""
        if "/proc/stat" in script:
            return ended(_metrics(script))
        for marker, does in _SCRIPTS:
            if marker in script:
                return ended(does(self, env))
        return ended("ok\n")

    def service(self) -> str:
        """The line of JSON that the `service` kind's script prints."""
        told = {
            "service": "dj-system-api",
            "id": 0,
            "pid": self.pid,
            "status": "online",
            "restarts": self.restarts,
            "uptime": 1.5,
            "out": "/logs/out.log",
            "err": "/logs/err.log",
            "out_from": "500:7:aa:1795449600.5",
            "err_from": "40:8:bb:1795449600.5",
        }
        return json.dumps({"names": ["dj-system-api"], "missing": [], "processes": [told]})

    def restart(self) -> str:
        """pm2 restarts the service, which then runs what is checked out."""
        before = self.service()
        self.pid, self.restarts, self.running = self.pid + 1, self.restarts + 1, self.head
        return f"before={before}\nafter={self.service()}\n"

    def serve(self, commit: str) -> str:
        """The link is switched."""
        before, self.served = self.served, commit
        return f"release_before={before}\n"

    def sql_says(self, sql: str) -> Rows:
        """The answers of the database."""
        if "AS roles, rights" in sql or "application_name ~" in sql:  # no role lacks a right, no tool's session is left
            return Rows(columns=(), rows=())
        answers: dict[str, tuple[object, ...]] = {
            "pg_is_in_recovery": (False, "dj_owner", "off"),
            "NOT indisvalid": (None,),
            "to_regnamespace": ("dj_owner", False, True, False),
            "acldefault": ("r1",),
            "relowner": (None, "dj_owner"),
            "relname": (0 if self.forward else 4,),
            "attname": (4 if self.forward else 0,),
        }
        return rows(*next((answer for part, answer in answers.items() if part in sql), (42,)))

    def web_says(self, place: str, call: HttpRequest) -> HttpResponse:
        """The answers of the door, the API and the page."""
        if self.maintenance and place != "api_local" and "X-Deploy-Bypass" not in call.headers:
            return answer(503, {"error": "maintenance"})
        path = str(call.path).strip("/").split("/")
        if path[:2] == ["api", "jobs"] and call.method != "GET":
            return self._jobs(call, path[2:])
        happy: dict[str, Any] = {
            "api/jobs": [{"id": number, "subject": subject} for number, subject in self.jobs.items()],
            "api/health": {"status": "ok", "commit": self.running},
            "api/login": {"token": "eyJhbGciOi.c2Vzc2lvbg.c2lnbmVk"},
            "build.json": {"commit": self.served},
        }
        if path == ["api", "approval-templates"] and self.running == NEW:
            return answer(404, {})
        if path == [""]:
            return answer(text="<!doctype html><title>DJ-System</title>")
        return answer(data=happy.get("/".join(path), []))

    def _jobs(self, call: HttpRequest, rest: list[str]) -> HttpResponse:
        if call.method == "DELETE":
            return answer(200 if self.jobs.pop(int(rest[0]), None) else 404, {})
        return answer(data={"success": int(rest[0]) in self.jobs}) if rest else self._new_job(call.json)

    def _new_job(self, body: Any) -> HttpResponse:
        number, self._next_job = self._next_job, self._next_job + 1
        self.jobs[number] = body["subject"]
        state = {"status": "assigned", "assigneeId": 7} if body["jobTypeId"] == 5 else {"status": "pending_approval"}
        return answer(201, {"id": number, **state})


def _release(world: Production, env: Mapping[str, str]) -> str:
    known = f"commit={NEW}\ncommit_before={world.head}\ncommitted_at=2026-11-23T15:00:00+07:00\nlost=0\n"
    return f"2222222 Extend V1\nchanged=1\n{known}"


def _release_now(world: Production, env: Mapping[str, str]) -> str:
    """The release is as it was pinned."""
    hashes = (hashlib.sha256(world.files[file].encode()).hexdigest() for file in env["FILES"].splitlines())
    return f"on_ref=yes\nstill={world.head}\n" + "".join(f"file: {one} \n" for one in hashes)


def _checkout(world: Production, env: Mapping[str, str]) -> str:
    world.head = env["COMMIT"]
    return "2222222 Extend V1\n"


def _maintenance(world: Production, on: bool) -> str:
    world.maintenance = on
    return ""


def _sweep(world: Production, env: Mapping[str, str]) -> str:
    world.jobs.clear()
    return ""


def _bad_lines(world: Production) -> str:
    return "".join(f"log: {line}\n" for line in world.log_lines) + "moved=\n"


_BACKUP = (
    "backup_lines=2345\nbackup_tables=9\nbackup_rows=3612\nbackup_compared=records\n"
    f"backup_sha256={'ab' * 32}\nbackup_bytes=1200000\n"
)
_REHEARSED = (
    "forward_ms=120\nlock: forward|110|AccessExclusiveLock|public.approval_flows\nrollback_ms=90\nreturn_ms=40\n"
    "table: public.approval_flow_templates|24||0|24|returned\n"
)
_ROWS = f"same: public.approval_flow_templates|24|24\nrows_file={'a' * 8}\nrows_sha256={'ab' * 32}\n"
READY = "server=160004\ndatabase_bytes=50000000\nfree_bytes=90000000000\ndump=pg_dump (PostgreSQL) 16.4\n"
NEED = (
    'need={"size": 50000000, "server": 16, "encoding": "UTF8", "icu": false, "extensions": ["plpgsql"], '
    '"roles": [["dj_owner", false]], "members": [], "settings": []}\ndump=pg_dump (PostgreSQL) 16.4\n'
)
_STAT = "cpu  100 0 100 800 0 0 0 0\n"
_PROC = _STAT + "".join(_STAT.replace("100", str(100 + 10 * n)).replace("800", str(800 + 80 * n)) for n in range(1, 21))
_MEMORY = "MemTotal: 8000000 kB\nMemAvailable: 6000000 kB\n"


def _metrics(script: str) -> str:
    samples = re.search(r"for n in ([\d ]+);", script)
    assert samples, f"not the script of `metrics`: {script}"
    readings = _PROC.splitlines(keepends=True)[: 1 + len(samples[1].split())]
    return "".join(readings) + _MEMORY


_TRAFFIC = (
    "read_at=1795449600\nrotated=\ncut=\nrequests=40\nfailed=0\nrefused=0\ngiven_up=0\nown=2\nunread=0\nfresh=300\nfits=1\n"
    "oldest=1795440000\nnewest=1795449590\np95=0.120\n"
)
_SCRIPTS: tuple[tuple[str, Callable[[Production, Mapping[str, str]], str]], ...] = (
    ("git checkout --quiet", _checkout),
    ("on_ref=%s", _release_now),
    (".compared.part", lambda world, env: _ROWS),
    ("sha256sum -c", lambda world, env: "toc.dat: OK\n"),
    ("commit=$(git rev-parse", _release),
    ("rotated=%s", lambda world, env: _TRAFFIC),
    ("rev-parse --git-dir", lambda world, env: ""),
    ("rev-parse --verify --quiet HEAD", lambda world, env: f"{world.head}\n"),
    ("need=", lambda world, env: NEED),
    ("server=%s", lambda world, env: READY),
    ('git show "$COMMIT:$FILE"', lambda world, env: world.files[env["FILE"]]),
    ('--end-of-options "$COMMIT:$FILE"', lambda world, env: blob(world.files[env["FILE"]]) + "\n"),
    ("in_the_way", lambda world, env: ""),
    ("--stat", lambda world, env: " backend/api-server/src/jobs.js | 2 +-\n"),
    ("--name-only", lambda world, env: "backend/api-server/src/jobs.js\n"),
    ("-U0", lambda world, env: "@@ -1 +1 @@\n-const a = 1\n+const a = 2\n"),
    ("Test Job - ", _sweep),
    ("failing=%s", lambda world, env: _REHEARSED),
    ("state_same=%s", lambda world, env: "state_same=50\nrows_same=9\n"),
    ("gonogo_tables", lambda world, env: "back: public.approval_flow_templates|24|0|24|0|0\n"),
    ("proof_rows", lambda world, env: "proof_tables=9\nproof_rows=3612\n"),
    ("pg_dump", lambda world, env: _BACKUP),
    ('touch "$flag"', lambda world, env: _maintenance(world, on=True)),
    ('rm -f "$flag"', lambda world, env: _maintenance(world, on=False)),
    ("git rev-parse HEAD", lambda world, env: world.head + "\n"),
    ("pm2 restart", lambda world, env: world.restart()),
    ("now=%s", lambda world, env: f"now={world.service()}\n" + (_bad_lines(world) if "OUT" in env else "")),
    ('df -Pk "$to"', lambda world, env: "files=40\nfree_files=9000000\n1000\n9000000\n"),
    ("current.next", lambda world, env: world.serve(env["COMMIT"])),
    ("new_lines", lambda world, env: _bad_lines(world)),
)
