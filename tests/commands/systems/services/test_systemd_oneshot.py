"""Units of systemd that stay active although the process that they started has ended."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from commands.ports.preflight import PreflightContext
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.parts.machine import machine
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)
_NAMES = map("oneshot-{}".format, itertools.count(1))
OUTSIDE = "/usr/bin/systemd-run --quiet --collect --unit=inner-%N {command}"  # as `docker compose up --detach` does
INSIDE = "/bin/sh -c '{command} &'"
_INSTALL = ("[Install]", "WantedBy=multi-user.target", "")


@pytest.fixture(scope="module")
def stage() -> Iterator[SystemdStage]:
    with machine() as booted:
        yield SystemdStage(booted)


def start(stage: SystemdStage, command: str, *, worker: bool = False, **will: object) -> Service:
    """A oneshot unit that has started a service, which does this from its next start on."""
    service = stage.machine.service(next(_NAMES))
    if worker:
        service.port = 0
    service.will(port=service.port)
    lines = ("Type=oneshot", "RemainAfterExit=yes", f"ExecStart={command.format(command=service.command)}")
    stop = "ExecStop=-/usr/bin/systemctl stop inner-%N"
    stage.machine.unit(f"{service.name}.service", "\n".join(["[Service]", *lines, stop, *_INSTALL]))
    stage.machine.ask("systemctl", "enable", "--now", "--quiet", service.name)
    service.will(port=service.port, commit=NEW, **will)
    return service


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_worker_of_which_systemd_sees_no_process_is_not_called_running(stage: SystemdStage) -> None:
    worker = start(stage, OUTSIDE, worker=True, dies_after=0.5)
    *_, check = stage.box("service", worker).preflight()
    context = PreflightContext(tools=stage.context(worker).tools, ref="main")
    warned = [result.summary for result in check.run_preflight(context) if result.level == "warn"]
    unseen = "is active without a process, so systemd does not see whether what it started runs"
    assert f"{worker.name}.service {unseen}" in warned
    outcome = stage.restart(worker)
    note = f"systemd sees no process of {worker.name}: nothing shows whether what it started runs."
    assert (outcome.state, "process," in outcome.summary) == ("done", False), outcome.summary
    assert outcome.summary.endswith(f"No address was asked which commit it runs. {note}")
    assert outcome.compared == (f"{worker.name} was restarted",)
    later = stage.steady(worker, after=outcome)
    assert later.summary == f"1 s after its start, {worker.name} was not started again. {note}"


def test_a_service_of_which_systemd_sees_no_process_is_judged_by_its_address(stage: SystemdStage) -> None:
    service = start(stage, OUTSIDE)
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary
    assert f"{service.name} is active at commit {NEW[:10]}, stable for 1 s." in outcome.summary
    assert outcome.summary.endswith("only the address shows that it runs.")
    service.will(commit=NEW, dies_after=0)
    assert stage.restart(service, more='steady = "1 s"\nready_within = "2 s"').state == "failed"


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_process_that_such_a_unit_left_behind_is_seen_and_missed(stage: SystemdStage) -> None:
    worker = start(stage, INSIDE, worker=True)
    outcome = stage.restart(worker)
    assert (outcome.state, "with a new process" in outcome.summary) == ("done", True), outcome.summary
    worker.will(port=0, dies_after=1.5)
    outcome = stage.restart(worker, more='steady = "4 s"')
    assert outcome.state == "failed", outcome.summary
    assert "no process of it is left" in outcome.summary
