"""Volumes without a name, which compose keeps: they hide what a new image has in their folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.ports.preflight import OK, WARN
from tests.commands.systems.services.stages.docker import DockerStage, two_versions
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.test_docker import preflight
from tests.parts.compose import compose_two
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)
SERVICE = """services:
  web:
    image: $IMAGE
    command: {command}
    network_mode: none
    volumes: ["{folder}:{folder}", {more}]
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with two_versions(compose_two()) as running:
        yield running


def up(stage: DockerStage, name: str, more: str) -> Service:
    """A project of compose with one worker, whose next image is a new one."""
    folder = stage.daemon.folder / "projects" / name
    folder.mkdir(parents=True)
    web = Service(folder / "web", f"{name}/web", port=0)
    (folder / "compose.yaml").write_text(SERVICE.format(command=web.command, folder=web.folder, more=more))
    (folder / ".env").write_text("IMAGE=app:v1\n")
    stage.daemon.compose(folder, "up", "--detach")
    web.will(port=0, commit=NEW)
    (folder / ".env").write_text("IMAGE=app:v2\n")
    return web


@pytest.mark.fault("it exists, so it is right")
def test_a_volume_without_a_name_that_hides_what_a_new_image_has_is_named_before_and_after(stage: DockerStage) -> None:
    web = up(stage, "hidden", '"/app/node_modules"')
    (found,) = preflight(stage, web)
    hides = "a volume without a name: compose keeps it, and it hides what a new image has there"
    assert (found.level, found.summary) == (WARN, f"/app/node_modules of hidden/web is {hides}")
    outcome = stage.restart(web)
    assert outcome.state == "done", outcome.summary
    assert f"But /app/node_modules is what it was, {hides}. Leave that volume out" in outcome.summary
    assert "/app/node_modules" not in stage.restart(web).summary, "the image is the same"


def test_nothing_is_said_of_a_volume_with_a_name_or_of_one_that_is_a_folder(stage: DockerStage) -> None:
    web = up(stage, "named", '"files:/app/files"]\nvolumes:\n  files: {}\nx-more: [1')
    assert [found.level for found in preflight(stage, web)] == [OK]
    assert "/app/files" not in stage.restart(web).summary
