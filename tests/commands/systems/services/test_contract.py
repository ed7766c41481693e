"""One contract for every service manager, on the real thing: what counts as a restart."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psutil
import pytest

from commands.ports.preflight import PreflightContext, PreflightResult
from commands.systems.services.managers import MANAGERS
from tests.commands.systems.services.stages.commands import commands_stage
from tests.commands.systems.services.stages.docker import docker_stage
from tests.commands.systems.services.stages.pm2 import pm2_stage
from tests.commands.systems.services.stages.stage import NEW, Stage
from tests.commands.systems.services.stages.supervisor import supervisor_stage
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.parts.machine import machine
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)
Start = Callable[..., Service]
SOON = 'steady = "1 s"\nready_within = "3 s"'
_NAMES = map("service-{}".format, itertools.count(1))


def stage_of(manager: str, stack: ExitStack, factory: pytest.TempPathFactory) -> Stage:
    """A manager with everything that it needs."""
    if manager == "systemd":
        return SystemdStage(stack.enter_context(machine()))
    if manager in ("docker", "supervisor"):
        return stack.enter_context(docker_stage() if manager == "docker" else supervisor_stage())
    make = {"pm2": pm2_stage, "commands": commands_stage}.get(manager)
    assert make, f"give {manager} a stage in tests/commands/systems/services/stages, and name it here"
    return stack.enter_context(make(factory.mktemp(manager)))


@pytest.fixture(scope="module", params=list(MANAGERS))
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with ExitStack() as stack:
        yield stage_of(request.param, stack, tmp_path_factory)


def start(stage: Stage, *, worker: bool = False, **will: object) -> Service:
    """A running service, and what it does from its next start on."""
    service = stage.start(next(_NAMES), worker=worker)
    service.will(commit=NEW, **will)
    return service


def preflight(stage: Stage, *services: Service) -> list[PreflightResult]:
    ctx = PreflightContext(tools=stage.context(*services).tools, ref="main")
    *_, check = stage.box("service", *services).preflight()
    found: list[PreflightResult] = check.run_preflight(ctx)
    return found


def test_a_healthy_restart_is_a_new_process_that_stays(stage: Stage) -> None:
    service = start(stage)
    assert [result.level for result in preflight(stage, service)] == ["ok"]
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary
    assert f"with a new process at commit {NEW[:10]}, stable for 1 s." in outcome.summary
    assert "Not all of its logs" not in outcome.summary
    assert stage.steady(service, after=outcome).state == "done"


def test_a_slow_start_is_waited_for(stage: Stage) -> None:
    service = start(stage, starts_in=1.5, ready_in=3)
    assert stage.restart(service).state == "done"


def test_a_start_that_takes_longer_than_the_page_allows_has_failed(stage: Stage) -> None:
    service = start(stage, ready_in=600)
    outcome = stage.restart(service, more='steady = "1 s"\nready_within = "2 s"')
    assert (outcome.state, "status 503 instead of commit" in outcome.summary) == ("failed", True), outcome.summary


def test_a_crash_loop_is_seen_at_once(stage: Stage) -> None:
    service = start(stage, dies_after=0, starts_in=0.2)
    outcome = stage.restart(service, more='steady = "1 s"\nready_within = "9 min"')
    assert outcome.state == "failed"
    assert seen_again(outcome.summary) or " reports its status as " in outcome.summary


def test_after_a_crash_loop_the_version_before_starts_at_once(stage: Stage) -> None:
    service = start(stage, dies_after=0)
    assert stage.restart(service).state == "failed"
    service.will(commit=NEW)
    outcome = stage.restart(service)
    assert outcome.state == "done", (outcome.summary, outcome.lines)


def test_a_restart_that_did_nothing_is_none(stage: Stage) -> None:
    service = start(stage)
    outcome = stage.restart(service, more=SOON, shell=stage.shell(restarts=False))
    assert (outcome.state, "its process is not new" in outcome.summary) == ("failed", True), outcome.summary


def test_a_worker_that_is_not_restarted_is_seen_without_any_address(stage: Stage) -> None:
    worker = start(stage, worker=True)
    outcome = stage.restart(worker, more=SOON, shell=stage.shell(restarts=False))
    assert (outcome.state, "its process is not new" in outcome.summary) == ("failed", True), outcome.summary


def test_a_process_that_dies_while_it_must_stay_up_fails_the_step(stage: Stage) -> None:
    service = start(stage, dies_after=2)
    outcome = stage.restart(service, more='steady = "4 s"')
    assert outcome.state == "failed"
    assert seen_again(outcome.summary) or " reports its status as " in outcome.summary


def test_an_error_in_the_log_after_the_restart_fails_the_step(stage: Stage) -> None:
    service = start(stage, says="ERROR cannot connect to the queue")
    outcome = stage.restart(service)
    assert (outcome.state, "1 new line with error or fatal" in outcome.summary) == ("failed", True), outcome.summary
    assert any("cannot connect to the queue" in line for line in outcome.lines)


def test_an_error_from_before_the_restart_does_not_count(stage: Stage) -> None:
    service = start(stage, says="ERROR cannot connect to the queue")
    stage.restart(service)
    service.will(commit=NEW)
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary


def test_a_worker_needs_no_address(stage: Stage) -> None:
    worker = start(stage, worker=True)
    outcome = stage.restart(worker)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.endswith("with a new process, stable for 1 s. No address was asked which commit it runs.")
    assert stage.steady(worker, after=outcome).state == "done"


def test_one_of_two_services_that_is_bad_is_named(stage: Stage) -> None:
    if not stage.several:
        pytest.skip(f"a step of {stage.manager} has one service")
    service, worker = start(stage), start(stage, worker=True, dies_after=0)
    # the worker may be between two of its starts just now
    assert "fail" not in [result.level for result in preflight(stage, service, worker)]
    outcome = stage.restart(service, worker)
    assert outcome.state == "failed"
    assert outcome.summary.startswith(f"{service.name} and {worker.name} did not start properly: ")
    problems = outcome.summary.partition(": ")[2]
    assert worker.name in problems
    assert service.name not in problems


def test_a_later_check_sees_a_process_that_died_since(stage: Stage) -> None:
    service = start(stage)
    outcome = stage.restart(service, more='steady_in = "later"')
    assert outcome.state == "done", outcome.summary
    os.kill(find_pid(service), signal.SIGKILL)
    later = stage.steady(service, after=outcome)
    assert later.state == "failed"
    assert seen_again(later.summary) or " reports its status as " in later.summary, later.summary


def test_a_service_that_does_not_exist_is_refused_before_the_start(stage: Stage) -> None:
    service = start(stage)
    missing = Service(service.folder.with_name("missing"), "missing", port=service.port)
    (result,) = preflight(stage, missing)
    assert result.level == "fail"
    assert "missing" in result.summary
    assert stage.restart(missing).state == "failed"


def find_pid(service: Service) -> int:
    """The process of a service as this machine sees it."""
    inside = f"{service.inside}/program.py"
    found = [one.pid for one in psutil.process_iter(["cmdline"]) if inside in (one.info["cmdline"] or [])]
    assert len(found) == 1, found
    return found[0]


def seen_again(summary: str) -> bool:
    """Whether a process is said to be another one; supervisor does not count what it starts again."""
    return "was started again" in summary or "is another process now" in summary
