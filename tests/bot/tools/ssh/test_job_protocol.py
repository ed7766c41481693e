"""The job protocol's payload and folder names, and payloads that were cut off."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from bot.tools.ssh.job_protocol import ask_command, folder, payload, run_command, status_command, stop_command


def execute(command: str, home: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run one of the protocol's commands as the SSH server would."""
    env = {**os.environ, "HOME": str(home)}
    return subprocess.run(["bash", "-c", command], input=stdin, capture_output=True, env=env, timeout=60, check=False)


def test_a_key_names_a_folder_without_slashes() -> None:
    assert folder("run-1/step/2") == "run-1_step_2"


def test_values_reach_the_script_exactly(tmp_path: Path) -> None:
    value = "a 'quoted' $HOME `id` \\ \n ของ"
    ended = execute(ask_command(), tmp_path, payload('printf %s "$VALUE"', {"VALUE": value}, ""))
    assert ended.stdout.decode() == value
    assert ended.stderr == b"gonogo: finished 0\n"


def test_a_path_is_put_in_front_of_the_hosts_path(tmp_path: Path) -> None:
    ended = execute(ask_command(), tmp_path, payload('echo "$PATH"', {}, "/opt/my tools"))
    assert ended.stdout.decode().strip() == f"/opt/my tools:{os.environ['PATH']}"


@pytest.mark.parametrize("command", [ask_command(), run_command("cut/1", 0)])
def test_a_payload_that_was_cut_off_runs_nothing(command: str, tmp_path: Path) -> None:
    whole = payload(f"touch {shlex.quote(str(tmp_path))}/effect; echo and more", {}, "")
    ended = execute(command, tmp_path, whole[:-10])
    assert not (tmp_path / "effect").exists(), "a part of the script has run"
    assert b"gonogo:" not in ended.stderr


def test_a_second_start_attaches_to_the_first_and_reads_on_at_its_offset(tmp_path: Path) -> None:
    sent = payload("echo 12345", {}, "")
    assert execute(run_command("job/1", 0), tmp_path, sent).stdout == b"12345\n"
    again = execute(run_command("job/1", 3), tmp_path, sent)
    assert (again.stdout, again.stderr) == (b"45\n", b"gonogo: finished 0\n")


def test_the_status_of_a_job_is_its_state_and_exit_code(tmp_path: Path) -> None:
    assert execute(status_command("job/2"), tmp_path).stderr == b"gonogo: absent 0\n"
    execute(run_command("job/2", 0), tmp_path, payload("echo out; exit 3", {}, ""))
    ended = execute(status_command("job/2"), tmp_path)
    assert (ended.stdout, ended.stderr) == (b"out\n", b"gonogo: finished 3\n")


def test_a_job_that_is_stopped_before_its_start_is_claimed(tmp_path: Path) -> None:
    execute(stop_command("job/3"), tmp_path)
    late = execute(run_command("job/3", 0), tmp_path, payload(f"touch {tmp_path}/effect", {}, ""))
    assert late.stderr == b"gonogo: finished 143\n"
    assert not (tmp_path / "effect").exists()
