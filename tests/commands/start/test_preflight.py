"""The preflight: the order and the limits of its checks, and what becomes of the results."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import cast

import pytest

from commands.ports.preflight import FAIL, OK, WARN, PreflightCheck, PreflightContext, PreflightResult
from commands.runbook import Page
from commands.start.preflight import PreflightLine, environment_lines, in_parallel, require_no_failures, run_preflight
from commands.steps.base import StepBox
from commands.systems.preflight.hosts import ProgramsCheck
from state.errors import Refused, Unreachable
from tests.pages import small
from tests.production import rows
from tests.world import World

PAGE = small()


@dataclass(frozen=True)
class FakeCheck:
    """A check that notes its name when it runs."""

    name: str
    place: tuple[str, str]
    ran: list[str] = field(compare=False)
    late: bool = False
    level: str = OK

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        self.ran.append(f"{self.name} at {ctx.ref}")
        return [PreflightResult(level=self.level, summary=self.name)]


def with_checks(*checks: PreflightCheck) -> Page:
    """The small page, whose deploy step has these checks."""
    page = small()
    box = SimpleNamespace(preflight=lambda: list(checks))
    return replace(page, steps=(replace(page.step("put-the-code-there"), box=cast("StepBox", box)),))


BACKEND, API = ("hosts", "backend"), ("webs", "api")


def run(page: Page, world: World, ref: str = "", limit: float = 5) -> list[str]:
    """The lines about the page's places, without those that say that the place answers."""
    lines = run_preflight(page, world.tools(), ref, limit=limit)
    return [str(line) for line in lines if not re.search(r"logged in as|answers \(", str(line))]


def test_the_checks_of_a_place_run_in_order_after_it_answered_and_late_ones_last() -> None:
    ran: list[str] = []
    late = FakeCheck("late", BACKEND, ran, late=True)
    page = with_checks(late, FakeCheck("one", BACKEND, ran), FakeCheck("two", BACKEND, ran))
    assert run(page, World(), "v2") == [
        "ok    host backend: one",
        "ok    host backend: two",
        "ok    host backend: late",
    ]
    assert ran == ["one at v2", "two at v2", "late at v2"]


def test_without_a_ref_the_pages_own_is_checked() -> None:
    ran: list[str] = []
    run(with_checks(FakeCheck("one", BACKEND, ran)), World())
    assert ran == ["one at main"]


def test_equal_checks_run_once_and_the_programs_of_a_host_are_one_check() -> None:
    ran: list[str] = []
    world = World()
    page = with_checks(
        FakeCheck("one", BACKEND, ran),
        ProgramsCheck(host="backend", names=("git",)),
        FakeCheck("one", BACKEND, ran),
        ProgramsCheck(host="backend", names=("npm", "git")),
        ProgramsCheck(host="other", names=("node",)),
    )
    assert run(page, world) == [
        "ok    host backend: programs found: git, npm",
        "ok    host backend: one",
        "ok    host other: programs found: node",
    ]
    assert ran == ["one at main"]


def test_equal_lines_are_shown_once() -> None:
    ran: list[str] = []
    page = with_checks(FakeCheck("same", BACKEND, ran), FakeCheck("same", BACKEND, ran, level=FAIL, late=True))
    assert run(page, World()) == ["ok    host backend: same", "fail  host backend: same"]
    twins = with_checks(FakeCheck("same", BACKEND, ran), FakeCheck("same", BACKEND, ran, late=True))
    assert run(twins, World()) == ["ok    host backend: same"]


def test_in_a_place_that_does_not_answer_nothing_else_is_checked_and_elsewhere_all() -> None:
    ran: list[str] = []
    checks = [
        FakeCheck(f"{place[1]} {late}", place, ran, late=late) for late in (True, False) for place in (BACKEND, API)
    ]
    world = World()
    world.unreachable()
    lines = run(with_checks(*checks), world)
    assert ran == ["api False at main", "api True at main"]
    assert [line for line in lines if line.startswith("fail")] == [
        "fail  host backend: It cannot be reached: nobody listens there."
    ]


def test_a_failed_check_does_not_stop_the_checks_after_it() -> None:
    ran: list[str] = []
    page = with_checks(FakeCheck("one", BACKEND, ran, level=FAIL), FakeCheck("two", BACKEND, ran))
    assert run(page, World()) == ["fail  host backend: one", "ok    host backend: two"]


def test_a_place_that_is_no_host_database_or_web_has_its_own_name() -> None:
    assert run(with_checks(FakeCheck("one", ("browser", ""), [])), World()) == ["ok    browser: one"]


def test_every_place_of_the_page_must_answer() -> None:
    page = small(
        **{'[webs.api]\nurl = "$SHOP_URL"\n': '[webs.api]\nurl = "$SHOP_URL"\n[databases.shop]\nurl = "$DB"\n'}
    )
    world = World()
    world.on_sql("server_version", rows("shop", "16.4", False, False, None))
    lines = run_preflight(page, world.tools(), "", limit=5)
    assert [(line.about, line.result.level) for line in lines if line.about != "host backend"] == [
        ("database shop", OK),
        ("web api", OK),
    ]


