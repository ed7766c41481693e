"""`http` judges answers, and never sends twice what makes something."""

from __future__ import annotations

import pytest

from commands.steps.base import execute
from state.errors import Down, LostTrack, Unreachable
from tests.commands.steps.making import box, context, plan
from tests.production import answer
from tests.world import World

CREATE = """
web = "api"
method = "POST"
path = "/api/jobs"
headers = { Authorization = "Bearer $TOKEN" }
json = { jobTypeId = 5, subject = "Test <run>" }
status = 201
expect = { status = "assigned", assigneeId = "<number>" }
values = { job = "id" }
"""


def test_the_plan_shows_the_request() -> None:
    text = plan(box("http", CREATE + 'clean_up = "/api/jobs/<job>"'))
    assert text.startswith("POST api/api/jobs with {'jobTypeId': 5, 'subject': 'Test <run>'}, expects status 201")
    assert text.endswith("DELETE api/api/jobs/<job> afterwards")
    assert "TOKEN" not in text


def test_values_are_kept_and_filled_in() -> None:
    world = World()
    found = execute(box("http", CREATE), context(world))
    assert (found.state, found.values) == ("done", {"job": "1"}), found.lines
    assert world.jobs == {1: "Test 1"}


def test_a_number_that_is_expected_is_no_value_of_another_step() -> None:
    assert box("http", CREATE).inputs() == {"run"}


def test_what_it_made_is_cleaned_up() -> None:
    world = World()
    assert execute(box("http", CREATE + 'clean_up = "/api/jobs/<job>"'), context(world)).state == "done"
    assert world.jobs == {}


def test_what_is_left_behind_is_said() -> None:
    world = World()
    world.on_web("DELETE", answer(500))
    found = execute(box("http", CREATE + 'clean_up = "/api/jobs/<job>"'), context(world))
    assert found.state == "failed"
    assert "left behind at /api/jobs/1" in found.summary


def test_an_answer_of_500_fails_and_is_measured() -> None:
    world = World()
    world.on_web("POST", answer(500, text="Internal error"))
    found = execute(box("http", CREATE), context(world))
    assert (found.state, found.summary) == ("failed", "Answered 500 instead of 201.")
    assert found.measures["failed"] == 1


def test_a_wrong_field_is_named() -> None:
    world = World()
    world.on_web("POST", answer(201, {"id": 1, "status": "pending_approval"}))
    found = execute(box("http", CREATE), context(world))
    assert found.lines == (
        "status is 'pending_approval' instead of 'assigned'.",
        "assigneeId is None instead of '<number>'.",
    )


def test_a_lost_post_is_unknown_and_not_repeated() -> None:
    world = World()
    world.on_web("POST", LostTrack("No whole answer came."))
    found = execute(box("http", CREATE), context(world))
    assert found.state == "unknown"
    assert len(world.calls) == 1
    assert box("http", CREATE).recover(context(world)) is None


