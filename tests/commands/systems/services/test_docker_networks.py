"""Containers in the network of another one, which a restart of that one cuts off."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.commands.systems.services.stages.docker import IMAGE, DockerStage, docker_stage
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.test_docker import preflight
from tests.local_shell import LocalShell
from tests.parts.compose import compose_two
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)
_NAMES = map("net-{}".format, itertools.count(1))


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with docker_stage() as running:
        yield running


@pytest.fixture
def pair(stage: DockerStage) -> Iterator[tuple[Service, Service]]:
    """A worker with a network, and another one that runs in it."""
    first = stage.start(next(_NAMES), worker=True)
    second = stage.daemon.service(f"{first.name}-side")
    second.port = 0
    second.will(port=0)
    volume = f"--volume={second.folder}:{second.folder}"
    words = ("run", "-d", f"--network=container:{first.name}", f"--name={second.name}", volume)
    stage.daemon.ask("rm", "-f", first.name)
    volume_of_first = f"--volume={first.folder}:{first.folder}"
    stage.daemon.ask(
        "run", "-d", "--network=none", f"--name={first.name}", volume_of_first, IMAGE, *first.command.split()
    )
    stage.daemon.ask(*words, IMAGE, *second.command.split())
    for one in (first, second):
        one.will(port=0, commit=NEW)
    yield first, second
    stage.daemon.ask("rm", "-f", first.name, second.name)


@pytest.mark.fault("the first of several for all")
def test_what_runs_in_the_network_of_a_restarted_container_is_named_before_and_after(
    stage: DockerStage, pair: tuple[Service, Service]
) -> None:
    first, second = pair
    (found,) = preflight(stage, first)
    assert (found.level, found.summary) == (
        "warn",
        f"{second.name} runs in the network of {first.name}, and loses it when that is restarted",
    )
    outcome = stage.restart(first)
    assert outcome.state == "done", outcome.summary
    assert f"But {second.name} is cut off, because it runs in the network that" in outcome.summary
    stage.daemon.ask("restart", second.name)
    assert stage.restart(second).state == "done"


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_container_that_is_cut_off_is_not_called_running(stage: DockerStage, pair: tuple[Service, Service]) -> None:
    first, second = pair
    assert stage.restart(first, second).state == "done"
    outcome = stage.restart(second, first)
    assert outcome.state == "failed"
    assert "running, but cut off: its network is that of" in outcome.summary


SERVICE = """
  {name}:
    image: {image}
    command: {command}
    network_mode: {network}
    volumes: ["{folder}:{folder}"]
"""


@pytest.mark.fault("the first of several for all")
def test_a_service_of_compose_in_the_network_of_one_that_is_made_anew_is_named_and_comes_back() -> None:
    with docker_stage(compose_two()) as stage:
        folder = stage.daemon.folder / "projects/joined"
        folder.mkdir(parents=True)
        web, side = (Service(folder / name, name, port=0) for name in ("web", "side"))
        services = [
            SERVICE.format(name=one.name, image=IMAGE, command=one.command, network=network, folder=one.folder)
            for one, network in ((web, "none"), (side, '"service:web"'))
        ]
        (folder / "compose.yaml").write_text("services:" + "".join(services))
        stage.daemon.compose(folder, "up", "--detach")
        for one in (web, side):
            one.will(port=0, commit=NEW)
        (found,) = preflight(stage, web)
        assert found.summary == "joined-side-1 runs in the network of joined-web-1, and loses it when that is restarted"
        outcome = stage.restart(web)
        assert outcome.state == "done", outcome.summary
        assert "But joined-side-1 is cut off, because the container in whose network it runs is gone" in outcome.summary
        outcome = stage.restart(side)
        assert outcome.state == "done", outcome.summary
        assert "cut off" not in outcome.summary


@pytest.mark.fault("slow, taken for broken")
def test_a_container_in_the_network_of_one_that_is_there_and_not_listed_is_not_called_cut_off(
    stage: DockerStage, pair: tuple[Service, Service]
) -> None:
    first, second = pair
    hides = stage.daemon.folder / "hides"  # as podman does with what holds the network of a pod
    hides.mkdir(exist_ok=True)
    own = stage.daemon.ask("inspect", "--format={{.Id}}", first.name).strip()
    (hides / "docker").write_text(
        f'#!/bin/bash\n[ "$1" != ps ] || {{ {stage.daemon.bin}/docker "$@" | grep -v "{own}"; exit; }}\n'
        f'exec {stage.daemon.bin}/docker "$@"\n'
    )
    (hides / "docker").chmod(0o755)
    outcome = stage.restart(second, shell=LocalShell({}, hides))
    assert outcome.state == "done", outcome.summary
    assert "cut off" not in outcome.summary
