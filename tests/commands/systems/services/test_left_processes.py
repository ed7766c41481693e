"""What a restart leaves running of the old code is named, under each manager that may leave it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from commands.steps.outcome import Outcome
from commands.systems.services.left_processes import (
    LEFT_PROCESSES,
    STILL,
    hides_old,
    left_note,
    old_processes,
    still_running,
)
from commands.systems.services.managers import MANAGERS
from tests.commands.systems.services.stages.pm2 import pm2_stage
from tests.commands.systems.services.stages.stage import Stage
from tests.commands.systems.services.stages.supervisor import supervisor_stage
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.local_shell import LocalShell
from tests.parts.machine import machine
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)
CHILD = """\
import subprocess, sys
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], **quiet)
"""
FIRST = "from __future__ import annotations\n"
LEFT = re.compile(
    r" But process ([0-9]+) \(python3[^)]*\) from before the restart still runs, perhaps with the old code: "
    r"end it \(kill \1\), and (.*)\.$"
)


def with_child(stage: Stage, service: Service) -> Outcome:
    """From now on the service starts a process of its own, and it has one. The outcome of the restart for that.

    It may name a child, too: on a busy machine the old process has read the new program.
    """
    program = service.folder / "program.py"
    program.write_text(program.read_text().replace(FIRST, f"{FIRST}{CHILD}"))
    first = stage.restart(service)
    assert first.state == "done", first.summary
    return first


@contextmanager
def ended(outcome: Outcome) -> Iterator[tuple[str, str] | None]:
    """The number of the process that the outcome names, and what to do; it is ended afterwards."""
    found = LEFT.search(outcome.summary)
    try:
        yield (found[1], found[2]) if found else None
    finally:
        with suppress(ProcessLookupError):
            if found:
                os.kill(int(found[1]), signal.SIGKILL)


def restart_with_child(stage: Stage, service: Service, is_left: bool, todo: str) -> None:
    """A restart of a service that has a child leaves it, or does not, and says so. Its processes are this machine's."""
    with ended(with_child(stage, service)):
        outcome = stage.restart(service)
    with ended(outcome) as left:
        assert outcome.state == "done"
        assert (left is not None) is is_left, outcome.summary
        assert not left or left[1] == todo


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(("lines", "is_left"), [((), True), (("stopasgroup = true",), False)])
def test_a_child_that_supervisor_does_not_end_is_named(lines: tuple[str, ...], is_left: bool) -> None:
    with supervisor_stage() as stage:
        worker = stage.start("left", worker=True, lines=lines)
        restart_with_child(stage, worker, is_left, MANAGERS["supervisor"].ends_all)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(("words", "is_left"), [(("--no-treekill",), True), ((), False)])
def test_a_child_that_pm2_does_not_end_is_named(tmp_path: Path, words: tuple[str, ...], is_left: bool) -> None:
    with pm2_stage(tmp_path) as stage:
        worker = stage.start("left", worker=True, words=words)
        restart_with_child(stage, worker, is_left, MANAGERS["pm2"].ends_all)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(("lines", "is_left"), [(("KillMode=process",), True), ((), False)])
def test_a_child_that_systemd_does_not_end_is_named(lines: tuple[str, ...], is_left: bool) -> None:
    with machine() as booted:
        stage = SystemdStage(booted)
        worker = stage.start("left", worker=True, lines=lines)
        with_child(stage, worker)
        outcome = stage.restart(worker)
        left = LEFT.search(outcome.summary)
        assert outcome.state == "done"
        assert (left is not None) is is_left, outcome.summary
        assert not left or left[2] == MANAGERS["systemd"].ends_all


def test_a_number_that_another_process_has_by_now_is_not_named() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        stat = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        for began, is_named in ((int(stat[19]), True), (int(stat[19]) - 1, False)):
            result = LocalShell({}).ask("h", STILL, env={"OLD": f"{child.pid}:{began}"})
            assert bool(still_running(result.tail)) is is_named, result.tail
    finally:
        child.kill()
        child.wait()


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount /proc anew")
@pytest.mark.parametrize("hides", ["0", "2"])
def test_processes_that_the_user_does_not_see_are_not_called_ended(hides: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    look = f"{LEFT_PROCESSES}printf 'old=%s\\n' \"$(tree <<< 'MainPID={child.pid}')\""
    nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups bash -c "$1"'
    as_nobody = f"mount -t proc -o hidepid={hides} proc /proc && exec {nobody}"
    try:
        words = ["unshare", "--mount", "bash", "-c", as_nobody, "bash", look]
        result = subprocess.run(words, capture_output=True, text=True, check=False)
        if "mount" in result.stderr:
            pytest.skip(f"/proc cannot be mounted here: {result.stderr.strip()[:200]}")
        assert hides_old(result.stdout) is (hides == "2"), result
        assert bool(old_processes(result.stdout)) is (hides == "0"), result
    finally:
        child.kill()
        child.wait()


def test_what_a_host_prints_in_another_form_is_no_process() -> None:
    assert old_processes("old=12:34 56:78\nold=; rm -rf /\n") == "12:34 56:78"
    assert old_processes("old=$(id)\n") == ""
    assert hides_old("old=12:34 hidden\n") and old_processes("old=12:34 hidden\n").split() == ["12:34"]


def test_many_processes_are_counted() -> None:
    note = left_note([(str(pid), "node") for pid in range(1, 31)], "set it")
    assert note.startswith(
        " But processes 1 (node), 2 (node), 3 (node) and 27 others from before the restart still run,"
    )
    assert "(kill 1 2 3" in note
    assert " 21" not in note
