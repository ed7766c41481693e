"""The count of effects finds what happened twice, and what is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bot.rehearsal.target.audit import Audit
from tests.bot.rehearsal.test_final_state import ABORTED, KEPT, NEW, OLD
from tests.crash.target_effects import DEPLOY_EFFECTS, Effects, target_problems

BACK = ("stop-requests", "let-requests-in", "clean-up-back", "database-back", "code-back")
CODE_BACK = ("install-back-begun", "install-back-ended", "restart-back")


def effects(*names: str) -> Effects:
    return Effects(Counter(names))


def test_an_effect_that_happened_twice_is_doubled() -> None:
    assert effects(*DEPLOY_EFFECTS, "migration").doubled() == ["migration happened 2 times"]
    assert effects(*DEPLOY_EFFECTS).doubled() == []


def test_after_a_complete_deploy_every_effect_must_be_there() -> None:
    assert effects(*DEPLOY_EFFECTS).lost("kept", complete=True) == []
    assert effects(*DEPLOY_EFFECTS[:-1]).lost("kept", complete=True) == ["clean-up never happened"]


def test_after_an_early_rollback_every_effect_before_the_last_one_must_be_there() -> None:
    early = effects("backup", "maintenance-on", "migration", *BACK)
    assert early.lost("rolled back", complete=False) == []
    gap = effects("backup", "migration", *BACK)
    assert gap.lost("rolled back", complete=False) == ["maintenance-on never happened"]


def test_a_rollback_must_undo_what_the_deploy_did_and_nothing_else() -> None:
    deployed = ("backup", "maintenance-on", "migration", "code")
    assert effects(*deployed, *BACK, *CODE_BACK).lost("rolled back", complete=False) == []
    missing = effects(*deployed, *BACK).lost("rolled back", complete=False)
    assert missing == [f"{name} never happened" for name in CODE_BACK]
    untouched = effects("backup", "stop-requests", "let-requests-in", "clean-up-back")
    assert untouched.lost("rolled back", complete=False) == []


def test_a_run_that_made_only_a_backup_left_the_target_untouched() -> None:
    assert effects("backup").is_untouched
    assert not effects("backup", "maintenance-on").is_untouched


@pytest.mark.parametrize(("audit", "final_state"), [(KEPT, "kept"), (ABORTED, "rolled back"), (ABORTED, "aborted")])
def test_a_target_in_the_state_of_its_run_has_no_problems(audit: Audit, final_state: str) -> None:
    assert target_problems(audit, NEW if final_state == "kept" else OLD, final_state) == []


@pytest.mark.parametrize(
    ("audit", "problem"),
    [
        (replace(KEPT, v1_columns=0), "there are 0 V1 columns, not 4"),
        (replace(KEPT, v2_tables=4), "there are 4 V2 tables, not 0"),
        (replace(KEPT, head=OLD), "the working copy is at 11111111, not 22222222"),
        (replace(KEPT, running_commit=OLD), "the API runs 11111111, not 22222222"),
        (replace(KEPT, served_commit=""), "the served page is , not 22222222"),
        (replace(KEPT, maintenance=True), "the maintenance page is still on"),
        (replace(KEPT, test_jobs=1), "1 test jobs were left behind"),
        (replace(KEPT, pm2_status="stopped"), "pm2 reports the API as stopped"),
    ],
)
def test_each_difference_is_a_problem(audit: Audit, problem: str) -> None:
    assert target_problems(audit, NEW, "kept") == [problem]
