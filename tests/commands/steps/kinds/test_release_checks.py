"""`release` with `checks`: a commit is deployed only when a status API says that it is green."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands.ports.preflight import FAIL, PreflightContext
from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from state.errors import LostTrack
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.git_repository import Repository
from tests.local_shell import LocalShell
from tests.production import answer
from tests.world import World

STATUS = """
host = "h"
repository = "$REPO"
[[checks]]
web = "github"
path = "/repos/team/app/commits/<commit>/status"
headers = { Authorization = "Bearer $GITHUB_TOKEN" }
expect = { state = "success", sha = "<commit>" }
"""
RUNS = """
host = "h"
repository = "$REPO"
[[checks]]
web = "github"
path = "/repos/team/app/commits/<commit>/check-runs?per_page=100"
entries = "check_runs"
names = ["test", "lint"]
expect = { status = "completed", conclusion = ["success", "skipped"] }
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def release(repository: Repository, toml: str, reply: HttpResponse | Exception) -> tuple[Outcome, HttpRequest]:
    """Run the step against an answer; its preflight must judge alike."""
    world, asked = World(), []

    def github(request: HttpRequest) -> HttpResponse | Exception:
        asked.append(request)
        return reply

    world.on_web("^GET github ", github)
    ctx = context(world, shell=LocalShell({"REPO": str(repository.path)}), files={})
    step = box("release", toml)
    outcome = execute(step, ctx)
    (_, check) = step.preflight()
    (result,) = check.run_preflight(PreflightContext(tools=ctx.tools, ref="main"))
    assert (result.level == FAIL) == (outcome.state == "failed")
    assert result.level != FAIL or outcome.summary.lower() == f"{result.summary}: {result.todo}.".lower()
    return outcome, asked[0]


def run(name: str, status: str = "completed", conclusion: str | None = "success") -> dict[str, Any]:
    """A check run as GitHub lists it."""
    return {"name": name, "status": status, "conclusion": conclusion}


def runs(*entries: dict[str, Any], total: int | None = None) -> HttpResponse:
    """GitHub's answer with check runs."""
    return answer(data={"total_count": len(entries) if total is None else total, "check_runs": list(entries)})


def test_the_plan_shows_the_request_and_what_must_come() -> None:
    text = plan(box("release", RUNS))
    assert (
        "GET /repos/team/app/commits/<commit>/check-runs?per_page=100 on github, expects status = completed, "
        "conclusion = success or skipped of each of its check_runs, among them test, lint"
    ) in text


def test_a_green_commit_is_released_and_the_api_was_asked_about_that_commit(repository: Repository) -> None:
    outcome, request = release(repository, STATUS, answer(data={"state": "success", "sha": repository.new}))
    assert outcome.state == "done", outcome.summary
    assert request.path == f"/repos/team/app/commits/{repository.new}/status"
    assert request.headers == {"Authorization": "Bearer $GITHUB_TOKEN"}, "the edge fills the token in"


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("pending", "'pending'"),
        ("failure", "'failure'"),
        ("error", "'error'"),
        ("", "''"),
        (None, "missing or null"),
        (True, "true"),
        (["success"], '["success"]'),
    ],
)
def test_what_is_not_green_is_refused(repository: Repository, state: object, shown: str) -> None:
    outcome, _ = release(repository, STATUS, answer(data={"state": state, "sha": repository.new}))
    assert outcome.state == "failed"
    assert outcome.summary == (
        f"Commit {repository.new[:10]} is not green: state is {shown} instead of success: "
        "wait until its checks have passed, or mend them."
    )
    assert not outcome.values, "no later step gets a commit that is not green"


def test_the_green_of_another_commit_does_not_count(repository: Repository) -> None:
    outcome, _ = release(repository, STATUS, answer(data={"state": "success", "sha": repository.old}))
    assert f"sha is '{repository.old}' instead of {repository.new}" in outcome.summary


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(404, {"state": "success"}), "answers 404 instead of 200"),
        (answer(302, {"state": "success"}), "answers 302 instead of 200"),
        (answer(text="<!doctype html><title>Log in</title>"), "is not JSON"),
        (answer(text="[" * 100_000), "is not JSON"),
        (answer(data=["success"]), "state is missing or null"),
        (LostTrack("No answer came."), "does not say whether it is green: No answer came"),
    ],
)
def test_an_answer_that_says_nothing_is_not_green(
    repository: Repository, reply: HttpResponse | Exception, words: str
) -> None:
    outcome, _ = release(repository, STATUS, reply)
    assert outcome.state == "failed"
    assert words in outcome.summary


def test_every_check_run_must_be_green_and_those_named_must_be_there(repository: Repository) -> None:
    outcome, _ = release(repository, RUNS, runs(run("test"), run("lint"), run("docs", conclusion="skipped")))
    assert outcome.state == "done", outcome.summary


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (runs(run("test"), run("lint", "in_progress", None)), "lint: status is 'in_progress' instead of completed"),
        (runs(run("test"), run("lint"), run("x", conclusion="failure")), "x: conclusion is 'failure' instead of"),
        (runs(run("test")), "it has no check named lint"),
        (runs(), "it has no checks yet"),
        (runs(run("test"), run("lint"), total=130), "“github” lists only 2 of its checks"),
        (answer(data={"check_runs": {"test": 1}}), "has no list check_runs"),
        (answer(data={"check_runs": ["test", "lint"]}), "it has no check named test"),
    ],
)
def test_one_check_that_is_missing_pending_or_red_is_enough(
    repository: Repository, reply: HttpResponse, words: str
) -> None:
    outcome, _ = release(repository, RUNS, reply)
    assert (outcome.state, words in outcome.summary) == ("failed", True), outcome.summary


def test_a_list_that_goes_on_on_a_next_page_is_not_green(repository: Repository) -> None:
    reply = HttpResponse(
        status=200,
        seconds=0,
        headers={"Link": '<https://x/?page=2>; rel="next"'},
        text='[{"name": "a", "status": "ok"}]',
    )
    toml = RUNS.replace('entries = "check_runs"', 'entries = "."').replace('["test", "lint"]', "[]")
    outcome, _ = release(repository, toml.replace(', conclusion = ["success", "skipped"]', ""), reply)
    assert "lists only 1 of its checks" in outcome.summary


def test_a_long_answer_does_not_make_a_long_sentence(repository: Repository) -> None:
    outcome, _ = release(repository, STATUS, answer(data={"state": "x" * 100_000}))
    assert len(outcome.summary) < 500


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("/<commit>/", "/main/", "path: must hold <commit>"),
        ("<commit>/status", "<commit>/<ref>", "the value <commit> alone, not <ref>"),
        ('expect = { state = "success", sha = "<commit>" }', "expect = {}", "expect"),
        ("expect =", 'names = ["a"]\nexpect =', "names: needs entries as well"),
    ],
)
def test_a_check_that_could_not_do_its_work_is_refused_on_the_page(before: str, after: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        box("release", STATUS.replace(before, after))


def test_the_web_place_of_a_check_is_one_of_the_steps_places() -> None:
    assert box("release", STATUS).places() == {("hosts", "h"), ("webs", "github")}
