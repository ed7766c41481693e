"""`checkout`: what stays as git stores it for want of a filter is said before anything begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import FAIL, OK, WARN, PreflightContext
from tests.commands.steps.builders import box
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.world import World

pytestmark = pytest.mark.fault("found too late, known before")
CHECKOUT = box("checkout", 'host = "h"\nrepository = "$REPO"\ncommit = "<commit>"')
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"
ENCRYPTED = b"\0GITCRYPT\0" + bytes(range(40))


class Host:
    """A working copy of a user whose git has these settings."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder)
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.shell = LocalShell(
            {"REPO": str(self.repository.path)},
            self.bin,
            base={"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"},  # git-lfs sets itself up for the whole machine
        )

    def has(self, setting: str, value: str) -> None:
        git(self.repository.path, "config", setting, value)

    def program(self, name: str) -> None:
        """A program of that name is there."""
        (self.bin / name).symlink_to("/bin/cat")

    def said(self) -> list[tuple[str, str]]:
        """Level and sentence of what the look at the release finds."""
        git(self.repository.path, "fetch", "-q")
        tools = replace(World().tools(), shell=self.shell)
        found = CHECKOUT.preflight()[2].run_preflight(PreflightContext(tools=tools, ref="main"))
        return [(one.level, one.summary) for one in found]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


FINE = (OK, "the release's folders are writable, and no untracked file stands where it has one of its own")


def test_files_of_git_lfs_without_its_filter_are_named_before_the_start(host: Host) -> None:
    files = {".gitattributes": "*.bin filter=lfs -text\n", "a model.bin": POINTER, "README": "see git-lfs.github.com\n"}
    host.repository.commit(files, "With Git LFS")
    stays = (
        "1 file of Git LFS in the release stays as git stores it, because the filter is not set up here: a model.bin"
    )
    assert host.said() == [FINE, (WARN, stays)]
    host.program("git-lfs")
    host.has("filter.lfs.smudge", "git-lfs smudge --skip -- %f")
    assert host.said() == [FINE, (WARN, stays)], "git lfs install --skip-smudge fetches none"
    host.has("filter.lfs.smudge", "git-lfs smudge -- %f")
    host.has("filter.lfs.required", "true")
    stops = "git would stop at 1 file of Git LFS in the release (a model.bin): its filter is set up here, and its"
    assert host.said() == [FINE]
    (host.bin / "git-lfs").unlink()
    assert host.said() == [FINE, (FAIL, f"{stops} program missing")]


def test_files_that_the_checkout_does_not_write_keep_nothing_away(host: Host) -> None:
    commit = host.repository.commit(
        {".gitattributes": "*.bin filter=lfs -text\n", "model.bin": POINTER}, "With Git LFS"
    )
    git(host.repository.path, "fetch", "-q")
    git(host.repository.path, "checkout", "-q", "--detach", commit)
    host.has("filter.lfs.smudge", "git-lfs smudge -- %f")
    host.has("filter.lfs.required", "true")
    host.repository.commit({"a.txt": "new\n"}, "Another file")
    assert host.said() == [FINE]


def test_files_of_git_crypt_in_a_copy_that_is_locked_are_named_before_the_start(host: Host) -> None:
    host.repository.commit({".gitattributes": "*.key filter=git-crypt diff=git-crypt\n", "about": "GITCRYPT\n"}, "With")
    assert host.said() == [FINE]
    host.repository.commit({"a.key": ENCRYPTED, "ของ.key": ENCRYPTED}, "Its files")
    (fine, (level, what)) = host.said()
    assert (fine, level) == (FINE, WARN)
    assert what.startswith("2 files of git-crypt in the release stay as git stores them")
    assert what.endswith(": a.key and ของ.key")
    host.has("filter.git-crypt.smudge", '"git-crypt" smudge')
    host.has("filter.git-crypt.required", "true")
    host.program("git-crypt")
    assert host.said() == [FINE]


def test_a_release_without_such_files_is_searched_for_none(host: Host) -> None:
    host.repository.commit({"docs.md": POINTER}, "How Git LFS stores a file")
    assert host.said() == [FINE]
