"""`keep` copies a real folder and puts it back whole, without a registry; what is half done never takes its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.making import VALUES, box, context, plan
from tests.local_shell import LocalShell
from tests.world import World

KEEP = 'host = "h"\nrepository = "$REPO"\nfolder = "api/node_modules"\nstore = "$KEPT"'
BACK = KEEP + '\nmode = "back"'
OLD = VALUES["commit_before"]


class Host:
    """A working copy with packages, and an empty store."""

    def __init__(self, folder: Path) -> None:
        self.packages, self.store = folder / "repo" / "api" / "node_modules", folder / "kept"
        (self.packages / "prisma client").mkdir(parents=True)
        (self.packages / "prisma client" / "index.js").write_text("old")
        (self.packages / "tool").symlink_to("prisma client/index.js")
        (self.packages / "prisma client" / "index.js").chmod(0o750)
        self.store.mkdir()
        self.shell = LocalShell({"REPO": str(folder / "repo"), "KEPT": str(self.store)})

    def act(self, toml: str, attempt: int = 1) -> Outcome:
        return execute(box("keep", toml), context(World(), shell=self.shell, attempt=attempt))

    def deploy(self) -> None:
        """The new version's packages take the place of the old ones."""
        (self.packages / "prisma client" / "index.js").write_text("new")
        (self.packages / "only new").write_text("new")

    def kept(self) -> list[str]:
        return sorted(one.name for one in self.store.iterdir() if not one.name.startswith("."))

    def two_disks(self, folder: Path) -> None:
        """A host whose store lies on another disk than the working copy."""
        fake = folder / "bin"
        fake.mkdir()
        (fake / "stat").write_text('#!/bin/sh\nprintf "%s\\n" "$3"\n')
        (fake / "stat").chmod(0o755)
        self.shell = LocalShell(self.shell.environ, path=fake)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_what_is_kept_comes_back_whole_with_links_and_rights(host: Host) -> None:
    assert host.act(KEEP).summary == f"api/node_modules of {OLD[:10]} is kept for the way back: 2 files."
    host.deploy()
    back = host.act(BACK, attempt=2)
    assert back.state == "done", back
    file = host.packages / "prisma client" / "index.js"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("old", 0o750)
    assert (host.packages / "tool").readlink() == Path("prisma client/index.js")
    assert not (host.packages / "only new").exists()
    assert sorted(one.name for one in host.packages.parent.iterdir()) == ["node_modules"], "half a folder was left"
    assert host.kept() == [], "it was copied, where a rename does"


def test_between_two_disks_it_is_copied_and_what_is_kept_stays(host: Host, tmp_path: Path) -> None:
    host.act(KEEP)
    host.deploy()
    host.two_disks(tmp_path)
    assert [host.act(BACK, attempt=n).state for n in (2, 3)] == ["done", "done"]
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"
    assert sorted(one.name for one in host.packages.parent.iterdir()) == ["node_modules"], "half a folder was left"
    assert host.kept() == [f"api-node_modules-{OLD}"]


def test_cut_off_between_its_two_renames_it_goes_on(host: Host) -> None:
    host.act(KEEP)
    host.deploy()
    host.packages.rename(host.store / ".gone-api-node_modules")
    assert host.act(BACK, attempt=2).state == "done"
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"


def test_what_an_earlier_run_put_back_is_not_taken_for_this_ones(host: Host) -> None:
    host.act(KEEP)
    host.act(BACK, attempt=2)
    host.deploy()
    (host.store / f".back-api-node_modules-{OLD}").write_text("run-0/step\n")
    found = host.act(BACK, attempt=3)
    assert "Nothing is kept of api/node_modules" in found.summary
    assert (host.packages / "only new").exists(), "it was touched"


def test_the_next_keep_removes_what_a_rollback_took_away(host: Host) -> None:
    host.act(KEEP)
    host.deploy()
    host.act(BACK, attempt=2)
    assert (host.store / ".gone-api-node_modules" / "only new").exists()
    host.act(KEEP, attempt=3)
    assert [one.name for one in host.store.iterdir()] == [f"api-node_modules-{OLD}"]


def test_a_folder_behind_a_link_is_kept_with_what_is_in_it(host: Host) -> None:
    shared = host.packages.rename(host.packages.with_name("shared"))
    host.packages.symlink_to(shared)
    assert host.act(KEEP).summary.endswith("is kept for the way back: 2 files.")
    host.deploy()
    assert host.act(BACK, attempt=2).state == "done"
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"


def test_it_can_be_put_back_twice_and_where_the_folder_is_gone(host: Host) -> None:
    host.act(KEEP)
    host.packages.rename(host.packages.with_name("node_modules.gone"))
    assert [host.act(BACK, attempt=n).state for n in (2, 3)] == ["done", "done"]
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"


def test_where_nothing_is_kept_nothing_is_changed(host: Host) -> None:
    found = host.act(BACK)
    assert found.state == "failed"
    assert "Nothing is kept of api/node_modules" in found.summary
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"


def test_half_a_copy_of_an_earlier_try_is_cleared_away(host: Host) -> None:
    half = host.store / f"api-node_modules-{OLD}.part"
    half.mkdir()
    (half / "rest").write_text("of a killed try")
    host.act(KEEP)
    assert host.kept() == [f"api-node_modules-{OLD}"]
    assert not (host.store / f"api-node_modules-{OLD}" / "rest").exists()


def test_only_the_newest_copies_stay(host: Host) -> None:
    for number in range(4):
        old = host.store / f"api-node_modules-{number}"
        old.mkdir()
        os.utime(old, (number, number))
    (host.store / "somebody-else").mkdir()
    host.act(KEEP + "\nnewest = 2")
    assert host.kept() == [f"api-node_modules-{OLD}", "api-node_modules-3", "somebody-else"]


def test_a_full_disk_is_told_with_sizes_before_anything_is_copied(host: Host, tmp_path: Path) -> None:
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "df").write_text("#!/bin/sh\necho head\necho disk 1 1 1 1% /\n")
    (fake / "df").chmod(0o755)
    host.shell = LocalShell(host.shell.environ, path=fake)
    found = host.act(KEEP)
    assert found.state == "failed"
    assert "0 MiB are free; make room" in found.summary
    assert host.kept() == []


def test_a_folder_that_is_not_there_is_named(host: Host) -> None:
    assert "There is no folder nothing/here" in host.act(KEEP.replace("api/node_modules", "nothing/here")).summary


def test_the_plan_shows_the_switch() -> None:
    assert 'mv -T "$ready" "$FOLDER"' in plan(box("keep", BACK))
    assert "the newest 3 stay" in plan(box("keep", KEEP))
