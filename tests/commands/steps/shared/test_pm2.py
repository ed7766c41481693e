"""What is asked about a pm2 service, and what counts as a problem."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.steps.shared.pm2 import NOW, STATE, process_problems
from state.errors import Down
from tests.commands.steps.builders import box, context
from tests.commands.steps.kinds.pm2_service import SERVICE
from tests.local_shell import LocalShell
from tests.production import NEW, answer
from tests.world import World

BEFORE = {"pid": 100, "restarts": 3, "status": "online"}


def test_the_state_leaves_out_the_environment_with_its_secrets(tmp_path: Path) -> None:
    env = {"status": "online", "pm_uptime": 0, "restart_time": 1, "DB_PASSWORD": "hunter2"}
    env |= {"pm_out_log_path": "/dev/null", "pm_err_log_path": "/dev/null"}
    services = [{"name": "dj-system-api", "pid": 7, "pm2_env": env}, {"name": "other", "pid": 8, "pm2_env": env}]
    # pm2 may print other lines before its list
    (tmp_path / "pm2").write_text(f"#!/bin/sh\ncat <<'END'\n[PM2] Spawning daemon\n{json.dumps(services)}\nEND\n")
    (tmp_path / "pm2").chmod(0o755)
    result = LocalShell({}, path=tmp_path).ask("h", f"{STATE}\n{NOW}", env={"NAME": "dj-system-api"})
    assert "hunter2" not in result.tail
    state = json.loads(result.tail.removeprefix("now="))
    assert state["names"] == ["dj-system-api", "other"]
    assert (state["service"]["pid"], state["service"]["status"], state["service"]["restarts"]) == (7, "online", 1)


@pytest.mark.parametrize(
    ("now", "problems"),
    [
        (BEFORE, []),
        ({}, ["pm2 no longer lists it"]),
        (BEFORE | {"status": "errored"}, ["pm2 reports its status as errored"]),
        (BEFORE | {"pid": 101, "restarts": 4}, ["it restarted by itself (3 → 4 restarts)"]),
        (BEFORE | {"pid": 101}, ["it restarted by itself (3 → 3 restarts)"]),
    ],
)
def test_a_process_must_be_online_and_the_same(now: dict[str, object], problems: list[str]) -> None:
    assert process_problems(BEFORE, now) == problems


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (answer(data={"commit": NEW}), []),
        (answer(data={"commit": None}), [f"api/api/health answers commit = None instead of commit = {NEW}"]),
        (answer(503), [f"api/api/health answers with status 503 instead of commit = {NEW}"]),
        (answer(text="<html>"), [f"api/api/health answers nothing usable (JSONDecodeError) instead of commit = {NEW}"]),
        (Down("It is down."), [f"api/api/health answers nothing usable (Down) instead of commit = {NEW}"]),
    ],
)
def test_the_health_address_must_answer_with_the_commit(response: object, problem: list[str]) -> None:
    world, step = World(), box("steady", SERVICE)
    world.on_web("health", response)
    ctx = context(world)
    assert step.problems(ctx, step.wait_for_commit(ctx, 0), []) == problem


def test_error_lines_in_the_logs_are_a_problem() -> None:
    ctx, step = context(World()), box("steady", SERVICE)
    problems = step.problems(ctx, f"commit = {NEW}", ["Error: 1", "Error: 2"])
    assert problems == ["its logs have 2 new lines with error or fatal"]
