"""`publish` that ended in its middle: the way back and the next deploy still work."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.commands.steps.builders import context
from tests.commands.steps.kinds.test_publish import BACK, FORWARD, NEW, OLD, Site
from tests.local_shell import LocalShell
from tests.other_user import NOBODY, let_others_in

FAULT = "the way back is first tried when it is needed"
OTHER = "20261101120000"  # how another tool names its releases


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    (site.www / "releases" / OLD).rename(site.www / "releases" / OTHER)
    (site.www / "current").unlink()
    (site.www / "current").symlink_to(f"releases/{OTHER}")
    return site


def _note(site: Site) -> Path:
    return site.www / "releases" / f".before-{context(site.world).run.key}"


@pytest.mark.fault(FAULT)
@pytest.mark.parametrize("command", ["mkdir", "readlink", "mv", "cp", "diff", "ln"])
def test_a_rollback_leaves_what_is_served_where_publish_was_killed(site: Site, tmp_path: Path, command: str) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / command).write_text("#!/bin/sh\nkill -9 $PPID\n")
    (programs / command).chmod(0o755)
    environ = site.shell.environ
    site.shell = LocalShell(environ, programs)
    assert site.run_step(FORWARD).summary.startswith("Publishing failed")
    site.shell = LocalShell(environ)
    outcome = site.run_step(BACK)
    assert (outcome.state, site.served()) == ("done", OTHER), outcome.summary
    site.shell.ended.clear()
    assert site.run_step(FORWARD).state == "done"
    site.shell.ended.clear()
    assert (site.run_step(BACK).state, site.served()) == ("done", OTHER)
    assert sorted(path.name for path in site.www.iterdir()) == ["current", "releases"], "something was left"


@pytest.mark.fault(FAULT)
def test_a_rollback_before_any_publish_leaves_the_build_that_is_served_beside_another_of_its_commit(site: Site) -> None:
    again = f"{OLD}-2"
    shutil.copytree(site.www / "releases" / OTHER, site.www / "releases" / OLD)
    (site.www / "releases" / OTHER).rename(site.www / "releases" / again)
    (site.www / "current").unlink()
    (site.www / "current").symlink_to(f"releases/{again}")
    outcome = site.run_step(BACK)
    assert (outcome.state, site.served()) == ("done", again), outcome.summary


@pytest.mark.fault(FAULT)
def test_a_rollback_touches_no_folder_that_stands_in_the_links_place(site: Site) -> None:
    current = site.www / "current"
    current.unlink()
    shutil.copytree(site.www / "releases" / OTHER, current)
    (site.www / "releases" / OTHER).rename(site.www / "releases" / OLD)
    assert site.run_step(BACK).summary == "`current` in `www` on host “h” is not a link; nothing was changed."
    assert sorted(path.name for path in site.www.iterdir()) == ["current", "releases"]


def test_a_release_that_is_not_of_the_commit_is_not_called_rolled_back(site: Site) -> None:
    assert site.run_step(FORWARD).state == "done"
    _note(site).unlink()  # as by a person who cleans up
    site.shell.ended.clear()
    assert "does not name commit 1111111111" in site.run_step(BACK).summary


@pytest.mark.fault(FAULT)
def test_what_was_served_is_noted_or_nothing_is_published(site: Site) -> None:
    (site.www / "releases").mkdir(exist_ok=True)
    full = Path(f"{_note(site)}.part")
    full.symlink_to("/dev/full")
    outcome = site.run_step(FORWARD)
    assert (outcome.state, site.served()) == ("failed", OTHER)
    assert "No space left on device" in outcome.lines[-1]
    full.unlink()  # somebody made room, and tries again
    site.shell.ended.clear()
    assert (site.run_step(FORWARD).state, site.served()) == ("done", NEW)
    site.shell.ended.clear()
    assert (site.run_step(BACK).state, site.served()) == ("done", OTHER)


@pytest.mark.fault("one bad old thing stops all")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize("left", ["of a killed run", "of an equal build"])
def test_a_build_with_read_only_folders_such_as_bazels_is_published_again(
    site: Site, tmp_path: Path, left: str
) -> None:
    folder = site.build / "assets"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    folder.chmod(0o555)
    if left == "of a killed run":
        part = site.www / "releases" / ".part-run-7" / "assets"
        part.mkdir(parents=True)
        (part / "a.txt").write_text("a")
        part.chmod(0o555)
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    let_others_in(tmp_path)
    site.shell = LocalShell(site.shell.environ, within=NOBODY)
    for _ in range(2):
        outcome = site.run_step(FORWARD)
        assert (outcome.state, site.served()) == ("done", NEW), (outcome.summary, outcome.lines)
        site.shell.ended.clear()
    assert not list((site.www / "releases").glob(".part-*"))
