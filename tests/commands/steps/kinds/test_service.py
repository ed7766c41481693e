"""`service`: an online process and a healthy answer alone are not enough."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import pytest

from commands.ports.preflight import PreflightContext
from commands.ports.shell import CommandResult, Job, OutputListener, ignore_output
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.steps.shared.service import ServiceBox
from commands.steps.shared.service_preflight import not_steady
from commands.steps.value_types import fits
from commands.systems.services.manager import Phase, Process, State
from state.errors import Down, Failed, LostTrack, Unreachable
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.kinds.pm2_service import (
    SERVICE,
    nothing_json,
    processes_json,
    restart_result,
    service_json,
    state_result,
)
from tests.local_shell import LocalShell
from tests.production import NEW, OLD, answer, ended
from tests.world import World

ALLOWING = SERVICE + '\nallow = ["harmless"]'


def new_code(rate: float = 200.0) -> World:
    """A world in which the new code is checked out."""
    world = World(rate=rate)
    world.head = NEW
    return world


def test_the_plan_shows_the_restart_and_the_checks() -> None:
    text = plan(box("service", ALLOWING))
    assert '|   pm2 restart "$name" > /dev/null || printf' in text
    assert "--update-env" not in text
    assert "again after 10 s" in text


def test_a_good_restart_sets_the_log_offsets_from_before_it() -> None:
    outcome = execute(box("service", ALLOWING), context(new_code()))
    assert outcome.state == "done", outcome.summary
    assert outcome.summary == "dj-system-api is online with a new process at commit 2222222222, stable for 10 s."
    assert outcome.values["log_offset_err"] == "40:8:bb:1795449600.5"
    assert outcome.values["log_err"] == "/logs/err.log"


def test_the_moment_of_the_restart_is_by_the_bots_clock() -> None:
    world = new_code()
    world.on_host("now=%s", state_result(service_json(uptime=3600.0)))
    world.on_host("pm2 restart", restart_result(service_json(pid=100, restarts=3), service_json()))
    world.running = NEW
    began = world.clock.now()
    outcome = execute(box("service", ALLOWING), context(world))
    moment = datetime.fromisoformat(outcome.timestamps["restarted_at"]) + timedelta(hours=1)
    assert began < moment < world.clock.now()


def test_a_crash_loop_fails_the_step() -> None:
    world = new_code()
    world.on_host("now=%s", state_result(service_json(pid=109, restarts=9)))
    world.on_host("pm2 restart", restart_result(service_json(pid=100, restarts=3), service_json()))
    outcome = execute(box("service", ALLOWING), context(world))
    assert outcome.state == "failed"
    assert outcome.summary.startswith("dj-system-api did not start properly: ")
    assert "it was started again (4 → 9 restarts)" in outcome.summary


@pytest.mark.fault("compared with itself")
def test_a_service_that_still_runs_the_old_code_fails_the_step() -> None:
    world = World()
    outcome = execute(box("service", ALLOWING), context(world))
    assert outcome.state == "failed"
    assert f"/api/health on api answers commit = {OLD} instead of commit = {NEW}." in outcome.summary


@pytest.mark.fault("compared with itself")
def test_a_process_that_was_not_restarted_fails_the_step() -> None:
    world = new_code()
    world.on_host("now=%s", state_result(service_json(pid=100)))
    world.on_host("pm2 restart", restart_result(service_json(pid=100), service_json(pid=100)))
    assert "its process is not new" in execute(box("service", ALLOWING), context(world)).summary


@pytest.mark.parametrize(("uptime", "is_old"), [(59.0, False), (61.0, True)])
def test_a_new_pid_that_was_up_before_the_restart_fails_the_step(uptime: float, is_old: bool) -> None:
    world = new_code()
    world.on_host("pm2 restart", restart_result(service_json(pid=100, restarts=3), service_json(uptime=uptime)))
    outcome = execute(box("service", ALLOWING), context(world))
    assert ("right after the restart it was already up for" in outcome.summary) is is_old, outcome.summary


def test_new_error_lines_fail_the_step_but_allowed_ones_do_not() -> None:
    world = new_code()
    world.log_lines = ["ERROR harmless"]
    assert execute(box("service", ALLOWING), context(world)).state == "done"
    world.log_lines.append("FATAL cannot connect")
    outcome = execute(box("service", ALLOWING), context(world, attempt=2))
    assert outcome.state == "failed"
    assert "FATAL cannot connect" in outcome.lines


def test_with_steady_in_the_step_ends_as_soon_as_the_commit_is_served() -> None:
    world, step = new_code(rate=1), box("service", ALLOWING + '\nsteady = "1 h"\nsteady_in = "later"')
    opens = iter([Unreachable("nothing listens there"), answer(502), answer(data={"commit": NEW})])
    world.on_web("health", lambda _: next(opens))
    outcome = execute(step, context(world))
    assert outcome.summary == "dj-system-api is online with a new process at commit 2222222222."
    assert (outcome.values["pid"], outcome.values["restarts"]) == ("101", "4")
    assert not [script for script, _ in world.asked if "now=" in script], "it was checked again here too"


def test_with_steady_in_errors_and_an_old_process_still_fail_the_step() -> None:
    world, step = new_code(), box("service", ALLOWING + '\nsteady_in = "later"')
    world.log_lines = ["FATAL cannot connect"]
    assert "1 new line with error or fatal" in execute(step, context(world)).summary
    world.on_host("pm2 restart", restart_result(service_json(pid=100), service_json(pid=100)))
    assert "its process is not new" in execute(step, context(world, attempt=2)).summary


def test_steady_in_must_name_a_steady_step_of_the_same_service() -> None:
    step = box("service", SERVICE + '\nsteady_in = "later"')
    assert step.page_error({"later": box("steady", SERVICE)}) == ""
    other = SERVICE.replace("dj-system", "other")
    for boxes in ({}, {"later": box("service", SERVICE)}, {"later": box("steady", other)}):
        error = step.page_error(boxes)
        assert error == 'steady_in: the page has no `steady` step "later" for dj-system-api on h'


def test_two_steps_may_name_the_services_in_another_order() -> None:
    both = SERVICE.replace('name = "dj-system-api"', 'names = ["dj-system-api", "mail"]')
    turned = SERVICE.replace('name = "dj-system-api"', 'names = ["mail", "dj-system-api"]')
    now = processes_json({"service": "mail", "pid": 7}, {"pid": 101})
    turned_now = processes_json({"pid": 101}, {"service": "mail", "pid": 7})
    states = [
        box("steady", toml).read_state(state_result(state), "now")
        for toml, state in ((both, turned_now), (turned, now))
    ]
    assert [[one.pid for one in state.processes] for state in states] == [["101", "7"], ["101", "7"]]
    step = box("service", both + '\nsteady_in = "later"')
    assert step.page_error({"later": box("steady", turned)}) == ""
    assert step.changed_thing() == box("service", turned).changed_thing()


@pytest.mark.fault("a cause that nobody has seen")
def test_an_unknown_service_and_an_empty_list_of_pm2_are_told_apart() -> None:
    world = new_code()
    world.on_host("pm2 restart", restart_result(nothing_json("other"), nothing_json("other")))
    assert (
        execute(box("service", ALLOWING), context(world)).summary
        == "pm2 on host “h” has no service dj-system-api; it has other."
    )
    world.on_host("pm2 restart", restart_result(nothing_json(), nothing_json()))
    assert (
        "perhaps pm2 was not running (`pm2 resurrect` brings back what was saved), or another user's pm2 runs dj-"
        in execute(box("service", ALLOWING), context(world, attempt=2)).summary
    )


def test_a_health_check_that_answers_503_fails_the_step() -> None:
    world = new_code()
    world.on_web("health", answer(503))
    assert (
        "/api/health on api answers with status 503 instead of commit = "
        in execute(box("service", ALLOWING), context(world)).summary
    )


def test_after_a_crash_the_service_is_not_restarted_again() -> None:
    world, step = new_code(), box("service", ALLOWING)
    ctx = context(world)
    world.lose("pm2 restart")
    assert execute(step, ctx).state == "unknown"
    assert world.pid == 101
    assert step.recover(ctx).state == "done"
    assert world.pid == 101, "it was restarted twice"


BOTH_BEFORE = processes_json({"pid": 91, "restarts": 3}, {"pid": 92, "restarts": 3})


def restart_of_two(second_now: dict[str, object]) -> Outcome:
    world = new_code()
    world.on_host("pm2 restart", restart_result(BOTH_BEFORE, processes_json({}, {})))
    world.on_host("now=%s", state_result(processes_json({}, second_now)))
    world.running = NEW
    return execute(box("service", ALLOWING), context(world))


def test_all_processes_of_the_name_are_restarted_and_handed_on() -> None:
    outcome = restart_of_two({})
    assert outcome.summary == "dj-system-api is online with 2 new processes at commit 2222222222, stable for 10 s."
    assert (outcome.values["pid"], outcome.values["restarts"]) == ("101,102", "4,4")
    assert (outcome.values["log_err"], outcome.values["log_offset_err"]) == ("/e-0:/e-1", "6,6")
    types = box("service", ALLOWING).value_types()
    assert all(fits(value, types[name]) for name, value in outcome.values.items())


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ({"status": "errored", "pid": 0, "restarts": 17}, "pm2 reports the status of process 1 as errored"),
        ({"pid": 92}, "process 1 is not new"),
        ({"pid": 130, "restarts": 9}, "process 1 was started again (4 → 9 restarts)"),
    ],
)
def test_a_second_process_that_fails_fails_the_step(second: dict[str, object], problem: str) -> None:
    outcome = restart_of_two(second)
    assert (outcome.state, problem in outcome.summary) == ("failed", True), outcome.summary


def preflight(state: str, step: str = SERVICE) -> tuple[str, str]:
    world = World()
    world.on_host("now=%s", state_result(state))
    *_, check = box("service", step).preflight()
    (result,) = check.run_preflight(PreflightContext(tools=world.tools(), ref="main"))
    return result.level, result.summary


def test_the_preflight_names_every_process() -> None:
    assert preflight(processes_json({}, {})) == ("ok", "pm2 runs dj-system-api (2 processes: online, online)")
    assert preflight(processes_json({}, {"status": "errored"})) == (
        "warn",
        "pm2 does not run all of dj-system-api: online, errored",
    )


def test_a_process_that_two_of_the_names_mean_is_refused_before_the_start() -> None:
    """As a unit by its alias, or a service of pm2 beside its namespace."""
    two = 'host = "h"\nnames = ["dj-system-api", "shop"]'
    assert preflight(processes_json({"pid": 7}, {"pid": 7}), two) == (
        "fail",
        "two of the names mean the same process of dj-system-api, which would be restarted twice",
    )
    assert preflight(processes_json({"pid": 0}, {"pid": 0}), two)[0] == "ok"
    assert preflight(processes_json({"pid": 7}, {"pid": 7}))[0] == "ok", "what identifies them may be the same text"


@pytest.mark.parametrize(
    ("manager", "restarts", "uptime", "warned"),
    [("systemd", 8, 5.0, True), ("systemd", 8, 3600.0, False), ("systemd", 0, 5.0, False), ("pm2", 8, 5.0, False)],
)
def test_a_service_that_is_up_only_for_the_moment_is_named_before_a_run(
    manager: str, restarts: int, uptime: float, warned: bool
) -> None:
    step = box("service", f'host = "h"\nmanager = "{manager}"\nname = "worker"\n')
    assert isinstance(step, ServiceBox)
    process = Process(service="worker", pid="7", status="active", phase=Phase.UP, restarts=restarts, uptime=uptime)
    found = [one.what for one in not_steady(step, State(processes=(process,), logs={}))]
    assert found == (["systemd has started worker again 8 times, 5 s ago the last time"] if warned else [])


def test_the_preflight_says_if_a_log_keeps_no_lines() -> None:
    assert preflight(service_json(without_lines=["/dev/null"])) == (
        "warn",
        "/dev/null of dj-system-api keeps no lines, so no error is seen there",
    )


@pytest.mark.fault("found too late, known before")
def test_more_logs_than_a_value_can_hold_are_refused_before_the_start() -> None:
    many = [{"err": f"/home/deploy/.pm2/logs/dj-system-api-error-{number}.log"} for number in range(100)]
    assert preflight(processes_json(*many))[0] == "fail"


def test_a_log_that_cannot_be_read_is_named() -> None:
    world = new_code()
    world.on_host("now=%s", ended(f"moved=device /dev/null\nfound=0\nnow={service_json()}\n"))
    outcome = execute(box("service", ALLOWING), context(world))
    assert outcome.summary.endswith(
        "stable for 10 s. Not all of its logs were checked: /dev/null is not a file that keeps lines."
    )


def starting(world: World, seconds: float, before: object) -> None:
    """Let the health address answer so for some seconds, and then with the commit."""
    ready = world.clock.monotonic() + seconds
    world.on_web("health", lambda _: before if world.clock.monotonic() < ready else answer(data={"commit": NEW}))


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize(
    "before", [Down("refused"), LostTrack("cut"), answer(502), answer(503), answer(504), answer(data={"up": False})]
)
def test_a_healthy_service_that_needs_40_s_to_listen_is_waited_for(before: object) -> None:
    world = new_code()
    starting(world, 40, before)
    outcome = execute(box("service", ALLOWING), context(world))
    assert outcome.state == "done", outcome.summary


def test_the_page_says_how_long_a_start_may_take() -> None:
    world = new_code()
    starting(world, 100, answer(503))
    assert execute(box("service", ALLOWING), context(world)).state == "failed"
    starting(world, 100, answer(503))
    step = box("service", ALLOWING + '\nready_within = "2 min"')
    assert execute(step, context(world, attempt=2)).state == "done"
    assert "waits up to 2 min until it answers, as long as no process dies" in plan(step)


def test_another_commit_is_no_sign_of_a_start() -> None:
    world = World()
    began = world.clock.monotonic()
    assert execute(box("service", ALLOWING + '\nready_within = "20 min"'), context(world)).state == "failed"
    assert world.clock.monotonic() - began < 900


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"status": "errored", "pid": 0}, "pm2 reports its status as errored"),
        ({"pid": 109, "restarts": 9}, "it was started again (4 → 9 restarts)"),
    ],
)
@pytest.mark.parametrize("more", ["", '\nsteady_in = "later"'])
def test_a_process_that_dies_while_it_starts_is_seen_at_once(
    change: dict[str, object], problem: str, more: str
) -> None:
    world = new_code()
    starting(world, 1e9, answer(502))
    world.on_host("pm2 restart", restart_result(service_json(pid=100, restarts=3), service_json()))
    world.on_host("now=%s", state_result(service_json(**change)))
    began = world.clock.monotonic()
    outcome = execute(box("service", f'{ALLOWING}\nready_within = "20 min"{more}'), context(world))
    assert (outcome.state, problem in outcome.summary) == ("failed", True), outcome.summary
    assert world.clock.monotonic() - began < 900


def test_an_error_that_is_logged_while_it_starts_is_seen_at_once() -> None:
    world = new_code()
    starting(world, 1e9, answer(502))
    world.log_lines = ["FATAL cannot connect"]
    outcome = execute(box("service", f'{ALLOWING}\nready_within = "20 min"'), context(world))
    assert "1 new line with error or fatal" in outcome.summary


def test_a_slow_host_does_not_keep_the_service_from_being_seen_as_ready() -> None:
    world, ready = new_code(), Event()
    host_is_asked = Event()

    def slow(_: object) -> object:
        host_is_asked.set()
        assert ready.wait(30), "the health address was not asked while the host was"
        return state_result(service_json())

    def health(_: object) -> object:
        if not host_is_asked.is_set():
            return answer(502)
        ready.set()
        return answer(data={"commit": NEW})

    world.on_host("now=%s", slow)
    world.on_web("health", health)
    world.lock = nullcontext()  # type: ignore[assignment]  # the real tools answer side by side
    outcome = execute(box("service", ALLOWING + '\nsteady_in = "later"'), context(world))
    assert outcome.state == "done", outcome.summary


@pytest.mark.fault("compared with itself")
def test_an_answer_of_a_cache_is_no_evidence_of_the_commit() -> None:
    world = new_code()
    world.on_web("health", replace(answer(data={"commit": NEW}), headers={"age": "900", "x-cache": "HIT"}))
    outcome = execute(box("service", ALLOWING), context(world))
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert "/api/health on api answers from a cache (age: 900), so the service itself was not asked" in outcome.summary


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("said", "state"),
    [(NEW[:7], "done"), (NEW[:12].upper(), "done"), (NEW[:6], "failed"), (OLD[:7], "failed"), ("", "failed")],
)
def test_a_service_may_answer_the_first_digits_of_its_commit(said: str, state: str) -> None:
    world = new_code()
    world.on_web("health", answer(data={"commit": said}))
    assert execute(box("service", ALLOWING), context(world)).state == state


def test_what_is_wrong_beside_the_answer_of_a_cache_is_a_failure() -> None:
    world = new_code()
    world.on_web("health", replace(answer(data={"commit": NEW}), headers={"age": "900"}))
    world.log_lines = ["FATAL cannot connect"]
    assert not execute(box("service", ALLOWING), context(world)).inconclusive


class Slow(LocalShell):
    """A host on which the restart is killed at its limit, after it has said something."""

    SAID = "before=[]\nJob for api failed\nrestart_failed=api\nSee the journal"

    def run(self, host: str, job: Job, *, stop: Event, on_output: OutputListener = ignore_output) -> CommandResult:
        on_output(self.SAID)
        raise Failed("It ran over its limit of 600 s and was killed.", self.SAID)


def test_of_a_restart_people_see_the_managers_words_and_not_what_the_script_tells_the_bot() -> None:
    seen: list[str] = []
    ctx = replace(context(World(), shell=Slow({})), on_output=seen.append)
    outcome = execute(box("service", ALLOWING), ctx)
    words = ["Job for api failed", "See the journal"]
    assert (seen, list(outcome.lines), outcome.output) == (["\n".join(words)], words, "\n".join(words))


def test_of_several_services_the_one_address_is_what_answered_the_commit() -> None:
    world = new_code()
    world.running = NEW
    both = processes_json({"pid": 101}, {"service": "mail", "pid": 107})
    world.on_host("pm2 restart", restart_result(processes_json({"pid": 1}, {"service": "mail", "pid": 2}), both))
    world.on_host("now=%s", state_result(both))
    step = box("service", ALLOWING.replace('name = "dj-system-api"', 'names = ["dj-system-api", "mail"]'))
    outcome = execute(step, context(world))
    assert outcome.compared == ("dj-system-api and mail: api answers with 2222222222",), outcome.summary
