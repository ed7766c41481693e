"""What containers do, and services in them: docker, and podman under its name."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import ThreadingHTTPServer

import httpx
import pytest

from bot.rehearsal.target.loopback import wait_until
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.steps.base import execute
from commands.systems.services.docker import Docker
from tests.bot.tools.site import Handler
from tests.commands.systems.services.stages.docker import IMAGE, DockerStage
from tests.commands.systems.services.stages.stage import NEW, OLD, assert_reload_is_seen
from tests.commands.systems.services.test_docker import preflight
from tests.docker_daemon import docker_daemon
from tests.parts.podman import podman_as_docker
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)
_NAMES = map("own-{}".format, itertools.count(1))


@pytest.fixture(scope="module", params=[docker_daemon, podman_as_docker], ids=["docker", "podman"])
def stage(request: pytest.FixtureRequest) -> Iterator[DockerStage]:
    with request.param() as running:
        yield DockerStage(running)


def plain(said: str) -> str:
    """Without the registry that podman puts before the name of an image of its own."""
    return said.replace("localhost/", "")


def asks_health(stage: DockerStage) -> None:
    """Skip the test where nothing asks a container's own check: podman lets systemd do it."""
    if "podman" in stage.daemon.ask("--version"):
        pytest.skip("podman asks for a container's health only under systemd")


def worker_of(stage: DockerStage, image: str) -> Service:
    """A worker in a container of an image that has the old commit."""
    stage.daemon.image(image, OLD)
    service = stage.daemon.service(next(_NAMES))
    service.port = 0
    service.will(port=0)
    stage.daemon.start(service, image)
    return service


@pytest.mark.fault("the way back is first tried when it is needed")
def test_an_image_that_runs_and_has_lost_its_name_is_named_before_the_start(stage: DockerStage) -> None:
    service = worker_of(stage, "app:goes")
    assert [one.level for one in preflight(stage, service)] == ["ok"]
    stage.daemon.image("app:goes", NEW)
    moved = next(one for one in preflight(stage, service) if one.level == "warn")
    assert (
        plain(moved.summary) == f"{service.name} runs from what app:goes was before: that tag is another image by now"
    )
    stage.daemon.ask("image", "rm", "--force", "app:goes")
    gone = next(one for one in preflight(stage, service) if one.level == "warn")
    assert (
        plain(gone.summary)
        == f"{service.name} runs from the image app:goes, which the host no longer has under that name"
    )
    assert gone.todo == "a rollback to it must pull it: see that the registry still has it"


@pytest.mark.fault("it exists, so it is right")
def test_a_container_that_is_restarted_with_an_older_image_than_its_tag_means_says_so(stage: DockerStage) -> None:
    service = worker_of(stage, "app:moves")
    assert " But " not in stage.restart(service).summary
    stage.daemon.image("app:moves", NEW)
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary
    assert plain(outcome.summary).endswith(
        f" But {service.name} runs an older image than app:moves is now, for a restart keeps a container's image."
    )


def test_a_container_that_a_person_restarted_has_not_restarted_by_itself(stage: DockerStage) -> None:
    service = stage.start(next(_NAMES), worker=True)
    outcome = stage.restart(service)
    stage.daemon.ask("restart", service.name)
    later = stage.steady(service, after=outcome)
    assert later.summary == f"{service.name} did not stay healthy: it is another process now."
    stage.daemon.ask("stop", service.name)
    ended = stage.steady(service, after=outcome)
    assert ended.summary.startswith(f"{service.name} did not stay healthy: docker reports its status as exited (")
    assert "another" not in ended.summary


def test_a_container_that_restarts_for_ever_is_not_waited_for(stage: DockerStage) -> None:
    service = stage.start(next(_NAMES), worker=True)
    service.will(commit=NEW, dies_after=0)
    outcome = stage.restart(service, more='steady = "3 s"')
    assert outcome.state == "failed"
    words = r"was started again \(\d+ → |(?:restarting|stopped) \(exit code \d\)"
    assert re.search(words, outcome.summary), outcome.summary


