"""A protection that wants to see a browser answers in the service's place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import PreflightContext
from commands.ports.web import HttpResponse
from commands.steps.base import execute
from commands.systems.http_answers import CHALLENGES, challenge, stand_in
from commands.systems.json_lists import listed
from commands.systems.page_parts import part_problem
from commands.systems.page_tags import Part
from commands.systems.preflight.reachable import ReachableCheck
from tests.commands.steps.builders import box, context
from tests.commands.steps.kinds.test_publish import FORWARD, Site, site
from tests.commands.steps.kinds.test_service import ALLOWING, new_code
from tests.production import answer
from tests.world import World

__all__ = ["site"]

pytestmark = pytest.mark.fault("foreign words taken for the program's own")
CHALLENGED = replace(answer(403, text="<!doctype html>Just a moment"), headers={"CF-Mitigated": "challenge"})
WHO = "a challenge for browsers (CF-Mitigated: challenge)"
TODO = "et the protection in front pass the bot's requests, by its address or a header"


@pytest.mark.parametrize(
    ("status", "name", "value", "is_one"),
    [
        (403, "cf-mitigated", "challenge", True),
        (202, "X-Amzn-Waf-Action", "challenge", True),
        (405, "x-amzn-waf-action", "captcha", True),
        (403, "x-vercel-mitigated", "deny", True),
        (403, "x-datadome", "protected", True),
        (200, "x-datadome", "protected", False),
        (500, "x-datadome", "protected", False),
        (404, "x-datadome", "protected", False),
        (403, "cf-mitigated", "no challenge", False),
        (403, "x-sucuri-block", "0", False),
        (403, "x-sucuri-block", "BLK012", True),
        (403, "server", "cloudflare", False),
        (403, "cf-ray", "a34c5d036a9db9cf-IAD", False),
    ],
)
def test_a_challenge_is_told_by_its_header(status: int, name: str, value: str, is_one: bool) -> None:
    found = HttpResponse(status=status, seconds=0.1, headers={"date": "now", name: value}, text="")
    assert challenge(found) == (f"{name}: {value}" if is_one else "")


def test_the_faq_names_each_header_by_which_a_challenge_is_known() -> None:
    said = (Path(__file__).parents[4] / "docs" / "faq.md").read_text()
    assert not [name for name in CHALLENGES if f"`{name}`" not in said]


def test_a_check_that_meets_a_challenge_has_no_data() -> None:
    world = World()
    world.on_web("", CHALLENGED)
    for form in ("", '\nanswers = "page"'):
        outcome = execute(box("http", f'web = "api"\npath = "/shop"{form}'), context(world))
        assert (outcome.state, outcome.inconclusive) == ("failed", True)
        assert outcome.summary == (f"/shop on api is answered by {WHO}, so the service itself was not asked. L{TODO}.")
        assert "failed" not in outcome.measures


def test_a_restart_is_not_called_wrong_because_of_a_challenge() -> None:
    world = new_code()
    world.on_web("health", CHALLENGED)
    outcome = execute(box("service", ALLOWING), context(world))
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert f"/api/health on api answers from {WHO}, so the service itself was not asked" in outcome.summary


@pytest.mark.parametrize("path", ["build.json", "GET app /$"])
def test_a_build_is_not_called_wrong_because_of_a_challenge(site: Site, path: str) -> None:
    site.world.on_web(path, CHALLENGED)
    outcome = site.run_step(FORWARD + '\nready_within = "1 s"')
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert f"is answered by {WHO}, so the service itself was not asked" in outcome.summary


def test_the_doctor_names_a_challenge() -> None:
    world = World()
    world.on_web("GET x /", CHALLENGED)
    ctx = PreflightContext(tools=context(world).tools, ref="main")
    (found,) = ReachableCheck(place=("webs", "x")).run_preflight(ctx)
    assert (found.level, found.summary) == ("warn", f"answers 403 at / with {WHO}, which the bot does not pass")
    assert found.todo == f"l{TODO}"


def test_lists_and_parts_of_a_page_behind_a_challenge_are_told_as_that() -> None:
    assert listed(CHALLENGED, ".").doubt == f"is answered by {WHO}"
    assert part_problem("/a.js on app", Part("a.js"), CHALLENGED) == f"/a.js on app is answered by {WHO}: l{TODO}."
    assert stand_in(answer(text="ok")) == ""
