"""`publish` switches a real link, and refuses a build that is not the commit's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.making import VALUES, box, context, plan
from tests.local_shell import LocalShell
from tests.production import answer
from tests.world import World

OLD, NEW = VALUES["commit_before"], VALUES["commit"]
FORWARD = 'host = "h"\nrepository = "$REPO"\nwww = "$WWW"\ncommit = "<commit>"\nweb = "app"'
BACK = FORWARD.replace("<commit>", "<commit_before>") + '\nmode = "back"'


class Site:
    """A folder of releases with the old one served, and a build of some commit."""

    def __init__(self, folder: Path) -> None:
        self.www, self.build = folder / "www", folder / "repo" / "dist"
        (self.www / "releases" / OLD).mkdir(parents=True)
        (self.www / "releases" / OLD / "build.json").write_text(f'{{"commit": "{OLD}"}}')
        (self.www / "current").symlink_to(f"releases/{OLD}")
        self.build.mkdir(parents=True)
        self.built(NEW)
        self.shell = LocalShell({"REPO": str(folder / "repo"), "WWW": str(self.www)})
        self.world = World()
        self.world.on_web("build.json", lambda _: answer(text=(self.www / "current" / "build.json").read_text()))

    def built(self, commit: str) -> None:
        (self.build / "build.json").write_text(f'{{"commit": "{commit}"}}')

    def served(self) -> str:
        return (self.www / "current").readlink().name

    def act(self, toml: str) -> Outcome:
        return execute(box("publish", toml), self.context())

    def context(self) -> Any:
        return context(self.world, shell=self.shell)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_the_plans_show_the_switch() -> None:
    assert 'on h: mv -T "$WWW/current.next" "$WWW/current"' in plan(box("publish", FORWARD))
    assert "cp -R" not in plan(box("publish", BACK)), "going back must build and copy nothing"


def test_the_build_is_served_and_the_one_before_is_known(site: Site) -> None:
    found = site.act(FORWARD)
    assert (found.state, found.values) == ("done", {"release_before": OLD}), found.summary
    assert site.served() == NEW


def test_the_old_build_after_a_failed_one_is_refused(site: Site) -> None:
    site.built(OLD)
    found = site.act(FORWARD)
    assert found.state == "failed"
    assert "is not of commit 2222222222; nothing was published" in found.summary
    assert site.served() == OLD


def test_a_door_that_still_serves_the_old_page_is_seen(site: Site) -> None:
    site.world.on_web("build.json", answer(data={"commit": OLD}))
    assert "is not the stamp of 2222222222" in site.act(FORWARD).summary


def test_a_page_without_doctype_is_seen_in_any_case_of_letters(site: Site) -> None:
    site.world.on_web("GET app /$", answer(text="<!DOCTYPE HTML><p>"))
    assert site.act(FORWARD).state == "done"
    site.world.on_web("GET app /$", answer(text="It works!"))
    site.shell.ended.clear()
    assert "is not an HTML page" in site.act(FORWARD).summary


def test_going_back_serves_the_release_that_is_still_there(site: Site) -> None:
    site.act(FORWARD)
    site.shell.ended.clear()
    found = site.act(BACK)
    assert found.state == "done", found.summary
    assert site.served() == OLD


def test_a_release_that_is_gone_is_said(site: Site) -> None:
    (site.www / "releases" / OLD / "build.json").unlink()
    (site.www / "releases" / OLD).rmdir()
    assert "There is no release 1111111111" in site.act(BACK).summary


def test_after_a_cut_the_finished_switch_is_judged(site: Site) -> None:
    step, ctx = box("publish", FORWARD), site.context()
    execute(step, ctx)
    made = (site.www / "current").lstat().st_mtime_ns
    assert step.recover(ctx).state == "done"
    assert (site.www / "current").lstat().st_mtime_ns == made, "the switch was made a second time"
