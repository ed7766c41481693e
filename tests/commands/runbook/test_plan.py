"""The plan of Option A: its whole timeline, and a line of every step kind."""

from __future__ import annotations

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.runbook.plan import plan_lines, timeline
from tests.pages import small

PAGE = read_pages(shipped_runbooks())["option-a.md"]
LINES = list(plan_lines(PAGE))

TIMELINE = """\
  T+0 min     0️⃣ Pin the release
  T+0 min     1️⃣ Backup Production Database (สำคัญที่สุด!)
  T+5 min     Prove the backup: restore it
  T+5 min     Rehearse the migration on the restored copy
  T+5 min     2️⃣ Final Code Review
  T+5 min     3️⃣ Team Notification
  T+5 min     4️⃣ Low-Traffic Window Check
  T+5 min     ✍️ Sign-off: before starting
  T+5 min     ⏳ Countdown
  T+5 min     📏 Baseline: what is normal tonight
  T+5 min     📦 Keep what runs now, for the rollback
  T+5 min     Maintenance on
  T+5 min     Keep the rows as they are right before the migration
  T+5 min     STEP 1: Run Forward Migration
  T+10 min    STEP 2: Deploy Backend
  T+11 min    Backend: dependencies, Prisma client
  T+13 min    Backend: pending migrations
  T+14 min    Backend: restart and verify
  T+15 min    Maintenance off
  T+15 min    STEP 3: Deploy Frontend
  T+19 min    Frontend: publish and verify
  T+20 min    ✍️ Sign-off: deployed
  T+25 min    Test 1: Backend Health
  T+27 min    Test 2: Can Create Job (Normal Flow)
  T+32 min    Test 3, setup: a flow that skips approval
  T+35 min    Test 3: Can Create Job (Skip Approval)
  T+40 min    Test 4: Approval Still Works
  T+45 min    Clean up: delete the job of test 2
  T+46 min    Test 5: Frontend Loads
  T+50 min    ✍️ Sign-off: smoke tests
  T+55 min    Watch for 4 h
  T+295 min   Decision: Tech Lead decides KEEP or ROLLBACK"""

# one line of each kind that the page uses, as a person reads it before the deploy
GOLDEN = {
    "release": "    with REPOSITORY=$PROD_REPOSITORY, REF=<ref>, BRANCHES=",
    "backup": "    on production: pg_dump of $PROD_DATABASE_URL into $PROD_BACKUPS; counts and checksums every table "
    "as it was dumped",
    "rehearse": "    on a copy of <backup_file>: "
    "database/migrations/manual/016_extend_v1_remove_v2_approval_flow.sql, then "
    "database/migrations/manual/016_ROLLBACK_extend_v1_remove_v2.sql",
    "review": "    needs the signatures of: Reviewer",
    "notify": "    posts to the channel: Deploying <ref> to DJ-System production now.",
    "window": "    now must be mon, tue, wed, thu during 22:00-06:00, but not during 09:00-12:00 or 13:00-17:00",
    "gate": "    asks dba: Backup complete and verified",
    "baseline": "    takes 3 samples of each check (api-response-time, job-creation-by-users, users-can-log-in, "
    "database-size, "
    "cpu-and-memory), 1 s apart",
    "keep": "    on production: copies backend/api-server/node_modules to $PROD_KEPT under the name of "
    "<commit_before>, and keeps only the newest 3",
    "maintenance": "    GET app/, expects status 503",
    "sql": "    on production: database/migrations/manual/016_extend_v1_remove_v2_approval_flow.sql, "
    "in one transaction with its receipt, waiting at most 5 s for locks",
    "checkout": "    on production: git fetch, git checkout --force --detach <commit>, and its submodules; "
    "then compares every file",
    "run": "    on production: npx prisma generate",
    "service": "    again after 10 s: the same new process, online, no more restarts, up for less than a minute",
    "steady": "    10 s after dj-system-api started: still process <pid>, online, still <restarts> restarts",
    "publish": "    GET /build.json on app, expects commit = <commit>, also on ten connections more",
    "http": "    GET /api/health on api, expects status 200, status = ok, commit = <commit>",
    "query": "    on production: SELECT COUNT(*) FROM approval_flows WHERE job_type_id IS NOT NULL",
    "browser": "    opens /admin/approval-flow on app in a real browser",
    "traffic": "    on production: counts POST /api/jobs in $PROD_ACCESS_LOG, of the last 15 min and "
    "not from before <let_in_at>",
    "logs": "    on production: reads <log_err> from <log_offset_err> on, rotated files included, for lines "
    "with error or fatal, upper or lower case",
    "data-keep": "    on production: compares approval_flow_templates, approval_flow_steps, project_flow_assignments, "
    "project_flow_approvers with <backup_file>, and dumps the tables again if they have changed since",
    "data-return": "    on production: brings missing rows of approval_flow_templates, approval_flow_steps, "
    "project_flow_assignments, project_flow_approvers back from <backup_file>",
    "proof": "    on production: restores <backup_file> into a new database on the server of $PROD_SCRATCH_URL, "
    "and compares rows and a checksum of every table",
    "running": "    GET /api/health on api_local, whose commit says what runs; it must be <running_before>",
    "repeat": "    runs every step of “smoke tests” again; after a failure, only the steps that clean up",
    "metrics": "    on production: reads CPU and memory from /proc (5 samples, 1 s apart)",
}  # fmt: skip


