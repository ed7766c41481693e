"""`maintenance`: runs the page's command once, and believes only what is seen from outside."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime

import pytest
from pydantic import ValidationError

from commands.ports.web import HttpResponse
from commands.steps.base import execute
from state.errors import Down, LostTrack
from tests.commands.steps.builders import box, context, plan
from tests.local_shell import LocalShell
from tests.production import answer
from tests.world import World

MAINTENANCE = """
host = "h"
state = "on"
command = 'touch "$flag"'
env = { flag = "$FLAG" }
web = "app"
"""
OFF = MAINTENANCE.replace('"on"', '"off"').replace("touch", "rm -f")


def test_maintenance_is_on_when_the_site_answers_503() -> None:
    outcome = execute(box("maintenance", MAINTENANCE), context(World()))
    assert (outcome.state, outcome.summary) == ("done", "Maintenance is on: app/ answers 503.")


def test_the_plan_shows_the_command_and_the_check() -> None:
    step = box("maintenance", MAINTENANCE)
    assert plan(step) == 'on h: touch "$flag"\nwith flag=$FLAG\nGET app/, expects status 503'


@pytest.mark.fault("old evidence")
@pytest.mark.parametrize(
    ("status", "headers", "kept"),
    [
        (503, {}, ""),
        (503, {"Last-Modified": "Mon, 01 Dec 2025 10:00:00 GMT", "Date": "Mon, 30 Nov 2026 10:00:00 GMT"}, ""),
        (200, {"Last-Modified": "Mon, 01 Dec 2025 10:00:00 GMT", "Date": "Mon, 30 Nov 2026 10:00:00 GMT"}, "36 days"),
        (200, {"Cache-Control": "no-store"}, ""),
        (302, {"Location": "/back-soon"}, ""),
        (301, {"Location": "/back-soon"}, "ever"),
        (301, {"Location": "/back-soon", "Cache-Control": "no-cache"}, ""),
        (503, {"Cache-Control": "public, max-age=86400"}, "24 h"),
    ],
)
def test_an_answer_of_maintenance_that_browsers_keep_is_named(status: int, headers: dict[str, str], kept: str) -> None:
    world = World()
    world.on_web("app", HttpResponse(status=status, seconds=0.01, headers=headers, text="back soon"))
    outcome = execute(box("maintenance", f"{MAINTENANCE}status = {status}"), context(world))
    assert outcome.state == "done", outcome.summary
    said = f"But browsers may keep this answer for {kept} without asking again"
    assert (said in outcome.summary) == bool(kept), outcome.summary
    assert (" But " in outcome.summary) == bool(kept)


@pytest.mark.fault("found too late, known before")
def test_maintenance_that_answers_as_if_all_were_well_is_warned_of() -> None:
    assert box("maintenance", MAINTENANCE).page_warning({}) == ""
    assert "a webhook or a job" in box("maintenance", f"{MAINTENANCE}status = 200").page_warning({})
    assert box("maintenance", OFF).page_warning({}) == ""


def test_a_command_that_had_no_effect_fails_the_step() -> None:
    world = World()
    world.on_web("app", answer(200))
    outcome = execute(box("maintenance", MAINTENANCE), context(world))
    assert (outcome.state, outcome.summary) == ("failed", "Maintenance should be on, but app/ answers 200.")


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize(("more", "state"), [('ready_within = "5 min"', "done"), ("", "failed")])
def test_a_proxy_that_lets_requests_in_for_a_while_is_waited_for_as_long_as_the_page_says(
    more: str, state: str
) -> None:
    world = World(rate=20)
    tries = itertools.count(1)
    world.on_web("app", lambda _: answer(503 if next(tries) > 6 else 200))
    assert execute(box("maintenance", MAINTENANCE + more), context(world)).state == state


def test_a_site_that_does_not_answer_fails_the_step() -> None:
    world = World()
    world.unreachable("web")
    outcome = execute(box("maintenance", MAINTENANCE), context(world))
    said = "Maintenance should be on, but app/ gives no answer: It cannot be reached: nobody listens there."
    assert (outcome.summary, outcome.inconclusive) == (said, True)


@pytest.mark.fault("a cause that nobody has seen")
def test_only_what_the_site_itself_answers_or_refuses_is_wrong() -> None:
    world = World(rate=200)
    for reply, words, nothing in (
        (Down("“app” refuses.", lasting=True), "gives no answer: “app” refuses.", False),
        (LostTrack("It takes too long."), "gives no answer: It takes too long.", False),
        (answer(429), "is answered by a limit on requests (429).", True),
        (answer(500), "answers 500.", False),
    ):
        world.on_web("app", reply)
        outcome = execute(box("maintenance", MAINTENANCE), context(world))
        assert (outcome.state, outcome.inconclusive) == ("failed", nothing)
        assert outcome.summary == f"Maintenance should be on, but app/ {words}"


def test_a_failed_command_is_not_checked() -> None:
    world = World()
    world.fail("touch", 2)
    outcome = execute(box("maintenance", MAINTENANCE), context(world))
    assert (outcome.state, outcome.summary) == ("failed", "The command failed with exit code 2.")
    assert not world.calls


def test_without_an_address_the_result_says_that_nothing_was_checked() -> None:
    outcome = execute(box("maintenance", MAINTENANCE.replace('web = "app"', "")), context(World()))
    assert outcome.state == "done"
    assert outcome.summary == "Maintenance is on. This was not checked, because the box has no `web`."


def test_the_end_of_maintenance_sets_the_moment_from_which_requests_were_let_in() -> None:
    world, step = World(), box("maintenance", OFF)
    began = world.clock.now()
    assert step.outputs() == ("let_in_at",)
    outcome = execute(step, context(world))
    assert began < datetime.fromisoformat(outcome.timestamps["let_in_at"]) < world.clock.now()
    assert box("maintenance", MAINTENANCE).outputs() == ()


def test_after_a_crash_the_command_runs_only_once() -> None:
    world, step = World(), box("maintenance", MAINTENANCE)
    ctx = context(world)
    assert (step.recover(ctx).state, step.recover(ctx).state) == ("done", "done")
    assert world.begun == {ctx.key: 1}


def test_after_a_crash_without_an_exit_code_the_site_decides() -> None:
    world, step, shell = World(), box("maintenance", MAINTENANCE), LocalShell({})
    ctx = context(world, shell=shell)
    shell.dead.add(ctx.key)
    outcome = step.recover(ctx)
    assert outcome.state == "unknown"
    assert outcome.summary.startswith("The command is no longer running on host “h”, and app/ answers 200.")
    world.maintenance = True
    assert step.recover(ctx).state == "done"
    assert not shell.ended, "recovering ran the command"


def test_after_a_crash_without_an_exit_code_and_an_address_the_state_is_unknown() -> None:
    shell = LocalShell({})
    ctx = context(World(), shell=shell)
    shell.dead.add(ctx.key)
    outcome = box("maintenance", MAINTENANCE.replace('web = "app"', "")).recover(ctx)
    assert outcome.state == "unknown"
    assert "cannot be checked, because the box has no `web`" in outcome.summary


HEADER = MAINTENANCE + 'mark = { header = "X-Maintenance", value = "1" }'
BODY = MAINTENANCE + 'mark = { body = "back soon" }'


@pytest.mark.parametrize(
    ("toml", "page"),
    [
        (HEADER, replace(answer(503), headers={"x-maintenance": "1"})),
        (BODY, answer(503, text="<h1>We are back soon</h1>")),
        (BODY + "\nstatus = 200", answer(200, text="<h1>We are back soon</h1>")),
    ],
)
def test_a_mark_tells_the_maintenance_page_from_the_services_own_answer(toml: str, page: HttpResponse) -> None:
    outcomes = {}
    for state in ("on", "off"):
        for name, seen in (("page", page), ("service", answer(page.status))):
            world = World()
            world.on_web("app", seen)
            status = "" if "status" in toml else f"\nstatus = {page.status}"
            step = box("maintenance", toml.replace('"on"', f'"{state}"') + status)
            outcomes[state, name] = execute(step, context(world)).state
    assert outcomes == {
        ("on", "page"): "done",
        ("on", "service"): "failed",
        ("off", "page"): "failed",
        ("off", "service"): "done",
    }


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize(
    ("mark", "text", "marked"),
    [
        ("off", "<p>Coffee shop</p>", False),
        ("off", "<p>Coffee shop, off for tonight</p>", True),
        ("wartung", "<p>Systemwartung bis 3 Uhr</p>", True),
        ("maintenance", "<body class=under_maintenance>", True),
        ("Wartung", "<h1>Wartungsarbeiten</h1>", True),
        ("soon", "<i>clock</i>back&nbsp;soon", True),
        ("ปิดปรับปรุง", "<p>ขณะนี้ปิดปรับปรุงระบบ</p>", True),
        ("(503)", "<h1>Closed(503)</h1>", True),
    ],
)
def test_a_mark_in_the_body_begins_where_a_word_begins(mark: str, text: str, marked: bool) -> None:
    world = World()
    world.on_web("app", answer(503, text=text))
    step = box("maintenance", MAINTENANCE + f'mark = {{ body = "{mark}" }}')
    assert (execute(step, context(world)).state == "done") is marked


def test_the_mark_is_in_the_plan_and_in_what_is_seen() -> None:
    assert plan(box("maintenance", HEADER)).endswith("expects status 503, with the header X-Maintenance: 1")
    assert plan(box("maintenance", BODY.replace('"on"', '"off"'))).endswith("200, without the text “back soon”")
    world = World()
    world.on_web("app", answer(503))
    assert execute(box("maintenance", BODY), context(world)).summary == (
        "Maintenance should be on, but app/ answers 503 without the text “back soon”."
    )


@pytest.mark.parametrize("mark", ["{}", '{ header = "a", body = "b" }', '{ body = "b", value = "c" }'])
def test_a_mark_names_either_a_header_or_a_text(mark: str) -> None:
    with pytest.raises(ValidationError, match="names either a header"):
        box("maintenance", MAINTENANCE + f"mark = {mark}")


def test_an_answer_of_a_cache_does_not_show_that_requests_are_let_in() -> None:
    world = World()
    world.on_web("app", replace(answer(200), headers={"age": "12"}))
    outcome = execute(box("maintenance", OFF), context(world))
    assert outcome.summary == "Maintenance should be off, but app/ is answered by a cache (age: 12)."
