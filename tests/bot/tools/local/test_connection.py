"""The bot's own machine as a host: refusals, ports, and jobs that outlive the bot."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from bot.rehearsal.target.loopback import is_listening
from bot.tools.local.connection import LocalConnection
from bot.tools.postgres.scratch import EmbeddedScratch
from bot.tools.secrets import Redactor
from commands.ports.shell import Job
from state.errors import Failed, Stopped, Unreachable
from tests.bot.tools.helpers import NEED, eventually, forward_threads, local_shell

# a bot of its own that runs one job and says its output
BOT = """
import sys, threading
from pathlib import Path
from commands.ports.shell import Job
from tests.bot.tools.helpers import local_shell
job = Job(key="run-1/deploy/1", script=sys.argv[2], limit=60)
print(local_shell(Path(sys.argv[1])).run("box", job, stop=threading.Event()).tail, end="")
"""
NO_HOME = "Host “tools” is the bot's own machine: its folder HOME (/nowhere) cannot be used; correct that variable."


def bot(home: Path, script: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", BOT, str(home), script]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True)


def test_a_job_outlives_a_killed_bot_and_the_next_one_finds_it(tmp_path: Path) -> None:
    wait = f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    script = f"echo began >> {tmp_path}/effects; echo one; {wait}; echo two; echo ended >> {tmp_path}/effects"
    first = bot(tmp_path, script)
    assert eventually((tmp_path / "effects").exists)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert local_shell(tmp_path).job_status("box", "run-1/deploy/1").state == "running"
    second = bot(tmp_path, script)
    time.sleep(0.5)
    (tmp_path / "go").touch()
    assert second.communicate(timeout=60)[0] == "one\ntwo\n", "the second bot does not follow the first one's job"
    assert (tmp_path / "effects").read_text() == "began\nended\n", "the job was started twice, or was cut"


def test_what_a_killed_bot_has_left_of_its_programs_ends_by_itself(tmp_path: Path) -> None:
    killed = bot(tmp_path, f"touch {tmp_path}/began; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done")
    assert eventually((tmp_path / "began").exists)
    programs = [one for one in psutil.Process(killed.pid).children() if "gonogo" in one.cmdline()]
    assert programs
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert eventually(lambda: not any(map(is_alive, programs))), "the program that followed the job is still there"
    assert local_shell(tmp_path).job_status("box", "run-1/deploy/1").state == "running"
    local_shell(tmp_path).end("box", "run-1/deploy/1")


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_stopped_job_and_an_answered_question_leave_no_process(tmp_path: Path) -> None:
    shell, stop = local_shell(tmp_path), threading.Event()
    before = {child.pid for child in psutil.Process().children()}
    threading.Timer(0.5, stop.set).start()
    with pytest.raises(Stopped):
        shell.run("box", Job(key="run-1/stop/1", script="sleep 1000 & wait", limit=60), stop=stop)
    shell.ask("box", "true")
    assert eventually(lambda: {child.pid for child in psutil.Process().children()} <= before), "a process is left"


def test_a_question_over_its_limit_leaves_no_process(tmp_path: Path) -> None:
    number = f"8{time.time_ns() % 10**9}"
    with pytest.raises(Failed, match="did not answer within 0 s"):
        local_shell(tmp_path).ask("box", f"sleep {number} & sleep {number}; true", limit=0.4)
    left = ["pgrep", "-f", f"^sleep {number}$"]
    assert eventually(lambda: subprocess.run(left, capture_output=True, check=False).returncode == 1)


def test_the_terminals_ctrl_c_reaches_no_program_here(tmp_path: Path) -> None:
    assert int(local_shell(tmp_path).ask("box", "ps -o sid= -p $$").tail) != os.getsid(0)


def test_a_command_reads_no_settings_of_an_interactive_shell(tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("echo from bashrc; export EVIL=1\n")
    ended = local_shell(tmp_path).ask("box", 'echo "own ${EVIL-}"')
    assert (ended.tail, ended.greeting) == ("own \n", "")


def test_a_machine_without_a_home_or_without_bash_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as refused:
        LocalConnection("tools", {"PATH": "/bin", "HOME": "/nowhere"}).channel()
    assert str(refused.value) == NO_HOME
    with pytest.raises(Unreachable, match=r"HOME \(not set\) cannot be used"):
        LocalConnection("tools", {"PATH": "/bin"}).channel()
    with pytest.raises(Unreachable, match="there is no bash on its PATH; install it"):
        LocalConnection("tools", {"PATH": str(tmp_path), "HOME": str(tmp_path)}).channel()


def test_a_port_of_this_machine_leads_to_a_server_and_is_given_back(tmp_path: Path) -> None:
    def serve(sock: socket.socket) -> None:
        with sock:
            while data := sock.recv(100):
                sock.sendall(data.upper())

    def connect() -> socket.socket:
        ours, theirs = socket.socketpair()
        threading.Thread(target=serve, args=(theirs,), daemon=True).start()
        return ours

    forward = LocalConnection("tools", {}).forward(connect)
    with socket.create_connection(("127.0.0.1", forward.port), timeout=60) as sock:
        sock.sendall(b"word")
        assert sock.recv(100) == b"WORD"
        assert not forward.lost
        forward.close()
        assert sock.recv(1) == b""
    assert eventually(lambda: not is_listening(forward.port)), "the port is still open"
    assert eventually(lambda: forward_threads() == [])


def test_commands_here_reach_the_bots_own_postgresql(tmp_path: Path, temp: Path) -> None:
    addresses: dict[str, str] = {}
    shell = local_shell(tmp_path)
    shell._environ = addresses
    scratch = EmbeddedScratch(shell, addresses, Redactor([]), temp=temp)
    scratch.check("box", NEED)
    with scratch.start("box", NEED, stop=threading.Event()) as server:
        script = 'while IFS= read -r line; do export "$line"; done <<< "$URL"; psql -XqAtc "SELECT 1 + 1"'
        assert shell.ask("box", script, env={"URL": server.address}).tail == "2\n"
