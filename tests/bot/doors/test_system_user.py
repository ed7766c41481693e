"""Who runs a command at the terminal: the kernel says it, never the caller's environment."""

from __future__ import annotations

import os
import platform
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.doors import system_user as module
from bot.doors.system_user import SystemUser, system_user

ASK = "from bot.doors.system_user import system_user; u = system_user(); print(u.account, '|', u.doubt)"
ME = pwd.getpwuid(os.getuid()).pw_name


def asked(*before: str, **env: str) -> str:
    """What another process says of its system user."""
    words = [*before, sys.executable, "-c", ASK]
    return subprocess.run(words, env={**os.environ, **env}, capture_output=True, text=True, check=True).stdout.strip()


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
    (tmp_path / "loginuid").write_text(login)
    (tmp_path / "uid_map").write_text("         0          0 4294967295\n")
    monkeypatch.setattr(module, "_LOGIN_UID", tmp_path / "loginuid")
    monkeypatch.setattr(module, "_UID_MAP", tmp_path / "uid_map")
    assert system_user() == SystemUser(name=ME, host=platform.node(), doubt=doubt)


def test_without_proc_the_uid_alone_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOGIN_UID", tmp_path / "none")
    monkeypatch.setattr(module, "_UID_MAP", tmp_path / "none")
    assert system_user().doubt == ""


def test_a_uid_without_a_name_is_shown_as_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    assert system_user().name == "3999999999"
