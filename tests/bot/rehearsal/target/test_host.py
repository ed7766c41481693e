"""The host: its commands, its processes, and its audit log."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psutil
import pytest

from bot.rehearsal.target.audit import read_audit_log
from bot.rehearsal.target.host import Host, TargetError
from bot.rehearsal.target.loopback import wait_until


def test_a_command_runs_in_the_hosts_home_with_the_hosts_programs_first(host: Host) -> None:
    (host.bin / "greet").write_text("#!/bin/sh\necho $HOME\n")
    (host.bin / "greet").chmod(0o755)
    assert host.run(["greet"]) == f"{host.home}\n"


def test_a_failed_command_is_reported_with_its_folder_exit_code_and_output(host: Host) -> None:
    with pytest.raises(TargetError) as error:
        host.run(["sh", "-c", "echo out; echo wrong >&2; exit 3"], cwd=host.srv)
    assert f"in {host.srv} failed with exit code 3: wrong\nout" in str(error.value)


def test_output_of_a_process_goes_to_its_log(host: Host) -> None:
    host.spawn("greeter", ["echo", "hello"])
    log = host.logs / "greeter.log"
    wait_until(lambda: log.read_text() == "hello\n", "the log")


def test_stopping_ends_processes_and_their_children_also_when_they_ignore_sigterm(host: Host) -> None:
    host.spawn("stubborn", ["sh", "-c", "trap '' TERM; echo ready; sleep 60 & sleep 60"])
    wait_until(lambda: "ready" in (host.logs / "stubborn.log").read_text(), "the process")
    wait_until(lambda: len(host.processes()) == 3, "the process and its two children")
    host.stop_processes()
    assert host.processes() == []
    assert host.children == []


def test_a_process_that_a_crash_left_behind_is_found_by_another_host_on_the_same_folder(host: Host) -> None:
    host.spawn("sleeper", ["sleep", "60"])
    found = Host(host.folder, host.cache).processes()
    assert [process.pid for process in found] == [host.children[0].pid]


def test_a_process_without_a_recorded_id_is_found_by_its_home(host: Host) -> None:
    with subprocess.Popen(["sleep", "60"], env=host.environment()) as orphan:
        wait_until(lambda: [process.pid for process in host.processes()] == [orphan.pid], "the process")
        orphan.kill()


def test_a_process_that_ends_during_the_search_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = subprocess.Popen(["sleep", "60"])
    process = psutil.Process(ended.pid)
    process.create_time()
    ended.kill()
    ended.wait()
    (tmp_path / "pids").write_text(f"{process.pid} {process.create_time()}\n")
    monkeypatch.setattr(psutil, "process_iter", lambda: iter([process]))
    assert Host(tmp_path, tmp_path).processes() == []


def test_the_audit_log_has_one_json_line_for_each_fact(host: Host) -> None:
    host.write_audit("maintenance", on=True)
    host.write_audit("boot", commit="abc")
    first, second = read_audit_log(host.audit_log)
    assert (first["what"], first["on"], second["commit"]) == ("maintenance", True, "abc")
    assert first["at"] <= second["at"]
