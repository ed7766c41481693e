"""Containers and compose projects of a release to which the link no longer leads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.steps.outcome import Outcome
from tests.commands.systems.services.stages.docker import DockerStage, two_versions
from tests.commands.systems.services.stages.stage import NEW
from tests.parts.compose import compose_two
from tests.parts.service import Service

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("compared with itself")]
SERVICE = """services:
  web:
    image: app:v{number}
    command: {command}
    network_mode: none
    volumes: ["{folder}:{folder}"]
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with two_versions(compose_two()) as running:
        yield running


def released(stage: DockerStage, name: str, images: tuple[int, int]) -> tuple[Service, Path]:
    """A worker that compose made in the release 1, and the link, which leads to the release 2 now."""
    top = stage.daemon.folder / name
    web = Service(top / "web", f"{name}/web", port=0)
    for release, number in zip(("1", "2"), images, strict=True):
        folder = top / "releases" / release
        folder.mkdir(parents=True)
        (folder / "compose.yaml").write_text(SERVICE.format(number=number, command=web.command, folder=web.folder))
    stage.daemon.compose(top / "releases" / "1", "--project-name", name, "up", "--detach")
    current = top / "current"
    current.symlink_to("releases/2")
    web.will(port=0, commit=NEW)
    return web, current


def test_a_worker_that_is_made_by_the_file_of_the_release_before_is_not_called_new(stage: DockerStage) -> None:
    web, current = released(stage, "older", (1, 2))
    outcome = stage.restart(web)
    folder = current.parent / "releases"
    left = (
        f"older/web is made by the compose file in {folder}/1, but {current} leads to {folder}/2, whose file is another"
    )
    assert (outcome.state, outcome.summary) == ("failed", f"older/web did not start properly: {left}."), outcome.lines
    stage.daemon.compose(folder / "2", "--project-name", "older", "up", "--detach")
    assert stage.restart(web).state == "done"


def test_a_worker_whose_file_is_the_same_in_both_releases_is(stage: DockerStage) -> None:
    web, current = released(stage, "alike", (1, 1))
    outcome = stage.restart(web)
    assert outcome.state == "done", outcome.summary
    assert "The image is the one that it ran before." in outcome.summary
    (current.parent / "releases" / "2" / ".env").write_text("IMAGE=app:v2\n")
    assert stage.restart(web).state == "failed", "the settings beside it differ"


def test_a_worker_with_another_image_is_not_said_to_run_that_of_before(stage: DockerStage) -> None:
    web, current = released(stage, "newer", (1, 1))
    current.unlink()
    file = current.parent / "releases" / "1" / "compose.yaml"
    file.write_text(file.read_text().replace("app:v1", "app:v2"))
    outcome = stage.restart(web)
    assert (outcome.state, "ran before" in outcome.summary) == ("done", False), outcome.summary


def mounted(stage: DockerStage, name: str, source: str, old: str, new: str) -> tuple[Outcome, Path]:
    """The restart of a worker that has `source` below its folder mounted, once the link leads to the release 2."""
    top = stage.daemon.folder / name
    for release, text in (("1", old), ("2", new)):
        code = top / "releases" / release / "code"
        code.mkdir(parents=True)
        (code / "jobs.py").write_text(text)
    current = top / "current"
    current.symlink_to("releases/1")
    web = Service(top / "web", name, port=0)
    web.will(port=0)
    stage.daemon.start(web, "app:v1", f"--volume={top / source}:/code")
    current.unlink()
    current.symlink_to("releases/2")
    return stage.restart(web), top


@pytest.mark.parametrize("source", ["releases/1/code", "releases/1/code/jobs.py", "releases/1"])
def test_a_worker_with_code_of_the_release_before_mounted_is_not_called_new(stage: DockerStage, source: str) -> None:
    outcome, top = mounted(stage, f"held-{source.count('/')}", source, "old", "new")
    left = f"{top.name} has {top / source} mounted, but {top}/current leads to {top}/releases/2, where that is another"
    assert (outcome.state, outcome.summary) == ("failed", f"{top.name} did not start properly: {left}."), outcome.lines


def test_a_worker_whose_mounted_files_are_the_same_or_lead_through_the_link_is(stage: DockerStage) -> None:
    for name, source, new in (("same", "releases/1/code", "old"), ("linked", "current/code", "new")):
        outcome, top = mounted(stage, name, source, "old", new)
        assert outcome.state == "done", outcome.summary
    code = top.with_name("same") / "releases" / "1" / "code"
    (code / "today.log").write_text("written while it ran\n")
    assert stage.restart(Service(top.with_name("same") / "web", "same", port=0)).state == "done"
    (code.parent.parent / "2" / "code" / "more.py").write_text("new\n")
    assert stage.restart(Service(top.with_name("same") / "web", "same", port=0)).state == "failed"
