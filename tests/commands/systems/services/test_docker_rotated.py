"""Lines of a container that docker rotated away are no log without errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.systems.logs.log_lines import NewLines, script_env
from commands.systems.services.docker import Docker
from tests.commands.systems.services.stages.docker import IMAGE, DockerStage, docker_stage

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("not looked at, and said to be fine")]
SMALL = "--log-opt=max-size=100k"
PRINTS = "print('Error: first'); [print('line', n) for n in range({lines})]"


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with docker_stage() as running:
        yield running


def _printed_after_the_mark(stage: DockerStage, name: str, *words: str, lines: int = 10_000) -> NewLines:
    """What is read of a container that printed nothing before the mark, and an error and other lines after it."""
    stage.daemon.ask(
        "create", f"--name={name}", "--network=none", *words, IMAGE, "python3", "-c", PRINTS.format(lines=lines)
    )
    mark = stage.daemon.mark()
    stage.daemon.ask("start", "--attach", name)
    env = {"NAMES": name, "SINCE": mark, "SUDO": "", **script_env(("error",))}
    said = stage.shell().ask("h", Docker().errors, env=env).tail
    return Docker().read_errors(said, {"log_mark": mark}, ())


def test_an_error_that_docker_has_rotated_away_is_not_called_none(stage: DockerStage) -> None:
    new = _printed_after_the_mark(stage, "small", SMALL)
    assert (new.lines, new.unreadable) == ((), "docker has rotated lines of small away")


def test_a_log_that_docker_never_rotates_is_whole_also_without_a_line_from_before(stage: DockerStage) -> None:
    new = _printed_after_the_mark(stage, "whole")
    assert (new.lines, new.unreadable) == (("Error: first",), "")


def test_so_is_that_of_a_container_which_prints_little(stage: DockerStage) -> None:
    new = _printed_after_the_mark(stage, "quiet", SMALL, lines=20)
    assert (new.lines, new.unreadable) == (("Error: first",), "")
