"""What a local command sees of the bot, and how its job folders are known again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.tools.local.machine import job_folders_id, own_environment
from tests.bot.tools.helpers import SECRET, local_shell

# a bot of its own, which says what another process of its user reads of it
SPY = """
import os, subprocess
from bot.tools.local.connection import LocalConnection
connection = LocalConnection("tools", {"PATH": os.defpath, "HOME": "/"}) if HIDES else None
spy = subprocess.run(["cat", f"/proc/{os.getpid()}/environ"], capture_output=True, env={})
print(spy.returncode, b"s3cr3t" in spy.stdout)
"""


def test_a_command_gets_path_home_lang_and_what_the_page_lists(tmp_path: Path) -> None:
    shell = local_shell(tmp_path, "KUBECONFIG", KUBECONFIG="/etc/kube", LANG="C.UTF-8", SLACK_BOT_TOKEN="xoxb-1")
    names = shell.ask("box", "env -0 | tr '\\0' '\\n' | cut -d = -f 1", env={"OWN": "1"}).tail.split()
    assert set(names) - {"_", "SHLVL", "PWD", "OLDPWD"} == {"PATH", "HOME", "LANG", "KUBECONFIG", "OWN"}


def test_no_process_of_a_command_has_a_secret_of_the_bot_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", SECRET)
    shell = local_shell(tmp_path)
    each = 'echo "pid=$p"; tr "\\0" "\\n" < "/proc/$p/environ"; p=$(awk "/^PPid:/ { print \\$2 }" "/proc/$p/status")'
    lines = shell.ask("box", f'p=$BASHPID; while [ "$p" != {os.getpid()} ]; do {each}; done').tail.splitlines()
    assert len([line for line in lines if line.startswith("pid=")]) == 2, "the script's process and the bot's program"
    assert not [line for line in lines if line.startswith(("SLACK_", "GONOGO_", "SECRET"))]
    assert f"HOME={tmp_path}" in lines


@pytest.mark.parametrize("hides", [True, False])
def test_another_process_of_the_bots_user_does_not_read_the_bots_environment(hides: bool) -> None:
    program = ["setpriv", "--reuid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    if program and not shutil.which("setpriv"):
        pytest.skip("root reads every process")
    code = SPY.replace("HIDES", str(hides))
    env = {"PYTHONPATH": os.pathsep.join(sys.path), "SLACK_BOT_TOKEN": SECRET, "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run([*program, sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    if "Permission denied" in ended.stderr or "No module" in ended.stderr:
        pytest.skip("another user cannot read the bot's code here")
    assert ended.stdout.split() == (["1", "False"] if hides else ["0", "True"]), ended.stderr


def test_a_user_without_an_entry_and_without_home_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    assert own_environment({"PATH": "/bin"}) == {"PATH": "/bin"}
    assert own_environment({"HOME": "/h", "LANG": "C", "TERM": "x"}) == {"PATH": os.defpath, "HOME": "/h", "LANG": "C"}


def test_job_folders_keep_their_id_and_others_have_another(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    first = job_folders_id(str(tmp_path / "one"))
    assert len(first) == 16
    assert job_folders_id(str(tmp_path / "one")) == first
    assert job_folders_id(str(tmp_path / "two")) not in {"", first}
    assert [file.name for file in (tmp_path / "one" / ".gonogo").iterdir()] == ["id"]
    shutil.rmtree(tmp_path / "one" / ".gonogo")
    assert job_folders_id(str(tmp_path / "one")) not in {"", first}


def test_a_home_that_keeps_nothing_has_no_id(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert job_folders_id(str(tmp_path / "file")) == ""
    assert job_folders_id("") == ""
    assert not (Path.cwd() / ".gonogo").exists()


def test_of_two_that_make_an_id_at_once_both_take_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = job_folders_id(str(tmp_path))
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert job_folders_id(str(tmp_path)) == first
    assert [file.name for file in (tmp_path / ".gonogo").iterdir()] == ["id"]
