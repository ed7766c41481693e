"""Jobs over SSH and on this machine start once, are followed to the end, and can be stopped."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest

from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.ssh.shell import SshShell
from commands.ports.page_text import PageText
from commands.ports.shell import CommandResult, Job
from state.errors import BadValue, Failed, Stopped, Unreachable
from tests.bot.tools.helpers import SECRET, eventually, local_shell, shell_for

# the tests recognise their own sleeping processes on this machine by this number of seconds
LONG = f"4711.{os.getpid():08}"
CHATTY = 'echo one; echo "token $TOKEN"; printf half; sleep 1.5; echo; echo last'


@pytest.fixture(params=["over SSH", "on this machine"])
def home(request: pytest.FixtureRequest, ssh: SshServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the host `box`."""
    return ssh.host.home if request.param == "over SSH" else tmp_path_factory.mktemp("home")


@pytest.fixture
def shell(ssh: SshServer, home: Path) -> SshShell:
    """A shell whose host `box` is the SSH server, or this machine without SSH."""
    return shell_for(ssh) if home == ssh.host.home else local_shell(home)


def run(
    shell: SshShell, script: str, *, key: str = "", limit: float = 60, stop: threading.Event | None = None
) -> CommandResult:
    """Run a script as a job of its own."""
    job = Job(key=key or f"job/{time.time_ns()}", script=script, limit=limit, env={"TOKEN": PageText("$SECRET")})
    return shell.run("box", job, stop=stop or threading.Event())


def is_running(pattern: str) -> bool:
    """Whether a process with this pattern on its command line runs on this machine."""
    return subprocess.run(["pgrep", "-f", pattern], capture_output=True, check=False).returncode == 0


def test_output_and_exit_code_come_back(shell: SshShell) -> None:
    ended = run(shell, "echo out; echo err >&2; (exit 7)")
    assert (ended.code, ended.tail) == (7, "out\nerr\n")


def test_a_failing_command_ends_the_script(shell: SshShell) -> None:
    ended = run(shell, "false\necho never")
    assert (ended.code, ended.tail) == (1, ""), "the script continued after a failure"


def test_a_failure_inside_a_pipe_counts(shell: SshShell) -> None:
    assert run(shell, "false | cat").code == 1


def test_the_same_key_is_attached_to_and_never_started_twice(shell: SshShell, tmp_path: Path) -> None:
    script = f"echo ran >> {tmp_path}/effects; sleep 0.5; echo done"
    results: list[CommandResult] = []
    key = f"once/{time.time_ns()}"
    threads = [threading.Thread(target=lambda: results.append(run(shell, script, key=key))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.tail for result in results] == ["done\n"] * 4
    assert (tmp_path / "effects").read_text() == "ran\n"


def test_a_lost_connection_loses_and_repeats_no_output(shell: SshShell) -> None:
    results: list[CommandResult] = []
    script = "for i in $(seq 1 30); do echo line $i; sleep 0.05; done"
    thread = threading.Thread(target=lambda: results.append(run(shell, script)))
    thread.start()
    for _ in range(2):
        time.sleep(0.5)
        shell.connection("box").close()
    thread.join(60)
    assert results, "the job was not followed to its end"
    assert results[0].tail.splitlines() == [f"line {i}" for i in range(1, 31)]


def test_only_the_end_of_five_megabytes_of_output_is_kept(shell: SshShell) -> None:
    ended = run(shell, "head -c 5000000 /dev/zero | tr '\\0' x; echo end")
    assert ended.size == 5_000_004
    assert len(ended.tail) <= 64 * 1024
    assert ended.tail.endswith("xend\n")


def test_stop_kills_the_whole_process_group(shell: SshShell) -> None:
    stop = threading.Event()
    threading.Timer(0.6, stop.set).start()
    with pytest.raises(Stopped, match=r"Stopped on the host, with every process of its group\."):
        run(shell, f"sleep {LONG}1 & (sleep {LONG}2; true) & wait", stop=stop, limit=3600)
    assert eventually(lambda: not is_running(f"sleep {LONG}[12]")), "a grandchild still runs on the host"


@pytest.mark.fault("foreign words taken for the program's own")
def test_commands_that_find_or_end_processes_by_their_steps_name_neither_find_nor_end_their_own_job(
    shell: SshShell, home: Path
) -> None:
    own = f"quark{time.time_ns()}"
    ended = run(shell, f"pgrep -f {own} | cat || true\npkill -f {own} || true\necho on", key=f"run-1/restart-{own}/1")
    assert (ended.code, ended.tail) == (0, "on\n")
    ended = run(shell, f"pgrep -f '{home}/' | cat || true\necho on")
    assert (ended.code, ended.tail) == (0, "on\n"), "a home named after a service"


@pytest.mark.fault("a deadline that success does not reset")
@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "over its limit"])
def test_what_a_command_started_in_a_session_of_its_own_is_named_when_the_command_is_ended(
    shell: SshShell, tmp_path: Path, stopped: bool
) -> None:
    stop, began = threading.Event(), tmp_path / "began"
    script = f"setsid sleep {LONG}9 & touch {began}; sleep {LONG}8"

    def end() -> None:
        assert eventually(began.exists)
        stop.set()

    ending = threading.Thread(target=end)
    if stopped:
        ending.start()
    try:
        with pytest.raises(
            (Stopped, Failed), match=r"; what it had started in a session of its own goes on: sleep \([0-9]+\)\."
        ):
            run(shell, script, stop=stop, limit=3600 if stopped else 3)
        assert not is_running(f"sleep {LONG}8")
    finally:
        for process in psutil.process_iter(["cmdline"]):
            if process.info["cmdline"] == ["sleep", f"{LONG}9"]:
                process.kill()


