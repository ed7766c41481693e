"""Entries of a JSON list are found by their fields, waited for, and deleted."""

from __future__ import annotations

from typing import Any

import pytest

from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.shared.json_entries import CleanUp, Each, Trace, delete_entry
from commands.systems.json_lists import Listed
from state.errors import LostTrack
from tests.commands.steps.builders import context
from tests.production import answer
from tests.world import World

TRACE = Trace(path="/jobs/<ref>", where={"subject": "Test <run>", "by.name": "bot"})
ENTRIES = [
    {"id": 1, "subject": "Test 1", "by": {"name": "bot"}},
    {"id": 2, "subject": "Test 1", "by": {"name": "ann"}},
    {"id": 3, "subject": "Other", "by": {"name": "bot"}},
    "no object",
]


def world_listing(entries: Any) -> World:
    world = World()
    world.on_web("GET api /jobs/main$", answer(data=entries))
    return world


def test_an_entry_must_match_every_field() -> None:
    found = TRACE.find(context(world_listing(ENTRIES)), "api", {})
    assert ([entry["id"] for entry in found.entries], found.doubt) == ([1], "")


@pytest.mark.fault("one text, two readers")
def test_a_number_is_not_the_same_as_true() -> None:
    trace = Trace(path="/jobs/<ref>", where={"done": True})
    found = trace.find(context(world_listing([{"id": 1, "done": 1}, {"id": 2, "done": True}])), "api", {})
    assert [entry["id"] for entry in found.entries] == [2]


@pytest.mark.parametrize("response", [answer(data={"jobs": []}), answer(text="<html>")])
def test_an_answer_without_a_list_proves_nothing(response: Any) -> None:
    world = World()
    world.on_web("GET", response)
    assert TRACE.find(context(world), "api", {}) == Listed(entries=[], doubt="gave no list")


def test_an_entry_that_is_still_missing_is_asked_for_three_times() -> None:
    world = world_listing([])
    assert TRACE.wait_and_find(context(world), "api", {}) == Listed(entries=[])
    assert len(world.calls) == 3


def test_an_entry_that_appears_late_is_found() -> None:
    world = World()
    answers = iter([[], ENTRIES])
    world.on_web("GET", lambda _: answer(data=next(answers)))
    assert TRACE.wait_and_find(context(world), "api", {}).entries == ENTRIES[:1]


def test_a_list_inside_the_answer_is_found_by_its_field() -> None:
    wrapped = Trace(path="/jobs/<ref>", entries="data.jobs", where={"subject": "Test <run>"})
    found = wrapped.find(context(world_listing({"data": {"jobs": ENTRIES}, "total": 4})), "api", {})
    assert ([entry["id"] for entry in found.entries], found.doubt) == ([1, 2], "")
    other = wrapped.find(context(world_listing({"jobs": ENTRIES})), "api", {})
    assert other == Listed(entries=[], doubt="gave no list in `data.jobs`")


def test_a_page_of_a_longer_list_is_not_waited_for_and_proves_nothing() -> None:
    world = world_listing({"jobs": [], "total": 3002})
    found = Trace(path="/jobs/<ref>", entries="jobs", where={"subject": "x"}).wait_and_find(context(world), "api", {})
    assert found == Listed(entries=[], doubt="lists only 0 of its entries")
    assert len(world.calls) == 1


def test_the_list_and_the_deletion_may_have_headers_of_their_own() -> None:
    world = World()
    sent: list[dict[str, str]] = []

    def reply(call: HttpRequest) -> HttpResponse:
        sent.append({name: str(value) for name, value in call.headers.items()})
        return answer(200, [])

    world.on_web("", reply)
    request = {"Authorization": "Bearer $TOKEN"}
    for own in (None, {"X-Admin": "<run>"}, {}):
        Trace(path="/jobs", headers=own, where={"a": 1}).find(context(world), "api", request)
        CleanUp(path="/jobs/<job>", headers=own).run(context(world), "api", {"job": "7"}, request)
    assert sent == [request, request, {"X-Admin": "1"}, {"X-Admin": "1"}, {}, {}]
    assert world.calls[1] == ("DELETE", "api", "/jobs/7")


def test_the_condition_is_written_as_text() -> None:
    assert TRACE.condition() == "subject = Test <run>, by.name = bot"


def test_the_values_of_an_entry_replace_those_of_earlier_steps() -> None:
    each = Each.model_validate(
        {"path": "/jobs", "where": {"subject": "Test"}, "values": {"job": "id", "owner": "by.name"}}
    )
    values = each.context_of(context(World(), {"job": "9"}), ENTRIES[0]).values
    assert (values["job"], values["owner"], values["ref"]) == ("1", "bot", "main")


@pytest.mark.parametrize("status", [200, 202, 204, 404])
def test_nothing_is_left_behind_after_a_delete_that_succeeds_or_finds_nothing(status: int) -> None:
    world = World()
    world.on_web("DELETE", answer(status, {}))
    assert delete_entry(context(world), "api", "/jobs/1", {}) == ""


def test_a_delete_that_fails_names_what_is_left_behind() -> None:
    world = World()
    world.on_web("DELETE", answer(500))
    assert delete_entry(context(world), "api", "/jobs/1", {}) == (
        "what it created is left behind at /jobs/1: DELETE answered 500."
    )
    world.on_web("DELETE", LostTrack("“api” did not answer within 30 s."))
    assert delete_entry(context(world), "api", "/jobs/1", {}).endswith("/jobs/1: “api” did not answer within 30 s.")
