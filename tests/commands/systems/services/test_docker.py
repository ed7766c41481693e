"""What only docker has, on a real one: compose, images, health, a daemon that is away."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.ports.preflight import PreflightContext, PreflightResult
from commands.systems.services.docker import Docker
from tests.commands.systems.services.stages.docker import DockerStage, two_versions
from tests.local_shell import LocalShell
from tests.parts.busybox import busybox_alone
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)
_NAMES = map("own-{}".format, itertools.count(1))
SERVICE = """
  {name}:
    image: $IMAGE
    command: {command}
    network_mode: host
    restart: always
    volumes: ["{folder}:{folder}"]
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with two_versions() as running:
        yield running


class Project:
    """A project of compose: the service api, and the worker jobs in two containers."""

    def __init__(self, stage: DockerStage, name: str) -> None:
        self.daemon = stage.daemon
        self.folder = stage.daemon.folder / "projects" / name
        self.folder.mkdir(parents=True)
        self.api = Service(self.folder / "api", "api")
        self.jobs = Service(self.folder / "jobs", "jobs", port=0)
        services = (
            SERVICE.format(name=one.name, command=one.command, folder=one.folder) for one in (self.api, self.jobs)
        )
        self.file.write_text(f'version: "3"\nservices:{"".join(services)}')
        self.use("app:v1")
        self.daemon.compose(self.folder, "up", "--detach", "--scale", "jobs=2")
        self.api.wait()

    @property
    def file(self) -> Path:
        return self.folder / "docker-compose.yml"

    def use(self, image: str) -> None:
        """From which image the next start is made."""
        (self.folder / ".env").write_text(f"IMAGE={image}\n")

    def stop(self) -> None:
        """Remove its containers."""
        self.daemon.compose(self.folder, "kill")
        self.daemon.compose(self.folder, "rm", "--force")


@pytest.fixture(scope="module")
def project(stage: DockerStage) -> Iterator[Project]:
    shop = Project(stage, "shop")
    yield shop
    shop.stop()


def preflight(stage: DockerStage, service: Service) -> list[PreflightResult]:
    *_, check = stage.box("service", service).preflight()
    found: list[PreflightResult] = check.run_preflight(PreflightContext(tools=stage.context(service).tools, ref="main"))
    return found


def test_a_service_of_compose_is_made_anew_from_the_image_that_its_file_names(
    stage: DockerStage, project: Project
) -> None:
    project.use("app:v2")
    assert [result.level for result in preflight(stage, project.api)] == ["ok"]
    outcome = stage.restart(project.api)
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert " of app:v1 (" in outcome.lines[0]
    assert " of app:v2 (" in outcome.lines[1]
    assert stage.steady(project.api, after=outcome).state == "done"


@pytest.mark.fault("the first of several for all")
def test_every_container_of_a_scaled_service_is_made_anew_and_none_is_lost(
    stage: DockerStage, project: Project
) -> None:
    outcome = stage.restart(project.jobs)
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert len(set(outcome.values["pid"].split(","))) == 2
    project.daemon.ask("kill", "shop_jobs_2")
    later = stage.steady(project.jobs, after=outcome)
    assert later.state == "failed"
    assert "process 2" in later.summary


def test_a_host_of_busybox_restarts_its_containers_too(stage: DockerStage, project: Project, tmp_path: Path) -> None:
    busybox_alone(tmp_path / "programs")
    shell = LocalShell({}, base={"PATH": f"{stage.daemon.bin}:{tmp_path}/programs"})
    *_, check = stage.box("service", project.api).preflight()
    tools = stage.context(project.api, shell=shell).tools
    assert [one.level for one in check.run_preflight(PreflightContext(tools=tools, ref="main"))] == ["ok"]
    outcome = stage.restart(project.jobs, shell=shell)
    assert outcome.state == "done", (outcome.summary, outcome.lines)


def test_an_image_that_cannot_be_had_leaves_the_old_containers(stage: DockerStage, project: Project) -> None:
    project.use("127.0.0.1:1/app:v2")  # no registry listens there
    before = project.daemon.ask("ps", "--quiet", "--filter=name=shop_api")
    outcome = stage.restart(project.api)
    project.use("app:v2")
    assert (outcome.state, outcome.summary) == ("failed", "The restart of api failed.")
    assert before == project.daemon.ask("ps", "--quiet", "--filter=name=shop_api")


