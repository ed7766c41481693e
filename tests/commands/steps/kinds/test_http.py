"""`http`: checks answers, never sends a request twice that creates something, and cleans up."""

from __future__ import annotations

import pytest

from commands.steps.base import execute
from state.errors import Down, LostTrack, Unreachable
from tests.commands.steps.builders import box, context, plan
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
    assert text.startswith('POST /api/jobs on api with {"jobTypeId": 5, "subject": "Test <run>"}, expects status 201')
    assert text.endswith("DELETE /api/jobs/<job> on api afterwards")
    assert "TOKEN" not in text


def test_values_are_taken_from_the_answer_and_filled_in() -> None:
    world = World()
    outcome = execute(box("http", CREATE), context(world))
    assert (outcome.state, outcome.values) == ("done", {"job": "1"}), outcome.lines
    assert world.jobs == {1: "Test 1"}


def test_the_placeholder_number_is_not_an_input() -> None:
    assert box("http", CREATE).inputs() == {"run"}


def test_the_created_entry_is_deleted() -> None:
    world = World()
    assert execute(box("http", CREATE + 'clean_up = "/api/jobs/<job>"'), context(world)).state == "done"
    assert world.jobs == {}


def test_an_entry_that_is_left_behind_is_reported() -> None:
    world = World()
    world.on_web("DELETE", answer(500))
    outcome = execute(box("http", CREATE + 'clean_up = "/api/jobs/<job>"'), context(world))
    assert outcome.state == "failed"
    assert outcome.summary.endswith(", but what it created is left behind at /api/jobs/1: DELETE answered 500.")


def test_a_wrong_status_fails_and_is_measured() -> None:
    world = World()
    world.on_web("POST", answer(500, text="Internal error"))
    outcome = execute(box("http", CREATE), context(world))
    assert (outcome.state, outcome.summary) == ("failed", "Status 500 instead of 201.")
    assert outcome.measures["failed"] == 1


def test_wrong_fields_are_listed() -> None:
    world = World()
    world.on_web("POST", answer(201, {"id": 1, "status": "pending_approval"}))
    outcome = execute(box("http", CREATE), context(world))
    assert outcome.lines == (
        "status is 'pending_approval' instead of 'assigned'.",
        "assigneeId is missing or null instead of '<number>'.",
    )


def test_a_lost_post_is_unknown_and_not_sent_again() -> None:
    world = World()
    world.on_web("POST", LostTrack("No whole answer came."))
    outcome = execute(box("http", CREATE), context(world))
    assert outcome.state == "unknown"
    assert len(world.calls) == 1
    assert box("http", CREATE).recover(context(world)) is None


def test_a_get_is_sent_again_while_nothing_answers() -> None:
    world = World()
    refusals = [Unreachable("Nobody listens."), Unreachable("Nobody listens.")]
    world.on_web("GET", lambda call: refusals.pop() if refusals else answer(data={"status": "ok"}))
    outcome = execute(box("http", 'web = "api"\npath = "/h"\nexpect = { status = "ok" }'), context(world))
    assert outcome.state == "done", outcome.summary
    assert len(world.calls) == 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_that_is_down_is_measured_as_failed(method: str) -> None:
    world = World()
    world.on_web("", Down("Nobody answers at its address."))
    outcome = execute(box("http", f'web = "api"\npath = "/h"\nmethod = "{method}"'), context(world))
    assert (outcome.state, outcome.inconclusive, outcome.measures["failed"]) == ("failed", False, 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_if_the_bot_itself_cannot_connect_nothing_is_measured(method: str) -> None:
    world = World()
    world.on_web("", Unreachable("Its name cannot be resolved here."))
    outcome = execute(box("http", f'web = "api"\npath = "/h"\nmethod = "{method}"'), context(world))
    assert (outcome.state, outcome.inconclusive, outcome.measures) == ("failed", True, {})


def test_any_of_several_statuses_is_accepted() -> None:
    step = box("http", 'web = "api"\nmethod = "DELETE"\npath = "/api/jobs/77"\nstatus = [200, 404]')
    assert execute(step, context(World())).state == "done"


EACH = """
web = "api"
method = "DELETE"
path = "/api/jobs/<job>"
status = [200, 404]
each = { path = "/api/jobs", where = { subject = "Test <run>" }, values = { job = "id" } }
"""


def test_each_deletes_the_known_entry_and_then_the_listed_ones() -> None:
    world = World()
    world.jobs = {5: "Test 1", 6: "Other", 7: "Test 1"}
    outcome = execute(box("http", EACH), context(world, {"job": "7"}))
    assert (outcome.state, world.jobs) == ("done", {6: "Other"}), outcome
    assert outcome.summary.startswith("DELETE /api/jobs/7: 200 in 50 ms; DELETE /api/jobs/5: 200")


def test_each_without_a_known_entry_reports_that_nothing_is_listed() -> None:
    world = World()
    assert box("http", EACH).inputs() == {"run"}
    outcome = execute(box("http", EACH), context(world))
    assert outcome.summary == "Nothing to DELETE: there are no entries of /api/jobs with subject = Test 1."
    assert [call[0] for call in world.calls] == ["GET"]


def test_each_fails_if_the_list_or_the_delete_fails() -> None:
    world = World()
    world.on_web("GET", answer(502))
    outcome = execute(box("http", EACH), context(world))
    assert outcome.state == "failed"
    assert outcome.summary == (
        "/api/jobs on api gave no list: entries of /api/jobs with subject = Test 1 may still exist. "
        "Check, and delete them."
    )
    world = World()
    world.jobs = {5: "Test 1"}
    world.on_web("DELETE", answer(500))
    assert execute(box("http", EACH), context(world)).summary == "DELETE /api/jobs/5: Status 500 instead of 200 or 404."


def test_each_deletes_nothing_by_a_value_whose_secret_is_masked() -> None:
    world = World()
    world.on_web("GET", answer(data=[{"id": "/x?sig=•••", "subject": "Test 1"}]))
    text = EACH.replace('{ job = "id" }', '{ job = { field = "id", type = "text" } }')
    outcome = execute(box("http", text), context(world))
    assert outcome.state == "failed"
    assert "<job> (field `id` of an entry of /api/jobs) is not kept, because a secret stands there." in outcome.summary
    assert [call[0] for call in world.calls] == ["GET"]


def test_each_is_in_the_plan() -> None:
    assert plan(box("http", EACH)).endswith(
        "the same for every entry of GET /api/jobs on api with subject = Test <run>"
    )


def test_the_paths_that_it_deletes_are_known() -> None:
    assert box("http", CREATE + 'clean_up = "/api/jobs/<job>"').deleted_paths() == ("/api/jobs/<job>",)
    assert box("http", EACH).deleted_paths() == ("/api/jobs/<job>",)
    assert box("http", CREATE).deleted_paths() == ()


def test_a_plan_writes_a_value_as_the_page_does() -> None:
    (line,) = box("http", 'web = "api"\npath = "/h"\nexpect = { success = true }').plan()
    assert line.endswith(", success = true")
