"""Who runs a command at the terminal: the kernel says it, never the caller's environment."""

from __future__ import annotations

import os
import platform
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.doors import ancestors
from bot.doors.ancestors import NO_LOGIN, foreign_ancestor, process
from bot.doors.system_user import SystemUser, system_user

ASK = "from bot.doors.system_user import system_user; u = system_user(); print(u.account, '|', u.doubt)"
ME = pwd.getpwuid(os.getuid()).pw_name
REPOSITORY = Path(__file__).parents[3]
Entry = tuple[str, int, str | int, int]  # a process: name, uid, login uid, parent


def asked(*before: str, **env: str) -> str:
    """What another process says of its system user."""
    words = [*before, sys.executable, "-c", ASK]
    return subprocess.run(words, env={**os.environ, **env}, capture_output=True, text=True, check=True).stdout.strip()


def proc(folder: Path, **processes: Entry) -> Path:
    """A /proc with these processes by number; "self" is the asking one."""
    for pid, (name, uid, login, parent) in processes.items():
        entry = folder / pid
        entry.mkdir(exist_ok=True)
        (entry / "status").write_text(f"Name:\t{name}\nPPid:\t{parent}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
        (entry / "loginuid").write_text(str(login))
        (entry / "uid_map").write_text("         0          0 4294967295\n")
    return folder


def test_the_system_user_is_that_of_the_real_uid_whatever_the_environment_says() -> None:
    lies = dict.fromkeys(("USER", "LOGNAME", "LNAME", "USERNAME", "SUDO_USER"), "ben") | {"SUDO_UID": "1"}
    assert asked(**lies).startswith(f"{ME}@{platform.node()} |")


def test_in_a_user_namespace_nobody_is_known() -> None:
    unshare = shutil.which("unshare")
    allowed = unshare and subprocess.run([unshare, "--user", "true"], capture_output=True, check=False).returncode == 0
    if not unshare or not allowed:
        pytest.skip("this machine allows no user namespaces")
    assert "this process runs in a user namespace" in asked(unshare, "--user", "--map-root-user")
    assert "this process runs in a user namespace" in asked(unshare, "--user")


@pytest.mark.parametrize(
    ("login", "doubt"),
    [
        ("4294967295", ""),
        (str(os.getuid()), ""),
        ("", ""),
        ("1", f"you are logged in as {pwd.getpwuid(1).pw_name} and run this as {ME}"),
    ],
)
def test_a_login_as_another_user_is_a_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: str, doubt: str
) -> None:
    monkeypatch.setattr(ancestors, "PROC", proc(tmp_path, self=(ME, os.getuid(), login, 0)))
    assert system_user() == SystemUser(name=ME, host=platform.node(), doubt=doubt)


def test_where_nothing_shows_who_started_a_process_nobody_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ancestors, "PROC", tmp_path)
    assert system_user().doubt == "this system does not show who started this process"
    monkeypatch.setattr(ancestors, "PROC", proc(tmp_path, self=("gonogo", os.getuid(), NO_LOGIN, 7)))
    assert system_user().doubt == f"you run this as {ME}, but the kernel does not show who started it"


OWN, OTHER, NONE = 1000, 1001, str(NO_LOGIN)
SSH = {"20": ("sshd", 0, NONE, 1), "1": ("systemd", 0, NONE, 0)}
CHAINS: dict[str, tuple[dict[str, Entry], str]] = {
    "a shell of one's own up to the first process": ({"30": ("bash", OWN, NONE, 1), "1": ("bash", OWN, NONE, 0)}, ""),
    "a login with a login uid": (
        {"30": ("bash", OWN, "1000", 25), "25": ("gdm-session-wor", 0, "1000", 1), "1": ("systemd", 0, NONE, 0)},
        "",
    ),
    "a login without login uids": ({"30": ("bash", OWN, NONE, 25), "25": ("sshd", 0, NONE, 20), **SSH}, ""),
    "su, from another user's shell": (
        {"30": ("su", 0, NONE, 25), "25": ("bash", OTHER, NONE, 20), **SSH},
        "'su' of another system user started it",
    ),
    "sudo by another name": (
        {"30": ("sshd", 0, NONE, 25), "25": ("bash", OTHER, NONE, 20), **SSH},
        "'bash' of another system user started it",
    ),
    "a login uid that the process gave itself": (
        {"30": ("sh", OWN, "1000", 25), "25": ("sudo", 0, NONE, 20), **SSH},
        "'sudo' of another system user started it",
    ),
    "root's own shell as the first process": ({"30": ("bash", 0, NONE, 0)}, "'bash' of another system user started it"),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_only_processes_of_ones_own_and_a_login_may_have_started_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chain: str
) -> None:
    above, doubt = CHAINS[chain]
    login = above["30"][2]
    monkeypatch.setattr(ancestors, "PROC", proc(tmp_path, self=("gonogo", OWN, login, 30), **above))
    own = process("self")
    assert own
    assert foreign_ancestor(own) == doubt


STARTS_AS_POSTGRES = {
    "runuser": ["runuser", "-u", "postgres", "--"],
    "setpriv": ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"],
    "su": ["su", "postgres", "-s", "/bin/sh", "-c"],
}


@pytest.fixture
def everybodys() -> Iterator[str]:
    """The words that ask, as any user of this machine can run them: with a copy of the code that all may read."""
    if os.getuid() != 0:
        pytest.skip("only root may run a process as another user")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        for file in ("bot/doors/system_user.py", "bot/doors/ancestors.py", "state/frozen.py"):
            (Path(name) / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / file, Path(name) / file)
        Path(name).chmod(0o755)
        yield f"import sys; sys.path.insert(0, {name!r}); {ASK}"


def said_by(words: list[str], **env: str) -> str:
    """What a command prints that asks as another user."""
    env = {**os.environ, **env}
    return subprocess.run(words, cwd="/", env=env, capture_output=True, text=True, check=False).stdout.strip()


@pytest.mark.parametrize("way", STARTS_AS_POSTGRES)
def test_who_was_started_by_another_user_is_a_doubt(everybodys: str, way: str) -> None:
    words, python = STARTS_AS_POSTGRES[way], ["/usr/bin/python3", "-c", everybodys]
    said = said_by([*words, shlex.join(python)] if way == "su" else [*words, *python])
    assert said.startswith(f"postgres@{platform.node()} | you "), said
    assert "run this as postgres" in said


def test_a_login_uid_that_a_process_gives_itself_shows_nothing(everybodys: str) -> None:
    claim = 'id -u > /proc/self/loginuid; exec /usr/bin/python3 -c "$CODE"'
    said = said_by(["runuser", "-u", "postgres", "--", "sh", "-c", claim], CODE=everybodys)
    assert "run this as postgres" in said, said


def test_a_uid_without_a_name_is_shown_as_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    assert system_user().name == "3999999999"
