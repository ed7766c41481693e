"""Commands on hosts that hang or have a full disk end with a message that is true."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.ssh import connection
from bot.tools.ssh.shell import SshShell
from commands.ports.shell import Job
from state.errors import Failed, LostTrack, Stopped, Unreachable
from tests.bot.tools.helpers import eventually, shell_for
from tests.conftest import make_host

NO_STOP = threading.Event()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SshShell, SshServer]]:
    """An SSH server that belongs to the test, which may freeze it, and a shell with a short time limit."""
    monkeypatch.setattr(connection, "CONNECT_LIMIT", 1.0)
    target_host = make_host(tmp_path)
    server = SshServer(target_host)
    server.start()
    yield shell_for(server), server
    for process in target_host.processes():
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)
    target_host.stop_processes()


def freeze(ssh: SshServer) -> None:
    """Suspend the server and every session of it."""
    for process in ssh.host.processes():
        with suppress(psutil.NoSuchProcess):  # it may have ended
            if "ssh" in " ".join(process.cmdline()[:3]):
                process.suspend()


def freeze_after(file: Path, ssh: SshServer, stop: threading.Event | None = None) -> None:
    """Suspend the server as soon as a job has written its file, however long the log-in took; then set `stop`."""
    eventually(file.exists)
    freeze(ssh)
    if stop:
        stop.set()


def thaw(ssh: SshServer) -> None:
    """Resume the server."""
    for process in ssh.host.processes():
        with suppress(psutil.NoSuchProcess):  # it may have ended
            process.resume()


@contextmanager
def full_disk(folder: Path, size: str) -> Iterator[None]:
    """A small disk mounted at a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_job_continues_on_a_host_that_hangs_and_its_result_is_unknown(host: tuple[SshShell, SshServer]) -> None:
    shell, server = host
    mark, started = server.host.folder / "mark", server.host.folder / "started"
    job = Job(key="hung/step/1", script=f"sleep 0.4; touch {started}; sleep 2; echo once >> {mark}", limit=1.5)
    threading.Thread(target=freeze_after, args=(started, server)).start()
    # without limits of its own, the shell would wait until the test's time limit
    with pytest.raises(
        LostTrack, match="“box” cannot be reached: the command ran over its limit, and its result is unknown"
    ):
        shell.run("box", job, stop=NO_STOP)
    thaw(server)
    assert eventually(lambda: shell.job_status("box", "hung/step/1").state == "finished")
    assert mark.read_text() == "once\n"
    assert shell.run("box", job, stop=NO_STOP).code == 0, "the job was started again instead of attached to"
    assert mark.read_text() == "once\n"


def test_a_stop_on_a_host_that_hangs_says_that_the_result_is_unknown(host: tuple[SshShell, SshServer]) -> None:
    shell, server = host
    stop, started = threading.Event(), server.host.folder / "started"
    threading.Thread(target=freeze_after, args=(started, server, stop)).start()
    with pytest.raises((LostTrack, Stopped), match="its result is unknown"):
        shell.run("box", Job(key="hung/stop/1", script=f"sleep 0.3; touch {started}; sleep 30", limit=60), stop=stop)


def test_a_host_that_hangs_is_unreachable(host: tuple[SshShell, SshServer]) -> None:
    shell, server = host
    freeze(server)
    with pytest.raises(Unreachable, match="accepts the connection but sends nothing within 1 s; it hangs, or"):
        shell.ask("box", "true")


def test_a_full_disk_fails_the_command_with_its_own_words_and_it_can_run_again(
    host: tuple[SshShell, SshServer],
) -> None:
    shell, server = host
    small = server.host.folder / "small"
    with full_disk(small, "64k"):
        write = f"head -c 200000 /dev/zero > {small}/dump"
        ended = shell.run("box", Job(key="full/step/1", script=write, limit=60), stop=NO_STOP)
        assert ended.code != 0
        assert "No space left on device" in ended.tail
        (small / "dump").unlink()
        again = Job(key="full/step/2", script=write.replace("200000", "200"), limit=60)
        assert shell.run("box", again, stop=NO_STOP).code == 0


def test_a_full_disk_under_the_jobs_folder_is_reported(host: tuple[SshShell, SshServer]) -> None:
    shell, server = host
    with full_disk(server.host.home / ".gonogo", "16k"):
        try:
            ended = shell.run("box", Job(key="full/out/1", script="echo started; seq 1 40000", limit=20), stop=NO_STOP)
            message = f"exit {ended.code}"
        except (Failed, LostTrack) as error:
            message = str(error)
    assert "left no exit code; check what it did before you run it again" in message or message == "exit 1", message
    assert psutil.pid_exists(server.host.children[-1].pid)
