"""File systems with space and no inodes left: found before the start, and later named as that."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands.ports.preflight import PreflightContext
from tests.commands.steps.builders import box
from tests.commands.steps.kinds.test_keep import KEEP, OLD
from tests.commands.steps.kinds.test_keep import Host as KeepHost
from tests.commands.steps.kinds.test_publish import BACK, FORWARD, Site

Mount = Callable[[Path, int], None]


@pytest.fixture
def small() -> Iterator[Mount]:
    """Mounts a file system of 200 MB that has room for so many files over a folder."""
    mounted: list[Path] = []

    def mount(folder: Path, files: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        options = f"size=200m,nr_inodes={files}"
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
            pytest.skip("this user may not mount a file system")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


def fill(folder: Path, files: int) -> None:
    """Write so many small files."""
    for number in range(files):
        (folder / f"file-{number}").write_text("x")


@pytest.fixture
def site(tmp_path: Path, small: Mount) -> Site:
    """A site of 390 files whose releases have room for 107 more, and 199 MB."""
    site = Site(tmp_path)
    served = (site.www / "releases" / site.served() / "build.json").read_text()
    small(site.www / "releases", 500)
    current = site.www / "releases" / site.served()
    current.mkdir()
    (current / "build.json").write_text(served)
    fill(current, 390)
    return site


def test_a_second_release_for_which_there_are_no_inodes_is_found_before_the_start(site: Site) -> None:
    *_, check = box("publish", BACK).preflight()
    (result,) = check.run_preflight(PreflightContext(tools=site.context().tools, ref="main"))
    assert result.level == "fail"
    assert result.summary == (
        "room for only 107 more files in `releases` of the folder that is served (inodes), however much space is free; "
        "about 492 are needed"
    )


@pytest.mark.fault("a cause that nobody has seen")
def test_a_build_that_does_not_fit_is_not_copied_and_the_inodes_are_named(site: Site) -> None:
    fill(site.build, 400)
    outcome = site.run_step(FORWARD)
    assert outcome.state == "failed"
    assert outcome.summary == (
        "`dist` has 402 files, and in `releases` there is room for only 106 more (inodes), however much space is free. "
        "Remove old files there. Nothing was published."
    )
    assert not list((site.www / "releases").glob(".part-*"))
    for file in site.build.glob("file-*"):
        file.unlink()
    (site.www / "current" / "file-0").unlink()
    assert "could not be copied" not in site.run_step(FORWARD).summary


@pytest.mark.fault("a cause that nobody has seen")
def test_a_folder_to_keep_with_more_files_than_there_is_room_for_is_named_as_that(tmp_path: Path, small: Mount) -> None:
    host = KeepHost(tmp_path)
    fill(host.packages, 400)
    small(host.store, 300)
    outcome = host.run_step(KEEP)
    assert outcome.summary.startswith(
        "api/node_modules has 404 files, and in the store on host “h” there is room for only 298 more (inodes)"
    ), outcome.summary
    assert not host.copies()
    for file in host.packages.glob("file-3*"):
        file.unlink()
    for file in host.packages.glob("file-2*"):
        file.unlink()
    assert host.run_step(KEEP, attempt=2).state == "done"
    assert host.copies() == [f"of-api%2Fnode_modules/{OLD}"]
