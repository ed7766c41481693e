"""A whole target: the old version, the new after a deploy, the old after a rollback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target import Target
from bot.rehearsal.target.audit import V2_ROWS
from bot.rehearsal.target.host import TargetError
from commands.steps.base import execute
from commands.steps.kinds.traffic import TrafficStep
from tests.bot.rehearsal.target.conftest import CACHE, Operator
from tests.clock import Clock
from tests.commands.steps.builders import context
from tests.local_shell import LocalShell
from tests.world import World


def test_the_old_version_serves(operator: Operator) -> None:
    audit = operator.target.audit()
    assert {audit.head, audit.running_commit, audit.served_commit} == {operator.target.old}
    assert (audit.v1_columns, audit.v2_tables, audit.forward_count, audit.rollback_count) == (0, 4, 0, 0)
    assert (audit.pm2_status, audit.boots, audit.maintenance) == ("online", 1, False)


def test_the_old_version_wants_approval_for_every_job_type(operator: Operator) -> None:
    created = [operator.create_job(job_type) for job_type in (3, 5)]
    assert [answer.json()["status"] for answer in created] == ["pending_approval"] * 2
    assert operator.target.audit().test_jobs == 2
    for answer in created:
        assert operator.request("DELETE", f"/api/jobs/{answer.json()['id']}").json() == {"success": True}
    assert operator.target.audit().test_jobs == 0


def test_there_are_360_rows_of_v2(operator: Operator) -> None:
    assert operator.target.postgres.query(V2_ROWS) == [(360,)]


def test_a_login_needs_the_users_password(operator: Operator) -> None:
    def log_in(password: str) -> int:
        body = {"email": operator.env("LOGIN_EMAIL"), "password": password}
        return operator.request("POST", "/api/login", body).status_code

    assert (log_in(operator.env("LOGIN_PASSWORD")), log_in("wrong")) == (200, 401)


def test_a_job_without_a_token_is_refused(operator: Operator) -> None:
    assert operator.request("POST", "/api/jobs", {}, Authorization="Bearer nobody").status_code == 401


def test_the_access_log_can_be_read_by_the_traffic_kind_with_its_request_times(operator: Operator) -> None:
    for agent in ("gonogo", 'a "browser"'):
        operator.request("POST", "/api/jobs?from=test", {}, Authorization="Bearer nobody", User_Agent=agent)
    traffic = TrafficStep(
        host="production", file=operator.env("ACCESS_LOG"), method="POST", path="/api/jobs", bad=["401"]
    )
    world = World()
    world.clock = Clock(start=datetime.now(UTC), rate=1.0)
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    outcome = execute(traffic, context(world, {"restarted_at": since}, shell=LocalShell({})))
    assert outcome.measures["failed_share"] > 0, outcome.summary
    assert outcome.measures["seconds_p95"] >= 0
    assert "1 of the bot's own not counted" in outcome.summary
    assert "another format" not in outcome.summary


def test_ssh_accepts_the_clients_key_only(operator: Operator) -> None:
    assert operator.ssh("echo $HOME").stdout.strip() == str(operator.target.host.home)
    refused = operator.ssh("true", key=str(operator.target.host.keys / "host"))
    assert (refused.returncode, "Permission denied" in refused.stderr) == (255, True), refused.stderr


def test_a_plain_ssh_command_does_not_find_pm2(operator: Operator) -> None:
    assert operator.ssh("pm2 status").returncode == 127


def test_maintenance_answers_503_without_the_bypass_token(operator: Operator) -> None:
    flag = Path(operator.env("MAINTENANCE"))
    flag.touch()
    refused = operator.request("GET", "/api/jobs")
    passed = operator.request("GET", "/api/jobs", X_Deploy_Bypass=operator.env("BYPASS"))
    flag.unlink()
    assert (refused.status_code, refused.headers["Retry-After"], passed.status_code) == (503, "60", 200)


def test_a_backup_has_more_than_1000_lines_and_can_be_restored(operator: Operator) -> None:
    url, file = operator.env("DATABASE_URL"), f"{operator.env('BACKUPS')}/backup.sql"
    scratch = operator.target.postgres.url("dj_owner", "scratch")
    assert int(operator.run(f"pg_dump '{url}' > {file}; wc -l < {file}")) > 1000
    operator.run(f"psql -q '{url}' -c 'CREATE DATABASE scratch'; psql -q -v ON_ERROR_STOP=1 '{scratch}' -f {file}")
    with psycopg.connect(scratch) as connection:
        assert connection.execute("SELECT count(*) FROM jobs WHERE subject LIKE 'Job %'").fetchone() == (3000,)


def test_the_release_changes_six_files(operator: Operator) -> None:
    names = operator.target.repository.git("diff", "--name-only", "v1", "origin/main").splitlines()
    assert len(names) == 6, names


def test_the_audit_shows_the_deploy(deployed: Operator) -> None:
    audit = deployed.target.audit()
    assert {audit.head, audit.running_commit, audit.served_commit} == {deployed.target.new}
    assert (audit.v1_columns, audit.v2_tables, audit.forward_count, audit.rollback_count) == (4, 0, 1, 0)
    assert (audit.npm_installs, audit.builds, audit.boots) == (2, 2, 2)
    assert (audit.maintenance_on, audit.maintenance_lifted) == (1, 1)


def test_the_new_version_answers_what_the_smoke_tests_expect(deployed: Operator) -> None:
    normal, skipped = deployed.create_job(3), deployed.create_job(5)
    assert (normal.status_code, normal.json()["status"]) == (201, "pending_approval")
    assert (skipped.status_code, skipped.json()["status"], skipped.json()["assigneeId"]) == (201, "assigned", 7)
    path = f"/api/jobs/{normal.json()['id']}/approve"
    assert deployed.request("POST", path).status_code == 403
    assert deployed.request("POST", path, {"comment": "Looks good"}, approver=True).json() == {"success": True}
    for answer in (normal, skipped):
        deployed.request("DELETE", f"/api/jobs/{answer.json()['id']}")


def test_the_new_version_has_no_v2_route_and_can_create_a_flow(deployed: Operator) -> None:
    assert deployed.request("GET", "/api/approval-templates").status_code == 404
    flow = {"projectId": 2, "jobTypeId": 6, "skipApproval": True, "autoAssignUserId": 9}
    assert deployed.request("POST", "/api/approval-flows", flow).status_code == 201


def test_faults_make_the_new_version_slow_and_fail_its_job_creation(deployed: Operator) -> None:
    deployed.target.make_slow(2)
    assert deployed.request("GET", "/api/jobs").elapsed.total_seconds() > 2
    deployed.target.make_slow(0)
    assert deployed.request("GET", "/api/jobs").elapsed.total_seconds() < 2
    deployed.target.make_job_errors()
    assert deployed.create_job(3).status_code == 500
    deployed.target.make_job_errors(broken=False)
    assert "ERROR POST /api/jobs" in deployed.run("pm2 logs dj-system-api --err --nostream --lines 5")


def test_the_audit_shows_the_rollback(rolled_back: Operator) -> None:
    audit = rolled_back.target.audit()
    assert {audit.head, audit.running_commit, audit.served_commit} == {rolled_back.target.old}
    assert (audit.v1_columns, audit.v2_tables, audit.forward_count, audit.rollback_count) == (0, 4, 1, 1)
    assert (audit.test_jobs, audit.boots) == (0, 3)


def test_the_rollback_file_alone_does_not_restore_the_v2_rows(rolled_back: Operator) -> None:
    assert rolled_back.request("GET", "/api/approval-templates").json() == []
    assert rolled_back.create_job(3).status_code == 422


def test_stopping_leaves_no_process_and_can_be_repeated(rolled_back: Operator) -> None:
    target = rolled_back.target
    target.stop()
    target.stop()
    assert target.host.processes() == []


def test_an_unknown_flaw_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="There is no flaw slow-moon; there are bad-migration"):
        Target(tmp_path, CACHE, flaws=frozenset({"slow-moon"}))


def test_a_folder_with_other_files_is_refused_and_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(TargetError, match="holds other files; name a new or empty folder"):
        Target(tmp_path, CACHE).start()
    assert (tmp_path / "thesis.txt").read_text() == "precious"
