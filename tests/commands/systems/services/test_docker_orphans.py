"""What a compose file no longer has, and what goes on all the same beside the new version."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from commands.systems.services.docker import Docker
from tests.commands.systems.services.stages.docker import DockerStage, docker_stage
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.test_docker import OLD, Project, preflight

pytestmark = pytest.mark.timeout(240)
_NAMES = map("renames{}".format, itertools.count(1))


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with docker_stage() as running:
        running.daemon.image("app:v1", OLD)
        running.daemon.image("app:v2", NEW)
        yield running


@pytest.fixture
def project(stage: DockerStage) -> Iterator[Project]:
    shop = Project(stage, next(_NAMES))
    yield shop
    shop.daemon.ask("rm", "-f", *shop.daemon.ask("ps", "-aq").split())


def rename_jobs(project: Project, before: str = "jobs", after: str = "emails") -> None:
    project.file.write_text(project.file.read_text().replace(f"\n  {before}:", f"\n  {after}:"))


@pytest.mark.fault("not looked at, and said to be fine")
def test_the_containers_of_a_renamed_service_that_still_run_are_named_before_and_after(
    stage: DockerStage, project: Project
) -> None:
    name = project.folder.name
    both = f"{name}_jobs_1 and {name}_jobs_2"
    rename_jobs(project)
    project.use("app:v2")
    what = f"{both} still run, of a service that the files of project {name} no longer have"
    (found,) = preflight(stage, project.api)
    assert (found.level, found.summary) == ("warn", what)
    assert found.todo == f"if nobody needs it, remove it: docker rm -f {name}_jobs_1 {name}_jobs_2"
    outcome = stage.restart(project.api)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.endswith(f" But {what}: {found.todo}."), outcome.summary
    project.daemon.ask("stop", f"{name}_jobs_1")
    assert f"But {name}_jobs_2 still runs, of a service" in stage.restart(project.api).summary
    project.daemon.ask("rm", "-f", f"{name}_jobs_1", f"{name}_jobs_2")
    assert [result.level for result in preflight(stage, project.api)] == ["ok"]
    assert "still run" not in stage.restart(project.api).summary


@pytest.mark.fault("the first of several for all")
def test_after_the_way_back_the_container_of_the_new_version_is_named(stage: DockerStage, project: Project) -> None:
    rename_jobs(project)
    project.use("app:v2")
    project.daemon.compose(project.folder, "up", "--detach", "--remove-orphans")
    rename_jobs(project, "emails", "jobs")
    project.use("app:v1")
    outcome = stage.restart(project.api, more='steady = "1 s"\nready_within = "2 s"')
    assert f"But {project.folder.name}_emails_1 still runs" in outcome.summary, outcome.summary


@pytest.mark.fault("found too late, known before")
def test_a_service_of_the_page_that_the_compose_file_no_longer_has_is_found_before_the_start(
    stage: DockerStage, project: Project
) -> None:
    rename_jobs(project)
    (found,) = preflight(stage, project.jobs)
    assert (found.level, found.summary) == (
        "fail",
        f"the files of project {project.folder.name} have no service jobs any more, but its containers still run",
    )


def test_neither_another_file_of_the_project_nor_a_profile_makes_an_orphan(
    stage: DockerStage, project: Project
) -> None:
    other = project.folder / "other.yml"
    other.write_text(project.file.read_text().replace("\n  jobs:", "\n  reports:"))
    project.daemon.compose(project.folder, "--file", str(other), "up", "--detach", "--no-deps", "reports")
    text = project.file.read_text()
    project.file.write_text(text.replace("\n  jobs:", '\n  jobs:\n    profiles: ["work"]').replace('"3"', '"3.9"'))
    assert [result.level for result in preflight(stage, project.api)] == ["ok"]


def test_words_of_others_are_no_orphans() -> None:
    assert Docker().remark("orphan\nFound orphan containers (a, b) for this project.\norphan\ta") == ""
