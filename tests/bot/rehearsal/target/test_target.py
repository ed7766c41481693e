"""The target is real: the old version serves, a deploy by hand makes the new one serve, and a rollback the old one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target import Target
from bot.rehearsal.target.box import TargetError
from bot.rehearsal.target.postgres import APP
from commands.steps.base import execute
from commands.steps.kinds.traffic import TrafficStep
from tests.bot.rehearsal.target.conftest import CACHE, Hand
from tests.clock import Clock
from tests.commands.steps.builders import context
from tests.local_shell import LocalShell
from tests.world import World


def test_the_old_version_serves(hand: Hand) -> None:
    audit = hand.target.audit()
    assert {audit.head, audit.running_commit, audit.served_commit} == {hand.target.old}
    assert (audit.v1_columns, audit.v2_tables, audit.forward_count, audit.rollback_count) == (0, 4, 0, 0)
    assert (audit.pm2_status, audit.boots, audit.maintenance) == ("online", 1, False)


def test_the_old_version_asks_approval_for_every_job_type(hand: Hand) -> None:
    created = [hand.create_job(job_type) for job_type in (3, 5)]
    assert [answer.json()["status"] for answer in created] == ["pending_approval"] * 2
    assert hand.target.audit().jobs_left == 2
    for answer in created:
        assert hand.ask("DELETE", f"/api/jobs/{answer.json()['id']}").json() == {"success": True}
    assert hand.target.audit().jobs_left == 0


def test_there_are_360_rows_of_v2(hand: Hand) -> None:
    query = """SELECT (SELECT count(*) FROM approval_flow_templates) + (SELECT count(*) FROM approval_flow_steps)
      + (SELECT count(*) FROM project_flow_assignments) + (SELECT count(*) FROM project_flow_approvers)"""
    assert hand.target.postgres.ask(query) == [(360,)]


def test_log_in_takes_the_password_and_no_other(hand: Hand) -> None:
    def log_in(password: str) -> int:
        return hand.ask("POST", "/api/login", {"email": hand.env("LOGIN_EMAIL"), "password": password}).status_code

    assert (log_in(hand.env("LOGIN_PASSWORD")), log_in("wrong")) == (200, 401)


def test_a_job_without_a_token_is_refused(hand: Hand) -> None:
    assert hand.ask("POST", "/api/jobs", {}, Authorization="Bearer nobody").status_code == 401


def test_the_front_doors_log_is_read_as_nginxs_with_its_times(hand: Hand) -> None:
    for agent in ("gonogo", 'a "browser"'):
        hand.ask("POST", "/api/jobs?from=test", {}, Authorization="Bearer nobody", User_Agent=agent)
    traffic = TrafficStep(host="production", file=hand.env("ACCESS_LOG"), method="POST", path="/api/jobs", bad=["401"])
    world = World()
    world.clock = Clock(start=datetime.now(UTC), rate=1.0)
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    found = execute(traffic, context(world, {"restarted_at": since}, shell=LocalShell({})))
    assert found.measures["failed_share"] > 0, found.summary
    assert found.measures["seconds_p95"] >= 0
    assert "1 of the bot's own not counted" in found.summary
    assert "another format" not in found.summary


def test_ssh_takes_the_key_and_no_other(hand: Hand) -> None:
    assert hand.ssh("echo $HOME").stdout.strip() == str(hand.target.box.home)
    refused = hand.ssh("true", key=str(hand.target.box.keys / "host"))
    assert (refused.returncode, "Permission denied" in refused.stderr) == (255, True), refused.stderr


def test_a_plain_ssh_command_does_not_find_pm2(hand: Hand) -> None:
    assert hand.ssh("pm2 status").returncode == 127


def test_maintenance_answers_503_but_to_the_bypass(hand: Hand) -> None:
    flag = Path(hand.env("MAINTENANCE"))
    flag.touch()
    closed = hand.ask("GET", "/api/jobs")
    inside = hand.ask("GET", "/api/jobs", X_Deploy_Bypass=hand.env("BYPASS"))
    flag.unlink()
    assert (closed.status_code, closed.headers["Retry-After"], inside.status_code) == (503, "60", 200)


def test_a_backup_holds_more_than_1000_lines_and_restores(hand: Hand) -> None:
    url, file = hand.env("DATABASE_URL"), f"{hand.env('BACKUPS')}/backup.sql"
    scratch = hand.target.postgres.url("dj_owner", "scratch")
    assert int(hand.at_host(f"pg_dump '{url}' > {file}; wc -l < {file}")) > 1000
    hand.at_host(f"psql -q '{url}' -c 'CREATE DATABASE scratch'; psql -q -v ON_ERROR_STOP=1 '{scratch}' -f {file}")
    with psycopg.connect(scratch) as connection:
        assert connection.execute("SELECT count(*) FROM jobs WHERE subject LIKE 'Job %'").fetchone() == (3000,)


def test_the_release_changes_six_files(hand: Hand) -> None:
    names = hand.target.repository.git("diff", "--name-only", "v1", "origin/main").splitlines()
    assert len(names) == 6, names


def test_the_application_may_not_change_tables(hand: Hand) -> None:
    with (
        psycopg.connect(hand.target.postgres.url(APP)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DROP TABLE approval_flow_templates")


def test_the_deploy_is_seen_by_the_target(deployed: Hand) -> None:
    audit = deployed.target.audit()
    assert {audit.head, audit.running_commit, audit.served_commit} == {deployed.target.new}
    assert (audit.v1_columns, audit.v2_tables, audit.forward_count, audit.rollback_count) == (4, 0, 1, 0)
    assert (audit.npm_installs, audit.builds, audit.boots) == (2, 2, 2)
    assert (audit.maintenance_on, audit.maintenance_lifted) == (1, 1)


def test_the_new_version_answers_as_the_smoke_tests_want(deployed: Hand) -> None:
    normal, skipped = deployed.create_job(3), deployed.create_job(5)
    assert (normal.status_code, normal.json()["status"]) == (201, "pending_approval")
    assert (skipped.status_code, skipped.json()["status"], skipped.json()["assigneeId"]) == (201, "assigned", 7)
    path = f"/api/jobs/{normal.json()['id']}/approve"
    assert deployed.ask("POST", path).status_code == 403
    assert deployed.ask("POST", path, {"comment": "Looks good"}, approver=True).json() == {"success": True}
    for answer in (normal, skipped):
        deployed.ask("DELETE", f"/api/jobs/{answer.json()['id']}")


def test_the_v2_route_is_gone_and_a_flow_can_be_made(deployed: Hand) -> None:
    assert deployed.ask("GET", "/api/approval-templates").status_code == 404
    flow = {"projectId": 2, "jobTypeId": 6, "skipApproval": True, "autoAssignUserId": 9}
    assert deployed.ask("POST", "/api/approval-flows", flow).status_code == 201


def test_the_new_version_can_be_made_slow_and_wrong(deployed: Hand) -> None:
    deployed.target.make_slow(0.4)
    assert deployed.ask("GET", "/api/jobs").elapsed.total_seconds() > 0.4
    deployed.target.make_slow(0)
    assert deployed.ask("GET", "/api/jobs").elapsed.total_seconds() < 0.4
    deployed.target.make_job_errors()
    assert deployed.create_job(3).status_code == 500
    deployed.target.make_job_errors(broken=False)
    assert "ERROR POST /api/jobs" in deployed.at_host("pm2 logs dj-system-api --err --nostream --lines 5")


def test_the_rollback_is_seen_by_the_target(taken_back: Hand) -> None:
    audit = taken_back.target.audit()
    assert {audit.head, audit.running_commit, audit.served_commit} == {taken_back.target.old}
    assert (audit.v1_columns, audit.v2_tables, audit.forward_count, audit.rollback_count) == (0, 4, 1, 1)
    assert (audit.jobs_left, audit.boots) == (0, 3)


def test_the_rollback_file_alone_does_not_bring_the_v2_rows_back(taken_back: Hand) -> None:
    assert taken_back.ask("GET", "/api/approval-templates").json() == []
    assert taken_back.create_job(3).status_code == 422


def test_stopping_leaves_no_process_and_may_be_done_twice(taken_back: Hand) -> None:
    target = taken_back.target
    target.stop()
    target.stop()
    assert target.box.processes() == []


def test_a_flaw_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="There is no flaw slow-moon; there are bad-migration"):
        Target(tmp_path, CACHE, flaws=frozenset({"slow-moon"}))


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(TargetError, match="holds something else"):
        Target(tmp_path, CACHE).start()
    assert (tmp_path / "thesis.txt").read_text() == "precious"
