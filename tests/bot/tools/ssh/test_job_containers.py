"""Containers that a job has started end with it, on a real docker."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.tools.ssh.shell import SshShell
from commands.ports.shell import Job
from state.errors import GonogoError, LostTrack, Stopped
from tests.bot.tools.helpers import eventually, local_shell
from tests.docker_daemon import Docker, docker_daemon

LABEL = "gonogo.job"


@pytest.fixture(scope="module")
def docker() -> Iterator[Docker]:
    with docker_daemon() as running:
        yield running


@pytest.fixture
def shell(docker: Docker, tmp_path: Path) -> SshShell:
    """A shell whose host `box` has this docker."""
    return local_shell(tmp_path, PATH=f"{docker.bin}:{os.environ['PATH']}")


class Running:
    """A job whose command is a container that no signal of its client ends."""

    def __init__(self, docker: Docker, shell: SshShell, key: str) -> None:
        self.docker, self.shell, self.key = docker, shell, key
        self.stop, self.raised = threading.Event(), [GonogoError("nothing was raised")]
        pipe = docker.folder / key.replace("/", "-")
        os.mkfifo(pipe)
        inside = "/bin/dash -c 'exec 0<>/pipe; echo up; read x'"
        self.script = f"docker run --network=none --label {LABEL}=$GONOGO_JOB --volume={pipe}:/pipe small {inside}"
        self.thread = threading.Thread(target=self._follow)
        self.thread.start()
        assert eventually(lambda: len(self.containers) == 1), "the container has not started"

    @property
    def containers(self) -> list[str]:
        """Those that have the job's label."""
        words = ("ps", "--all", "--quiet", f"--filter=label={LABEL}={self.key.replace('/', '_')}")
        return self.docker.ask(*words).split()

    def _follow(self) -> None:
        try:
            self.shell.run("box", Job(key=self.key, script=self.script, limit=3600, env={}), stop=self.stop)
        except GonogoError as error:
            self.raised.append(error)


def test_a_container_with_the_label_of_a_job_that_is_stopped_is_removed(docker: Docker, shell: SshShell) -> None:
    other, job = Running(docker, shell, "containers/other"), Running(docker, shell, "containers/stopped")
    job.stop.set()
    job.thread.join(60)
    assert isinstance(job.raised[-1], Stopped)
    assert job.containers == []
    assert len(other.containers) == 1, "that of another job was removed"
    other.stop.set()
    other.thread.join(60)


def test_a_container_of_a_job_that_is_gone_is_removed_when_the_job_is_ended(
    docker: Docker, shell: SshShell, tmp_path: Path
) -> None:
    job = Running(docker, shell, "containers/gone")
    os.killpg(int((tmp_path / ".gonogo" / "jobs" / "containers_gone" / "pid").read_text()), signal.SIGKILL)
    job.thread.join(60)
    assert isinstance(job.raised[-1], LostTrack)
    assert shell.job_status("box", job.key).state == "dead"
    assert len(job.containers) == 1, "its client alone is gone"
    shell.end("box", job.key)
    assert job.containers == []
