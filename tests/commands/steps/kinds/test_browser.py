"""`browser`: checks what a real browser shows, and asks a person if there is no browser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

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


@pytest.mark.fault("a cause that nobody has seen")
def test_what_fails_at_another_site_is_named_and_fails_only_where_nothing_shows_that_the_page_works() -> None:
    world = World()
    world.seen = replace(world.seen, elsewhere=("404 www.stats.test/tag.js",))
    outcome = execute(box("browser", BROWSER), context(world))
    assert (outcome.state, outcome.measures) == ("done", {"failed": 0.0})
    assert outcome.lines == ("failed request to another site: 404 www.stats.test/tag.js",)
    assert outcome.not_compared == (
        "whether the page works without what failed at other sites: 404 www.stats.test/tag.js",
    )
    for form in ('web = "app"\npath = "/admin"', BROWSER.replace("approval-templates", "stats.test")):
        outcome = execute(box("browser", form), context(world))
        assert (outcome.state, outcome.measures) == ("failed", {"failed": 1.0})


@pytest.mark.fault("not looked at, and said to be fine")
def test_what_lies_over_a_text_and_a_tab_that_a_click_opened_are_not_called_looked_at() -> None:
    world = World()
    world.seen = replace(world.seen, covered={"Job Type": "Your session is over"}, tabs=("shop.test/report",))
    outcome = execute(box("browser", BROWSER), context(world))
    assert outcome.state == "done"
    assert outcome.not_compared == (
        "whether people can read “Job Type”: over it lies “Your session is over”",
        "what the tab shows that a click opened: shop.test/report",
    )
    world.seen = replace(world.seen, missing=("Job Type",))
    assert "let `open` open it: shop.test/report" in execute(box("browser", BROWSER), context(world)).lines[-1]
    world.seen = replace(world.seen, tabs=(), asked=("Delete it?",))
    lines = execute(box("browser", BROWSER), context(world)).lines
    assert lines[-1] == "the page opened a window that was cancelled: Delete it?"


def test_a_page_that_shows_too_little_tells_also_what_failed_at_other_sites() -> None:
    world = World()
    world.seen = replace(world.seen, missing=("Job Type",), elsewhere=("404 cdn.test/main.js",))
    outcome = execute(box("browser", BROWSER), context(world))
    assert outcome.lines == ("“Job Type” is not visible", "failed request to another site: 404 cdn.test/main.js")


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_remark_of_the_browser_about_a_header_is_named_and_fails_nothing_unless_it_is_forbidden() -> None:
    world = World()
    world.seen = replace(world.seen, remarks=("Unrecognized Content-Security-Policy directive 'reflected-xss'.",))
    outcome = execute(box("browser", BROWSER), context(world))
    assert outcome.state == "done"
    assert outcome.lines == ("the browser remarks: Unrecognized Content-Security-Policy directive 'reflected-xss'.",)
    form = BROWSER.replace("approval-templates", "reflected-xss")
    assert execute(box("browser", form), context(world)).state == "failed"


@pytest.mark.fault("a cause that nobody has seen")
def test_a_known_error_is_named_and_fails_nothing_and_another_one_does() -> None:
    world, step = World(), box("browser", BROWSER + '\nallow = ["React error #418", "/stats/"]')
    hydration = "Error: Minified React error #418; visit https://react.dev/errors/418"
    world.seen = replace(world.seen, console=(hydration,), bad_answers=("404 /stats/seen",))
    outcome = execute(step, context(world))
    assert (outcome.state, outcome.measures) == ("done", {"failed": 0.0})
    assert outcome.summary == "“DJ-System” shows Job Type; no other errors in the console."
    assert outcome.lines == (f"known (`allow`): {hydration}", "known (`allow`): 404 /stats/seen")
    for more in ({"console": (hydration, "TypeError")}, {"bad_answers": ("500 /api",)}, {"missing": ("Job Type",)}):
        world.seen = replace(world.seen, **more)
        assert execute(step, context(world)).state == "failed"
    world.seen = replace(World().seen, console=("approval-templates: React error #418",))
    assert execute(step, context(world)).state == "failed", "what is forbidden is never allowed"
    assert "no error in the console, but those with “React error #418” and “/stats/”" in plan(step)


def test_a_known_part_that_a_limit_answers_leaves_the_page_known() -> None:
    world = World()
    world.seen = replace(world.seen, limited=("/stats/seen",))
    outcome = execute(box("browser", BROWSER + '\nallow = ["/stats/"]'), context(world))
    assert (outcome.state, outcome.lines) == ("done", ("known (`allow`): /stats/seen",))


LIMITED = {"limited": ("/api/jobs",), "pause": 7.0, "missing": ("Job Type",), "console": ("Error: 429",)}


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_page_of_which_a_limit_answers_a_part_is_opened_once_more_and_then_is_not_known() -> None:
    world = World()
    world.seen = replace(world.seen, **LIMITED)  # type: ignore[arg-type]
    began = world.clock.monotonic()
    outcome = execute(box("browser", BROWSER), context(world))
    assert (outcome.state, outcome.inconclusive, outcome.measures) == ("failed", True, {})
    assert outcome.summary == (
        "/api/jobs is answered by a limit on requests (429), so the service itself was not asked. "
        "Let the limit leave out the bot's address, or this path."
    )
    assert outcome.lines == ("“Job Type” is not visible", "console error: Error: 429")
    assert len(world.visits) == 2
    assert world.clock.monotonic() - began >= 7


def test_a_limit_that_pauses_longer_than_the_page_may_take_is_not_waited_for() -> None:
    world = World()
    world.seen = replace(world.seen, **{**LIMITED, "pause": 600.0})  # type: ignore[arg-type]
    assert execute(box("browser", BROWSER), context(world)).inconclusive
    assert len(world.visits) == 1


@pytest.mark.fault("a cause that nobody has seen")
def test_what_fails_beside_a_limit_fails_the_page() -> None:
    for more in ({"bad_answers": ("500 /api/jobs/1",)}, {"console": ("approval-templates",)}):
        world = World()
        world.seen = replace(world.seen, **{**LIMITED, **more})  # type: ignore[arg-type]
        assert not execute(box("browser", BROWSER), context(world)).inconclusive


def test_what_was_clicked_is_not_clicked_again_because_of_a_limit() -> None:
    world = World()
    world.seen = replace(world.seen, **LIMITED)  # type: ignore[arg-type]
    assert execute(box("browser", BROWSER + '\nclick = ["Order"]'), context(world)).inconclusive
    assert len(world.visits) == 1


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
        "opens /admin on app in a real browser",
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


LOG_IN = (
    BROWSER
    + """
