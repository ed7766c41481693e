"""Every process of a pm2 service is judged, not the first of its name."""

from __future__ import annotations

import json

import pytest

from commands.steps.shared.pm2_processes import ServiceLogs, identities, process_problems, processes_in
from tests.commands.steps.kinds.pm2_service import processes_json


def processes(*changes: dict[str, object]) -> list:  # type: ignore[type-arg]
    return processes_in(json.loads(processes_json(*changes)))


@pytest.mark.parametrize(
    ("now", "problems"),
    [
        ([{}], []),
        ([], ["pm2 no longer lists it"]),
        ([{"status": "errored"}], ["pm2 reports its status as errored"]),
        ([{"pid": 109, "restarts": 5}], ["it restarted by itself (4 → 5 restarts)"]),
        ([{"pid": 109}], ["it restarted by itself (4 → 4 restarts)"]),
    ],
)
def test_a_process_must_be_online_and_the_same(now: list[dict[str, object]], problems: list[str]) -> None:
    assert process_problems(identities(processes({})), processes(*now)) == problems


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ({"status": "errored"}, "pm2 reports the status of process 1 as errored"),
        ({"pid": 109, "restarts": 21}, "process 1 restarted by itself (4 → 21 restarts)"),
    ],
)
def test_the_second_process_is_judged_as_the_first(second: dict[str, object], problem: str) -> None:
    assert process_problems(identities(processes({}, {})), processes({}, second)) == [problem]


def test_a_process_that_is_gone_and_one_more_are_problems() -> None:
    assert process_problems(identities(processes({}, {})), processes({})) == [
        "pm2 lists 1 of its processes, and 2 before"
    ]
    assert process_problems(identities(processes({})), processes({}, {})) == [
        "pm2 lists 2 of its processes, and 1 before"
    ]


def test_processes_that_share_a_log_have_it_once() -> None:
    logs = ServiceLogs.of(processes({"err": "/shared"}, {"err": "/shared"}))
    assert (logs.out, logs.out_from) == ("/o-0:/o-1", "5,5")
    assert (logs.err, logs.err_from) == ("/shared", "6")
