"""What a compose file no longer has and what goes on all the same, with compose 2."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.systems.services.docker import Docker
from tests.commands.systems.services.stages.docker import DockerStage, two_versions
from tests.commands.systems.services.test_docker import Project, preflight
from tests.parts.compose import compose_two
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)
_NAMES = map("renames{}".format, itertools.count(1))


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with two_versions(compose_two()) as running:
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
    both = f"{name}-jobs-1 and {name}-jobs-2"
    rename_jobs(project)
    project.use("app:v2")
    what = f"{both} still run, of a service that the files of project {name} no longer have"
    (found,) = preflight(stage, project.api)
    assert (found.level, found.summary) == ("warn", what)
    assert found.todo == f"if nobody needs it, remove it: docker rm -f {name}-jobs-1 {name}-jobs-2"
    outcome = stage.restart(project.api)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.endswith(f" But {what}: {found.todo}."), outcome.summary
    project.daemon.ask("stop", f"{name}-jobs-1")
    assert f"But {name}-jobs-2 still runs, of a service" in stage.restart(project.api).summary
    project.daemon.ask("rm", "-f", f"{name}-jobs-1", f"{name}-jobs-2")
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
    assert f"But {project.folder.name}-emails-1 still runs" in outcome.summary, outcome.summary


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


def moved(project: Project, name: str) -> Path:
    """The compose file under another name, as a release brings it."""
    return project.file.rename(project.folder / name)


def beside(project: Project) -> str:
    """What is said of the containers of jobs, which go on in the old version."""
    name = project.folder.name
    return f"{name}-jobs-1 and {name}-jobs-2 still run, of a service that the files of project {name} no longer have"


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_compose_file_that_has_another_name_by_now_does_not_hide_the_old_containers(
    stage: DockerStage, project: Project
) -> None:
    rename_jobs(project)
    project.use("app:v2")
    project.daemon.compose(project.folder, "--file", str(moved(project, "compose.yml")), "up", "--detach", "api")
    assert preflight(stage, project.api)[0].summary == beside(project)
    assert f"But {beside(project)}: " in stage.restart(project.api).summary


@pytest.mark.fault("not looked at, and said to be fine")
def test_neither_does_a_release_folder_beside_that_of_before(stage: DockerStage, project: Project) -> None:
    rename_jobs(project)
    release = project.folder.parent / f"{project.folder.name}-2"
    release.mkdir()
    (release / ".env").write_text("IMAGE=app:v2\n")
    file = release / "docker-compose.yml"
    file.write_text(project.file.read_text())
    rename_jobs(project, "emails", "jobs")  # the release of before stays as it was
    name = ("--project-name", project.folder.name)
    project.daemon.compose(release, *name, "--file", str(file), "up", "--detach", "api")
    assert preflight(stage, project.api)[0].summary == beside(project)
    assert f"But {beside(project)}: " in stage.restart(project.api).summary


@pytest.mark.fault("not looked at, and said to be fine")
def test_nor_a_second_file_that_the_release_took_away(stage: DockerStage, project: Project) -> None:
    more = project.folder / "docker-compose.override.yml"
    more.write_text(project.file.read_text().replace("\n  jobs:", "\n  reports:"))
    project.daemon.compose(project.folder, "up", "--detach", "--no-deps", "reports")
    more.unlink()
    project.use("app:v2")
    project.daemon.compose(project.folder, "up", "--detach", "--no-deps", "api")
    project.api.wait()
    outcome = stage.restart(project.api)
    assert f"But {project.folder.name}-reports-1 still runs, of a service" in outcome.summary
    assert "jobs" not in outcome.summary


def test_an_application_elsewhere_whose_folder_has_the_same_name_is_no_orphan(
    stage: DockerStage, project: Project
) -> None:
    other = project.folder.parent / "elsewhere" / project.folder.name
    other.mkdir(parents=True)
    file = other / "docker-compose.yml"
    file.write_text(project.file.read_text().replace("\n  jobs:", "\n  reports:"))
    (other / ".env").write_text("IMAGE=app:v1\n")
    project.daemon.compose(other, "--file", str(file), "up", "--detach", "--no-deps", "reports")
    project.use("app:v2")
    assert [result.level for result in preflight(stage, project.api)] == ["ok"]
    assert " But " not in stage.restart(project.api).summary


def test_orphans_are_named_beside_a_container_of_its_own_name_and_after_a_reload(
    stage: DockerStage, project: Project
) -> None:
    project.use("app:v2")
    project.daemon.compose(project.folder, "up", "--detach", "--no-deps", "api")
    project.api.wait()
    rename_jobs(project)
    container = Service(project.api.folder, f"{project.folder.name}-api-1")
    assert beside(project) in [result.summary for result in preflight(stage, container)]
    assert f"But {beside(project)}: " in stage.restart(container).summary
    assert f"But {beside(project)}: " in stage.restart(project.api, more='reload = true\nsteady = "1 s"').summary


def test_the_lines_of_a_failure_have_none_that_is_for_the_bot(stage: DockerStage, project: Project) -> None:
    rename_jobs(project)
    outcome = stage.restart(project.api, project.jobs)
    assert outcome.summary.startswith("The restart of jobs failed.")
    assert not [line for line in outcome.lines if "orphan\t" in line or line.startswith("remark=")]


def test_words_of_others_are_no_orphans() -> None:
    said = "orphan\nFound orphan containers (a, b) for this project.\norphan\ta\tb\tc\nremark=orphan\ta"
    assert Docker().remark(said) == ""


@pytest.mark.fault("the first of several for all")
def test_a_job_of_compose_run_that_goes_on_with_the_old_image_is_named(stage: DockerStage, project: Project) -> None:
    name = f"{project.folder.name}-import"
    project.daemon.compose(project.folder, "run", "--detach", "--no-deps", "--name", name, "jobs")
    project.use("app:v2")
    outcome = stage.restart(project.jobs)
    assert outcome.state == "done", outcome.summary
    named = f"But {name} still runs another image than its service, by `compose run`."
    assert named in outcome.summary, outcome.summary
    new = f"{name}-new"
    project.daemon.compose(project.folder, "run", "--detach", "--no-deps", "--name", new, "jobs")
    outcome = stage.restart(project.jobs)
    assert (named in outcome.summary, new in outcome.summary) == (True, False), outcome.summary
    project.daemon.ask("rm", "-f", new)
    assert "by `compose run`" not in stage.restart(project.api).summary, "it is none of the other service"
    project.daemon.ask("rm", "-f", name)
    assert "by `compose run`" not in stage.restart(project.jobs).summary