click = ["Jobs"]
[[steps]]
fill = "Password"
value = "$TEST_PASSWORD-<run>"
[[steps]]
click = "Sign in"
[[steps]]
wait = "Hello <ref>"
[[steps]]
open = "/admin/<ref>"
"""
)


def test_the_steps_are_done_in_order_with_the_values_of_earlier_steps() -> None:
    world = World()
    assert execute(box("browser", LOG_IN), context(world)).state == "done"
    assert [(act.kind, str(act.target), str(act.value)) for act in world.visits[0].acts] == [
        ("fill", "Password", "$TEST_PASSWORD-1"),
        ("click", "Sign in", ""),
        ("wait", "Hello main", ""),
        ("open", "/admin/main", ""),
        ("click", "Jobs", ""),
    ]


def test_the_plan_shows_the_steps_and_no_secret() -> None:
    assert plan(box("browser", LOG_IN)).splitlines()[1:6] == [
        "types $TEST_PASSWORD-<run> into “Password”",
        "clicks “Sign in”",
        "waits until “Hello <ref>” is visible",
        "opens /admin/<ref> on app",
        "clicks “Jobs”",
    ]
    assert box("browser", LOG_IN).inputs() == {"run", "ref"}


def test_a_step_that_could_not_be_done_fails_the_check() -> None:
    world = World()
    world.seen = replace(world.seen, stuck="“Sign in” could not be clicked")
    outcome = execute(box("browser", LOG_IN), context(world))
    assert (outcome.state, outcome.summary) == ("failed", "The page failed: “Sign in” could not be clicked.")


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("{}", "each of the steps is one of open, fill"),
        ('{ click = "a", wait = "b" }', "each of the steps is one of open, fill"),
        ('{ fill = "a" }', "value: belongs to fill, and fill needs it"),
        ('{ click = "a", value = "b" }', "value: belongs to fill, and fill needs it"),
        ('{ click = "$NAME" }', "would stay as these letters"),
    ],
)
def test_a_step_that_is_not_one_act_is_refused(step: str, error: str) -> None:
    with pytest.raises(ValidationError, match=error):
        box("browser", f"{BROWSER}\nsteps = [{step}]")
