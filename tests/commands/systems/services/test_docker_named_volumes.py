"""Named volumes, which docker fills from the first image only: what they hide of a new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from commands.steps.shared import hidden_files
from tests.commands.systems.services.stages.docker import DockerStage, docker_stage
from tests.commands.systems.services.stages.stage import NEW, OLD
from tests.parts.compose import compose_two
from tests.parts.service import Service

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("it exists, so it is right")]
SERVICE = """services:
  web:
    image: $IMAGE
    command: sh -c "[ ! -d {folder}/fresh ] || python3 -c '{fill}' {folder}/fresh /app/public; exec {command}"
    network_mode: none
    volumes: ["{folder}:{folder}", "files:/app/public"]
volumes:
  files: {{}}
"""
FILL = "import shutil, sys, time; time.sleep(1); shutil.copytree(*sys.argv[1:], dirs_exist_ok=True)"
FIRST = {"index.html": "the first page", "same.css": "body", "notes of users/a b.txt": "as installed"}


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with docker_stage(compose_two()) as running:
        with_files(running, "site:v1", OLD, FIRST)
        yield running


def with_files(stage: DockerStage, tag: str, commit: str, files: Mapping[str, str]) -> None:
    """An image with these files in /app/public."""
    daemon, folder = stage.daemon, stage.daemon.folder / tag.replace(":", "-") / "public"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    daemon.image(f"base-{tag}", commit)
    daemon.ask("create", "--name=maker", f"base-{tag}", "true")
    app = folder.parent / "app"
    app.mkdir()
    folder.rename(app / "public")
    daemon.ask("cp", str(app), "maker:/app")
    daemon.ask("commit", "maker", tag)
    daemon.ask("rm", "maker")


def up(stage: DockerStage, name: str) -> Service:
    """A project of compose with the first image, whose next one is site:v2 of this project."""
    folder = stage.daemon.folder / "projects" / name
    folder.mkdir(parents=True)
    web = Service(folder / "web", f"{name}/web", port=0)
    (folder / "compose.yaml").write_text(SERVICE.format(fill=FILL, command=web.command, folder=web.folder))
    (folder / ".env").write_text("IMAGE=site:v1\n")
    stage.daemon.compose(folder, "up", "--detach")
    web.will(port=0, commit=NEW)
    (folder / ".env").write_text(f"IMAGE={name}:v2\n")
    return web


def summary(stage: DockerStage, web: Service, steady: str = "1 s") -> str:
    outcome = stage.restart(web, more=f'steady = "{steady}"')
    assert outcome.state == "done", outcome.summary
    assert "gonogo=files" not in stage.daemon.ask("ps", "--all", "--format={{.Labels}}"), "nothing is left behind"
    return outcome.summary


def test_files_of_a_new_image_that_a_named_volume_hides_are_named(stage: DockerStage) -> None:
    with_files(stage, "hides:v2", NEW, {**FIRST, "index.html": "the second", "new.js": "1"})
    web = up(stage, "hides")
    hides = (
        "But /app/public is the volume hides_files, which docker filled from an earlier image and fills no more: it "
        "hides index.html (and 1 more file) of the new one."
    )
    assert hides in summary(stage, web)
    assert "hides_files" not in summary(stage, web), "the image is the same"


def test_what_the_application_wrote_into_its_volume_and_what_is_new_there_already_hides_nothing(
    stage: DockerStage,
) -> None:
    changed = {**FIRST, "notes of users/a b.txt": "as installed since", "index.html": "the third page"}
    with_files(stage, "data:v2", NEW, changed)
    web = up(stage, "data")
    container = stage.daemon.ask("ps", "--quiet", "--filter=label=com.docker.compose.project=data").strip()
    written = stage.daemon.folder / "written"
    (written / "notes of users").mkdir(parents=True)
    (written / "notes of users" / "a b.txt").write_text("of a user")
    (written / "index.html").write_text("the third page")
    stage.daemon.ask("cp", f"{written}/.", f"{container}:/app/public")
    assert "data_files" not in summary(stage, web)


def test_an_image_that_has_nothing_there_loses_nothing(stage: DockerStage) -> None:
    stage.daemon.image("bare:v2", NEW)
    assert "bare_files" not in summary(stage, up(stage, "bare"))


@pytest.mark.fault("slow, taken for broken")
def test_a_volume_that_the_container_itself_fills_while_it_starts_hides_nothing(stage: DockerStage) -> None:
    with_files(stage, "fills:v2", NEW, {**FIRST, "index.html": "the second", "new.js": "1"})
    web = up(stage, "fills")
    (web.folder / "fresh").mkdir()
    (web.folder / "fresh" / "index.html").write_text("the second")
    (web.folder / "fresh" / "new.js").write_text("1")
    assert "fills_files" not in summary(stage, web, steady="4 s")


@pytest.mark.fault("not looked at, and said to be fine")
def test_what_takes_too_long_to_list_is_not_called_compared(
    stage: DockerStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_files(stage, "long:v2", NEW, {**FIRST, "index.html": "the second"})
    web = up(stage, "long")
    monkeypatch.setattr(hidden_files, "_WITHIN", 0)
    outcome = stage.restart(web)
    assert "long_files" not in outcome.summary
    unread = "whether volumes hide files of the new image in /app/public: to list them took too long"
    assert outcome.not_compared == (unread,)
