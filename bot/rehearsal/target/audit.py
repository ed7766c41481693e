"""What the target itself knows about what was done to it, kept apart from everything the bot says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.target.services import Services

V1_COLUMNS = """SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.approval_flows'::regclass
  AND attname IN ('job_type_id', 'skip_approval', 'auto_assign_type', 'auto_assign_user_id') AND NOT attisdropped"""
V2_TABLES = """SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename IN
  ('approval_flow_templates', 'approval_flow_steps', 'project_flow_assignments', 'project_flow_approvers')"""
V2_ROWS = """SELECT (SELECT count(*) FROM approval_flow_templates) + (SELECT count(*) FROM approval_flow_steps)
  + (SELECT count(*) FROM project_flow_assignments) + (SELECT count(*) FROM project_flow_approvers)"""
FORWARD = "SELECT count(*) FROM audit.ddl WHERE tag = 'DROP TABLE' AND object = 'public.approval_flow_templates'"
ROLLBACK = "SELECT count(*) FROM audit.ddl WHERE tag = 'CREATE TABLE' AND object = 'public.approval_flow_templates'"
JOBS_LEFT = "SELECT count(*) FROM jobs WHERE subject LIKE 'Test Job%'"


@dataclass(frozen=True, kw_only=True)
class Audit:
    """One look at the target. Counts are of committed changes; a commit is empty when its server does not answer."""

    forward_count: int
    rollback_count: int
    v1_columns: int
    v2_tables: int
    v2_rows: int
    jobs_left: int
    head: str
    running_commit: str
    served_commit: str
    pm2_status: str
    pm2_restarts: int
    pm2_pid: int
    boots: int
    maintenance: bool
    maintenance_on: int
    maintenance_lifted: int
    npm_installs: int
    builds: int


def look(postgres: Postgres, services: Services) -> Audit:
    """Asks the database, git, pm2, the API, the front door and the audit log."""
    lines = written(services.box.audit_log)
    npm = [line["words"].split() for line in lines if line["what"] == "npm"]
    changes = [line["on"] for line in lines if line["what"] == "maintenance"]
    pm2 = services.pm2()
    v2_tables = _count(postgres, V2_TABLES)
    bypass = {"X-Deploy-Bypass": services.bypass}
    return Audit(
        forward_count=_count(postgres, FORWARD), rollback_count=_count(postgres, ROLLBACK),
        v1_columns=_count(postgres, V1_COLUMNS), v2_tables=v2_tables,
        v2_rows=_count(postgres, V2_ROWS) if v2_tables == 4 else 0,
        jobs_left=_count(postgres, JOBS_LEFT), head=services.repository.git("rev-parse", "HEAD"),
        running_commit=_commit(services.api_url + "/api/health", {}),
        served_commit=_commit(services.door_url + "/build.json", bypass),
        pm2_status=pm2.get("pm2_env", {}).get("status", "unknown"),
        pm2_restarts=pm2.get("pm2_env", {}).get("restart_time", 0), pm2_pid=pm2.get("pid", 0),
        boots=sum(line["what"] == "boot" for line in lines), maintenance=services.maintenance.exists(),
        maintenance_on=changes.count(True), maintenance_lifted=changes.count(False),
        npm_installs=sum(words[:1] in (["install"], ["i"], ["ci"]) for words in npm),
        builds=sum(words[:2] == ["run", "build"] for words in npm),
    )  # fmt: skip


def written(log: Path) -> list[dict[str, Any]]:
    """The lines of an audit log, oldest first."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def _count(postgres: Postgres, query: str) -> int:
    return int(str(postgres.ask(query)[0][0]))


def _commit(address: str, headers: dict[str, str]) -> str:
    try:
        answer = httpx.get(address, headers=headers, timeout=5, trust_env=False)
        return str(answer.json()["commit"])
    except (httpx.HTTPError, ValueError, KeyError):  # down, or not the answer of this server
        return ""
