"""The runbook that the shipped pages were made of by hand comes out nearly ready."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.adopt import adopt_file
from bot.check import check_page
from commands.adopt.adopted import Adopted, adopt
from tests.commands.adopt.odd_runbooks import shell_lines
from tests.commands.adopt.reading import boxes_of

TEXT = (Path(__file__).parent / "original.md").read_text(encoding="utf-8")
MOST_BY_HAND = 15  # lines


@pytest.fixture(scope="module")
def adopted() -> Adopted:
    return adopt(TEXT, "original")


def test_at_most_fifteen_lines_of_hand_work_are_left_and_they_are_named(adopted: Adopted, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(adopted.page, encoding="utf-8")
    errors = [one for one in check_page(tmp_path / "page.md", {}).findings if one.level == "error"]
    left = [*(note.text for note in (*adopted.unplaced, *adopted.blanks)), *(one.message for one in errors)]
    assert len(left) <= MOST_BY_HAND, left
    assert all(one.line for one in errors)
    assert all(note.line for note in adopted.unplaced)


# what its author writes: in the place of this line of the page, these lines
BY_HAND = {
    'target = "🚀 Production Deployment - Option A (Direct)"': ['target = "DJ System"'],
    "[hosts.production]": ["[hosts.production]", 'path = "$PROD_PATH"'],
    'expect = { status = "pending_approval" }': [
        'expect = { status = "pending_approval" }',
        'values = { job_id = "id" }',
    ],
    'expect = { status = "ok" }': ['expect = { status = "ok", commit = "<commit>" }'],
    "npm install --production''',": ["npm install''',"],
    "#### CPU and memory": [
        "#### Job creation",
        "```toml repeat",
        'part = "smoke tests"',
        'every = "15 min"',
        "```",
        "#### CPU and memory",
    ],
    "above = 90.0": [
        "above = 90.0",
        "[[alert]]",
        'name = "Job creation > 10% failure"',
        'check = "job-creation"',
        'measure = "failed_share"',
        "above = 0.1",
    ],
}


def test_with_these_lines_of_hand_work_the_page_is_good_without_a_warning(adopted: Adopted, tmp_path: Path) -> None:
    by_hand = adopted.page
    for line, lines in BY_HAND.items():
        assert by_hand.count(f"\n{line}\n") == 1, line
        by_hand = by_hand.replace(f"\n{line}\n", "\n".join(["", *lines, ""]))
    (tmp_path / "page.md").write_text(by_hand, encoding="utf-8")
    check = check_page(tmp_path / "page.md", {})
    assert (check.good, [one.message for one in check.findings]) == (True, [])
    assert sum(one != line for line, lines in BY_HAND.items() for one in lines) <= MOST_BY_HAND


def test_adopt_names_each_place_of_that_hand_work_with_its_line_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "deploy.md").write_text(TEXT, encoding="utf-8")
    printed = list(adopt_file(tmp_path / "deploy.md", None, {}))
    page = (tmp_path / "deploy.page.md").read_text(encoding="utf-8").split("\n")
    named = {int(number) for line in printed for number in re.findall(r"page line (\d+)", line)}
    for line in BY_HAND:
        if not line.startswith("####"):  # a check that is new is named by the row of the alert that needs it
            place = page.index(line) + 1
            fence = max(at for at, one in enumerate(page[:place], start=1) if one.startswith("```toml"))
            assert named & set(range(fence, place + 1)), line
    alert = next(line for line in printed if "“Job creation > 10% failure” is measured by no" in line)
    row = re.match(r"  line 281, page line (\d+): ", alert)
    assert row and page[int(row[1]) - 1] == "| Job creation > 10% failure | Rollback now |"
    dev = next(line for line in printed if "`npm install --production` removes devDependencies" in line)
    at = re.match(r"  line 161, page line (\d+): ", dev)
    assert at and page[int(at[1]) - 1] == "npm install --production''',"


def test_each_request_whose_answer_may_have_a_value_that_is_used_is_named(adopted: Adopted) -> None:
    text = next(note.text for note in adopted.blanks if "<job_id>" in note.text)
    page = adopted.page.split("\n")
    numbers = [int(number) for number in re.findall(r"page line (\d+)", text)]
    assert [page[number] for number in numbers] == [
        'id = "test-2-can-create-job-normal-flow"',
        'id = "test-3-can-create-job-skip-approval"',
    ]
    assert 'write values = { job_id = "id" } in ' in text


def test_that_the_smoke_tests_passed_is_shown_by_them(adopted: Adopted) -> None:
    boxes = boxes_of(adopted.page)
    box = dict(boxes)["criteria"]
    ids = [fields["id"] for _, fields in boxes if str(fields.get("id", "")).startswith(("test-", "sign-off-checklist"))]
    shown = {line["text"]: line["shown_by"] for line in [*box["go"], *box["no_go"]] if "shown_by" in line}
    assert shown.keys() == {"All 5 smoke tests passed", "Smoke tests failed"}
    assert len(shown["All 5 smoke tests passed"]) == 6
    assert set(shown["Smoke tests failed"]) < set(ids)


def test_rows_that_the_migration_drops_are_kept_and_come_back_in_the_rollback(adopted: Adopted) -> None:
    boxes = boxes_of(adopted.page)
    made = [kind for kind, _ in boxes]
    assert made[made.index("data-keep") + 1] == "sql"
    assert made[made.index("data-return") - 1] == "sql"
    tables = [
        "approval_flow_templates",
        "approval_flow_steps",
        "project_flow_assignments",
        "project_flow_approvers",
    ]
    found = dict(boxes)
    assert (found["data-keep"]["tables"], found["data-return"]["tables"]) == (tables, tables)
    assert found["data-return"]["undoes"] == "step-1-run-forward-migration-10-min"
    assert "remove both boxes if nobody needs them" in "".join(note.text for note in adopted.assumed)


def test_nobody_is_told_that_the_rollback_is_over_before_requests_are_let_in(adopted: Adopted) -> None:
    ids = [fields.get("id") for _, fields in boxes_of(adopted.page)]
    assert ids.index("let-requests-in-again") < ids.index("step-6-notify-team")


def test_what_runs_is_asked_of_pm2_and_an_alert_of_no_data_counts_the_rows(adopted: Adopted) -> None:
    found = dict(boxes_of(adopted.page))
    assert found["release"]["running"] == {"on": "production", "pm2": "dj-system-api"}
    alert = found["alerts"]["alert"][-1]
    assert (alert["name"], alert["check"], alert["below"]) == (
        "No job type data",
        "check-database-query-performance",
        1.0,
    )
    assert alert["measure"] == "check_database_query_performance"


def test_a_tool_without_a_way_back_is_not_said_to_be_undone_and_that_is_named(adopted: Adopted) -> None:
    box = next(fields for kind, fields in boxes_of(adopted.page) if kind == "migrate")
    assert (box["undone_by"], box["why"]) == ("nothing", "prisma cannot roll back a migration")
    assert "prisma has no way back, so nothing of the rollback undoes its migrations" in {
        note.text for note in adopted.assumed
    }


def test_the_times_of_its_headings_are_those_of_its_steps(adopted: Adopted) -> None:
    times = {fields["id"]: fields["takes"] for _, fields in boxes_of(adopted.page) if "takes" in fields}
    assert times == {
        "step-1-run-forward-migration-10-min": "10 min",
        "step-2-deploy-backend-10-min": "10 min",
        "step-3-deploy-frontend-5-min": "5 min",
    }


def test_a_build_that_its_rollback_repeats_undoes_that_of_the_deploy(adopted: Adopted) -> None:
    undone = {fields["id"]: fields.get("undoes") for kind, fields in boxes_of(adopted.page) if kind == "run"}
    assert undone["step-3-revert-backend-code-npx"] == "2-install-dependencies"
    assert undone["step-4-revert-frontend"] == "step-3-deploy-frontend-5-min"


def test_a_command_that_is_repeated_and_builds_nothing_undoes_nothing() -> None:
    text = "# S\n\n## Deploy\n\n```bash\n{0}\n```\n\n## Rollback\n\n```bash\n{0}\n```\n"
    undone = [["undoes" in fields for _, fields in boxes_of(adopt(text.format(command), "x").page)] for command in
              ("./deploy.sh", "make build")]  # fmt: skip
    assert [any(found) for found in undone] == [False, True]


def test_every_line_of_its_prose_and_of_its_commands_is_on_the_page(adopted: Adopted) -> None:
    page = adopted.page.split("\n")
    prose = [line for line in TEXT.split("\n") if line.strip() and not line.startswith(("```", "#"))]
    assert [line for line in prose if line not in page and line not in shell_lines(TEXT)] == []
    assert [line for line in shell_lines(TEXT) if line not in adopted.page] == []
    titles = [line.lstrip("# ") for line in TEXT.split("\n") if line.startswith(("# ", "## ", "### "))]
    assert [title for title in titles if title not in adopted.page] == []


def test_its_dangerous_lines_become_the_kinds_that_are_safe(adopted: Adopted) -> None:
    made = [kind for kind, _ in boxes_of(adopted.page)]
    wanted = [
        "backup",
        "sql",
        "checkout",
        "migrate",
        "service",
        "http",
        "logs",
        "query",
        "metrics",
        "alerts",
        "criteria",
    ]
    assert [kind for kind in wanted if kind not in made] == []
    assert made.count("sql") == 2
    assert not any(
        "psql" in str(fields) or "pm2" in str(fields) for kind, fields in boxes_of(adopted.page) if kind == "run"
    )
