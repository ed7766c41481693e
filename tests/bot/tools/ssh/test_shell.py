"""Jobs on a real SSH server: started once, followed whole, stopped with all they began; and what each refusal says."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.rehearsal.target.ssh_server import SshServer, make_key
from bot.tools.places import HostPlace
from bot.tools.secrets import Redactor
from bot.tools.ssh.shell import SshShell
from commands.ports.shell import CommandResult, Job
from state.errors import Failed, Stopped, Unreachable

SECRET = "s3cr3t-token-value"
# by their length the tests know their own among all sleeping processes of this machine
LONG = f"4711.{os.getpid():08}"
SAYS = 'echo one; echo "token $TOKEN"; printf half; sleep 1.5; echo; echo last'


def shell_for(ssh: SshServer, **changes: str) -> SshShell:
    """A shell whose host `box` is the server, but for what is changed."""
    place = {"address": ssh.address, "key": str(ssh.key), "known_hosts": str(ssh.known_hosts), **changes}
    return SshShell({"box": HostPlace(**place)}, {"SECRET": SECRET}, Redactor([SECRET]))


@pytest.fixture
def shell(ssh: SshServer) -> SshShell:
    """A shell that may log in."""
    return shell_for(ssh)


def run(
    shell: SshShell, script: str, *, key: str = "", limit: float = 20, stop: threading.Event | None = None
) -> CommandResult:
    """Run a script as a job of its own."""
    job = Job(key=key or f"job/{time.time_ns()}", script=script, limit=limit, env={"TOKEN": "$SECRET"})
    return shell.run("box", job, stop=stop or threading.Event())


def running(words: str) -> bool:
    """Whether a process with these words on its command line runs on this machine."""
    return subprocess.run(["pgrep", "-f", words], capture_output=True, check=False).returncode == 0


def eventually(question: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether the answer becomes yes in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if question():
            return True
        time.sleep(0.05)
    return question()


def sentence(shell: SshShell) -> str:
    """What a login that must fail says."""
    with pytest.raises(Unreachable) as caught:
        shell.ask("box", "true")
    return str(caught.value)


def test_output_and_exit_code_come_back(shell: SshShell) -> None:
    ended = run(shell, "echo out; echo err >&2; (exit 7)")
    assert (ended.code, ended.tail) == (7, "out\nerr\n")


def test_a_failing_command_ends_the_script(shell: SshShell) -> None:
    ended = run(shell, "false\necho never")
    assert (ended.code, ended.tail) == (1, ""), "the script went on after a failure"


def test_a_failure_inside_a_pipe_counts(shell: SshShell) -> None:
    assert run(shell, "false | cat").code == 1


def test_the_same_key_is_attached_to_and_never_started_twice(shell: SshShell, tmp_path: Path) -> None:
    script = f"echo ran >> {tmp_path}/effects; sleep 0.5; echo done"
    ended: list[CommandResult] = []
    key = f"once/{time.time_ns()}"
    threads = [threading.Thread(target=lambda: ended.append(run(shell, script, key=key))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.tail for one in ended] == ["done\n"] * 4
    assert (tmp_path / "effects").read_text() == "ran\n"


def test_a_cut_connection_loses_and_doubles_nothing(shell: SshShell) -> None:
    ended: list[CommandResult] = []
    script = "for i in $(seq 1 30); do echo line $i; sleep 0.05; done"
    thread = threading.Thread(target=lambda: ended.append(run(shell, script)))
    thread.start()
    for _ in range(2):
        time.sleep(0.5)
        shell._connections["box"].close()
    thread.join(20)
    assert ended[0].tail.splitlines() == [f"line {i}" for i in range(1, 31)]


def test_five_megabytes_come_through_and_only_their_end_is_kept(shell: SshShell) -> None:
    ended = run(shell, "head -c 5000000 /dev/zero | tr '\\0' x; echo end")
    assert ended.size == 5_000_004
    assert len(ended.tail) <= 64 * 1024
    assert ended.tail.endswith("xend\n")


def test_stop_ends_the_whole_process_group_within_two_seconds(shell: SshShell) -> None:
    stop = threading.Event()
    script = f"sleep {LONG}1 & (sleep {LONG}2; true) & wait"
    threading.Timer(0.6, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Stopped):
        run(shell, script, stop=stop)
    assert time.monotonic() - began < 2.6
    assert eventually(lambda: not running(f"sleep {LONG}[12]")), "a grandchild is still running on the host"


def test_a_job_over_its_limit_is_ended_and_says_so(shell: SshShell) -> None:
    with pytest.raises(Failed, match="over its limit of 0 s"):
        run(shell, f"sleep {LONG}3", limit=0.4)
    assert eventually(lambda: not running(f"sleep {LONG}3"))


def test_a_secret_is_on_no_command_line_and_not_on_the_disk(shell: SshShell, ssh: SshServer) -> None:
    ended = run(shell, f"ps -ef | grep -c '{SECRET[:6]}[-]' || true; sleep 0.1; echo got $TOKEN")
    assert ended.tail == "0\ngot •••\n", "the secret shows in ps, or in the output"
    found = subprocess.run(
        ["grep", "-rl", SECRET, str(ssh.host.home / ".gonogo")], capture_output=True, text=True, check=False
    )
    # the job's own output holds what the job itself printed, and nothing else does
    assert {Path(name).name for name in found.stdout.split()} <= {"out"}


def test_a_look_tells_absent_running_finished_and_dead(shell: SshShell, ssh: SshServer) -> None:
    assert shell.job_status("box", "never/begun").state == "absent"
    key, stop = f"look/{time.time_ns()}", threading.Event()
    thread = threading.Thread(target=lambda: run(shell, "sleep 0.8; echo end; exit 3", key=key, stop=stop))
    thread.start()
    assert eventually(lambda: shell.job_status("box", key).state == "running", 2)
    thread.join()
    found = shell.job_status("box", key)
    assert (found.state, found.finished and (found.finished.code, found.finished.tail)) == ("finished", (3, "end\n"))
    dead = ssh.host.home / ".gonogo" / "jobs" / "died_1"
    dead.mkdir()
    (dead / "pid").write_text("999999\n")
    assert shell.job_status("box", "died/1").state == "dead"


def test_an_unknown_host_is_named(ssh: SshServer, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("")
    assert "host key is unknown" in sentence(shell_for(ssh, known_hosts=str(tmp_path / "known_hosts")))


def test_a_changed_host_key_is_named(ssh: SshServer, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other")
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{ssh.port} {other}\n")
    assert "host key has CHANGED" in sentence(shell_for(ssh, known_hosts=str(tmp_path / "known_hosts")))


def test_a_wrong_key_is_named(ssh: SshServer, tmp_path: Path) -> None:
    make_key(tmp_path / "wrong")
    assert "refuses the key" in sentence(shell_for(ssh, key=str(tmp_path / "wrong")))


def test_a_missing_key_file_is_named(ssh: SshServer, tmp_path: Path) -> None:
    assert "key's file cannot be read" in sentence(shell_for(ssh, key=str(tmp_path / "none")))


def test_nobody_listening_is_named(ssh: SshServer) -> None:
    assert "nobody listens there" in sentence(shell_for(ssh, address=f"{ssh.user}@127.0.0.1:{free_port()}"))


def test_an_address_of_another_form_is_named(ssh: SshServer) -> None:
    assert "must be written user@host:port" in sentence(shell_for(ssh, address="127.0.0.1"))


def test_whole_lines_are_heard_while_a_job_runs_without_secrets(
    shell: SshShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tools.ssh.shell.SHOWN", 0.3)
    heard: list[str] = []
    job = Job(key=f"job/{time.time_ns()}", script=SAYS, limit=20, env={"TOKEN": "$SECRET"})
    shell.run("box", job, stop=threading.Event(), on_output=heard.append)
    assert heard, "nothing was heard while it ran"
    assert heard[0].splitlines()[0] == "one"
    assert "half" not in heard[0], "a line that is not whole yet is not shown"
    assert SECRET not in "".join(heard)
