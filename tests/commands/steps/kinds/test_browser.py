"""`browser`: checks what a real browser shows, and asks a person if there is no browser."""

from __future__ import annotations

from dataclasses import replace

from commands.ports.preflight import OK, WARN, PreflightContext
from commands.steps.base import execute
from tests.commands.steps.builders import box, context, plan
from tests.world import World

BROWSER = 'web = "app"\npath = "/admin"\nsees = ["Job Type"]\nforbid = ["approval-templates"]'


def test_a_page_that_shows_everything_passes() -> None:
    outcome = execute(box("browser", BROWSER), context(World()))
    assert (outcome.state, outcome.measures) == ("done", {"failed": 0.0})
    assert outcome.summary == "“DJ-System” shows Job Type; no errors in the console."


def test_missing_texts_failed_requests_and_forbidden_texts_are_listed() -> None:
    world = World()
    world.seen = replace(world.seen, missing=("Job Type",), bad_answers=("404 /api/approval-templates",))
    outcome = execute(box("browser", BROWSER), context(world))
    assert outcome.state == "failed"
    assert outcome.summary == "The page failed: “Job Type” is not visible."
    assert outcome.lines == (
        "“Job Type” is not visible",
        "failed request: 404 /api/approval-templates",
        "“approval-templates” appears in the console or in a failed request",
    )


def test_an_error_in_the_console_fails_the_step() -> None:
    world = World()
    world.seen = replace(world.seen, console=("TypeError: jobs is undefined",))
    outcome = execute(box("browser", BROWSER), context(world))
    assert outcome.summary == "The page failed: console error: TypeError: jobs is undefined."


def test_without_a_browser_a_person_is_asked() -> None:
    world = World()
    world.no_browser = "playwright is not installed"
    outcome = execute(box("browser", BROWSER), context(world))
    assert (outcome.state, outcome.measures) == ("failed", {"unavailable": 1.0})
    assert outcome.summary == (
        "The bot's machine has no browser (playwright is not installed). Open the page yourself, then answer."
    )
    assert "“Job Type” must be visible" in outcome.lines, "the person must know what to look for"


def test_the_plan_lists_what_is_checked() -> None:
    assert plan(box("browser", BROWSER + '\nclick = ["Admin"]')).splitlines() == [
        "opens app/admin in a real browser",
        "clicks “Admin”",
        "“Job Type” must be visible",
        "no request answered with 400 or more, no error in the console",
        "“approval-templates” must appear neither in the console nor in a failed request",
    ]


def test_the_preflight_only_warns_without_a_browser() -> None:
    world = World()
    (check,) = box("browser", BROWSER).preflight()
    (result,) = check.run_preflight(PreflightContext(tools=world.tools(), ref="main"))
    assert (result.level, result.summary) == (OK, "starts")
    world.no_browser = "playwright is not installed"
    (result,) = check.run_preflight(PreflightContext(tools=world.tools(), ref="main"))
    assert (result.level, result.todo) == (WARN, "people will be asked to open the page")