def test_the_timeline_counts_from_the_start_to_the_decision() -> None:
    start = LINES.index("TIMELINE") + 1
    assert LINES[start : LINES.index("", start)] == TIMELINE.splitlines()


@pytest.mark.parametrize("kind", sorted({step.box.kind for step in PAGE.steps}))
def test_each_kind_shows_what_it_does(kind: str) -> None:
    assert GOLDEN[kind] in LINES


def test_every_step_is_in_its_part_in_order() -> None:
    headings = [line for line in LINES if "; on failure " in line or "; on a refusal " in line]
    assert [line.split("  [")[0].strip() for line in headings] == [step.title for step in PAGE.steps]


def test_a_rollback_step_names_the_step_that_it_undoes_and_its_limits() -> None:
    assert "ROLLBACK within 15 min" in LINES
    heading = next(line for line in LINES if line.startswith("  STEP 2: Rollback database"))
    assert ", only if “STEP 1: Run Forward Migration” was started" in heading
    assert "; limit " in heading


def test_each_alert_names_its_rule_and_its_action() -> None:
    action = "roll back after a countdown of 1 min"
    memory = "  Memory usage > 80%: memory of “Every hour: CPU and memory”, limit: above 80 %, 2 times in a row"
    assert f"{memory} → {action}" in LINES
    real = (
        "  Job creation > 10% failure: failed_share of “Every 15 minutes: job creation by users”, limit: above 10 %, "
        "with at least 20 requests"
    )
    instead = "with less, “Job creation > 10% failure (test jobs)” judges instead"
    assert f"{real}; {instead} → {action}" in LINES
    errors = (
        "  Database query errors: failed of “Every 15 minutes: database query”, limit: no failure, 2 times in a row"
    )
    assert f"{errors} → {action}" in LINES
    assert "  V2 route 404 errors: status of “Every 15 minutes: V2 route”, expected, never acts" in LINES


def test_a_step_of_the_rollback_may_wait_for_some_steps_or_for_none() -> None:
    box = '\n\n### More\n\n```toml run\nhost = "backend"\nafter = {}\ncommands = ["ls"]\n```\n\n## Decision'
    for after, text in (
        ("[]", "waits for no other step"),
        ('["put-the-old-code-back"]', "waits only for “Put the old code back”"),
    ):
        lines = list(plan_lines(small(**{"\n\n## Decision": box.format(after)})))
        heading = next(line for line in lines if line.startswith("  More"))
        assert heading == f"  More  [run, {text}; limit 10 min; on failure ask]"


def test_the_query_of_what_a_rollback_loses_is_shown() -> None:
    database = '[databases.shop]\nurl = "$SHOP_DB"\n\n[webs.api]'
    loses = 'within = "15 min"\nloses = { database = "shop", sql = "SELECT 1", says = "new rows" }'
    page = small(**{"[webs.api]": database, 'within = "15 min"': loses})
    counted = "right after “Put the code there” and then again and again"
    assert f"  queries what a rollback would lose (new rows) on shop, {counted}: SELECT 1" in plan_lines(page)


def test_the_timeline_names_the_page_that_keep_starts() -> None:
    assert timeline(small())[-1][1] == "Decision: Tech Lead decides KEEP or ROLLBACK"
    page = small(**{'role = "lead"\n```\n': 'role = "lead"\nstarts = "option-a.md"\n```\n'})
    assert timeline(page)[-1][1] == "Decision: Tech Lead decides KEEP, which starts option-a.md at once, or ROLLBACK"


def test_the_plan_shows_no_value_of_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROD_TOKEN", "hunter2")
    assert "hunter2" not in "\n".join(plan_lines(PAGE))


def test_what_is_checked_again_before_the_first_change_stands_in_the_plan() -> None:
    start = LINES.index("  Check again what was signed  [right before the first change]")
    check = LINES[start : LINES.index("DEPLOY")]
    assert "    on production: reads every file of <backup_file> again, and compares it with its checksum" in check
    assert any("compares <commit> with what REF names on origin now" in line for line in check), "origin is not asked"
    assert "  a signature counts for 2 h until then" in check
    assert not any("Check again" in line for line in plan_lines(small()))


def test_the_rollback_says_what_it_reaches_before_it_changes_anything() -> None:
    after = LINES[next(n for n, line in enumerate(LINES) if line.startswith("ROLLBACK")) :]
    assert "  reaches host production, database production first; nothing changes before that" in after[:4]


def test_a_checklist_has_no_time_limit_and_may_be_refused() -> None:
    (heading,) = [line for line in plan_lines(small()) if "[gate" in line]
    assert heading.endswith("[gate; no time limit; on a refusal ask]")
