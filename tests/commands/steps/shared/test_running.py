"""`running`: production is asked what it runs, in each of the ways that a page may name."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from commands.steps.shared.running import Running
from state.errors import Down, Unreachable
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.production import answer
from tests.world import World

PLAIN = 'host = "h"\nrepository = "$REPO"\n'
WEB = 'running = { web = "api", path = "/v", field = "app.commit" }'
COMMAND = 'running = { on = "h", command = "cat $said", env = { said = "$SAID" } }'
LINK = 'running = { on = "h", link = "$LINK" }'
PM2 = 'running = { on = "h", pm2 = "shop" }'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def asked(repository: Repository, running: str, world: World | None = None) -> tuple[Context, Outcome]:
    """The step, where the files beside the repository say what runs."""
    folder = repository.path.parent
    environ = {"REPO": str(repository.path), "SAID": str(folder / "said"), "LINK": str(folder / "current")}
    ctx = context(world or World(), shell=LocalShell(environ, folder / "bin"), files={})
    return ctx, execute(box("release", PLAIN + running), ctx)


def says(repository: Repository, text: str) -> Outcome:
    """The step, where the command says this."""
    (repository.path.parent / "said").write_text(text)
    return asked(repository, COMMAND)[1]


def world_that_answers(data: object, status: int = 200, **headers: str) -> World:
    world = World()
    world.on_web("GET api /v", replace(answer(status, data), headers=headers))
    return world


@pytest.mark.parametrize("form", ["whole", "short", "upper", "tag", "tag without v", "after other lines", "coloured"])
def test_a_commit_its_beginning_and_a_tag_on_it_name_the_same(repository: Repository, form: str) -> None:
    git(repository.path, "tag", "-a", "-m", "1.4", "v1.4", repository.old)
    said = {
        "whole": repository.old,
        "short": repository.old[:7],
        "upper": repository.old.upper(),
        "tag": "v1.4",
        "tag without v": "1.4",
        "after other lines": f"warming up\n\n{repository.old}\n\n",
        "coloured": f"\x1b[33m{repository.old}\x1b[m\n",
    }[form]
    outcome = says(repository, said)
    assert outcome.values["running_before"] == outcome.values["commit_before"] == repository.old, outcome.summary
    assert f"; {repository.old[:10]} runs now (the command on h); " in outcome.summary


@pytest.mark.parametrize("said", ["v1.3", "1.3", "new", "0" * 7])
def test_another_commit_tag_or_beginning_stops_the_run_and_both_are_shown(repository: Repository, said: str) -> None:
    git(repository.path, "fetch", "-q")
    git(repository.path, "tag", "v1.3", repository.new)
    outcome = says(repository, repository.new if said == "new" else said)
    shown = repository.new[:10] if said == "new" else said
    assert (outcome.state, dict(outcome.values)) == ("failed", {})
    assert outcome.summary == (
        f"The clone on h is at {repository.old[:10]}, but the command on h answers {shown}: if {shown} is right, check "
        f"it out in the clone (git checkout {shown}); if not, find out why it runs."
    )


@pytest.mark.parametrize("said", ["", "\n\n", "two words", "<html>", "--version", "x" * 101])
def test_what_names_no_commit_is_not_known(repository: Repository, said: str) -> None:
    outcome = says(repository, said)
    assert outcome.state == "failed"
    assert outcome.summary.startswith("It is not known what runs, because the command on h does not say it: ")


def test_a_command_that_fails_says_nothing(repository: Repository) -> None:
    assert "it failed with exit code 1 (cat: " in asked(repository, COMMAND)[1].summary


@pytest.mark.fault("foreign words taken for the program's own")
def test_an_answer_of_the_web_is_asked_of_no_cache(repository: Repository) -> None:
    old = {"app": {"commit": repository.old}}
    world, requests = World(), []

    def reply(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return answer(data=old)

    world.on_web("GET api /v", reply)
    asked(repository, WEB, world)
    assert requests[0].headers["Cache-Control"] == "no-cache"
    assert asked(repository, WEB, world_that_answers(old, Age="0"))[1].state == "done"
    for name, value in {"Age": "900", "X-Cache": "HIT", "CF-Cache-Status": "STALE"}.items():
        outcome = asked(repository, WEB, world_that_answers(old, 200, **{name: value}))[1]
        assert f"a cache answered ({name}: {value})" in outcome.summary


@pytest.mark.parametrize(
    ("data", "status", "why"),
    [
        ({"app": {"commit": "1" * 40}}, 503, "it answers 503 instead of 200"),
        ({"app": "1"}, 200, "its answer has no field `app.commit`; `app` has no fields"),
        ({"app": {"sha": "1"}, "name": "x"}, 200, "its answer has no field `app.commit`; `app` has `sha`"),
        ({"app": {"commit": None}}, 200, "its answer names no commit in its field `app.commit`"),
        ({"app": {"commit": ["1"]}}, 200, "its answer names no commit in its field `app.commit`"),
    ],
)
def test_an_answer_without_the_field_says_nothing(repository: Repository, data: object, status: int, why: str) -> None:
    outcome = asked(repository, WEB, world_that_answers(data, status))[1]
    assert why in outcome.summary


def test_a_service_that_is_down_is_not_what_ran_before_and_no_route_is_nobodys_failure(repository: Repository) -> None:
    world = World()
    world.on_web("GET api /v", Down("api accepts no connection."))
    outcome = asked(repository, WEB, world)[1]
    assert (outcome.state, outcome.inconclusive) == ("failed", False)
    assert "api accepts no connection" in outcome.summary
    world.on_web("GET api /v", Unreachable("The bot found no route."))
    assert asked(repository, WEB, world)[1].inconclusive


def test_a_release_link_names_the_commit_by_its_folder_or_a_file_in_it(repository: Repository) -> None:
    folder, old = repository.path.parent, repository.old
    release, dated = folder / "releases" / f"{old}-2" / "dist", folder / "releases" / "20261101120000"
    release.mkdir(parents=True)
    dated.mkdir()
    link = folder / "current"
    link.symlink_to(release)
    assert asked(repository, LINK)[1].values["running_before"] == old
    link.unlink()
    link.symlink_to(dated)
    assert f"it leads to {dated}, whose path and file REVISION name no commit" in asked(repository, LINK)[1].summary
    (dated / "REVISION").write_text(f"{repository.new}\n")
    assert f"$LINK on h answers {repository.new[:10]}: if" in asked(repository, LINK)[1].summary
    link.unlink()
    assert "there is no such folder" in asked(repository, LINK)[1].summary


@pytest.fixture
def works_in(repository: Repository) -> Iterator[Path]:
    """The folder in which a process works, with a pm2 that lists it; a file `revision` is what pm2 has read."""
    folder = repository.path.parent / "releases" / repository.old
    folder.mkdir(parents=True)
    (repository.path.parent / "bin").mkdir()
    process = subprocess.Popen(["sleep", "600"], cwd=folder)
    listed = repository.path.parent / "bin" / "pm2"
    row = f'{{"name":"shop","pid":{process.pid},"pm_id":0,"pm2_env":{{"status":"online","versioning":VERSIONING}}}}'
    other = row.replace(str(process.pid), str(os.getpid())).replace('"pm_id":0', '"pm_id":1')
    listed.write_text(f"#!/bin/sh\ncat <<'END'\n[PM2] hello\n[{row}OTHER]\nEND\n".replace("OTHER", f",{other}"))
    listed.chmod(0o755)
    yield listed
    process.kill()
    process.wait()


def test_each_process_of_pm2_is_asked_where_it_works_or_what_pm2_has_read(
    repository: Repository, works_in: Path
) -> None:
    """The first works in a release folder since its start, the second in a folder without a name."""
    lists = works_in.read_text()

    def with_versioning(versioning: str) -> Outcome:
        works_in.write_text(lists.replace("VERSIONING", versioning))
        return asked(repository, PM2)[1]

    assert with_versioning(f'{{"revision":"{repository.old}"}}').values["running_before"] == repository.old
    summary = with_versioning(f'{{"revision":"{repository.new}"}}').summary
    old, new = repository.old[:10], repository.new[:10]
    assert f"process 0 of shop on h answers {old}, process 1 of shop on h answers {new}: let all of them run" in summary
    summary = with_versioning("null").summary
    assert (
        "process 1 of shop on h does not say it: neither its working folder nor pm2 names a commit or version"
        in summary
    )
    works_in.write_text(lists.replace("online", "waiting restart").replace("VERSIONING", "null"))
    assert "pm2 reports it as waiting restart" in asked(repository, PM2)[1].summary
    works_in.write_text(
        re.sub(r'"pid":\d+', '"pid":0', lists).replace("VERSIONING", f'{{"revision":"{repository.old}"}}')
    )
    assert "pm2 reports it as online without a process" in asked(repository, PM2)[1].summary
    works_in.write_text(lists.replace('"shop"', '"other"').replace("VERSIONING", "null"))
    assert "pm2 lists no process of that name" in asked(repository, PM2)[1].summary


@pytest.mark.fault("compared with itself")
def test_a_release_that_was_copied_over_what_runs_does_not_say_what_runs(repository: Repository) -> None:
    """As after rsync into the folder of a process that nobody has restarted."""
    folder = repository.path.parent / "app"
    folder.mkdir()
    (repository.path.parent / "bin").mkdir()
    listed = repository.path.parent / "bin" / "pm2"
    (folder / "REVISION").write_text(f"{repository.old}\n")
    written = int((folder / "REVISION").stat().st_ctime)
    process = subprocess.Popen(["sleep", "600"], cwd=folder)

    def started_at(moment: int) -> str:
        env = f'"status":"online","pm_uptime":{moment}000'
        row = f'[{{"name":"shop","pid":{process.pid},"pm_id":0,"pm2_env":{{{env}}}}}]'
        listed.write_text(f"#!/bin/sh\necho '{row}'\n")
        listed.chmod(0o755)
        return asked(repository, PM2)[1].summary

    try:
        for moment in (written - 30, written, written + 900):
            assert f"{repository.old[:10]} runs now (shop on h)" in started_at(moment)
        os.utime(folder / "REVISION", (written - 9000, written - 9000))  # as rsync --times does
        assert "nor pm2 names a commit or version" in started_at(written - 900)
    finally:
        process.kill()
        process.wait()


@pytest.mark.fault("compared with itself")
def test_a_process_in_the_clone_runs_what_the_clone_had_when_it_started(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a pull by hand, without a restart."""
    cloned = int(git(repository.path, "reflog", "--date=unix", "--format=%gd").removeprefix("HEAD@{").rstrip("}"))
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"@{cloned + 100} +0000")
    git(repository.path, "pull", "-q")
    (repository.path.parent / "bin").mkdir()
    listed = repository.path.parent / "bin" / "pm2"
    process = subprocess.Popen(["sleep", "600"], cwd=repository.path)

    def started_at(moment: int) -> str:
        env = f'"status":"online","pm_uptime":{moment}000'
        listed.write_text(
            f'#!/bin/sh\necho \'[{{"name":"shop","pid":{process.pid},"pm_id":0,"pm2_env":{{{env}}}}}]\'\n'
        )
        listed.chmod(0o755)
        return asked(repository, PM2)[1].summary

    try:
        old, new = repository.old[:10], repository.new[:10]
        assert f"The clone on h is at {new}, but shop on h answers {old}: if {old} is right" in started_at(cloned + 50)
        assert f"main is commit {new}, which runs already (shop on h)." in started_at(cloned + 200)
        assert "nor pm2 names a commit or version" in started_at(cloned - 50)
    finally:
        process.kill()
        process.wait()


