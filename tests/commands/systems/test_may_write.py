"""A folder in a read-only file system is called that, on a real mount."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from commands.ports.preflight import FAIL, PreflightResult
from commands.systems.preflight.hosts import HostCheck, folder_check
from tests.commands.steps.builders import box
from tests.local_shell import LocalShell

MOUNT = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if subprocess.run([*MOUNT, tmp_path, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may mount nothing")
    return tmp_path


def found(check: HostCheck, folder: Path) -> PreflightResult:
    shell = LocalShell({"FOLDER": str(folder)}, within=(*MOUNT, str(folder)))
    (result,) = check.judge(shell.ask("h", check.script, env={"FOLDER": str(folder), "REPOSITORY": str(folder)}))
    return result


@pytest.mark.fault("a cause that nobody has seen")
def test_a_read_only_file_system_is_named_with_its_cure(folder: Path) -> None:
    result = found(folder_check("h", str(folder), "the store"), folder)
    assert (result.level, result.summary) == (
        FAIL,
        f"the store ({folder}) is in a file system that is mounted read-only",
    )
    assert result.todo.endswith("mount -o remount,rw")


@pytest.mark.fault("a cause that nobody has seen")
def test_a_working_copy_in_a_read_only_file_system_is_not_given_to_another_owner(folder: Path) -> None:
    subprocess.run(["git", "init", "-q", folder], check=True)
    check = box("checkout", 'host = "h"\nrepository = "$REPO"\ncommit = "<commit>"').preflight()[1]
    assert isinstance(check, HostCheck)
    result = found(check, folder)
    assert result.summary == "the working copy is in a file system that is mounted read-only"
