"""`publish`: switches a real link, and refuses a build of another commit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commands.ports.preflight import PreflightContext
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import VALUES, box, context, plan
from tests.local_shell import LocalShell
from tests.production import answer
from tests.world import World

OLD, NEW = VALUES["commit_before"], VALUES["commit"]
FORWARD = 'host = "h"\nrepository = "$REPO"\nwww = "$WWW"\ncommit = "<commit>"\nweb = "app"'
BACK = FORWARD.replace("<commit>", "<commit_before>") + '\nmode = "back"'


class Site:
    """A site that serves the old release, and a build of the new commit."""

    def __init__(self, folder: Path) -> None:
        self.www, self.build = folder / "www", folder / "repo" / "dist"
        (self.www / "releases" / OLD).mkdir(parents=True)
        (self.www / "releases" / OLD / "build.json").write_text(f'{{"commit": "{OLD}"}}')
        (self.www / "current").symlink_to(f"releases/{OLD}")
        self.build.mkdir(parents=True)
        self.build_commit(NEW)
        self.shell = LocalShell({"REPO": str(folder / "repo"), "WWW": str(self.www)})
        self.world = World()
        self.world.on_web("build.json", lambda _: answer(text=(self.www / "current" / "build.json").read_text()))

    def build_commit(self, commit: str) -> None:
        (self.build / "build.json").write_text(f'{{"commit": "{commit}"}}')

    def served(self) -> str:
        return (self.www / "current").readlink().name

    def run_step(self, toml: str) -> Outcome:
        return execute(box("publish", toml), self.context())

    def preflight(self) -> list[str]:
        """The levels of what the preflight finds about the link."""
        *_, check = box("publish", BACK).preflight()
        ctx = PreflightContext(tools=self.context().tools, ref="main")
        return [result.level for result in check.run_preflight(ctx)]

    def context(self) -> Any:
        return context(self.world, shell=self.shell)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_the_plans_show_the_switch() -> None:
    assert '| mv -T "$WWW/current.next" "$WWW/current"' in plan(box("publish", FORWARD))
    assert "cp -R" not in plan(box("publish", BACK)), "a rollback must build and copy nothing"


def test_the_build_is_served_and_the_release_before_is_known(site: Site) -> None:
    outcome = site.run_step(FORWARD)
    assert (outcome.state, outcome.values) == ("done", {"release_before": OLD}), outcome.summary
    assert outcome.summary == "The build of commit 2222222222 is served."
    assert site.served() == NEW


@pytest.mark.fault("a cause that nobody has seen")
def test_a_host_whose_diff_has_few_options_does_not_call_an_equal_copy_different(site: Site, tmp_path: Path) -> None:
    if (busybox := shutil.which("busybox")) is None:
        pytest.skip("this machine has no busybox")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "diff").symlink_to(busybox)
    site.shell = LocalShell(site.shell.environ, programs)
    outcome = site.run_step(FORWARD)
    assert (outcome.state, site.served()) == ("done", NEW), outcome.summary


def test_the_old_build_after_a_failed_one_is_refused(site: Site) -> None:
    site.build_commit(OLD)
    outcome = site.run_step(FORWARD)
    assert outcome.state == "failed"
    assert outcome.summary == "The build in `dist` is not from commit 2222222222; nothing was published."
    assert site.served() == OLD


@pytest.mark.fault("a cause that nobody has seen")
def test_a_stamp_with_the_first_digits_of_the_commit_names_it(site: Site) -> None:
    site.build_commit(NEW[:7])
    outcome = site.run_step(FORWARD)
    assert (outcome.state, site.served()) == ("done", NEW), outcome.summary
    for wrong in (OLD[:7], NEW[:6], "", "none"):
        site.shell.ended.clear()
        site.build_commit(wrong)
        assert "is not from commit" in site.run_step(FORWARD).summary


@pytest.mark.fault("compared with itself")
def test_a_web_server_that_still_serves_the_old_build_fails_the_step(site: Site) -> None:
    site.world.on_web("build.json", answer(data={"commit": OLD}))
    outcome = site.run_step(FORWARD)
    assert outcome.summary == "/build.json on app answers 200 and does not name commit 2222222222."


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize(("more", "seconds"), [("", 55), ('\nready_within = "3 min"', 170)])
def test_a_web_server_that_keeps_what_it_had_open_for_a_while_is_waited_for(
    site: Site, more: str, seconds: float
) -> None:
    began = site.world.clock.now()

    def kept_open(_: object) -> Any:
        late = (site.world.clock.now() - began).total_seconds() >= seconds
        return answer(data={"commit": NEW if late else OLD})

    site.world.on_web("build.json", kept_open)
    assert site.run_step(FORWARD + more).state == "done"


def test_a_build_stamp_from_a_cache_does_not_show_what_is_served(site: Site) -> None:
    site.world.on_web("build.json", replace(answer(data={"commit": NEW}), headers={"x-cache": "HIT"}))
    assert site.run_step(FORWARD).summary == (
        "/build.json on app is answered by a cache (x-cache: HIT), so the service itself was not asked. "
        "Let no cache answer it."
    )


def test_the_page_must_begin_with_a_doctype_in_any_case(site: Site) -> None:
    site.world.on_web("GET app /$", answer(text="<!DOCTYPE HTML><p>"))
    assert site.run_step(FORWARD).state == "done"
    site.world.on_web("GET app /$", answer(text="It works!"))
    site.shell.ended.clear()
    assert "is not an HTML page" in site.run_step(FORWARD).summary


def test_a_rollback_serves_the_existing_release(site: Site) -> None:
    site.run_step(FORWARD)
    site.shell.ended.clear()
    outcome = site.run_step(BACK)
    assert outcome.state == "done", outcome.summary
    assert site.served() == OLD


@pytest.mark.fault("it exists, so it is right")
def test_another_build_of_the_same_commit_is_served(site: Site) -> None:
    site.run_step(FORWARD)
    (site.build / "app.js").write_text("the setting is changed")
    site.shell.ended.clear()
    assert site.run_step(FORWARD).state == "done"
    assert (site.www / "current" / "app.js").read_text() == "the setting is changed"
    assert site.served() == f"{NEW}-2"
    site.shell.ended.clear()
    site.run_step(FORWARD)
    assert site.served() == f"{NEW}-2", "an equal build was copied once more"


def test_what_a_killed_run_has_left_of_its_copy_is_removed(site: Site) -> None:
    left = site.www / "releases" / ".part-run-7-20261130T000000000000"
    left.mkdir()
    assert site.run_step(FORWARD).state == "done"
    assert not left.exists()


@pytest.mark.fault("it exists, so it is right")
def test_a_half_copied_release_is_never_served(site: Site) -> None:
    (site.build / "app.js").write_text("whole")
    half = site.www / "releases" / NEW
    half.mkdir()
    (half / "build.json").write_text((site.build / "build.json").read_text())
    assert site.run_step(FORWARD).state == "done"
    assert (site.www / "current" / "app.js").read_text() == "whole"
    assert not (half / "app.js").exists(), "what somebody else may serve was changed"


def test_a_rollback_serves_the_build_of_the_same_commit_from_before(site: Site) -> None:
    site.build_commit(OLD)
    (site.build / "app.js").write_text("built again")
    same = FORWARD.replace("<commit>", "<commit_before>")
    assert site.run_step(same).state == "done"
    assert site.served() == f"{OLD}-2"
    site.shell.ended.clear()
    assert site.run_step(BACK).state == "done"
    assert site.served() == OLD


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_rollback_serves_what_another_tool_had_deployed(site: Site) -> None:
    (site.www / "releases" / OLD).rename(site.www / "releases" / "20261101120000")
    (site.www / "current").unlink()
    (site.www / "current").symlink_to(site.www / "releases" / "20261101120000")
    assert site.run_step(FORWARD).values == {"release_before": "20261101120000"}
    site.build_commit(NEW + " again")
    site.shell.ended.clear()
    site.run_step(FORWARD)  # a second try, which must not note the first one's release
    site.shell.ended.clear()
    outcome = site.run_step(BACK)
    assert (outcome.state, site.served()) == ("done", "20261101120000"), outcome.summary


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_folder_instead_of_the_link_is_found_before_anything(site: Site) -> None:
    assert site.preflight() == ["ok"]
    (site.www / "current").unlink()
    assert site.preflight() == ["warn"], "there is nothing to go back to"
    (site.www / "current").mkdir()
    assert site.preflight() == ["fail"]
    assert "is not a link; nothing was changed" in site.run_step(FORWARD).summary


def test_a_missing_release_is_reported(site: Site) -> None:
    (site.www / "releases" / OLD / "build.json").unlink()
    (site.www / "releases" / OLD).rmdir()
    outcome = site.run_step(BACK)
    assert outcome.summary == "Host “h” has no release of commit 1111111111; nothing was changed."


def test_after_a_crash_a_finished_switch_is_not_made_again(site: Site) -> None:
    step, ctx = box("publish", FORWARD), site.context()
    execute(step, ctx)
    switched_at = (site.www / "current").lstat().st_mtime_ns
    assert step.recover(ctx).state == "done"
    assert (site.www / "current").lstat().st_mtime_ns == switched_at, "the switch was made twice"


@pytest.mark.fault("it exists, so it is right")
@pytest.mark.parametrize(
    ("links", "named"),
    [
        ((), ""),
        (("b.js",), " But b.js is a link that "),
        (("b.js", "c.js"), " But b.js (and 1 more file) is a link that "),
    ],
)
def test_files_that_are_links_out_of_the_release_are_named(
    site: Site, tmp_path: Path, links: tuple[str, ...], named: str
) -> None:
    cache = tmp_path / "cache"
    (cache / "uploads").mkdir(parents=True)
    (site.build / "uploads").symlink_to(cache / "uploads")  # a folder that all releases share
    (site.build / "a.js").write_text("1")
    (site.build / "latest.js").symlink_to("a.js")
    for name in links:
        (cache / name).write_text("2")
        (site.build / name).symlink_to(cache / name)
    outcome = site.run_step(FORWARD)
    assert outcome.state == "done"
    assert outcome.summary.startswith(f"The build of commit 2222222222 is served.{named}")
    assert bool(named) == ("leads out of the release" in outcome.summary)
