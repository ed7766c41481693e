"""Containers and compose projects of a release to which the link no longer leads."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.steps.outcome import Outcome
from commands.systems.services.docker import Docker
from commands.systems.services.docker_left import left_files
from tests.commands.systems.services.stages.docker import DockerStage, two_versions
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.test_docker import preflight
from tests.local_shell import LocalShell
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


OLD_FILES = {"jobs.py": "same", "lib/a.py": "same"}


def compared(folder: Path, old: dict[str, str], new: dict[str, str], path: str = "", diff: str = "") -> str:
    """What the host says of the releases v1 and v1.1 with these files, or of a file or folder in them."""
    for release, files in (("v1", old), ("v1.1", new)):
        for name, text in files.items():
            file = folder / "releases" / release / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    if diff:
        (folder / "diff").write_text(f"#!/bin/sh\n{diff}\n")
        (folder / "diff").chmod(0o755)
    ask = f"{Docker.state}\ndiffers '{folder}/releases/v1{path}' '{folder}/releases/v1.1{path}' 1"
    return LocalShell({}, folder if diff else None).ask("h", ask).tail.strip()


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ({}, {}, ""),
        ({"today.log": "written", "uploads/one.png": "written"}, {}, ""),
        ({".git/index": "1", "lib/__pycache__/a.cpython-311.pyc": "1"}, {".git/index": "2"}, ""),
        ({"lib/__pycache__/a.cpython-311.pyc": "1"}, {"lib/__pycache__/a.cpython-311.pyc": "2"}, ""),
        ({"log/production.log": "1"}, {"log/production.log": "2"}, ""),
        ({"log/production.log": "1"}, {"log/production.log": "2"}, "/log/production.log"),
        ({"only/old.py": "1"}, {}, "/only"),
        ({"run/app.pid": "1"}, {"run/app.pid": "2", "run/web.sock": ""}, "/run"),
    ],
)
def test_what_an_application_writes_itself_is_no_other_code(
    tmp_path: Path, old: dict[str, str], new: dict[str, str], path: str
) -> None:
    assert compared(tmp_path, {**OLD_FILES, **old}, {**OLD_FILES, **new}, path) == "same"


@pytest.mark.parametrize(
    ("new", "path"),
    [
        ({"jobs.py": "new"}, ""),
        ({"jobs.py": "new"}, "/jobs.py"),
        ({"lib/b.py": "new"}, ""),
        ({"more.py": "new"}, ""),
        ({"logs.py": "new"}, ""),
    ],
)
def test_another_or_a_further_file_of_the_new_release_is(tmp_path: Path, new: dict[str, str], path: str) -> None:
    assert compared(tmp_path, OLD_FILES, {**OLD_FILES, **new}, path) == "mounts"


def test_a_comparison_that_takes_too_long_is_not_said_to_have_found_anything(tmp_path: Path) -> None:
    found = "printf 'Files a and b differ\\n'"
    assert compared(tmp_path, OLD_FILES, OLD_FILES, diff="exec sleep 100") == "slow"
    assert compared(tmp_path, OLD_FILES, OLD_FILES, diff=f"{found}; exec sleep 100") == "mounts"
    lines = "mounts\tcafe\t/srv/v1\t/srv/current\t/srv/v2\nslow\tcafe\t/srv/v1/data\t/srv/current\t/srv/v2"
    one, other = left_files([("api", "", {"id": "cafe"})], [line.split("\t") for line in lines.splitlines()])
    assert one == "api has /srv/v1 mounted, but /srv/current leads to /srv/v2, where that is another"
    assert (
        other == "api has /srv/v1/data mounted, but /srv/current leads to /srv/v2, and comparing the two takes too long"
    )


def held(stage: DockerStage, name: str, source: str) -> tuple[Service, Path, Outcome]:
    """A worker that has `source` below its folder mounted, and its restart, while `live` leads to the build 1."""
    top = stage.daemon.folder / name
    for build in ("1", "2"):
        for one in (top / f"build-{build}", top / "releases" / build):
            one.mkdir(parents=True)
            (one / "jobs.py").write_text(build)
    (top / "live").symlink_to("build-1")
    (top / "current").symlink_to("releases/1")
    web = Service(top / "web", name, port=0)
    web.will(port=0)
    stage.daemon.start(web, "app:v1", f"--volume={top / source}:/code")
    outcome = stage.restart(web)
    assert outcome.state == "done", outcome.summary
    assert "But" not in outcome.summary
    return web, top, outcome


def lead(link: Path, to: str) -> None:
    link.unlink()
    link.symlink_to(to)


def test_a_container_that_no_restart_has_led_to_the_new_release_is_not_called_well(stage: DockerStage) -> None:
    web, top, before = held(stage, "hup", "current")
    lead(top / "current", "releases/2")
    seen = stage.steady(web, after=before)
    why = f"hup has {top}/releases/1 mounted, but {top}/current leads to {top}/releases/2, where that is another"
    assert (seen.state, why in seen.summary) == ("failed", True), seen.summary
    assert stage.restart(web).state == "done", "a restart mounts it anew"


@pytest.mark.parametrize("source", ["live", "build-1"])
def test_a_container_with_a_folder_of_before_in_its_place_is_not_either(stage: DockerStage, source: str) -> None:
    web, top, before = held(stage, f"moved-{source}", source)
    assert stage.steady(web, after=before).state == "done"
    if source == "live":
        lead(top / "live", "build-2")
    else:
        (top / "build-1").rename(top / "build-0")
        (top / "build-2").rename(top / "build-1")
    seen = stage.steady(web, after=before)
    why = f"{web.name} still has {top / source} from before it was replaced, and only a restart mounts it anew"
    assert (seen.state, why in seen.summary) == ("failed", True), seen.summary
    assert stage.restart(web).state == "done", "a restart mounts it anew"


def test_a_folder_that_is_the_same_by_another_name_was_not_replaced(stage: DockerStage) -> None:
    web, top, before = held(stage, "alike-live", "live")
    (top / "build-2" / "jobs.py").write_text("1")
    lead(top / "live", "build-2")
    assert stage.steady(web, after=before).state == "done"


def test_what_stands_beside_a_release_or_holds_all_of_them_is_no_release_that_was_left(stage: DockerStage) -> None:
    top = stage.daemon.folder / "volume"
    top.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "gonogo", top], check=True)
    try:
        for folder in ("v1", "v2/uploads", "shared/uploads"):
            (top / folder).mkdir(parents=True)
        (top / "v2" / "uploads" / ".gitkeep").touch()
        (top / "current").symlink_to("v2")
        web = Service(top / "shared" / "web", "volume", port=0)
        web.will(port=0)
        volumes = (f"--volume={top}/shared/uploads:/uploads", f"--volume={top}:/all")
        stage.daemon.start(web, "app:v1", *volumes)
        outcome = stage.restart(web)
        assert outcome.state == "done", outcome.summary
    finally:
        subprocess.run(["umount", "--lazy", top], check=True)


def test_a_signal_after_which_a_container_still_has_a_file_of_before_says_so(stage: DockerStage) -> None:
    top = stage.daemon.folder / "file"
    top.mkdir()
    (top / "app.conf").write_text("1")
    web = Service(top / "web", "file")
    web.will(commit=NEW)
    stage.daemon.start(web, "app:v2", f"--volume={top}/app.conf:/app.conf")
    web.wait()
    (top / "new").write_text("1")  # as an editor writes it anew
    (top / "new").rename(top / "app.conf")
    reload = 'steady = "1 s"\nreload = true'
    first = stage.restart(web, more=reload)
    assert (first.state, "But" in first.summary) == ("done", False), first.summary
    (top / "new").write_text("2")
    (top / "new").rename(top / "app.conf")
    seen = stage.restart(web, more=reload)
    note = f"But file still has {top}/app.conf from before it was replaced, and only a restart mounts it anew."
    assert (seen.state, note in seen.summary) == ("done", True), seen.summary
    assert "But" not in stage.restart(web).summary


@pytest.mark.parametrize(("source", "named"), [("code", True), ("code/jobs.py", False)])
def test_a_container_that_reloads_files_of_the_host_is_named_before_the_start(
    stage: DockerStage, source: str, named: bool
) -> None:
    top = stage.daemon.folder / f"reloads-{named}"
    (top / "code").mkdir(parents=True)
    (top / "code" / "jobs.py").write_text("1")
    # which /proc shows like the program itself
    command = ("python3", "-c", "import time; time.sleep(1000)", "uvicorn", "shop:app", "--reload")
    stage.daemon.ask("run", "-d", f"--name={top.name}", f"--volume={top / source}:/code/x", "app:v1", *command)
    found = [one.summary for one in preflight(stage, Service(top / "web", top.name, port=0))]
    assert any("starts anew as soon as files change (uvicorn --reload)" in one for one in found) == named, found
