"""Hosts that are not like most: other tools, functions of a profile, a full disk."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import OK, WARN, PreflightContext
from commands.ports.shell import CommandResult, Job
from commands.systems.preflight.reachable import ReachableCheck
from state.errors import Failed
from tests.bot.tools.helpers import eventually
from tests.bot.tools.ssh.own_server import OwnServer
from tests.parts.busybox import busybox_alone
from tests.world import World


def run(own: OwnServer, script: str, key: str = "run/step/1") -> CommandResult:
    return own.shell.run("box", Job(key=key, script=script, limit=60), stop=threading.Event())


@contextmanager
def started(own: OwnServer, script: str, key: str) -> Iterator[list[CommandResult]]:
    """A job that has begun; its result is there at the end."""
    results: list[CommandResult] = []
    script = f"echo begun > {own.home}/begun\n{script}"
    following = threading.Thread(target=lambda: results.append(run(own, script, key)))
    following.start()
    assert eventually((own.home / "begun").exists)
    yield results
    following.join(90)


@contextmanager
def small_disk(own: OwnServer) -> Iterator[Path]:
    """The folder of the jobs on a file system of 64 kB."""
    folder = own.home / ".gonogo"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets the user mount nothing")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def only_busybox(own: OwnServer, folder: Path) -> None:
    """Let the host have bash, and of all other programs only busybox's, as an Alpine Linux has."""
    busybox_alone(folder)
    own.force(f'export PATH={folder}; exec bash -c "$SSH_ORIGINAL_COMMAND"')


@pytest.mark.fault("foreign words taken for the program's own")
def test_functions_that_a_profile_exports_stand_in_for_none_of_the_bots_programs(own: OwnServer) -> None:
    lines = [
        f'{name}() {{ builtin echo fake {name}; {how} {name} "$@"; }}; export -f {name}'
        for name, how in (("tail", "command"), ("sleep", "command"), ("kill", "builtin"), ("printf", "builtin"))
    ]
    own_function = "theirs() { command echo of the profile; }; export -f theirs"
    aliases = "shopt -s expand_aliases; alias stat='command echo fake'"
    (own.home / ".bashrc").write_text("\n".join([*lines, own_function, aliases, ""]))
    assert own.shell.ask("box", "echo right").tail == "right\n"
    numbers = f"for i in $(seq 1 40); do echo line $i; echo >> {own.home}/said; command sleep 0.05; done; theirs"
    with started(own, numbers, "run/step/1") as results:
        assert eventually((own.home / "said").exists)
        own.cut()
    assert results[0].tail.splitlines() == [*(f"line {i}" for i in range(1, 41)), "of the profile"]


@pytest.mark.fault("a deadline that success does not reset")
def test_a_job_on_a_host_of_busybox_is_seen_running_and_is_stopped(own: OwnServer, tmp_path: Path) -> None:
    only_busybox(own, tmp_path / "programs")
    assert own.shell.ask("box", "echo in").tail == "in\n"
    with started(own, f"sleep 300; echo >> {own.home}/effect", "run/step/1") as results:
        assert own.shell.job_status("box", "run/step/1").state == "running"
        own.cut()
        assert eventually(lambda: bool(own.programs()))
        own.shell.end("box", "run/step/1")
    assert (results[0].code, (own.home / "effect").exists()) == (143, False)
    assert own.shell.remove_jobs("box", "run")


@pytest.mark.fault("found too late, known before")
def test_a_host_of_busybox_is_told_before_the_start(own: OwnServer, tmp_path: Path) -> None:
    tools = replace(World().tools(), shell=own.shell)
    check, ctx = ReachableCheck(place=("hosts", "box")), PreflightContext(tools=tools, ref="main")
    assert [found.level for found in check.run_preflight(ctx)] == [OK]
    only_busybox(own, tmp_path / "programs")
    first, second = check.run_preflight(ctx)
    assert (first.level, second.level) == (OK, WARN)
    assert second.todo == "install coreutils, diffutils, findutils and grep there"


@pytest.mark.fault("a cause that nobody has seen")
def test_a_job_that_finds_no_room_is_not_started_and_not_called_lost(own: OwnServer) -> None:
    with small_disk(own) as folder:
        (folder / "jobs").mkdir()
        with pytest.raises(OSError, match="No space"):
            (folder / "filled").write_bytes(bytes(100_000))
        with pytest.raises(Failed, match=r"cannot write to ~/\.gonogo/jobs, so the command was not started"):
            run(own, f"touch {own.home}/effect")
        assert not (own.home / "effect").exists()
        (folder / "filled").unlink()
        assert run(own, f"touch {own.home}/effect; exit 3").code == 3


@pytest.mark.fault("a cause that nobody has seen")
def test_the_exit_code_of_a_command_that_fills_the_disk_is_known(own: OwnServer) -> None:
    with small_disk(own):
        ended = run(own, "head -c 200000 /dev/zero || true; exit 7")
        assert ended.code == 7
        own.shell.end("box", "run/step/1")
