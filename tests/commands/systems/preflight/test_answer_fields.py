"""Before a run the application is asked whether its answers have the fields that steps read."""

from __future__ import annotations

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.ports.preflight import FAIL, OK, WARN
from commands.ports.web import HttpRequest, HttpResponse
from commands.runbook import read_page
from commands.start.preflight import run_preflight
from state.errors import Down
from tests.production import answer, rows
from tests.world import World

SHIPPED = read_pages(shipped_runbooks())["option-a.md"].text
SERVICE = SHIPPED[(_at := SHIPPED.index("```toml service")) : SHIPPED.index("```", _at + 3)]


@pytest.fixture
def world() -> World:
    """A production that meets everything the page needs."""
    world = World(rate=1)  # the check has some seconds of the clock
    world.on_sql("server_version", rows("dj_owner", "16.4", False, False, None))
    return world


def warnings(world: World, old: str = "", new: str = "") -> list[str]:
    """What the preflight warns of, on the shipped page with one text replaced."""
    assert old in SHIPPED
    page = read_page(SHIPPED.replace(old, new, 1) if old else SHIPPED, "option-a.md")
    lines = run_preflight(page, world.tools(), "", limit=10)
    assert not [line for line in lines if line.result.level == FAIL]
    return [f"{line.about}: {line.result.summary}" for line in lines if line.result.level == WARN]


def with_check(fields: str, before: str = "## Watch") -> tuple[str, str]:
    """A request added to the page's smoke tests."""
    heading = next(line for line in SHIPPED.splitlines() if "INTENSIVE MONITORING" in line or line == before)
    return heading, f'### Extra\n\n```toml http\nweb = "api"\n{fields}\n```\n\n{heading}'


def test_a_wrong_field_of_a_service_is_named_with_those_that_the_answer_has(world: World) -> None:
    (warning,) = warnings(
        world, SERVICE, SERVICE.replace('path = "/api/health"', 'path = "/api/health"\nfield = "sha"')
    )
    assert warning == (
        "web api_local: its answer to /api/health has no field `sha`, which `field` of `service` reads; it has `status`"
        " and `commit`"
    )


def test_a_health_address_that_is_not_there_is_named(world: World) -> None:
    world.on_web("GET api_local /nothing", answer(404, {}))
    (warning,) = warnings(world, SERVICE, SERVICE.replace("/api/health", "/nothing"))
    assert "answers 404 to /nothing, of which `field` of `service` reads `commit`" in warning


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            'path = "/api/health"\nexpect = { state = "ok" }',
            "has no field `state`, which `expect` of `http` reads; it has",
        ),
        (
            'path = "/api/health"\nvalues = { x = "build.id" }',
            "no field `build.id`, which `values` of `http` reads; it",
        ),
        (
            'path = "/api/health"\nanswers = "list"\nentries = "jobs"',
            "has no list `jobs`, which `entries` of `http` reads",
        ),
        (
            'method = "POST"\npath = "/api/x"\ntrace = { path = "/api/jobs", where = { name = "a" } }',
            "entry of its answer to /api/jobs has the field `name`, which `trace` of `http` reads; the first has `id`,",
        ),
        (
            'method = "DELETE"\npath = "/x/<j>"\neach = { path = "/api/jobs", where = { id = 1 }, values.j = "key" }',
            "has the field `key`, which `each` of `http` reads; the first has `id`,",
        ),
        (
            'path = "/login"\nexpect = { status = "ok" }',
            "its answer to /login is not JSON, and `expect` of `http` reads",
        ),
    ],
)
def test_every_field_that_a_request_reads_is_looked_for(world: World, fields: str, said: str) -> None:
    world.on_web("GET api /login", answer(text="<!doctype html>"))
    world.on_web("GET api /api/jobs", answer(data=[{"id": 1, "subject": "x", "status": "new"}, {"id": 2}]))
    assert [said in warning for warning in warnings(world, *with_check(fields))] == [True]


@pytest.mark.parametrize(
    "fields",
    [
        'path = "/api/new"\nexpect = { state = "ok" }',  # the new version brings it
        'path = "/api/health"\nexpect = { status = "other" }',  # values may change
        'path = "/api/jobs/<run>"\nexpect = { state = "ok" }',
        'path = "/api/down"\nexpect = { state = "ok" }',
        'path = "/api/cached"\nexpect = { state = "ok" }',
    ],
)
def test_what_says_nothing_about_the_present_version_warns_of_nothing(world: World, fields: str) -> None:
    world.on_web("GET api /api/new", answer(404, {}))
    world.on_web("GET api /api/down", Down("Connection refused."))
    old = answer(data={"x": 1})
    cached = HttpResponse(status=200, text=old.text, seconds=0.1, headers={"Age": "9"}, cut=False)
    world.on_web("GET api /api/cached", cached)
    assert warnings(world, *with_check(fields)) == []


def test_names_that_could_be_data_and_values_are_not_shown(world: World) -> None:
    data = {"jo@example.org": "geheim", "1234": 1, **{f"n{number}": "geheim" for number in range(12)}}
    world.on_web("GET api /api/people", answer(data=data))
    (warning,) = warnings(world, *with_check('path = "/api/people"\nexpect = { state = "ok" }'))
    assert warning.endswith("it has `n0`, `n1`, `n2`, `n3`, `n4`, `n5`, `n6`, `n7` and 6 more")
    assert "geheim" not in warning


def test_nothing_is_asked_twice_nor_longer_than_advice_may_take(world: World) -> None:
    def slow(request: HttpRequest) -> HttpResponse:
        world.clock.move(seconds=0.9)
        return answer(data={})

    world.on_web("GET api /api/slow", slow)
    many = "\n```\n\n".join(
        f'### Extra {number}\n\n```toml http\nweb = "api"\npath = "/api/slow{number % 5}"\nexpect = {{ state = "ok" }}'
        for number in range(10)
    )
    heading = with_check("")[0]
    warnings(world, heading, f"{many}\n```\n\n{heading}")
    asked = [path for _, _, path in world.calls if path.startswith("/api/slow")]
    assert len(asked) == len(set(asked)) < 5


def test_what_has_its_fields_is_said(world: World) -> None:
    lines = run_preflight(read_page(SHIPPED, "option-a.md"), world.tools(), "", limit=10)
    (line,) = (str(line) for line in lines if line.about == "web api_local" and "fields" in line.result.summary)
    assert line == f"{OK:<5} web api_local: has the fields that steps read, in its answers to /api/health"
