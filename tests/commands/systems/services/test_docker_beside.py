"""A worker of a compose project with the same image is named where no step restarts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import wait_until
from commands.steps.base import execute
from commands.steps.shared.left_running import left_running
from commands.systems.services.docker import Docker
from commands.systems.services.docker_beside import beside
from commands.systems.services.manager import State
from state.records import RunState
from tests.commands.steps.builders import box, context
from tests.commands.systems.services.stages.docker import DockerStage, two_versions
from tests.local_shell import LocalShell
from tests.parts.compose import compose_two
from tests.parts.service import Service
from tests.world import World

pytestmark = pytest.mark.timeout(240)
SERVICES = """services:
  web:
    image: "app:${{TAG}}"
    command: {command}
    network_mode: none
    volumes: ["{folder}:{folder}"]
  queue-worker:
    image: "app:${{TAG}}"
    command: [python3, -c, "import time; time.sleep(1000)"]
    stop_signal: SIGKILL
    network_mode: none
  cron:
    image: "app:${{TAG}}"
    container_name: nightly
    command: [python3, -c, "import time; time.sleep(1000)"]
    stop_signal: SIGKILL
    network_mode: none
  setup:
    image: "app:${{TAG}}"
    command: [python3, -c, ""]
    network_mode: none
  console:
    image: "app:${{TAG}}"
    command: [python3, -c, "import time; time.sleep(1000)"]
    profiles: [tools]
    stop_signal: SIGKILL
    network_mode: none
  store:
    image: app:plain
    command: [python3, -c, "import time; time.sleep(1000)"]
    stop_signal: SIGKILL
    network_mode: none
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with two_versions(compose_two()) as running:
        yield running


@pytest.fixture(scope="module")
def web(stage: DockerStage) -> Service:
    """A service of a project that has workers of the same image, one that has ended, and a store of another one.

    Somebody has a console of it open.
    """
    folder = stage.daemon.folder / "crew"
    web = Service(folder / "web", "crew/web", port=0)
    web.will(port=0)
    (folder / "compose.yaml").write_text(SERVICES.format(command=web.command, folder=web.folder))
    (folder / ".env").write_text("TAG=v1\n")
    stage.daemon.compose(folder, "--project-name", "crew", "up", "--detach")
    stage.daemon.compose(folder, "--project-name", "crew", "run", "--detach", "console")
    wait_until(lambda: "setup" in stage.daemon.ask("ps", "--all", "--filter=status=exited"), "the end of setup")
    return web


@pytest.mark.fault("the first of several for all")
def test_a_worker_of_the_same_image_that_no_step_names_is_named_after_a_restart(
    stage: DockerStage, web: Service
) -> None:
    (web.folder.parent / ".env").write_text("TAG=v2\n")
    ctx = stage.context(web)
    now = datetime.now(UTC)
    outcome = execute(stage.box("service", web), replace(ctx, began_at=now, run=replace(ctx.run, began_at=now)))
    assert outcome.state == "done", outcome.summary
    left = "But crew/cron (nightly) and crew/queue-worker run as well, which no step names: they were not restarted, "
    assert f" {left}perhaps with the old code." in outcome.summary


@pytest.mark.fault("the first of several for all")
def test_so_is_one_that_an_earlier_deploy_left_with_an_older_image_of_the_same_tag() -> None:
    web = ("crew/web", "1", {"image_id": "sha256:b", "image": "shop:latest"})
    started = '"2026-11-01T00:00:00Z"'
    lines = [
        ["beside", "sha256:a", "shop:latest", "/crew-worker-1", "crew/worker", started],
        ["beside", "sha256:c", "redis:7", "/crew-queue-1", "crew/queue", started],
    ]
    assert [name for name, _ in beside([web], lines, 2e9)] == ["crew/worker"]


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize(
    ("other", "is_named"),
    [
        ("store", True),
        ("docker compose logs store", True),
        ("queue-worker", False),
        ("crew/queue-worker", False),
        ("crew-queue-worker-1", False),
        ("docker compose up --detach", False),
        ("docker compose restart queue-worker", False),
        ("docker-compose --file x.yml \\\\\n  up --detach", False),
        ("docker restart crew_queue-worker_1", False),
        ("crew_queue-worker_1", False),
        ("nightly", False),
        ("docker compose pull", True),
        ("docker compose exec -T web php artisan up", True),
        ("docker compose run --rm web bin/down", True),
        ("docker compose run --rm web bin/migrate; docker compose up --detach", False),
    ],
)
def test_it_is_not_if_another_step_names_it_or_starts_the_whole_project(other: str, is_named: bool) -> None:
    step = box("service", 'host = "h"\nmanager = "docker"\nname = "web"')
    command = box("run", f"host = 'h'\ncommands = ['''{other}''']")
    boxes = {"more": command if " " in other else step.model_copy(update={"name": other})}
    ctx = replace(context(World()), boxes=boxes)
    before = State(processes=(), logs={}, beside={"crew/queue-worker (nightly)": 1e9})
    said, _ = left_running(step, ctx, "", before)
    assert ("queue-worker (nightly) runs as well" in said) == is_named
    back = replace(ctx, run=replace(ctx.run, state=RunState.ROLLING_BACK))
    assert left_running(step, back, "", before)[0] == "", "it has the code of before"


@pytest.mark.fault("one text, two readers")
def test_what_is_mounted_of_a_folder_with_a_blank_in_its_name_is_found(tmp_path: Path) -> None:
    mounted = "31 1 8:1 /srv/the\\040shop/releases/1 /app\\040code rw - ext4 /dev/a rw\n"
    for name, text in (("self", "1 1 8:1 / / rw - ext4 /dev/a rw\n"), ("7", mounted)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mountinfo").write_text(text)
    (tmp_path / "7" / "cgroup").write_text("0::/docker/cafe\n")
    script = f"{Docker.state}\nmounts_of cafe 7\n".replace("/proc/", f"{tmp_path}/")
    assert LocalShell({}).ask("h", script).tail == "/app code\t/srv/the shop/releases/1\n"
