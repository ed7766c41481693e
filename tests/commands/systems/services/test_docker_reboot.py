"""What docker would not start after a reboot, on a host whose first process is called init."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.steps.base import execute
from tests.commands.systems.services.stages.docker import DockerStage, docker_stage
from tests.commands.systems.services.stages.stage import NEW
from tests.local_shell import LocalShell
from tests.parts.service import Service

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("it exists, so it is right")]


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with docker_stage() as running:
        yield running


def booted(stage: DockerStage, folder: Path) -> LocalShell:
    """The Shell of a host that init has booted, with these units of systemd."""
    init = folder / "init"
    shutil.copy("/bin/bash", init)
    units = folder / "units"
    units.mkdir(exist_ok=True)
    mounted = f'mkdir -p /etc/systemd/system && mount --bind {units} /etc/systemd/system && "$@"; exit $?'
    within = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", str(init), "-c", mounted, "init"]
    return LocalShell({}, stage.daemon.bin, within=within)


def said(stage: DockerStage, service: Service, shell: LocalShell) -> str:
    """The summary of a restart there."""
    service.will(port=0, commit=NEW)
    outcome = execute(stage.box("service", service), stage.context(service, shell=shell))
    assert outcome.state == "done", outcome.summary
    return outcome.summary


def test_a_container_whose_restart_policy_starts_it_no_more_is_named(stage: DockerStage, tmp_path: Path) -> None:
    shell = booted(stage, tmp_path)
    once = stage.start("once", worker=True, words=())
    no = "But docker would not start once after a reboot of the host: its restart policy is no."
    assert said(stage, once, shell).endswith(no)
    failing = stage.start("failing", worker=True, words=("--restart=on-failure",))
    assert said(stage, failing, shell).endswith("its restart policy is on-failure.")


@pytest.mark.parametrize("policy", ["always", "unless-stopped"])
def test_a_container_that_docker_starts_again_is_not(stage: DockerStage, tmp_path: Path, policy: str) -> None:
    service = stage.start(policy, worker=True, words=(f"--restart={policy}",))
    assert "reboot" not in said(stage, service, booted(stage, tmp_path))


def test_a_container_that_something_else_starts_is_not(stage: DockerStage, tmp_path: Path) -> None:
    shell = booted(stage, tmp_path)
    (tmp_path / "units" / "mail.service").write_text("[Service]\nExecStart=docker start --attach by-unit\n")
    by_unit = stage.start("by-unit", worker=True, words=())
    assert "reboot" not in said(stage, by_unit, shell)
    labelled = stage.start("labelled", worker=True, words=("--label=com.docker.swarm.service.name=shop_api",))
    assert "reboot" not in said(stage, labelled, shell)
    unbooted = stage.start("inside", worker=True, words=())
    assert "reboot" not in said(stage, unbooted, stage.shell()), "a container does not boot"
