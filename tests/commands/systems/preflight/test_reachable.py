"""The first check of every place: it is reachable, and the bot can work there."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from commands.ports.preflight import FAIL, OK, WARN, PreflightContext, PreflightResult
from commands.ports.web import HttpResponse
from commands.systems.preflight.reachable import ReachableCheck
from commands.text.durations import parse_duration
from state.errors import LostTrack, Unreachable
from tests.local_shell import LocalShell
from tests.production import answer, ended, rows
from tests.world import World


def run_preflight(world: World, sort: str) -> PreflightResult:
    """The one result for a place of that sort."""
    (result,) = ReachableCheck(place=(sort, "x")).run_preflight(PreflightContext(tools=world.tools(), ref="main"))
    return result


def test_this_machine_is_a_host_on_which_commands_can_run() -> None:
    tools = replace(World().tools(), shell=LocalShell({}))
    (result,) = ReachableCheck(place=("hosts", "h")).run_preflight(PreflightContext(tools=tools, ref="main"))
    assert result.level == OK, result.summary
    assert result.summary.endswith("; ~/.gonogo/jobs is writable")


@pytest.mark.parametrize(
    ("output", "code", "summary"),
    [
        ("user=me\nmissing=setsid\nfree=999999999\n", 0, "has no setsid, which every command there needs"),
        (
            "user=me\nclosed=yes\nfree=0\n",
            0,
            "~/.gonogo/jobs, where the bot keeps running commands, is not writable for this user",
        ),
        ("user=me\n", 1, "~/.gonogo/jobs, where the bot keeps running commands, is not writable for this user"),
        ("user=me\nfree=51200\n", 0, "only 50 MB free in the home folder"),
    ],
)
def test_a_host_on_which_no_command_can_run_is_named_with_the_reason(output: str, code: int, summary: str) -> None:
    world = World()
    world.on_host("gonogo/jobs", ended(output, code))
    result = run_preflight(world, "hosts")
    assert (result.level, result.summary) == (FAIL, summary)
    assert result.todo


@pytest.mark.fault("found too late, known before")
def test_a_home_where_nothing_can_be_written_though_there_is_room_is_named() -> None:
    # a limit of this kind stands for a quota: the free space does not show it either
    within = ("env", "--ignore-signal=XFSZ", "prlimit", "--fsize=65536", "--")
    tools = replace(World().tools(), shell=LocalShell({}, within=within))
    (result,) = ReachableCheck(place=("hosts", "h")).run_preflight(PreflightContext(tools=tools, ref="main"))
    what = "1 MB could not be written in the home folder, though there is room: File too large"
    assert (result.level, result.summary) == (FAIL, what)


def test_a_host_that_reports_no_free_space_passes() -> None:
    world = World()
    world.on_host("gonogo/jobs", ended("user=me\nfree=\n"))
    assert run_preflight(world, "hosts").summary == "logged in as me; ~/.gonogo/jobs is writable"


@pytest.mark.parametrize(
    ("row", "level", "summary"),
    [
        (("me", "16.4 (Debian 16.4-1)", False, False, None), OK, "PostgreSQL 16.4, as me"),
        (("me", "16.4", True, True, None), FAIL, "is a standby, which accepts no writes"),
        (("me", "16.4", False, True, None), WARN, "user me is read-only by default"),
    ],
)
def test_a_database_must_be_a_primary_that_accepts_writes(
    row: tuple[str, str, bool, bool, None], level: str, summary: str
) -> None:
    world = World()
    world.on_sql("server_version", rows(*row))
    result = run_preflight(world, "databases")
    assert (result.level, result.summary) == (level, summary)


@pytest.mark.parametrize(
    ("status", "level", "summary"),
    [
        (200, OK, "answers (200 in 0.3 s)"),
        (404, OK, "answers (404 in 0.3 s)"),
        (503, OK, "answers (503 in 0.3 s)"),
        (500, WARN, "answers 500 at /"),
        (502, WARN, "answers 502 at /"),
    ],
)
def test_a_web_place_may_answer_anything_but_an_error_of_its_own(status: int, level: str, summary: str) -> None:
    world = World()
    world.on_web("GET x /", HttpResponse(status=status, seconds=0.26, headers={}, text=""))
    result = run_preflight(world, "webs")
    assert (result.level, result.summary) == (level, summary)


def test_a_web_place_whose_answer_never_comes_is_a_failure() -> None:
    world = World()
    world.on_web("GET x /", LostTrack("GET /: “x” did not answer within 8 s."))
    result = run_preflight(world, "webs")
    assert (result.level, result.summary) == (FAIL, "GET /: “x” did not answer within 8 s.")


@pytest.mark.parametrize(("sort", "world_sort"), [("hosts", "host"), ("databases", "sql"), ("webs", "web")])
def test_an_unreachable_place_raises_its_own_error(sort: str, world_sort: str) -> None:
    world = World()
    world.unreachable(world_sort)
    with pytest.raises(Unreachable):
        run_preflight(world, sort)


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize(
    ("life", "left", "warned"),
    [
        ("90 d", "30 d", False),
        ("90 d", "47 h", True),
        ("160 h", "53 h", False),  # of Let's Encrypt, at a third of its life
        ("160 h", "39 h", True),
        ("24 h", "8 h", False),  # of a CA of one's own
        ("24 h", "5 h", True),
        ("12 h", "4 h", False),
        ("12 h", "2 h", True),
    ],
)
def test_a_certificate_is_judged_by_how_long_it_is_valid(life: str, left: str, warned: bool) -> None:
    world = World(rate=1)
    last = world.clock.now() + parse_duration(left)
    world.on_web("GET x", replace(answer(200), valid=(last - parse_duration(life), last)))
    check = ReachableCheck(place=("webs", "x"))
    ok, *more = check.run_preflight(PreflightContext(tools=world.tools(), ref="main"))
    assert ok.level == OK
    assert [one.level for one in more] == [WARN] * warned
    assert all(re.match(r"its certificate ends in (1 d )?\d+ h .*\(at .* UTC\)$", one.summary) for one in more)
