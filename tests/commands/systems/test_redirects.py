"""A redirect is never a yes, and what is said of it says where it leads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.ports.web import HttpResponse
from commands.steps.base import execute
from commands.systems.redirects import status_words
from tests.commands.steps.builders import box, context
from tests.production import answer
from tests.world import World

pytestmark = pytest.mark.fault("a cause that nobody has seen")


def redirect(location: str, status: int = 302) -> HttpResponse:
    """An answer that leads elsewhere."""
    return replace(answer(status), headers={"Location": location})


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("/login?next=/health&token=abc", "302 to /login"),
        ("https://u:secret@sso.example.com:8443/x?code=1#y", "302 to https://sso.example.com:8443/x"),
        ("//sso.example.com/x", "302 to http://sso.example.com/x"),
        ("?again=1", "302"),
        ("", "302"),
        ("http://[broken", "302"),
        ("/" + "x" * 500, "302 to /" + "x" * 59),
        ("/a\x1b[31m", r"302 to /a\x1b[31m"),
    ],
)
def test_where_it_leads_is_said_without_what_may_be_secret(location: str, said: str) -> None:
    assert status_words(redirect(location)) == said


@pytest.mark.parametrize("status", [200, 404, 201])
def test_of_another_answer_only_the_status_is_said(status: int) -> None:
    assert status_words(redirect("/jobs/1", status)) == str(status)


def test_a_step_names_the_log_in_page_to_which_its_path_leads() -> None:
    world = World()
    world.on_web("GET", redirect("/login?next=/health"))
    outcome = execute(box("http", 'web = "api"\npath = "/health"'), context(world))
    assert (outcome.state, outcome.summary) == ("failed", "Status 302 to /login instead of 200.")


def test_a_service_whose_health_address_leads_to_a_log_in_says_so() -> None:
    world = World()
    world.on_web("GET", redirect("/login"))
    ctx = context(world)
    step = box("service", 'host = "h"\nname = "api"\nweb = "api"\npath = "/health"\ncommit = "<commit>"')
    (problem,) = step.answer_problems(ctx, step.wait_for_commit(ctx, 0))
    assert "answers with status 302 to /login instead of commit = " in problem
