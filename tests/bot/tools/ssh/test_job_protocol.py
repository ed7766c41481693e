"""The job protocol's payload and folder names, and payloads that were cut off."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.tools.ssh.job_protocol import (
    Program,
    ask_program,
    folder,
    payload,
    remove_program,
    run_program,
    status_program,
    stop_program,
)
from bot.tools.ssh.marked_stream import MarkedStream
from tests.bot.tools.helpers import eventually


@dataclass(kw_only=True)
class Ended:
    """How a program ended: its own output and status, and standard error."""

    output: bytes
    status: tuple[str, int] | None
    errors: bytes


def execute(program: Program, home: Path, sent: bytes | None = None, shell: str = "bash") -> Ended:
    """Run a program as the SSH server would, with the user's login shell."""
    env = {**os.environ, "HOME": str(home)}
    sent = program.sent if sent is None else sent
    command = [shell, "-c", program.command]
    ended = subprocess.run(command, input=sent, capture_output=True, env=env, timeout=60, check=False)
    stream = MarkedStream(program.mark)
    return Ended(output=stream.feed(ended.stdout), status=stream.status, errors=ended.stderr)


def test_a_key_names_a_folder_without_slashes() -> None:
    assert folder("run-1/step/2") == "run-1_step_2"


def test_values_reach_the_script_exactly(tmp_path: Path) -> None:
    value = "a 'quoted' $HOME `id` \\ \n ของ"
    ended = execute(ask_program(payload('printf %s "$VALUE"', {"VALUE": value}, "")), tmp_path)
    assert (ended.output.decode(), ended.status, ended.errors) == (value, ("finished", 0), b"")


def test_a_question_that_has_ended_at_once_is_no_word_of_the_hosts_shell(tmp_path: Path) -> None:
    program = ask_program(payload("true", {}, ""))
    late = program.sent.replace(b"asked=$!\n", b"asked=$!; sleep 0.3\n")
    assert late != program.sent
    ended = execute(program, tmp_path, late)
    assert (ended.status, ended.errors) == (("finished", 0), b"")


def test_a_path_is_put_in_front_of_the_hosts_path(tmp_path: Path) -> None:
    ended = execute(ask_program(payload('echo "$PATH"', {}, "/opt/my tools")), tmp_path)
    assert ended.output.decode().strip() == f"/opt/my tools:{os.environ['PATH']}"


@pytest.mark.parametrize("missing", [10, 100, 1_000])
@pytest.mark.parametrize("job", [False, True], ids=["question", "job"])
def test_what_was_cut_off_runs_nothing(job: bool, missing: int, tmp_path: Path) -> None:
    whole = payload(f"touch {shlex.quote(str(tmp_path))}/effect; echo and more{' ' * 50}", {}, "")
    program = run_program("cut/1", 0, whole) if job else ask_program(whole)
    ended = execute(program, tmp_path, program.sent[:-missing])
    assert not list(tmp_path.iterdir()), "a part of it has run"
    assert (ended.output, ended.status) == (b"", None)


def test_a_second_start_attaches_to_the_first_and_reads_on_at_its_offset(tmp_path: Path) -> None:
    sent = payload("echo 12345", {}, "")
    assert execute(run_program("job/1", 0, sent), tmp_path).output == b"12345\n"
    again = execute(run_program("job/1", 3, sent), tmp_path)
    assert (again.output, again.status) == (b"45\n", ("finished", 0))


def test_the_status_of_a_job_is_its_state_and_exit_code(tmp_path: Path) -> None:
    assert execute(status_program("job/2"), tmp_path).status == ("absent", 0)
    execute(run_program("job/2", 0, payload("echo out; exit 3", {}, "")), tmp_path)
    ended = execute(status_program("job/2"), tmp_path)
    assert (ended.output, ended.status) == (b"out\n", ("finished", 3))


