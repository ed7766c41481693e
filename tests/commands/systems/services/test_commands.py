"""What only the page's own commands have: they may fail, or wait by themselves."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest

from tests.commands.systems.services.stages.commands import CommandsStage, commands_stage
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(120)
_NAMES = map("own-{}".format, itertools.count(1))


class OwnStage(CommandsStage):
    """Services with commands of which a test replaces some."""

    instead: dict[str, str]

    def fields(self, *services: Service) -> str:
        return self._replaced(super().fields(*services))

    def only_restarts(self, *services: Service) -> str:
        return self._replaced(super().only_restarts(*services))

    def _replaced(self, text: str) -> str:
        for name, command in self.instead.items():
            text = re.sub(rf"^{name} = '''(.*)'''$", f"{name} = '''{command}'''", text, flags=re.MULTILINE)
        return text


@pytest.fixture
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStage]:
    with commands_stage(tmp_path_factory.mktemp("own")) as running:
        own = OwnStage(running.folder)
        own.services, own.instead = running.services, {}
        yield own


@pytest.mark.fault("not looked at, and said to be fine")
def test_what_runs_is_not_known_if_its_command_fails_after_it_printed_a_part(stage: OwnStage) -> None:
    worker = stage.start(next(_NAMES), worker=True)
    stage.instead = {"running": rf"\1; [ ! -e {worker.folder}/bad ]", "restart": rf"touch {worker.folder}/bad; \1"}
    outcome = stage.restart(worker, more='steady = "1 s"\nready_within = "2 s"')
    failed = f"the command `running` of {worker.name} failed with exit code 1"
    assert outcome.summary == f"{worker.name} did not start properly: {failed}."
    (worker.folder / "bad").unlink()
    stage.instead["restart"] = r"\1"
    outcome = stage.restart(worker)
    assert outcome.state == "done", outcome.summary
    (worker.folder / "bad").touch()
    assert stage.steady(worker, after=outcome).summary == f"{worker.name} did not stay healthy: {failed}."


def test_a_command_that_fails_once_is_asked_again(stage: OwnStage) -> None:
    worker = stage.start(next(_NAMES), worker=True)
    bad = f"{worker.folder}/bad"
    stage.instead = {
        "running": rf"\1; [ ! -e {bad} ]",
        "restart": rf"touch {bad}; (sleep 4; rm {bad}) > {bad}.log 2>&1 & \1",
    }
    outcome = stage.restart(worker)
    assert outcome.state == "done", outcome.summary


def test_a_ready_command_that_waits_by_itself_does_not_take_the_pages_time(stage: OwnStage) -> None:
    worker = stage.start(next(_NAMES), worker=True)
    stage.instead = {"ready": "sleep 100"}
    outcome = stage.restart(worker, more='steady = "1 s"\nready_within = "1 s"')
    assert outcome.summary == f"{worker.name} did not start properly: `running` reports its status as not ready."


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize("running", ["pgrep -f '{0}' | sort", "pgrep -f '{0}' || true", "pgrep -f '{0}'"])
def test_commands_that_look_for_a_process_by_its_words_do_not_find_their_own_shell(
    stage: OwnStage, running: str
) -> None:
    worker = stage.start(next(_NAMES), worker=True)
    stage.instead = {"running": running.format(f"{worker.folder}/program.py")}
    outcome = stage.restart(worker)
    assert (outcome.state, len(outcome.lines)) == ("done", 2), outcome.lines
    assert stage.steady(worker, after=outcome).state == "done"


@pytest.mark.fault("foreign words taken for the program's own")
def test_commands_neither_end_their_own_shell_nor_take_it_for_what_must_run(stage: OwnStage) -> None:
    worker = stage.start(next(_NAMES), worker=True)
    gone = f"{worker.folder}/gone"
    stage.instead = {"restart": rf"pkill -f '{gone}' || true; \1", "running": r"\1"}
    outcome = stage.restart(worker)
    assert outcome.state == "done", outcome.summary
    stage.instead["ready"] = f"pgrep -f '{gone}' && true"
    outcome = stage.restart(worker, more='steady = "1 s"\nready_within = "1 s"')
    assert outcome.summary == f"{worker.name} did not start properly: `running` reports its status as not ready."