def test_a_job_over_its_limit_is_killed_and_says_so(shell: SshShell) -> None:
    with pytest.raises(Failed, match=r"It ran over its limit of 0 s and was killed\."):
        run(shell, f"sleep {LONG}3", limit=0.4)
    assert eventually(lambda: not is_running(f"sleep {LONG}3")), "the command still runs on the host"


def test_a_secret_is_on_no_command_line_and_not_on_the_disk(shell: SshShell, home: Path) -> None:
    ended = run(shell, f"ps -ef | grep -c '{SECRET[:6]}[-]' || true; sleep 0.1; echo got $TOKEN")
    assert ended.tail == "0\ngot •••\n", "the secret shows in ps, or in the output"
    files = subprocess.run(["grep", "-rl", SECRET, str(home / ".gonogo")], capture_output=True, text=True, check=False)
    # the file `out` holds what the job itself printed
    assert {Path(name).name for name in files.stdout.split()} <= {"out"}


def test_a_job_is_absent_running_finished_or_dead(shell: SshShell, home: Path) -> None:
    assert shell.job_status("box", "never/begun").state == "absent"
    key, stop = f"look/{time.time_ns()}", threading.Event()
    thread = threading.Thread(target=lambda: run(shell, "sleep 3; echo end; exit 3", key=key, stop=stop))
    thread.start()
    assert eventually(lambda: shell.job_status("box", key).state == "running")
    thread.join()
    status = shell.job_status("box", key)
    assert status.state == "finished"
    assert status.finished
    assert (status.finished.code, status.finished.tail) == (3, "end\n")
    dead = home / ".gonogo" / "jobs" / "died_1"
    dead.mkdir()
    (dead / "pid").write_text("999999\n")
    assert shell.job_status("box", "died/1").state == "dead"


def test_a_job_that_was_ended_before_its_start_never_starts(shell: SshShell, tmp_path: Path) -> None:
    key = f"claimed/{time.time_ns()}"
    shell.end("box", key)
    assert run(shell, f"touch {tmp_path}/effect", key=key).code == 143
    assert not (tmp_path / "effect").exists(), "the job started though it was ended before"


def test_a_command_without_a_job_has_a_time_limit(shell: SshShell) -> None:
    with pytest.raises(Failed, match="Host “box” did not answer within 0 s"):
        shell.ask("box", f"sleep {LONG}4", limit=0.3)


def test_a_job_that_cannot_start_is_unreachable(ssh: SshServer) -> None:
    with pytest.raises(Unreachable, match="must have the form user@host:port"):
        run(shell_for(ssh, address="127.0.0.1"), "true")


def test_a_variable_does_not_make_a_host_the_bots_own_machine(ssh: SshServer) -> None:
    with pytest.raises(Unreachable, match="must have the form user@host:port"):
        run(shell_for(ssh, address="local"), "true")


def test_whole_lines_without_secrets_are_reported_while_a_job_runs(
    shell: SshShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tools.ssh.shell.REPORT_EVERY", 0.3)
    reports: list[str] = []
    job = Job(key=f"job/{time.time_ns()}", script=CHATTY, limit=60, env={"TOKEN": PageText("$SECRET")})
    shell.run("box", job, stop=threading.Event(), on_output=reports.append)
    assert reports, "nothing was reported while the job ran"
    assert reports[0].splitlines()[0] == "one"
    assert "half" not in reports[0], "a line that is not complete was shown"
    assert SECRET not in "".join(reports)


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_a_variable_or_a_script_that_would_be_cut_off_is_not_sent(shell: SshShell, value: str, tmp_path: Path) -> None:
    for env in ({"X": value}, {"X": PageText("<x>", {"x": value})}):
        with pytest.raises(BadValue, match="The variable X has a zero byte or half a character, so it was not sent"):
            shell.ask("box", f"touch {tmp_path}/ran", env=env)
    with pytest.raises(BadValue, match="The script has a zero byte"):
        run(shell, f"touch {tmp_path}/ran # {value}")
    assert not list(tmp_path.iterdir())


def test_a_plain_variable_is_passed_as_it_is_and_only_a_text_of_the_page_is_resolved(shell: SshShell) -> None:
    script = 'printf "%s|%s" "$A" "${#B}"'
    assert shell.ask("box", script, env={"A": "$SECRET", "B": PageText("$SECRET")}).tail == f"$SECRET|{len(SECRET)}"