def test_docker_s_own_check_of_the_health_is_waited_for_and_counts(stage: DockerStage) -> None:
    asks_health(stage)
    service = stage.daemon.service(next(_NAMES))
    healthy = stage.daemon.health(service)
    stage.daemon.start(service, IMAGE, *healthy)
    service.will(commit=NEW, ready_in=2)
    outcome = stage.restart(service)
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert "running (healthy)" in outcome.lines[1]

    service.will(commit=NEW, ready_in=3600)
    name = service.name
    stage.daemon.ask("restart", name)
    state = "{{.State.Health.Status}}"
    wait_until(lambda: stage.daemon.ask("inspect", f"--format={state}", name) == "unhealthy\n", "the health", 60)
    later = stage.steady(service, after=outcome)
    assert "docker reports its status as running (unhealthy)" in later.summary


@contextmanager
def routed_when_healthy(stage: DockerStage, service: Service) -> Iterator[str]:
    """The address of a proxy that knows a container only while docker calls it healthy, as Traefik does."""

    class Router(Handler):
        def do_GET(self) -> None:  # noqa: N802  as http.server calls it
            """The container's answer, or the proxy's own."""
            if stage.daemon.ask("inspect", "--format={{.State.Health.Status}}", service.name).strip() != "healthy":
                self.answer(404, b"404 page not found", "text/plain")
            else:
                self.answer(200, httpx.get(service.url + self.path, trust_env=False).content, "application/json")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Router)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.fault("slow, taken for broken")
def test_a_proxy_that_routes_to_a_container_once_it_is_healthy_is_waited_for(stage: DockerStage) -> None:
    asks_health(stage)
    service = stage.daemon.service(next(_NAMES))
    stage.daemon.start(service, IMAGE, *stage.daemon.health(service), "--health-start-period=60s")
    service.will(commit=NEW, ready_in=20)
    with routed_when_healthy(stage, service) as url:
        ctx = stage.context(service)
        web = HttpWeb({"api": WebPlace(url=url)}, {}, Redactor([]))
        outcome = execute(
            stage.box("service", service, more='steady = "1 s"\nready_within = "2 min"'),
            replace(ctx, tools=replace(ctx.tools, web=web)),
        )
    assert outcome.state == "done", (outcome.summary, outcome.lines)


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize("worker", [True, False])
def test_a_container_that_docker_calls_unhealthy_is_waited_for_as_long_as_the_page_says(
    worker: bool, stage: DockerStage
) -> None:
    asks_health(stage)
    service = stage.daemon.service(next(_NAMES))
    service.port = 0 if worker else service.port
    service.will(port=service.port)
    warm = service.folder / "warm"
    warm.touch()
    stage.daemon.start(service, IMAGE, "--health-cmd", f"test -e {warm}", "--health-interval=1s", "--health-retries=1")
    warm.unlink()
    service.will(commit=NEW, port=service.port)
    late = stage.restart(service, more='steady = "1 s"\nready_within = "4 s"')
    assert late.summary.endswith("docker reports its status as running (unhealthy)."), late.summary

    def seen(what: str) -> str:
        return stage.daemon.ask("inspect", f"--format={{{{.State.{what}}}}}", service.name).strip()

    started = seen("StartedAt")

    def warms() -> None:
        wait_until(lambda: seen("StartedAt") != started, "the new start", 60)
        wait_until(lambda: seen("Health.Status") == "unhealthy", "docker's verdict", 60)
        warm.touch()

    warming = threading.Thread(target=warms)
    warming.start()
    outcome = stage.restart(service, more='steady = "1 s"\nready_within = "60 s"')
    warming.join()
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert "running (healthy)" in outcome.lines[1]


def test_a_reload_must_be_seen_in_the_answer_or_in_the_processes(stage: DockerStage) -> None:
    assert_reload_is_seen(stage, stage.start(next(_NAMES)), stage.start(next(_NAMES), worker=True))


def test_a_log_that_docker_does_not_keep_is_a_warning_and_called_unread(stage: DockerStage) -> None:
    service = stage.start(next(_NAMES), worker=True, words=("--log-driver=none",))
    (found,) = preflight(stage, service)
    assert (found.level, found.summary) == (
        "warn", f"docker keeps no log of {service.name} (log driver none), so its errors are not seen"
    )  # fmt: skip
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary
    assert f"Not all of its logs were checked: docker shows no log of {service.name}" in outcome.summary


def test_of_all_that_docker_tells_no_setting_leaves_the_host(stage: DockerStage) -> None:
    stage.daemon.start(service := stage.daemon.service(next(_NAMES)), IMAGE, "--env=TOKEN=hunter-2-hunter")
    env = {"NAMES": service.name, "SUDO": ""}
    assert "hunter" not in stage.shell().ask("h", f"{Docker.preflight}{Docker.state}\nstate", env=env).tail