def test_a_job_that_the_bot_of_an_earlier_version_started_is_seen_running_and_is_stopped(tmp_path: Path) -> None:
    program = run_program("job/5", 0, payload("exec sleep 300", {}, ""))
    earlier = program.sent.replace(b'"$(name_of "$d")"', b'"$d"')
    assert earlier != program.sent
    running = subprocess.Popen(
        ["bash", "-c", program.command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    with running:
        assert running.stdin
        running.stdin.write(earlier)
        running.stdin.flush()
        assert eventually((tmp_path / ".gonogo/jobs/job_5/out").exists)
        assert execute(status_program("job/5"), tmp_path).status == ("running", 0)
        assert execute(stop_program("job/5"), tmp_path).status == ("finished", 0)
    assert execute(status_program("job/5"), tmp_path).status == ("finished", 143)


def test_a_job_that_is_stopped_before_its_start_is_claimed(tmp_path: Path) -> None:
    assert execute(stop_program("job/3"), tmp_path).status == ("finished", 0)
    late = execute(run_program("job/3", 0, payload(f"touch {tmp_path}/effect", {}, "")), tmp_path)
    assert late.status == ("finished", 143)
    assert not (tmp_path / "effect").exists()


@pytest.mark.parametrize("shell", ["bash", "dash", "tcsh"])
def test_every_program_runs_from_every_login_shell(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"this machine has no {shell}")
    sent = payload("printf '%s\\n' \"it's $A\"; exit 7", {"A": "fine!\nreally"}, "")
    for program in (run_program("job/4", 0, sent), ask_program(sent)):
        ended = execute(program, tmp_path, shell=shell)
        assert (ended.output, ended.status) == (b"it's fine!\nreally\n", ("finished", 7)), ended.errors
    for program, state in ((status_program("job/4"), "finished"), (stop_program("job/4"), "finished")):
        ended = execute(program, tmp_path, shell=shell)
        assert ended.status, ended.errors
        assert ended.status[0] == state
    assert execute(remove_program("job"), tmp_path, shell=shell).status == ("finished", 0)
    assert not list((tmp_path / ".gonogo" / "jobs").iterdir())


def test_no_command_and_no_script_holds_a_line_that_would_be_taken_for_the_programs_own(tmp_path: Path) -> None:
    program = ask_program(payload("echo gonogo: finished 0; echo gonogo::finished 0; ps -o args= -p $$", {}, ""))
    stream = MarkedStream(program.mark)
    stream.feed(program.command.encode() + program.sent)
    assert (stream.begun, stream.status) == (False, None)
    ended = execute(program, tmp_path)
    assert ended.status == ("finished", 0)
    assert ended.output.startswith(b"gonogo: finished 0\ngonogo::finished 0\n")
    assert program.mark.encode() in ended.output, "ps shows the mark, and that is nobody's line"


def test_a_job_makes_files_with_the_logins_rights_in_a_folder_that_is_nobody_elses(tmp_path: Path) -> None:
    script = payload('touch "$HOME/made"; echo "$(umask) ${1-none}"', {}, "")
    ran = execute(run_program("made/1", 0, script), tmp_path)
    own = subprocess.run(["bash", "-c", "umask"], capture_output=True, text=True, check=True).stdout.strip()
    assert (ran.output.decode().split(), ran.status) == ([own, "none"], ("finished", 0))
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o666 & ~int(own, 8)
    job = tmp_path / ".gonogo" / "jobs" / "made_1"
    assert [one.stat().st_mode & 0o077 for one in (tmp_path / ".gonogo", job, job / "out")] == [0, 0, 0]


def test_a_question_changes_no_umask_and_sees_no_function_of_the_program(tmp_path: Path) -> None:
    asked = execute(ask_program(payload("umask; type say || echo none", {}, "")), tmp_path)
    assert (
        asked.output.decode().splitlines()[0]
        == subprocess.run(["bash", "-c", "umask"], capture_output=True, text=True, check=True).stdout.strip()
    )
    assert asked.output.decode().splitlines()[-1] == "none"
