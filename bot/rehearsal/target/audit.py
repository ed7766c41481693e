"""What really happened at the target, read from the target and not from the bot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.target.services import Services
from state.frozen import dataclass

V1_COLUMNS = """SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.approval_flows'::regclass
  AND attname IN ('job_type_id', 'skip_approval', 'auto_assign_type', 'auto_assign_user_id') AND NOT attisdropped"""
V2_TABLES = """SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename IN
  ('approval_flow_templates', 'approval_flow_steps', 'project_flow_assignments', 'project_flow_approvers')"""
V2_ROWS = """SELECT (SELECT count(*) FROM approval_flow_templates) + (SELECT count(*) FROM approval_flow_steps)
  + (SELECT count(*) FROM project_flow_assignments) + (SELECT count(*) FROM project_flow_approvers)"""
FORWARD_COUNT = "SELECT count(*) FROM audit.ddl WHERE tag = 'DROP TABLE' AND object = 'public.approval_flow_templates'"
ROLLBACK_COUNT = (
    "SELECT count(*) FROM audit.ddl WHERE tag = 'CREATE TABLE' AND object = 'public.approval_flow_templates'"
)
TEST_JOBS = "SELECT count(*) FROM jobs WHERE subject LIKE 'Test Job%'"


@dataclass(frozen=True, kw_only=True)
class Audit:
    """The target at one moment. Counts are of committed changes; a commit is "" when its server does not answer."""

    forward_count: int
    rollback_count: int
    v1_columns: int
    v2_tables: int
    v2_rows: int
    test_jobs: int
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


def take_audit(postgres: Postgres, services: Services) -> Audit:
    """Ask the database, git, pm2, the API and the reverse proxy, and read the audit log."""
    lines = read_audit_log(services.host.audit_log)
    npm = [line["words"].split() for line in lines if line["what"] == "npm"]
    maintenance = [line["on"] for line in lines if line["what"] == "maintenance"]
    pm2 = services.pm2_entry()
    v2_tables = _count(postgres, V2_TABLES)
    bypass = {"X-Deploy-Bypass": services.bypass}
    return Audit(
        forward_count=_count(postgres, FORWARD_COUNT), rollback_count=_count(postgres, ROLLBACK_COUNT),
        v1_columns=_count(postgres, V1_COLUMNS), v2_tables=v2_tables,
        v2_rows=_count(postgres, V2_ROWS) if v2_tables == 4 else 0,
        test_jobs=_count(postgres, TEST_JOBS), head=services.repository.git("rev-parse", "HEAD"),
        running_commit=commit_at(services.api_url + "/api/health", {}),
        served_commit=commit_at(services.proxy_url + "/build.json", bypass),
        pm2_status=pm2.get("pm2_env", {}).get("status", "unknown"),
        pm2_restarts=pm2.get("pm2_env", {}).get("restart_time", 0), pm2_pid=pm2.get("pid", 0),
        boots=sum(line["what"] == "boot" for line in lines), maintenance=services.maintenance_flag.exists(),
        maintenance_on=maintenance.count(True), maintenance_lifted=maintenance.count(False),
        npm_installs=sum(words[:1] in (["install"], ["i"], ["ci"]) for words in npm),
        builds=sum(words[:2] == ["run", "build"] for words in npm),
    )  # fmt: skip


def read_audit_log(log: Path) -> list[dict[str, Any]]:
    """The lines of an audit log, oldest first; none when there is no log yet."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def commit_at(address: str, headers: dict[str, str]) -> str:
    """The commit that a server names in its JSON answer; "" when it is down or answers something else."""
    try:
        answer = httpx.get(address, headers=headers, timeout=5, trust_env=False)
        return str(answer.json()["commit"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return ""


def _count(postgres: Postgres, query: str) -> int:
    return int(str(postgres.query(query)[0][0]))
