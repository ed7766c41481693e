"""What is asked about a service, and what counts as a problem."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import WARN, PreflightContext
from commands.steps.base import execute
from commands.steps.shared.service import NOW
from commands.systems.services.pm2 import Pm2
from state.errors import Down, LostTrack, Unreachable
from tests.commands.steps.builders import box, context
from tests.commands.steps.kinds.pm2_service import SERVICE
from tests.local_shell import LocalShell
from tests.production import NEW, answer
from tests.world import World


def test_the_state_leaves_out_the_environment_with_its_secrets(tmp_path: Path) -> None:
    env = {"status": "online", "pm_uptime": 0, "restart_time": 1, "DB_PASSWORD": "hunter2"}
    env |= {"pm_out_log_path": "/dev/null", "pm_err_log_path": "/dev/null"}
    services = [{"name": "dj-system-api", "pid": 7, "pm2_env": env}, {"name": "other", "pid": 8, "pm2_env": env}]
    # pm2 may print other lines before its list
    (tmp_path / "pm2").write_text(f"#!/bin/sh\ncat <<'END'\n[PM2] Spawning daemon\n{json.dumps(services)}\nEND\n")
    (tmp_path / "pm2").chmod(0o755)
    result = LocalShell({}, path=tmp_path).ask("h", f"{Pm2.state}\n{NOW}", env={"NAMES": "dj-system-api"})
    assert "hunter2" not in result.tail
    state = json.loads(result.tail.removeprefix("now="))
    assert state["names"] == ["dj-system-api", "other"]
    (one,) = state["processes"]
    assert (one["pid"], one["status"], one["restarts"]) == (7, "online", 1)


def test_every_row_of_the_name_is_a_process_in_the_order_of_pm2s_numbers(tmp_path: Path) -> None:
    env = {"pm_uptime": 0, "pm_out_log_path": "/dev/null", "pm_err_log_path": "/nowhere/err.log"}
    rows = [
        {"name": "api", "pm_id": 1, "pid": 8, "pm2_env": env | {"status": "errored", "restart_time": 17}},
        {"name": "other", "pm_id": 2, "pid": 9, "pm2_env": env | {"status": "online", "restart_time": 0}},
        {"name": "api", "pm_id": 0, "pid": 7, "pm2_env": env | {"status": "online", "restart_time": 1}},
    ]
    (tmp_path / "pm2").write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(rows)}\nEND\n")
    (tmp_path / "pm2").chmod(0o755)
    step = box("steady", SERVICE.replace("dj-system-api", "api"))
    state = step.state(context(World(), shell=LocalShell({}, path=tmp_path)))
    assert [(one.number, one.pid, one.status, one.restarts) for one in state.processes] == [
        ("0", "7", "online", 1),
        ("1", "8", "errored", 17),
    ]
    assert [warning.what for warning in state.warnings] == [
        "/dev/null of api keeps no lines, so no error is seen there"
    ]


@pytest.mark.fault("it exists, so it is right")
@pytest.mark.parametrize("pid", [{"pid": 0}, {}], ids=["pid 0", "no pid"])
def test_a_service_that_pm2_calls_online_without_a_process_is_not_healthy(tmp_path: Path, pid: dict[str, int]) -> None:
    """As pm2 lists one that crashed at every start before it said that it was ready (wait_ready)."""
    env = {"status": "online", "pm_uptime": 1000, "restart_time": 3}
    env |= {"pm_out_log_path": "/nowhere/out.log", "pm_err_log_path": "/nowhere/err.log"}
    row = {"name": "dj-system-api", "pm_id": 0, "pm2_env": env, **pid}
    (tmp_path / "pm2").write_text(f"#!/bin/sh\n[ $1 != jlist ] || cat <<'END'\n{json.dumps([row])}\nEND\n")
    (tmp_path / "pm2").chmod(0o755)
    shell = LocalShell({}, path=tmp_path)
    step, steady = box("service", SERVICE), box("steady", SERVICE)
    tools = replace(World().tools(), shell=shell)
    checks = [check.run_preflight(PreflightContext(tools=tools, ref="main")) for check in step.preflight()]
    assert checks[-1][0].level == WARN
    assert checks[-1][0].summary == "pm2 does not run all of dj-system-api: online without a process"
    restarted = execute(step, context(World(), shell=shell))
    assert restarted.state == "failed"
    assert "pm2 reports its status as online without a process" in restarted.summary
    assert "is not new" not in restarted.summary, "there is none"
    assert "already up" not in restarted.summary
    offsets = {"log_offset_out": "0", "log_offset_err": "0", "log_out": "/nowhere/out.log", "log_err": "/nowhere/err"}
    stayed = execute(steady, context(World(), {"pid": "0", "restarts": "3", **offsets}, shell=shell))
    assert "pm2 reports its status as online without a process" in stayed.summary


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (answer(data={"commit": NEW}), []),
        (answer(data={"commit": None}), [f"/api/health on api answers commit = None instead of commit = {NEW}"]),
        (answer(503), [f"/api/health on api answers with status 503 instead of commit = {NEW}"]),
        (
            replace(answer(302), headers={"Location": "https://sso.example/login?a=1"}),
            [f"/api/health on api answers with status 302 (to https://sso.example/login) instead of commit = {NEW}"],
        ),
        (
            answer(text="<html>"),
            [f"/api/health on api answers what is not JSON instead of commit = {NEW}"],
        ),
        (Down("It is down."), ["/api/health on api answers nothing usable: It is down"]),
        (LostTrack("No answer within 5 s."), ["/api/health on api answers nothing usable: No answer within 5 s"]),
        (Unreachable("No route."), ["/api/health on api answers nothing to the bot: No route"]),
    ],
)
def test_the_health_address_must_answer_with_the_commit(response: object, problem: list[str]) -> None:
    world, step = World(), box("steady", SERVICE)
    world.on_web("health", response)
    ctx = context(world)
    assert step.problems(ctx, step.wait_for_commit(ctx, 0), []) == problem


@pytest.mark.fault("a cause that nobody has seen")
def test_a_certificate_that_has_expired_is_named_and_not_waited_for() -> None:
    world, step = World(rate=200), box("service", SERVICE)
    why = "“api” accepts the connection, but TLS fails (the certificate cannot be verified: certificate has expired)"
    world.on_web("health", Down(f"{why}.", lasting=True))
    ctx, began = context(world), world.clock.monotonic()
    answer_ = step.wait_for_commit(ctx, 0, ready_within=60)
    assert step.answer_problems(ctx, answer_) == [f"/api/health on api answers nothing usable: {why}"]
    assert world.clock.monotonic() - began < 30


def test_error_lines_in_the_logs_are_a_problem() -> None:
    ctx, step = context(World()), box("steady", SERVICE)
    problems = step.problems(ctx, f"commit = {NEW}", ["Error: 1", "Error: 2"])
    assert problems == ["its logs have 2 new lines with error or fatal"]
