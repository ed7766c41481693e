"""`keep`: copies a real folder and puts it back; a partial copy never counts as complete."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from commands.ports.shell import CommandResult, Job, OutputListener, ignore_output
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from state.errors import Failed
from tests.commands.steps.builders import VALUES, box, context, plan
from tests.local_shell import LocalShell
from tests.world import World

KEEP = 'host = "h"\nrepository = "$REPO"\nfolder = "api/node_modules"\nstore = "$KEPT"'
BACK = KEEP + '\nmode = "back"'
OLD = VALUES["commit_before"]
COPIES = "of-api%2Fnode_modules"


class Host:
    """A host with a working copy that has installed packages, and an empty store."""

    def __init__(self, folder: Path) -> None:
        self.packages, self.store = folder / "repo" / "api" / "node_modules", folder / "kept"
        (self.packages / "prisma client").mkdir(parents=True)
        (self.packages / "prisma client" / "index.js").write_text("old")
        (self.packages / "tool").symlink_to("prisma client/index.js")
        (self.packages / "prisma client" / "index.js").chmod(0o750)
        self.store.mkdir()
        self.shell = LocalShell({"REPO": str(folder / "repo"), "KEPT": str(self.store)})

    def run_step(self, toml: str, attempt: int = 1) -> Outcome:
        return execute(box("keep", toml), context(World(), shell=self.shell, attempt=attempt))

    def deploy(self) -> None:
        """Replace the old version's packages with the new version's."""
        (self.packages / "prisma client" / "index.js").write_text("new")
        (self.packages / "only new").write_text("new")

    def copies(self) -> list[str]:
        found = [path for path in self.store.glob("*") if not path.name.startswith("of-")]
        found += [path for path in self.store.glob("of-*/*") if not path.name.startswith(".")]
        return sorted(str(path.relative_to(self.store)) for path in found)

    def replace_program(self, folder: Path, name: str, script: str) -> None:
        """Put a shell script in front of a program."""
        programs = folder / "bin"
        programs.mkdir()
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
        self.shell = LocalShell(self.shell.environ, path=programs)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


class Slow(LocalShell):
    """A host on which the copy is killed at its limit, after the script has said something."""

    def run(self, host: str, job: Job, *, stop: Event, on_output: OutputListener = ignore_output) -> CommandResult:
        on_output("need=177476\nfree=60322760\ncp: a slow disk")
        raise Failed("It ran over its limit of 600 s and was killed.", "need=177476\ncp: a slow disk")


def test_what_the_script_says_to_the_bot_is_not_shown_while_it_runs() -> None:
    seen: list[str] = []
    outcome = execute(box("keep", KEEP), replace(context(World(), shell=Slow({})), on_output=seen.append))
    assert seen == ["cp: a slow disk"]
    assert list(outcome.lines) == ["cp: a slow disk"]


def test_a_kept_folder_comes_back_complete_with_links_and_permissions(host: Host) -> None:
    assert host.run_step(KEEP).summary == f"api/node_modules of commit {OLD[:10]} is kept for a rollback (2 files)."
    host.deploy()
    back = host.run_step(BACK, attempt=2)
    assert back.state == "done", back
    file = host.packages / "prisma client" / "index.js"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("old", 0o750)
    assert (host.packages / "tool").readlink() == Path("prisma client/index.js")
    assert not (host.packages / "only new").exists()
    assert sorted(path.name for path in host.packages.parent.iterdir()) == ["node_modules"], (
        "a partial folder was left behind"
    )
    assert host.copies() == [], "it was copied although a rename is enough"


def test_between_two_disks_the_folder_is_copied_and_the_kept_copy_stays(host: Host, tmp_path: Path) -> None:
    host.run_step(KEEP)
    host.deploy()
    # `stat -c %m PATH` prints another mount point for every path
    host.replace_program(tmp_path, "stat", 'printf "%s\\n" "$3"')
    assert [host.run_step(BACK, attempt=n).state for n in (2, 3)] == ["done", "done"]
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"
    assert sorted(path.name for path in host.packages.parent.iterdir()) == ["node_modules"], (
        "a partial folder was left behind"
    )
    assert host.copies() == [f"{COPIES}/{OLD}"]


def test_after_a_crash_between_the_two_renames_it_continues(host: Host) -> None:
    host.run_step(KEEP)
    host.deploy()
    host.packages.rename(host.store / COPIES / ".gone")
    assert host.run_step(BACK, attempt=2).state == "done"
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"


def test_a_folder_that_an_earlier_run_put_back_does_not_count(host: Host) -> None:
    host.run_step(KEEP)
    host.run_step(BACK, attempt=2)
    host.deploy()
    (host.store / COPIES / f".back-{OLD}").write_text("run-0/step\n")
    outcome = host.run_step(BACK, attempt=3)
    assert f"has no kept copy of api/node_modules for commit {OLD[:10]}; nothing was changed" in outcome.summary
    assert (host.packages / "only new").exists(), "the folder was changed"


def test_the_next_keep_removes_the_folder_that_a_rollback_replaced(host: Host) -> None:
    host.run_step(KEEP)
    host.deploy()
    host.run_step(BACK, attempt=2)
    assert (host.store / COPIES / ".gone" / "only new").exists()
    host.run_step(KEEP, attempt=3)
    assert sorted(path.name for path in (host.store / COPIES).iterdir()) == [f".whole-{OLD}", OLD]


def test_a_folder_behind_a_link_is_kept_with_its_content(host: Host) -> None:
    shared = host.packages.rename(host.packages.with_name("shared"))
    host.packages.symlink_to(shared)
    assert host.run_step(KEEP).summary.endswith("is kept for a rollback (2 files).")
    host.deploy()
    assert host.run_step(BACK, attempt=2).state == "done"
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"


def test_it_can_be_put_back_twice_and_if_the_folder_is_missing(host: Host) -> None:
    host.run_step(KEEP)
    host.packages.rename(host.packages.with_name("node_modules.gone"))
    assert [host.run_step(BACK, attempt=n).state for n in (2, 3)] == ["done", "done"]
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"


def test_without_a_kept_copy_nothing_is_changed(host: Host) -> None:
    outcome = host.run_step(BACK)
    assert outcome.state == "failed"
    assert f"has no kept copy of api/node_modules for commit {OLD[:10]}; nothing was changed" in outcome.summary
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"


def test_a_partial_copy_of_an_earlier_attempt_is_removed(host: Host) -> None:
    partial = host.store / COPIES / ".part"
    partial.mkdir(parents=True)
    (partial / "rest").write_text("of a killed attempt")
    host.run_step(KEEP)
    assert host.copies() == [f"{COPIES}/{OLD}"]
    assert not (host.store / COPIES / OLD / "rest").exists()


def test_only_the_newest_copies_stay(host: Host) -> None:
    for number in range(4):
        old = host.store / COPIES / f"{number}"
        old.mkdir(parents=True)
        os.utime(old, (number, number))
    (host.store / "somebody-else").mkdir()
    host.run_step(KEEP + "\nnewest = 2")
    assert host.copies() == sorted([f"{COPIES}/{OLD}", f"{COPIES}/3", "somebody-else"])


def test_a_full_disk_is_reported_with_sizes_before_anything_is_copied(host: Host, tmp_path: Path) -> None:
    host.replace_program(tmp_path, "df", "echo head\necho disk 1 1 1 1% /")
    outcome = host.run_step(KEEP)
    assert outcome.state == "failed"
    assert "in the store on host “h”, but only 1 kB is free. Free up space there." in outcome.summary
    assert host.copies() == []


def test_a_missing_folder_is_named(host: Host) -> None:
    outcome = host.run_step(KEEP.replace("api/node_modules", "nothing/here"))
    assert outcome.summary == "The working copy on host “h” has no folder nothing/here."


def test_the_plan_shows_the_switch() -> None:
    assert 'move_over "$ready" "$FOLDER"' in plan(box("keep", BACK))
    assert "keeps only the newest 3" in plan(box("keep", KEEP))


@pytest.mark.fault("it exists, so it is right")
@pytest.mark.parametrize("other", ["api-node_modules", "api", "api/node_modules-dev"])
def test_folders_with_names_alike_have_copies_of_their_own(host: Host, other: str) -> None:
    folder = host.packages.parent.parent / other
    folder.mkdir(exist_ok=True)
    (folder / "which").write_text(other)
    keep = KEEP.replace('"api/node_modules"', f'"{other}"') + "\nnewest = 1"
    host.run_step(KEEP)
    host.run_step(keep, attempt=2)
    host.run_step(KEEP + "\nnewest = 1", attempt=3)
    host.deploy()
    (folder / "which").write_text("new")
    for number, back in enumerate((keep + '\nmode = "back"', BACK), 4):
        assert host.run_step(back, attempt=number).state == "done"
    assert (folder / "which").read_text() == other
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"


@pytest.mark.fault("it exists, so it is right")
@pytest.mark.parametrize("change", [Path.unlink, lambda file: file.write_text("")], ids=["gone", "emptied"])
def test_a_copy_that_is_no_longer_whole_is_not_put_back(host: Host, change: Callable[[Path], object]) -> None:
    host.run_step(KEEP)
    host.deploy()
    change(host.store / COPIES / OLD / "prisma client" / "index.js")
    outcome = host.run_step(BACK, attempt=2)
    assert outcome.state == "failed"
    assert f"The kept copy of api/node_modules for commit {OLD[:10]} is not whole: it has " in outcome.summary
    assert " when it was kept. Nothing was changed." in outcome.summary
    assert (host.packages / "only new").exists(), "the folder was changed"


def test_a_copy_of_an_older_version_is_put_back_and_the_next_keep_removes_such(host: Host) -> None:
    host.run_step(KEEP)
    old = (host.store / COPIES / OLD).rename(host.store / f"api-node_modules-{OLD}")
    (host.store / COPIES / f".whole-{OLD}").unlink()
    host.deploy()
    assert [host.run_step(BACK, attempt=n).state for n in (2, 3)] == ["done", "done"]
    assert (host.packages / "prisma client" / "index.js").read_text() == "old"
    old.mkdir()
    host.run_step(KEEP, attempt=4)
    assert host.copies() == [f"{COPIES}/{OLD}"]