def test_a_compose_file_that_cannot_be_read_is_found_before_the_start(stage: DockerStage, project: Project) -> None:
    text = project.file.read_text()
    project.file.write_text("services: [")
    found = preflight(stage, project.api)
    project.file.write_text(text)
    assert [result.level for result in found] == ["fail"]
    assert found[0].summary.startswith("docker compose on host “h” cannot read project shop: ")


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_variable_that_compose_takes_as_empty_is_named_before_and_after(stage: DockerStage, project: Project) -> None:
    text = project.file.read_text()
    project.file.write_text(
        text.replace("    restart:", '    environment: ["KEY=$KEY", "TOKEN=${TOKEN}"]\n    restart:')
    )
    (found,) = preflight(stage, project.api)
    outcome = stage.restart(project.api)
    project.file.write_text(text)
    what = "docker compose on host “h” takes as empty what is not set for project shop: KEY, TOKEN"
    assert (found.level, found.summary) == ("warn", what)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.endswith(" Docker compose took as empty what is not set there: KEY, TOKEN.")


def test_the_words_of_both_generations_of_compose_are_known() -> None:
    first = "WARNING: The KEY variable is not set. Defaulting to a blank string."
    second = 'level=warning msg="The \\"TOKEN\\" variable is not set. Defaulting to a blank string."'
    assert Docker().remark(f"{first}\n{second}\n{first}").endswith(": KEY, TOKEN.")
    assert Docker().remark("Recreating shop_api_1 ... done") == ""


def test_a_service_that_two_projects_have_needs_the_name_of_its_project(stage: DockerStage, project: Project) -> None:
    store = Project(stage, "store")
    try:
        (found,) = preflight(stage, store.api)
        assert found.summary == "on host “h” several projects of compose have a service api: shop, store"
        assert found.todo == 'write which one, as in "shop/api"'
        store.api.name = "store/api"
        store.use("app:v2")
        outcome = stage.restart(store.api)
        assert outcome.state == "done", outcome.summary
    finally:
        store.stop()


@pytest.mark.fault("it exists, so it is right")
def test_a_container_that_has_the_name_of_its_service_is_made_anew_too(stage: DockerStage) -> None:
    named = Project(stage, "named")
    try:
        named.file.write_text(named.file.read_text().replace("  api:\n", "  api:\n    container_name: api\n"))
        named.daemon.compose(named.folder, "up", "--detach", "--scale", "jobs=2")
        named.use("app:v2")
        outcome = stage.restart(named.api)
        assert outcome.state == "done", (outcome.summary, outcome.lines)
        assert " of app:v2 (" in outcome.lines[1]

        one = Service(named.folder / "jobs", "named_jobs_1", port=0)
        (found,) = preflight(stage, one)
        what = "named_jobs_1 is one container of the compose service named/jobs: a restart keeps its image app:v1"
        assert (found.level, found.summary) == ("warn", what)
        assert found.todo == 'to make it anew by its compose file, write "named/jobs"'
    finally:
        named.stop()


def test_a_daemon_that_is_away_is_refused_before_the_start_and_is_no_missing_container_later(
    stage: DockerStage,
) -> None:
    service = stage.start(next(_NAMES), worker=True)
    outcome = stage.restart(service)
    socket, elsewhere = stage.daemon.folder / "docker.sock", stage.daemon.folder / "elsewhere"
    socket.rename(elsewhere)
    try:
        (found,), later = preflight(stage, service), stage.steady(service, after=outcome)
    finally:
        elsewhere.rename(socket)
    assert found.level == "fail"
    assert found.summary.startswith("docker on host “h” does not answer this user (Cannot connect to the Docker daemon")
    assert (later.state, later.summary) == ("failed", "docker did not answer (exit code 1).")


def test_a_user_who_may_not_ask_docker_is_told_what_to_do(stage: DockerStage) -> None:
    for said, what in (
        ("permission denied while trying to connect to the Docker daemon socket", "does not answer this user"),
        ("sudo: a password is required", "lets this user ask docker only with a password"),
        (
            "Sorry, user op is not allowed to execute '/usr/bin/docker ps' as root on vm.",
            "does not let this user ask docker",
        ),
    ):
        (found,) = Docker().read_state(f"refused\t{said}", "h").obstacles
        assert what in found.what
        assert "the group docker" in found.todo
