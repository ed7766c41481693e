"""`http` after a crash: the `trace` shows whether the request was served."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.base import execute
from commands.steps.page_fields import variables_in
from tests.commands.steps.builders import box, context, plan
from tests.production import answer
from tests.world import World

CREATE = """
web = "api"
method = "POST"
path = "/api/jobs"
json = { jobTypeId = 5, subject = "Test <run>" }
status = 201
expect = { status = "assigned", assigneeId = "<number>" }
values = { job = "id" }
trace = { path = "/api/jobs", where = { subject = "Test <run>" } }
"""


def test_the_trace_is_in_the_plan() -> None:
    assert plan(box("http", CREATE)).endswith(
        "after a crash: GET /api/jobs on api; it was served if an entry has subject = Test <run>"
    )


def test_a_request_whose_entry_exists_is_judged_by_it_and_not_sent_again() -> None:
    world = World()
    entries = [{"id": 7, "subject": "Test 1", "status": "assigned"}, {"id": 6, "subject": "Other"}]
    world.on_web("GET", answer(data=entries))
    outcome = box("http", CREATE).recover(context(world))
    assert (outcome.state, outcome.values) == ("done", {"job": "7"}), outcome
    assert [call[0] for call in world.calls] == ["GET"]


def test_a_request_without_an_entry_is_sent_after_a_short_wait() -> None:
    world = World()
    world.on_web("GET", answer(data=[{"id": 6, "subject": "Other"}]))
    assert box("http", CREATE).recover(context(world)).state == "done"
    assert [call[0] for call in world.calls] == ["GET", "GET", "GET", "POST"], "the entry might still have appeared"


@pytest.mark.fault("slow, taken for broken")
def test_a_slow_service_may_still_serve_the_request_of_a_bot_that_died_so_it_is_not_sent_again() -> None:
    world = World()
    began, ctx = world.clock.now(), context(world)
    entry = {"id": 7, "subject": "Test 1", "status": "assigned"}
    world.on_web("GET", lambda _: answer(data=[entry] if (world.clock.now() - began).total_seconds() >= 25 else []))
    outcome = box("http", CREATE).recover(replace(ctx, tried_at=began))
    assert (outcome.state, outcome.values) == ("done", {"job": "7"}), outcome
    assert {call[0] for call in world.calls} == {"GET"}


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_jumped_keeps_nobody_waiting_longer_than_a_request_may_take(hours: int) -> None:
    world = World()
    began, ctx = world.clock.now(), context(world)
    world.on_web("GET", answer(data=[]))
    tried_at = began + timedelta(hours=hours)
    assert box("http", CREATE).recover(replace(ctx, tried_at=tried_at)).state == "done"
    assert world.clock.now() - began < timedelta(minutes=10)


def test_two_entries_or_an_answer_without_a_list_need_a_person() -> None:
    world = World()
    world.on_web("GET", answer(data=[{"subject": "Test 1"}, {"subject": "Test 1"}]))
    assert box("http", CREATE).recover(context(world)) is None
    world.on_web("GET", answer(text="<html>"))
    outcome = box("http", CREATE).recover(context(world))
    assert (outcome.state, outcome.summary.endswith("is not known: /api/jobs on api gave no list.")) == (
        "unknown",
        True,
    )
    assert {call[0] for call in world.calls} == {"GET"}


def test_a_delete_is_sent_again_only_if_it_accepts_404() -> None:
    delete = 'web = "api"\nmethod = "DELETE"\npath = "/api/jobs/77"\n'
    assert box("http", delete + "status = [200, 404]").recover(context(World())).state == "done"
    assert box("http", delete).recover(context(World())) is None


def test_a_get_is_simply_sent_again() -> None:
    world = World()
    assert box("http", 'web = "api"\npath = "/api/health"').recover(context(world)).state == "done"
    assert [call[0] for call in world.calls] == ["GET"]


WRAPPED = CREATE.replace('path = "/api/jobs", where', 'path = "/api/jobs", entries = "jobs", where')


def test_the_plan_says_where_the_answer_has_its_list() -> None:
    assert "after a crash: `jobs` of GET /api/jobs on api; it was served" in plan(box("http", WRAPPED))
    toml = 'web = "api"\npath = "/api/jobs"\nanswers = "list"\nentries = "jobs"'
    assert plan(box("http", toml)).endswith("expects status 200, a JSON list in its field `jobs`")


@pytest.mark.fault("one text, two readers")
def test_a_lost_request_is_found_in_a_list_inside_the_answer() -> None:
    world = World()
    entry = {"id": 7, "subject": "Test 1", "status": "assigned"}
    world.on_web("GET", answer(data={"jobs": [entry], "total": 3002}))
    outcome = box("http", WRAPPED).recover(context(world))
    assert (outcome.state, outcome.values) == ("done", {"job": "7"}), outcome


def test_a_request_that_is_not_on_one_page_of_a_longer_list_is_never_sent_again() -> None:
    world = World()
    world.on_web("GET", answer(data={"jobs": [{"id": 6, "subject": "Other"}], "total": 3002}))
    outcome = box("http", WRAPPED).recover(context(world))
    assert (outcome.state, outcome.summary) == (
        "unknown",
        (
            "The bot was interrupted here. Whether it was served is not known: "
            "/api/jobs on api lists only 1 of its entries."
        ),
    )
    assert {call[0] for call in world.calls} == {"GET"}


def test_a_clean_up_of_one_page_of_a_longer_list_says_that_more_may_exist() -> None:
    each = """
    web = "api"
    method = "DELETE"
    path = "/api/jobs/<job>"
    each = { path = "/api/jobs", entries = "jobs", where = { subject = "Test <run>" }, values = { job = "id" } }
    """
    world = World()
    world.jobs = {7: "Test 1"}
    world.on_web("GET", answer(data={"jobs": [{"id": 7, "subject": "Test 1"}], "total": 3002}))
    outcome = execute(box("http", each), context(world))
    assert (outcome.state, world.jobs) == ("failed", {})
    assert (
        "/api/jobs on api lists only 1 of its entries: entries of /api/jobs with subject = Test 1 may still exist."
        in (outcome.summary)
    )


def test_what_was_created_is_deleted_with_headers_of_its_own() -> None:
    world = World()
    sent: list[str] = []

    def reply(call: HttpRequest) -> HttpResponse:
        sent.append(str(call.headers["X-Admin"]))
        return answer(204)

    world.on_web("DELETE", reply)
    toml = CREATE + 'clean_up = { path = "/api/jobs/<job>", headers = { X-Admin = "$ADMIN" } }'
    assert execute(box("http", toml), context(world)).state == "done"
    assert sent == ["$ADMIN"]
    assert box("http", toml).deleted_paths() == ("/api/jobs/<job>",)
    assert list(variables_in(box("http", toml))) == ["$ADMIN"]