def test_places_are_checked_in_parallel_and_a_silent_one_fails() -> None:
    hang = threading.Event()
    both = threading.Barrier(2, timeout=60)

    def silent() -> list[PreflightLine]:
        hang.wait(30)
        return []

    def meets() -> list[PreflightLine]:
        both.wait()
        return [PreflightLine(about="meets", result=PreflightResult(level=OK, summary="met"))]

    lines = in_parallel({"silent": silent, "one": meets, "two": meets}, 1.0)
    assert not hang.is_set()
    hang.set()
    assert [str(line) for line in lines] == [
        "fail  silent: gave no answer within 1 s: it hangs, or it or the bot's machine is far too slow; check it",
        "ok    meets: met",
        "ok    meets: met",
    ]


def test_late_checks_get_a_second_at_least_when_the_others_used_up_the_limit() -> None:
    hang = threading.Event()

    class HangingCheck(FakeCheck):
        def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
            hang.wait(30)
            return super().run_preflight(ctx)

    page = with_checks(HangingCheck("slow", BACKEND, []), FakeCheck("late", API, [], late=True))
    lines = run(page, World(), limit=0.6)
    hang.set()
    assert lines == [
        "fail  host backend: gave no answer within 1 s: it hangs, or it or the bot's machine is far too slow; check it",
        "ok    web api: late",
    ]


def test_lines_before_an_error_are_kept() -> None:
    def broken() -> Iterator[PreflightLine]:
        yield PreflightLine(about="a", result=PreflightResult(level=OK, summary="logged in"))
        raise Unreachable("nobody there")

    assert [str(line) for line in in_parallel({"a": broken}, 2)] == ["ok    a: logged in", "fail  a: nobody there"]


def test_an_internal_error_shows_its_name_and_no_secret() -> None:
    def broken() -> list[PreflightLine]:
        raise ValueError("postgresql://me:secret@host")

    assert [str(line) for line in in_parallel({"b": broken}, 2)] == [
        "fail  b: internal error in the bot during this check (ValueError): please report it"
    ]


def test_variables_that_are_not_set_are_named_in_one_line() -> None:
    assert [str(line) for line in environment_lines(["A", "B"])] == [
        "fail  environment: not set: A, B: set them in the bot's environment or its .env file"
    ]
    assert [str(line) for line in environment_lines([])] == [
        "ok    environment: every variable that the page names is set"
    ]


@pytest.mark.parametrize("found", ["SHOP_SHH", "SHOPS_SSH", "shop_ssh"])
def test_a_misspelt_variable_is_named_beside_the_one_that_is_not_set(found: str) -> None:
    (line,) = environment_lines(["SHOP_SSH"], ["PATH", found, "SHOP_SSH_KEY_FILE"])
    assert line.result.todo.endswith(f"or its .env file. {found} is set: is SHOP_SSH meant?")


def test_another_variable_is_not_taken_for_a_misspelt_one() -> None:
    (line,) = environment_lines(["SHOP_SSH"], ["PATH", "SHOP_URL", "SHOP_SSH_KEY_FILE"])
    assert line.result.todo == "set them in the bot's environment or its .env file"


def test_a_start_is_refused_with_every_failure_and_what_to_do() -> None:
    lines = [
        *environment_lines(["A", "B"]),
        PreflightLine(about="host x", result=PreflightResult(level=FAIL, summary="nobody listens there")),
        PreflightLine(about="web y", result=PreflightResult(level=WARN, summary="answers 404")),
    ]
    with pytest.raises(Refused) as refused:
        require_no_failures(PAGE, iter(lines))
    assert str(refused.value) == (
        f"{PAGE.title} was not started. Fix this first; `gonogo doctor small.md` checks it again:\n"
        "• environment: not set: A, B → set them in the bot's environment or its .env file\n"
        "• host x: nobody listens there"
    )


def test_without_failures_the_warnings_come_back() -> None:
    lines = [
        *environment_lines([]),
        PreflightLine(about="web y", result=PreflightResult(level=WARN, summary="answers 404", todo="check it")),
        PreflightLine(about="web z", result=PreflightResult(level=WARN, summary="is slow")),
    ]
    assert require_no_failures(PAGE, iter(lines)).warnings == ("web y: answers 404 → check it", "web z: is slow")


def test_what_the_checks_keep_for_the_run_comes_back() -> None:
    found = PreflightResult(level=OK, summary="v2 is commit abc", kept=(("h $REPO v2", "abc"),))
    lines = [PreflightLine(about="host h", result=found), *environment_lines([])]
    assert require_no_failures(PAGE, iter(lines)).kept == (("h $REPO v2", "abc"),)
