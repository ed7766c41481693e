"""`running` by containers: what a real docker says of the images from which they were made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.git_repository import Repository, git
from tests.docker_daemon import Docker, docker_daemon
from tests.parts.podman import podman_as_docker
from tests.world import World

_REVISION = "--label=org.opencontainers.image.revision="
_PROJECT, _SERVICE = "--label=com.docker.compose.project=", "--label=com.docker.compose.service=api"
_NUMBER = "--label=com.docker.compose.container-number="
WAITS = "read line"


@pytest.fixture(scope="module", params=[docker_daemon, podman_as_docker], ids=["docker", "podman"])
def docker(request: pytest.FixtureRequest) -> Iterator[Docker]:
    with request.param() as running:
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def asked(docker: Docker, repository: Repository, name: str) -> Outcome:
    """The step, where containers say what runs."""
    toml = f'host = "h"\nrepository = "$REPO"\nrunning = {{ on = "h", container = "{name}" }}'
    return execute(box("release", toml), context(World(), shell=docker.shell(REPO=str(repository.path)), files={}))


def test_the_label_names_the_commit_before_the_tag(docker: Docker, repository: Repository) -> None:
    docker.ask("tag", "small", "shop:v9")
    docker.run("labelled", WAITS, f"{_REVISION}{repository.old}", image="shop:v9")
    outcome = asked(docker, repository, "labelled")
    assert outcome.values["running_before"] == repository.old, outcome.summary


def test_without_a_label_the_tag_counts_as_long_as_it_means_this_image(docker: Docker, repository: Repository) -> None:
    git(repository.path, "tag", "v1.4", repository.old)
    docker.ask("tag", "small", "registry.example:5000/shop:1.4")
    docker.run("tagged", WAITS, image="registry.example:5000/shop:1.4")
    outcome = asked(docker, repository, "tagged")
    assert outcome.values["running_before"] == repository.old, outcome.summary

    changed = docker.ask("import", "--change=LABEL new=yes", "-", "registry.example:5000/shop:1.4", data=_empty())
    assert changed
    assert "its image has no label org.opencontainers.image.revision, and no tag" in (
        asked(docker, repository, "tagged").summary
    )


@pytest.mark.fault("compared with itself")
def test_code_that_a_volume_or_a_folder_of_the_host_hides_is_not_the_images(
    docker: Docker, repository: Repository, tmp_path: Path
) -> None:
    label = f"{_REVISION}{repository.old}"
    docker.run("beside", WAITS, label, "--workdir=/app", "--volume=logs:/app/logs", f"--volume={tmp_path}:/apps")
    assert asked(docker, repository, "beside").values["running_before"] == repository.old
    for name, mount in (("bound", f"{tmp_path}:/app"), ("kept", "code:/app"), ("above", "code:/app")):
        folder = "/app/src" if name == "above" else "/app"
        docker.run(name, WAITS, label, f"--workdir={folder}", f"--volume={mount}")
        summary = asked(docker, repository, name).summary
        assert "does not say it: a volume or a folder of the host hides its image's working folder" in summary


@pytest.mark.parametrize("tag", ["shop:latest", "registry.example:5000/shop"])
def test_a_tag_that_is_no_version_says_nothing(docker: Docker, repository: Repository, tag: str) -> None:
    docker.ask("tag", "small", tag)
    name = f"moving-{tag.count(':')}-{'latest' in tag}"
    docker.run(name, WAITS, image=tag)
    assert "no tag that is a version" in asked(docker, repository, name).summary


@pytest.mark.fault("the first of several for all")
def test_every_container_of_a_service_is_asked(docker: Docker, repository: Repository) -> None:
    for number, commit in (("1", repository.old), ("2", repository.new)):
        of = (f"{_PROJECT}one", _SERVICE, f"{_NUMBER}{number}", f"{_REVISION}{commit}")
        docker.run(f"one-api-{number}", WAITS, *of)
    summary = asked(docker, repository, "api").summary
    old, new = repository.old[:10], repository.new[:10]
    assert f"container 1 of api on h answers {old}, container 2 of api on h answers {new}: let all" in summary

    docker.run("two-api-1", WAITS, f"{_PROJECT}two", _SERVICE, f"{_NUMBER}1", f"{_REVISION}{repository.old}")
    assert "several projects have such a service: one, two; write project/service" in (
        asked(docker, repository, "api").summary
    )
    assert asked(docker, repository, "two/api").values["running_before"] == repository.old


def test_a_container_that_does_not_run_or_is_not_there_is_not_what_runs(docker: Docker, repository: Repository) -> None:
    docker.run("over", "exit 0", f"{_REVISION}{repository.old}")
    docker.ask("wait", "over")
    assert "docker reports it as exited" in asked(docker, repository, "over").summary
    assert "docker lists no container and no compose service of that name" in (
        asked(docker, repository, "nowhere").summary
    )


def test_the_plan_says_what_is_asked() -> None:
    toml = 'host = "h"\nrepository = "$REPO"\nrunning = { on = "h", container = "api" }'
    assert "on h: which commit each container of api runs; the clone on h must be" in plan(box("release", toml))


def _empty() -> bytes:
    return b"\0" * 10240  # an archive without a file
