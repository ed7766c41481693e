"""Which image a restart by compose would run, where that is another one than runs now."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from commands.systems.services.docker import Docker
from commands.systems.services.docker_files import by_its_files
from tests.commands.systems.services.stages.docker import DockerStage, two_versions
from tests.commands.systems.services.test_docker import preflight
from tests.local_shell import LocalShell
from tests.parts.compose import compose_two
from tests.parts.service import Service

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("found too late, known before")]
FILE = """services:
  db:
    image: app:plain
    command: {command}
    network_mode: none
    volumes: ["{folder}:{folder}"]
  web:
    image: "${{IMAGE:-app:v1}}"
    command: {command}
    network_mode: none
    labels: {{image: "other"}}
    volumes: ["{folder}:{folder}"]
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with two_versions(compose_two()) as running:
        yield running


def test_a_tag_that_a_shell_gave_and_a_restart_would_not_keep_is_named_before_the_start(
    stage: DockerStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stage.daemon.folder / "tagged"
    web = Service(folder / "web", "tagged/web", port=0)
    web.will(port=0)
    (folder / "compose.yaml").write_text(FILE.format(command=web.command, folder=web.folder))
    with monkeypatch.context() as shell:
        shell.setenv("IMAGE", "app:v2")
        stage.daemon.compose(folder, "--project-name", "tagged", "up", "--detach")
    (found,) = preflight(stage, web)
    assert (found.level, found.summary) == (
        "warn",
        "tagged/web runs app:v2, but its compose files give it app:v1 now",
    )
    assert "write that into the .env beside the compose file" in found.todo
    (folder / ".env").write_text("IMAGE=app:v2\n")
    assert [one.level for one in preflight(stage, web)] == ["ok"]
    (folder / ".env").write_text("IMAGE=app:v1\n")
    assert [one.level for one in preflight(stage, web)] == ["ok"], "it was written for the next deploy"
    (folder / ".env").rename(folder / "shared.env")
    (folder / ".env").symlink_to("shared.env")
    os.utime(folder / ".env", (0, 0), follow_symlinks=False)
    assert [one.level for one in preflight(stage, web)] == ["ok"], "so was the file behind the link"
    db = Service(folder / "web", "tagged/db", port=0)
    assert [one.level for one in preflight(stage, db)] == ["ok"]


@pytest.mark.parametrize(
    ("runs", "gets", "named"),
    [
        ("docker.io/library/nginx:latest", "nginx", False),  # as podman has it
        ("nginx", "nginx:latest", False),
        ("registry:5000/app:v1", "registry:5000/app:v1", False),
        ("app:latest", "app:v1", True),
        ("registry:5000/app", "app:v1", True),
        ("sha256:0a1b", "app:v1", False),
    ],
)
def test_one_image_under_two_names_is_one(runs: str, gets: str, named: bool) -> None:
    found = by_its_files([("shop/web", "1", {"id": "cafe", "image": runs})], [["next", "cafe", gets, "-", "-"]])
    assert bool(list(found)) == named


@pytest.mark.parametrize(
    ("image", "pull", "named"),
    [
        ("registry:5000/shop", "always", True),
        ("shop:latest", "daily", True),
        ("shop:prod", "every_12h", True),
        ("shop:1.4.2", "always", False),
        ("shop:sha-12ab", "always", False),
        ("shop@sha256:0a1b", "always", False),
        ("shop:latest", "missing", False),
        ("shop:latest", "-", False),
        ("-", "build", False),
    ],
)
def test_a_tag_that_is_pulled_anew_at_each_restart_is_named(image: str, pull: str, named: bool) -> None:
    found = list(
        by_its_files([("shop/web", "1", {"id": "cafe", "image": image})], [["next", "cafe", image, pull, "-"]])
    )
    assert [f"(pull_policy: {pull})" in one.what for one in found] == [True] * named


def test_a_service_that_has_another_number_of_containers_than_its_files_say_is_named_and_keeps_it(
    stage: DockerStage,
) -> None:
    folder = stage.daemon.folder / "scaled"
    db = Service(folder / "db", "scaled/db", port=0)
    db.will(port=0)
    file = folder / "compose.yaml"
    file.write_text(FILE.format(command=db.command, folder=db.folder) + "    deploy: {replicas: 1}\n")
    stage.daemon.compose(folder, "--project-name", "scaled", "up", "--detach", "--scale", "db=2")
    assert [one.level for one in preflight(stage, db)] == ["ok"], "the file names no number"
    assert "compose files" not in stage.restart(db).summary
    file.write_text(file.read_text().replace("  db:\n", "  db:\n    deploy: {mode: replicated, replicas: 3}\n"))
    outcome = stage.restart(db)
    other = "scaled/db has 2 containers, where its compose files say 3: a restart keeps how many there are"
    assert (outcome.state, f" But {other}." in outcome.summary) == ("done", True), outcome.summary
    os.utime(file, (0, 0))
    assert other in [one.summary for one in preflight(stage, db)]
    stage.daemon.compose(folder, "--project-name", "scaled", "up", "--detach", "--scale", "db=3")
    assert "compose files" not in stage.restart(db).summary


@pytest.mark.fault("one bad old thing stops all")
@pytest.mark.parametrize("old_runs", [True, False])
def test_what_a_compose_that_died_in_its_middle_has_left_ends_no_restart(stage: DockerStage, old_runs: bool) -> None:
    name = f"died-{old_runs}".lower()
    folder = stage.daemon.folder / name
    db = Service(folder / "db", f"{name}/db", port=0)
    db.will(port=0)
    (folder / "compose.yaml").write_text(FILE.format(command=db.command, folder=db.folder))
    stage.daemon.compose(folder, "--project-name", name, "up", "--detach", "db")
    (made,) = json.loads(stage.daemon.ask("inspect", f"{name}-db-1"))
    labels = [f"--label={key}={value}" for key, value in made["Config"]["Labels"].items()]
    half = f"{made['Id'][:12]}_{name}-db-1"
    stage.daemon.ask("create", f"--name={half}", *labels, "--network=none", "app:plain", *db.command.split())
    if not old_runs:
        stage.daemon.ask("kill", f"{name}-db-1")
    found = [one.summary for one in preflight(stage, db)]
    left = f"{half} is what a compose that died in its middle has left of {name}/db; a restart removes it"
    assert (left in found, len(found)) == (True, 1 if old_runs else 2), found
    outcome = stage.restart(db)
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    names = stage.daemon.ask("ps", "--all", "--format={{.Names}}", f"--filter=label=com.docker.compose.project={name}")
    assert names.split() == [f"{name}-db-1"]
    assert [one.level for one in preflight(stage, db)] == ["ok"]


@pytest.mark.fault("one bad old thing stops all")
@pytest.mark.parametrize(
    ("name", "status", "of", "is_half"),
    [
        ("0123456789ab_shop-web-1", "created", "shop", True),
        ("0123456789ab_shop-web-1", "exited", "shop", True),
        ("0123456789ab_shop-web-1", "running", "shop", False),
        ("0123456789ab_shop-web-1", "paused", "shop", False),
        ("0123456789ab_shop-web-1", "restarting", "shop", False),
        ("0123456789ab_shop-web-1", "exited", "other", False),
        ("aaaaaaaaaaaa_shop-web-1", "exited", "shop", False),
    ],
)
def test_only_what_ended_and_is_named_by_the_container_that_it_replaces_was_left(
    name: str, status: str, of: str, is_half: bool
) -> None:
    rows = [("0123456789ab0", "/shop-web-1", "shop", "running"), ("cafe", f"/{name}", of, status)]
    listed = "\n".join(f'{id_}\t{one}\t{project}\tweb\t1\tFalse\t{now}\t""\tnone' for id_, one, project, now in rows)
    ask = f'{Docker.state}\nfound_in "$LISTED"'
    said = LocalShell({}).ask("h", ask, env={"NAMES": "shop/web", "LISTED": listed}).tail
    assert (f"half\tshop/web\tcafe\t{name}" in said.splitlines()) == is_half, said
    assert "container\tshop/web\t0123456789ab0\t1\tshop" in said.splitlines()
