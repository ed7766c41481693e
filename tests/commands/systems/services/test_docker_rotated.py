"""Lines of a container that docker rotated away are no log without errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.systems.logs.log_lines import NewLines, script_env
from commands.systems.services.docker import Docker
from tests.commands.systems.services.stages.docker import IMAGE, DockerStage, docker_stage
from tests.docker_daemon import Docker as Daemon
from tests.parts.podman import podman_as_docker

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("not looked at, and said to be fine")]
SMALL = "--log-opt=max-size=100k"
PRINTS = "print('Error: first'); [print('line', n) for n in range({lines})]"


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with docker_stage() as running:
        yield running


def _printed_after_the_mark(daemon: Daemon, name: str, *words: str, lines: int = 10_000) -> NewLines:
    """What is read of a container that printed nothing before the mark, and an error and other lines after it."""
    daemon.ask("create", f"--name={name}", "--network=none", *words, IMAGE, "python3", "-c", PRINTS.format(lines=lines))
    mark = daemon.mark()
    daemon.ask("start", "--attach", name)
    env = {"NAMES": name, "SINCE": mark, "SUDO": "", **script_env(("error",))}
    said = daemon.shell().ask("h", Docker().errors, env=env).tail
    return Docker().read_errors(said, {"log_mark": mark}, ())


def test_an_error_that_docker_has_rotated_away_is_not_called_none(stage: DockerStage) -> None:
    new = _printed_after_the_mark(stage.daemon, "small", SMALL)
    assert (new.lines, new.unreadable) == ((), "docker has rotated lines of small away")


def test_a_log_that_docker_never_rotates_is_whole_also_without_a_line_from_before(stage: DockerStage) -> None:
    new = _printed_after_the_mark(stage.daemon, "whole")
    assert (new.lines, new.unreadable) == (("Error: first",), "")


def test_so_is_that_of_a_container_which_prints_little(stage: DockerStage) -> None:
    new = _printed_after_the_mark(stage.daemon, "quiet", SMALL, lines=20)
    assert (new.lines, new.unreadable) == (("Error: first",), "")


def test_podman_which_empties_a_log_at_its_size_is_no_exception() -> None:
    with podman_as_docker() as daemon:
        daemon.image(IMAGE)
        new = _printed_after_the_mark(daemon, "small", "--log-driver=k8s-file", SMALL)
        assert (new.lines, new.unreadable) == ((), "docker has rotated lines of small away")
        new = _printed_after_the_mark(daemon, "whole", "--log-driver=k8s-file")
        assert (new.lines, new.unreadable) == (("Error: first",), "")


def test_that_is_said_once_of_a_service_with_several_containers() -> None:
    said = "rotates=web\ncreated=2026-11-01T00:00:00Z\noldest=2026-12-01T00:00:00Z\n" * 3 + "code=0\nread=9\n"
    assert (
        Docker().read_errors(said, {"log_mark": "1795000000"}, ()).unreadable == "docker has rotated lines of web away"
    )
