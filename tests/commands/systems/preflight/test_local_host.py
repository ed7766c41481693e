"""A bot that systemd runs is told when systemd would end its jobs together with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import OK, WARN, PreflightContext, PreflightResult
from commands.systems.preflight.local_host import outlives_check
from tests.local_shell import LocalShell
from tests.world import World

SYSTEMCTL = """#!/bin/sh
[ "$1" = {who} ] && [ "$5" = -- ] && [ "$6" = gonogo.service ] && echo {mode}
"""
SYSTEM, USER = (
    "0::/system.slice/gonogo.service\n",
    "0::/user.slice/user-7.slice/user@7.service/app.slice/gonogo.service\n",
)
MAY_END = "systemd may end its jobs together with the bot (gonogo.service, "


def found(folder: Path, cgroup: str, mode: str, who: str = "--system") -> list[PreflightResult]:
    """What is found with this control group, and a systemd that answers with this mode."""
    (folder / "systemctl").write_text(SYSTEMCTL.format(who=who, mode=mode))
    (folder / "systemctl").chmod(0o755)
    (folder / "cgroup").write_text(cgroup)
    check = replace(outlives_check("tools"), data=(("CGROUP", str(folder / "cgroup")),))
    tools = replace(World().tools(), shell=LocalShell({}, path=folder))
    return check.run_preflight(PreflightContext(tools=tools, ref="main"))


@pytest.mark.parametrize("mode", ["control-group", "mixed"])
@pytest.mark.parametrize(("cgroup", "who"), [(SYSTEM, "--system"), (USER, "--user")])
def test_a_unit_that_ends_the_jobs_is_named(tmp_path: Path, cgroup: str, who: str, mode: str) -> None:
    (result,) = found(tmp_path, cgroup, mode, who)
    assert (result.level, result.summary) == (WARN, f"{MAY_END}KillMode={mode})")
    assert result.todo == "set KillMode=process there"


def test_a_unit_that_leaves_the_jobs_alone_is_good(tmp_path: Path) -> None:
    (result,) = found(tmp_path, SYSTEM, "process")
    assert (result.level, result.summary) == (OK, "its jobs outlive the bot (KillMode=process of gonogo.service)")


def test_a_mode_that_could_not_be_read_is_not_good(tmp_path: Path) -> None:
    (result,) = found(tmp_path, SYSTEM, "''")
    assert (result.level, result.summary) == (WARN, f"{MAY_END}whose KillMode could not be read)")


@pytest.mark.parametrize(
    "cgroup", ["0::/\n", "0::/user.slice/user-7.slice/session-3.scope\n", "0::/user.slice/user@7.service/x.scope\n", ""]
)
def test_a_bot_that_is_no_service_has_no_line(tmp_path: Path, cgroup: str) -> None:
    assert found(tmp_path, cgroup, "control-group") == []
