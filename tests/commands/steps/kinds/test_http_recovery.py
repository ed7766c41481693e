"""`http` after a crash: the `trace` shows whether the request was served."""

from __future__ import annotations

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
        "after a crash: GET api/api/jobs; it was served if an entry has subject = Test <run>"
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


def test_two_entries_or_an_answer_without_a_list_need_a_person() -> None:
    world = World()
    world.on_web("GET", answer(data=[{"subject": "Test 1"}, {"subject": "Test 1"}]))
    assert box("http", CREATE).recover(context(world)) is None
    world.on_web("GET", answer(text="<html>"))
    assert box("http", CREATE).recover(context(world)) is None
    assert {call[0] for call in world.calls} == {"GET"}


def test_a_delete_is_sent_again_only_if_it_accepts_404() -> None:
    delete = 'web = "api"\nmethod = "DELETE"\npath = "/api/jobs/77"\n'
    assert box("http", delete + "status = [200, 404]").recover(context(World())).state == "done"
    assert box("http", delete).recover(context(World())) is None


def test_a_get_is_simply_sent_again() -> None:
    world = World()
    assert box("http", 'web = "api"\npath = "/api/health"').recover(context(world)).state == "done"
    assert [call[0] for call in world.calls] == ["GET"]
