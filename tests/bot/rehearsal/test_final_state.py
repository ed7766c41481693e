"""The check after a scenario: each difference from the final state is a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.rehearsal.final_state import TargetBefore, final_state_problems
from bot.rehearsal.scenarios import SCENARIOS
from bot.rehearsal.target.audit import Audit

OLD, NEW = "1" * 40, "2" * 40
BEFORE = TargetBefore(old=OLD, new=NEW, boots=1, v2_rows=360)
ABORTED = Audit(
    forward_count=0, rollback_count=0, v1_columns=0, v2_tables=4, v2_rows=360, test_jobs=0, head=OLD,
    running_commit=OLD, served_commit=OLD, pm2_status="online", pm2_restarts=0, pm2_pid=1, boots=1, maintenance=False,
    maintenance_on=0, maintenance_lifted=0, npm_installs=0, builds=0,
)  # fmt: skip
ROLLED_BACK = replace(ABORTED, forward_count=1, rollback_count=1, boots=3)
KEPT = replace(
    ABORTED, forward_count=1, v1_columns=4, v2_tables=0, v2_rows=0, head=NEW, running_commit=NEW, served_commit=NEW,
    boots=2,
)  # fmt: skip
ENDS = {"keep": KEPT, "rollback": ROLLED_BACK, "refused-sign-off": ABORTED}


@pytest.mark.parametrize(("scenario", "audit"), ENDS.items())
def test_a_target_in_its_final_state_has_no_problems(scenario: str, audit: Audit) -> None:
    assert final_state_problems(SCENARIOS[scenario], audit, BEFORE) == []


@pytest.mark.parametrize(
    ("scenario", "change", "problem"),
    [
        ("keep", {"forward_count": 2}, "the forward migration was applied 2 times"),
        ("keep", {"rollback_count": 1}, "the rollback migration was applied 1 times"),
        ("keep", {"v1_columns": 3}, "there are 3 of the 4 V1 columns"),
        ("keep", {"v2_tables": 1}, "there are 1 V2 tables"),
        ("keep", {"running_commit": ""}, "the API runs , not 22222222"),
        ("rollback", {"rollback_count": 0}, "the rollback migration was applied 0 times"),
        ("rollback", {"v1_columns": 4}, "there are 4 V1 columns"),
        ("rollback", {"v2_tables": 3}, "there are 3 of the 4 V2 tables"),
        ("rollback", {"v2_rows": 0}, "there are 0 of the 360 V2 rows"),
        ("rollback", {"head": NEW}, "the working copy is at 22222222, not 11111111"),
        ("rollback", {"served_commit": NEW}, "the served page is 22222222, not 11111111"),
        ("refused-sign-off", {"forward_count": 1}, "a migration was applied"),
        ("refused-sign-off", {"boots": 2}, "the API was restarted"),
        *((name, {"maintenance": True}, "the maintenance page is still on") for name in ENDS),
        *((name, {"test_jobs": 2}, "2 test jobs were left behind") for name in ENDS),
        *((name, {"pm2_status": "errored"}, "pm2 reports the API as errored") for name in ENDS),
    ],
)
def test_each_difference_is_a_problem(scenario: str, change: dict[str, Any], problem: str) -> None:
    assert final_state_problems(SCENARIOS[scenario], replace(ENDS[scenario], **change), BEFORE) == [problem]


@pytest.mark.parametrize("scenario", ["bad-migration", "locked-table"])
def test_a_migration_that_failed_is_neither_applied_nor_rolled_back(scenario: str) -> None:
    assert final_state_problems(SCENARIOS[scenario], replace(ABORTED, boots=3), BEFORE) == []
    assert final_state_problems(SCENARIOS[scenario], ROLLED_BACK, BEFORE) != []
