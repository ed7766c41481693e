"""On an SSH server and on this machine the job folders of one run are removed, and no more."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.ssh.shell import SshShell
from commands.ports.shell import Job
from state.errors import Unreachable
from tests.bot.tools.helpers import eventually, local_shell, shell_for


@pytest.fixture(params=["over SSH", "on this machine"])
def home(request: pytest.FixtureRequest, ssh: SshServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the host `box`."""
    return ssh.host.home if request.param == "over SSH" else tmp_path_factory.mktemp("home")


@pytest.fixture
def shell(ssh: SshServer, home: Path) -> SshShell:
    """A shell whose host `box` is the SSH server, or this machine without SSH."""
    return shell_for(ssh) if home == ssh.host.home else local_shell(home)


@pytest.fixture
def key() -> str:
    """The key of a run that no other test uses."""
    return f"run-1-{time.time_ns()}"


def run(shell: SshShell, key: str, script: str = "true", stop: threading.Event | None = None) -> None:
    shell.run("box", Job(key=key, script=script, limit=60), stop=stop or threading.Event())


def folders(home: Path, key: str) -> list[str]:
    return sorted(folder.name for folder in (home / ".gonogo" / "jobs").glob(f"{key}*"))


def test_the_folders_of_one_run_are_removed_and_those_of_others_stay(home: Path, shell: SshShell, key: str) -> None:
    others = [f"{key}0/deploy/1", f"{key}-2/deploy/1"]
    for job in (f"{key}/deploy/1", f"{key}/health/2/check", *others):
        run(shell, job)
    assert shell.remove_jobs("box", key)
    assert folders(home, key) == [other.replace("/", "_") for other in sorted(others)]
    assert shell.remove_jobs("box", key), "nothing is left"


def test_a_job_that_still_runs_keeps_its_folder_until_it_has_ended(
    home: Path, shell: SshShell, key: str, tmp_path: Path
) -> None:
    script = f"while [ ! -e {tmp_path}/go ]; do sleep 0.1; done"
    running = threading.Thread(target=run, args=(shell, f"{key}/deploy/1", script))
    running.start()
    assert eventually(lambda: shell.job_status("box", f"{key}/deploy/1").state == "running")
    run(shell, f"{key}/deploy/2")
    assert not shell.remove_jobs("box", key)
    assert folders(home, key) == [f"{key}_deploy_1"]
    (tmp_path / "go").touch()
    running.join()
    assert shell.remove_jobs("box", key)
    assert folders(home, key) == []


def test_a_job_that_died_leaves_no_folder(home: Path, shell: SshShell, key: str) -> None:
    dead = home / ".gonogo" / "jobs" / f"{key}_deploy_1"
    dead.mkdir(parents=True)
    (dead / "pid").write_text("999999\n")
    assert shell.remove_jobs("box", key)
    assert not dead.exists()


def test_a_folder_that_was_made_a_moment_ago_may_still_get_its_job(home: Path, shell: SshShell, key: str) -> None:
    young = home / ".gonogo" / "jobs" / f"{key}_deploy_1"
    young.mkdir(parents=True)
    assert not shell.remove_jobs("box", key)
    assert young.exists()


def test_a_link_among_the_folders_is_not_followed(home: Path, shell: SshShell, key: str, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("do not lose me")
    jobs = home / ".gonogo" / "jobs"
    jobs.mkdir(parents=True, exist_ok=True)
    (jobs / f"{key}_deploy_1").symlink_to(tmp_path)
    assert shell.remove_jobs("box", key)
    assert (tmp_path / "precious").read_text() == "do not lose me"
    (jobs / f"{key}_deploy_1").unlink()


@pytest.mark.parametrize("evil", ["../../", "*", "$(touch /tmp/gonogo-evil)", "x; touch /tmp/gonogo-evil", ""])
def test_a_key_is_never_a_path_a_pattern_or_a_command(home: Path, shell: SshShell, key: str, evil: str) -> None:
    run(shell, f"{key}/deploy/1")
    assert shell.remove_jobs("box", evil)
    assert folders(home, key) == [f"{key}_deploy_1"]
    assert not Path("/tmp/gonogo-evil").exists()  # noqa: S108  it must not be there


def test_a_host_that_is_away_is_unreachable(ssh: SshServer, key: str) -> None:
    with pytest.raises(Unreachable):
        shell_for(ssh, address="root@127.0.0.1:1").remove_jobs("box", key)