def test_a_get_is_tried_again_while_nobody_listens() -> None:
    world = World()
    refusals = [Unreachable("Nobody listens."), Unreachable("Nobody listens.")]
    world.on_web("GET", lambda call: refusals.pop() if refusals else answer(data={"status": "ok"}))
    found = execute(box("http", 'web = "api"\npath = "/h"\nexpect = { status = "ok" }'), context(world))
    assert found.state == "done", found.summary
    assert len(world.calls) == 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_that_takes_no_connection_is_measured_as_failed(method: str) -> None:
    world = World()
    world.on_web("", Down("Nobody answers at its address."))
    found = execute(box("http", f'web = "api"\npath = "/h"\nmethod = "{method}"'), context(world))
    assert (found.state, found.inconclusive, found.measures["failed"]) == ("failed", False, 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_where_the_bot_itself_finds_no_way_nothing_is_measured(method: str) -> None:
    world = World()
    world.on_web("", Unreachable("Its name cannot be resolved here."))
    found = execute(box("http", f'web = "api"\npath = "/h"\nmethod = "{method}"'), context(world))
    assert (found.state, found.inconclusive, found.measures) == ("failed", True, {})


def test_one_of_several_statuses_is_enough() -> None:
    step = box("http", 'web = "api"\nmethod = "DELETE"\npath = "/api/jobs/77"\nstatus = [200, 404]')
    assert execute(step, context(World())).state == "done"


TRACE = CREATE + 'trace = { path = "/api/jobs", where = { subject = "Test <run>" } }\n'


def test_the_trace_is_in_the_plan() -> None:
    assert plan(box("http", TRACE)).endswith(
        "after a crash: GET api/api/jobs, served if an entry has subject = Test <run>"
    )


def test_after_a_cut_a_request_that_left_its_trace_is_judged_and_not_sent_again() -> None:
    world = World()
    world.on_web(
        "GET", answer(data=[{"id": 7, "subject": "Test 1", "status": "assigned"}, {"id": 6, "subject": "Other"}])
    )
    found = box("http", TRACE).recover(context(world))
    assert (found.state, found.values) == ("done", {"job": "7"}), found
    assert [call[0] for call in world.calls] == ["GET"]


def test_after_a_cut_a_request_without_a_trace_at_the_target_is_sent() -> None:
    world = World()
    world.on_web("GET", answer(data=[{"id": 6, "subject": "Other"}]))
    assert box("http", TRACE).recover(context(world)).state == "done"
    assert [call[0] for call in world.calls] == ["GET", "GET", "GET", "POST"], "it was not waited for"


def test_after_a_cut_two_traces_or_an_answer_that_is_no_list_are_for_a_person() -> None:
    world = World()
    world.on_web("GET", answer(data=[{"subject": "Test 1"}, {"subject": "Test 1"}]))
    assert box("http", TRACE).recover(context(world)) is None
    world.on_web("GET", answer(text="<html>"))
    assert box("http", TRACE).recover(context(world)) is None
    assert {call[0] for call in world.calls} == {"GET"}


def test_after_a_cut_only_a_delete_that_may_find_nothing_is_sent_again() -> None:
    step = 'web = "api"\nmethod = "DELETE"\npath = "/api/jobs/77"\n'
    assert box("http", step + "status = [200, 404]").recover(context(World())).state == "done"
    assert box("http", step).recover(context(World())) is None


EACH = """
web = "api"
method = "DELETE"
path = "/api/jobs/<job>"
status = [200, 404]
each = { path = "/api/jobs", where = { subject = "Test <run>" }, values = { job = "id" } }
"""


def test_a_clean_up_deletes_what_it_knows_and_whatever_else_is_listed() -> None:
    world = World()
    world.jobs = {5: "Test 1", 6: "Other", 7: "Test 1"}
    found = execute(box("http", EACH), context(world, {"job": "7"}))
    assert (found.state, world.jobs) == ("done", {6: "Other"}), found
    assert found.summary.startswith("DELETE /api/jobs/7: 200 in 50 ms; DELETE /api/jobs/5: 200")


def test_a_clean_up_that_knows_nothing_looks_and_says_that_there_is_nothing() -> None:
    world = World()
    assert box("http", EACH).inputs() == {"run"}
    found = execute(box("http", EACH), context(world))
    assert found.summary == "Nothing to DELETE: there are no entries of /api/jobs that have subject = Test 1."
    assert [call[0] for call in world.calls] == ["GET"]


def test_a_clean_up_that_cannot_look_or_delete_fails_and_names_what_stays() -> None:
    world = World()
    world.on_web("GET", answer(502))
    found = execute(box("http", EACH), context(world))
    assert found.state == "failed"
    assert found.summary.endswith(
        "entries of /api/jobs that have subject = Test 1 may still be there; look, and delete them."
    )
    world = World()
    world.jobs = {5: "Test 1"}
    world.on_web("DELETE", answer(500))
    assert (
        execute(box("http", EACH), context(world)).summary == "DELETE /api/jobs/5: Answered 500 instead of 200 or 404."
    )


def test_the_plan_says_what_else_is_deleted() -> None:
    assert plan(box("http", EACH)).endswith("and so for every entry of GET api/api/jobs that has subject = Test <run>")
