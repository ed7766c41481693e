"""Every process of a service is judged, not the first, and by every manager in the same way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.systems.services.judgement import (
    deaths,
    described,
    expected,
    identities,
    not_reloaded,
    not_restarted,
    process_problems,
    who,
)
from commands.systems.services.manager import Phase, Process
from commands.systems.services.pm2 import Pm2
from tests.commands.steps.kinds.pm2_service import processes_json

PM2 = Pm2()


class Rolling(Pm2):
    """A manager whose old processes go on beside the new ones."""

    settles = True


def processes(*changes: dict[str, object]) -> tuple[Process, ...]:
    return PM2.read_state(processes_json(*changes), "h").processes


def problems(before: tuple[Process, ...], now: tuple[Process, ...]) -> list[str]:
    return process_problems(PM2, identities(before), now)


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ([{}], []),
        ([], ["pm2 no longer lists it"]),
        ([{"status": "errored"}], ["pm2 reports its status as errored"]),
        ([{"pid": 109, "restarts": 5}], ["it was started again (4 → 5 restarts)"]),
        ([{"pid": 109}], ["it is another process now"]),
    ],
)
def test_a_process_must_be_online_and_the_same(now: list[dict[str, object]], found: list[str]) -> None:
    assert problems(processes({}), processes(*now)) == found


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ({"status": "errored"}, "pm2 reports the status of process 1 as errored"),
        ({"pid": 109, "restarts": 21}, "process 1 was started again (4 → 21 restarts)"),
    ],
)
def test_the_second_process_is_judged_as_the_first(second: dict[str, object], problem: str) -> None:
    assert problems(processes({}, {}), processes({}, second)) == [problem]


def test_a_process_that_is_gone_and_one_more_are_problems() -> None:
    assert problems(processes({}, {}), processes({})) == ["pm2 lists 1 of its processes, and 2 before"]
    assert problems(processes({}), processes({}, {})) == ["pm2 lists 2 of its processes, and 1 before"]


@pytest.mark.parametrize(
    ("start", "later", "problem"),
    [("s1", "s1", []), ("s1", "s2", ["it is another process now"]), ("", "", ["it is another process now"])],
)
def test_another_main_process_of_the_same_start_was_handed_over_to(start: str, later: str, problem: list[str]) -> None:
    (before,), (now,) = processes({}), processes({"pid": 109})
    before, now = replace(before, start=start), replace(now, start=later)
    assert process_problems(PM2, expected([before], [now]), [now]) == problem


def test_processes_that_share_a_log_have_it_once() -> None:
    logs = PM2.read_state(processes_json({"err": "/shared"}, {"err": "/shared"}), "h").logs
    assert (logs["log_out"], logs["log_offset_out"]) == ("/o-0:/o-1", "5,5")
    assert (logs["log_err"], logs["log_offset_err"]) == ("/shared", "6")


def test_what_starts_is_waited_for_and_is_a_problem_at_the_end() -> None:
    after = processes({})
    starting = processes({"status": "launching"})
    assert deaths(PM2, (), after, starting) == []
    assert problems(after, starting) == ["pm2 reports its status as launching"]


def test_what_had_no_process_right_after_the_restart_may_get_one() -> None:
    assert deaths(PM2, (), processes({"pid": 0, "status": "launching"}), processes({"pid": 7})) == []


def test_a_process_from_before_may_end_where_the_manager_replaces_them_one_by_one() -> None:
    before, rolling = processes({"pid": 90}), Rolling()
    assert deaths(rolling, before, before, processes({"pid": 90}, {"pid": 91, "restarts": 0})) == []
    assert deaths(rolling, before, before, processes({"pid": 91, "restarts": 1})) == [
        "it was started again (0 → 1 restarts)"
    ]
    assert not_restarted(rolling, before, before, processes({"pid": 91, "uptime": 90.0})) == []
    assert not_restarted(rolling, before, before, processes({"pid": 90})) == ["its process is not new"]


def test_a_reload_is_seen_by_new_processes_or_new_workers() -> None:
    (one,) = processes({})
    before = (replace(one, members="7 8"),)
    assert not_reloaded(PM2, before, (replace(one, members="9 10"),)) == []
    assert not_reloaded(PM2, before, (replace(one, pid="300", members="7 8"),)) == []
    assert not_reloaded(PM2, before, before) == ["the reload started no new process of it, as far as pm2 shows"]


def test_a_process_is_called_by_what_tells_it_from_the_others() -> None:
    api, other = processes({}, {})
    worker = replace(api, service="worker", number="")
    assert who(api, (api, other)) == "process 0"
    assert who(worker, (api, worker)) == "worker"
    assert who(api, (api, other, worker)) == "dj-system-api process 0"
    assert Phase.DOWN is processes({"status": "waiting restart"})[0].phase


def test_restarts_are_shown_only_where_the_manager_counts_them() -> None:
    (counted,) = processes({})
    assert described([counted]) == (f"pid {counted.pid}, online, restarts 4",)
    assert described([replace(counted, restarts=0, counted=False)]) == (f"pid {counted.pid}, online",)


def test_a_release_folder_whose_name_has_tabs_is_told_of_nobody() -> None:
    state = PM2.read_state(f"{processes_json({})}\napi\t/a\tb\t/current\t/c\nworker\t/r/1\t/current\t/r/2\n", "h")
    assert state.left == ("worker works in /r/1, but /current leads to 2",)
    assert not state.warnings