@pytest.mark.fault("the first of several for all")
def test_several_places_must_say_the_same(repository: Repository) -> None:
    (repository.path.parent / "said").write_text(repository.old)
    two = COMMAND.replace("running = ", "running = [") + ", " + WEB.removeprefix("running = ") + "]"
    new = world_that_answers({"app": {"commit": repository.new}})
    outcome = asked(repository, two, new)[1]
    assert f"the command on h answers {repository.old[:10]}, /v on api answers {repository.new[:10]}: let all" in (
        outcome.summary
    )
    old = world_that_answers({"app": {"commit": repository.old}})
    assert asked(repository, two, old)[1].state == "done"


@pytest.mark.fault("old evidence")
def test_what_runs_is_asked_again_right_before_the_first_change(repository: Repository) -> None:
    step = box("release", PLAIN + COMMAND)
    (repository.path.parent / "said").write_text(repository.old)
    ctx, outcome = asked(repository, COMMAND)
    later = replace(ctx, values={**ctx.values, **outcome.values})
    assert step.recheck(later, outcome.evidence) == ""
    (repository.path.parent / "said").write_text(repository.new)
    assert f"but the command on h answers {repository.new[:10]}" in step.recheck(later, outcome.evidence)


def test_the_plan_shows_each_question() -> None:
    text = plan(box("release", PLAIN + COMMAND))
    assert "on h: cat $said (its last line says what runs); the clone on h must be at that commit" in text
    assert "GET /v on api, whose app.commit says what runs" in plan(box("release", PLAIN + WEB))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "needs one of web, command, pm2, unit, container and link, and has none of them"),
        ({"web": "api", "path": "/v", "field": "c", "pm2": "shop"}, "and has web and pm2"),
        ({"web": "api", "path": "/v"}, "field: is missing beside web"),
        ({"command": "x"}, "on: is missing beside command"),
        ({"on": "h", "link": "$WWW", "path": "/v"}, "path: has no meaning beside link"),
        ({"on": "h", "command": "echo <commit>"}, "<commit> is a value of the run"),
    ],
)
def test_a_place_that_asks_nothing_or_two_things_is_refused(fields: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Running.model_validate(fields)


def test_a_page_that_asks_nothing_or_only_git_is_told() -> None:
    assert box("release", PLAIN).page_warning({}).startswith("running: is missing, so only the clone on h says")
    git_again = 'running = { on = "h", command = "git -C $repo rev-parse HEAD" }'
    assert box("release", PLAIN + git_again).page_warning({}) == (
        "running: the command on h asks git, which says what is checked out, not what runs"
    )
    assert box("release", PLAIN + COMMAND).page_warning({}) == ""
