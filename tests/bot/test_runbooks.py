"""The shipped pages hold everything of the original runbook, and work against the World."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.runbook import Page
from commands.runbook.page import Part
from commands.runbook.plan import plan_lines
from commands.steps.base import execute
from commands.steps.kinds.http import HttpStep
from commands.steps.outcome import Context, Outcome
from tests.commands.steps.builders import context
from tests.production import answer
from tests.world import World

PAGES = read_pages(shipped_runbooks())
A, B = PAGES["option-a.md"], PAGES["option-b.md"]
BOTH = pytest.mark.parametrize("page", [A, B], ids=["A", "B"])

# what both pages must say, from the original runbook
ORIGINAL = """
Backup complete and verified|Team notified|On-call team ready|Rollback plan reviewed|All 5 smoke tests scripts ready
Migration successful (verify queries)|Backend deployed (pm2 status = online)|Frontend deployed (page loads)
All 5 smoke tests passed|Decision: |Database Admin|Backend Lead|DevOps|Tech Lead|On-Call|Backup/Recovery|Service restart
Deployment issues|GO/NO-GO decision|Emergency support|Job creation > 10% failure|API response > 5 seconds
Database query errors|Memory usage > 80%|CPU usage > 90%|V2 route 404 errors|No job type data|Deploying <ref>
Test 1: Backend Health|Test 2: Can Create Job (Normal Flow)|Test 3: Can Create Job (Skip Approval)
Test 4: Approval Still Works|Test 5: Frontend Loads|Job Type|Skip Approval|approval-templates|Test Job - Normal
Test Job - Skip|2026-02-15|Looks good|pending_approval|npx prisma generate|npx prisma migrate deploy|npm run build
dj-system-api|016_extend_v1_remove_v2_approval_flow.sql|016_ROLLBACK_extend_v1_remove_v2.sql
dj_system_backup_before_v1_extend|Job creation success rate > 99%|API response < 1 second|No error logs in 1 hour
Users don't report issues|API slow (> 2s)|Database corrupted|V1/V2 sync issues|ROLLBACK COMPLETE - System reverted to V2
Stop new requests|Rollback database|Revert backend code|Revert frontend|STEP 5: Verify|STEP 6: Notify team
MEDIUM-HIGH|24-48 hours|< 15 min|Smoke only|Full testing|Confident teams|First-time|(สำคัญที่สุด!)
"""
CHOOSE = {
    "option-a.md": ["Team confident in code quality", "Backup ready & verified", "Rollback team on standby"],
    "option-b.md": ["First time deploying this change", "Want safety before production", "Risk-averse culture"],
}


@BOTH
def test_every_line_of_the_original_runbook_is_there(page: Page) -> None:
    lines = [line for row in ORIGINAL.strip().splitlines() for line in row.split("|")]
    missing = [line for line in [*lines, *CHOOSE[page.name]] if line not in page.text]
    assert not missing, f"{page.name} lacks {missing}"


@BOTH
def test_the_plan_shows_every_step_and_every_command(page: Page) -> None:
    text = "\n".join(plan_lines(page))
    for step in page.steps:
        assert step.title in text
    for command in (
        "pg_dump",
        "npm ci --omit=dev",
        "restarts dj-system-api under pm2",
        "expects 4",
        "git checkout --force --detach <commit>",
    ):
        assert command in text, f"the plan does not show {command}"


def test_the_timeline_is_that_of_the_original_runbook() -> None:
    at, minutes = timedelta(0), {}
    for step in A.forward:
        minutes[step.id] = int(at.total_seconds() // 60)
        at += step.box.takes
    assert [minutes[name] for name in ("backup", "migration", "backend-code", "frontend-build")] == [0, 5, 10, 15]
    assert minutes["test-1"] == 25
    assert at == timedelta(minutes=55)
    assert A.watch is not None
    assert A.watch.lasts == timedelta(hours=4)


def test_the_watch_has_three_tiers() -> None:
    tiers = {step.id: int((step.box.every or timedelta()).total_seconds() // 60) for step in A.part(Part.WATCH)}
    assert [name for name, every in tiers.items() if every == 15] == [
        "error-logs", "database-query", "api-response-time", "v2-route", "job-creation-by-users",
    ]  # fmt: skip
    assert [name for name, every in tiers.items() if every == 30] == ["users-can-log-in", "users-can-create-jobs"]
    assert [name for name, every in tiers.items() if every == 60] == [
        "smoke-tests-again", "on-call-says", "database-size", "cpu-and-memory",
    ]  # fmt: skip


def test_the_alert_table_has_its_limits_and_one_expected_row() -> None:
    limits = {alert.name: alert.above if alert.above is not None else alert.below for alert in A.alerts}
    assert list(limits.values()) == [0.1, 0.1, 5.0, 0.0, 80.0, 90.0, None, 1.0]
    assert [alert.name for alert in A.alerts if alert.expected] == ["V2 route 404 errors"]


@BOTH
def test_job_creation_is_judged_by_real_requests_or_else_by_test_jobs(page: Page) -> None:
    real, tests = page.alerts[:2]
    assert (real.check, real.enough, real.otherwise) == ("job-creation-by-users", {"requests": 20}, tests.name)
    assert (tests.check, tests.enough) == ("users-can-create-jobs", {})
    assert set(real.pings) == set(tests.pings), "the same people are called either way"
    box = page.step(real.check).box
    assert box.inputs() == {"let_in_at"}, "answers during the maintenance must not count"


@BOTH
def test_requests_are_stopped_during_the_migration_and_always_let_in_again(page: Page) -> None:
    deploy = [step.id for step in page.part(Part.DEPLOY)]
    assert deploy.index("maintenance-on") < deploy.index("migration") < deploy.index("backend-restart")
    assert deploy.index("backend-restart") < deploy.index("maintenance-off")
    back = [(step.id, step.box.undoes) for step in page.part(Part.ROLLBACK)]
    assert back[0] == ("stop-requests", ""), "requests must be stopped first, in every rollback"
    assert ("let-requests-in", "") in back


@BOTH
def test_every_part_of_production_is_rolled_back(page: Page) -> None:
    undone = {step.box.undoes for step in page.part(Part.ROLLBACK)} - {""}
    assert undone == {"migration", "backend-code", "backend-install", "publish", "test-2"}


def test_option_b_soaks_for_a_day_and_starts_option_a() -> None:
    assert B.watch is not None
    assert B.watch.lasts == timedelta(hours=24)
    assert (B.decision.role, B.decision.starts) == ("tech_lead", "option-a.md")
    assert A.decision.starts == ""


@BOTH
def test_no_page_names_places_of_the_other_page(page: Page) -> None:
    other = "$STAGING_" if page is A else "$PROD_"
    assert not [name for name in page.env_names() if name.startswith(other)]


@BOTH
def test_every_step_succeeds_and_leaves_no_job_behind(page: Page) -> None:
    world = World()
    outcomes = run_all(page, world)
    failures = {name: outcome.summary for name, outcome in outcomes.items() if outcome.state != "done"}
    assert not failures
    assert world.jobs == {}, "test jobs were left behind"
    assert not world.maintenance
    assert not world.forward
    assert world.running == world.served == "1" * 40


@BOTH
def test_every_step_that_restores_something_says_what_it_compared(page: Page) -> None:
    outcomes = run_all(page, World())
    looked = {step.id: outcomes[step.id].compared for step in page.part(Part.ROLLBACK)}
    expected = {
        "stop-requests": ("requests were stopped",),
        "rollback-database": ("V2 tables restored: 4", "V1 columns left: 0", "V2 tables the application may write: 4"),
        "rollback-rows": ("24 rows in 1 table back",),
        "revert-code": (f"working copy on {'production' if page is A else 'staging'} at 1111111111",),
        "revert-install": (),
        "revert-restart": ("dj-system-api answers with 1111111111",),
        "revert-frontend": ("app serves the build of 1111111111",),
        "let-requests-in": ("requests are let in (app/ answers 200)",),
        "verify-creation": ("/api/jobs on api: status = pending_approval",),
        "clean-up-after-rollback": (),
        "verify-health": ("/api/health on api: status = ok, commit = 1111111111",),
        "verify-page": ("/build.json on app: commit = 1111111111",),
        "verify-steady": ("dj-system-api is still the same process after 10 s",),
    }
    assert {name: looked[name] for name in expected} == expected


@BOTH
def test_a_log_in_page_is_never_a_good_answer(page: Page) -> None:
    login, checked = "<!doctype html><title>Please log in</title>", []
    for step in page.steps:
        if isinstance(step.box, HttpStep) and isinstance(step.box.status, int) and step.box.status < 300:
            world = World()
            world.on_web("", answer(step.box.status, text=login))
            outcome = execute(step.box, context(world, {"test_job": "1"}))
            assert outcome.summary.startswith("The answer is a web page instead of"), step.id
            checked.append(step.id)
    assert {"users-can-log-in", "api-response-time", "verify-jobs", "verify-v2-route"} <= set(checked)


def _run_check(page: Page, ctx: Context, check: str) -> tuple[str, Outcome]:
    return page.step(check).title, execute(page.step(check).box, ctx)


def run_all(page: Page, world: World) -> dict[str, Outcome]:
    """Run every step of a page in its order, the rollback last; the outcome of each."""
    values: dict[str, str] = {"commit": "", "commit_before": ""}
    files: dict[str, str] = {}
    outcomes = {}
    for step in page.steps:
        ctx = context(world, values, files=files)
        ctx = replace(ctx, run_check=partial(_run_check, page, ctx))
        outcomes[step.id] = execute(step.box, replace(ctx, key=f"run-1/{step.id}/1"))
        values.update(outcomes[step.id].values)
    return outcomes
