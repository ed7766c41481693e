"""Runs the `release` step and its preflight in a real repository; both must find the same."""

from __future__ import annotations

from dataclasses import replace

from commands.ports.preflight import OK, WARN, PreflightContext, PreflightResult
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository
from tests.local_shell import LocalShell
from tests.world import World

PLAIN = 'host = "h"\nrepository = "$REPO"\n'


def release(repository: Repository, ref: str, more: str = "", seen: dict[str, str] | None = None) -> Outcome:
    """Run the step. Its preflight must find the same: the same commit, or the same words."""
    step = box("release", PLAIN + more)
    ctx = context(World(), {"ref": ref}, shell=LocalShell({"REPO": str(repository.path)}), files={})
    outcome = execute(step, replace(ctx, found_at_start=seen or {}))
    if not seen:
        result, *warnings = preflight(repository, ref, more)
        assert all(one.level == WARN and one.summary.partition("; it ")[2] in outcome.summary for one in warnings)
        assert (result.level == OK) == (outcome.state == "done"), (result, outcome.summary)
        assert result.level == OK or outcome.summary.lower() == f"{result.summary}: {result.todo}.".lower()
    return outcome


def preflight(repository: Repository, ref: str, more: str = "") -> list[PreflightResult]:
    (_, check) = box("release", PLAIN + more).preflight()
    tools = context(World(), shell=LocalShell({"REPO": str(repository.path)})).tools
    results: list[PreflightResult] = check.run_preflight(PreflightContext(tools=tools, ref=ref))
    return results
