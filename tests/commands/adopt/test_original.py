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


# what its author writes: below this line of the page, these lines
BY_HAND = {
    'id = "test-2-can-create-job-normal-flow"': ['values = { job_id = "id" }'],
    'id = "pin-the-release"': ['running = { on = "production", pm2 = "dj-system-api" }'],
    'id = "4-run-any-pending-migrations-if-any"': ['undone_by = "nothing"', 'why = "prisma cannot undo a migration"'],
    'id = "5-restart-service"': ['web = "api"', 'commit = "<commit>"'],
    'id = "step-3-revert-backend-code-service"': ['web = "api"', 'commit = "<running_before>"'],
    "### STEP 5: Verify": [
        "```toml gate",
        'id = "let-requests-in"',
        'item = [{ text = "Let requests in again", role = "tech_lead" }]',
        "```",
        "### STEP 5: And ask it",
    ],
}


def test_with_these_lines_of_hand_work_the_page_is_good_without_a_warning(adopted: Adopted, tmp_path: Path) -> None:
    by_hand = adopted.page
    for above, lines in BY_HAND.items():
        assert by_hand.count(f"{above}\n") == 1, above
        by_hand = by_hand.replace(f"{above}\n", "\n".join([above, *lines, ""]))
    (tmp_path / "page.md").write_text(by_hand, encoding="utf-8")
    check = check_page(tmp_path / "page.md", {})
    assert (check.good, [one.message for one in check.findings]) == (True, [])
    assert sum(map(len, BY_HAND.values())) <= MOST_BY_HAND


def test_adopt_names_each_place_of_that_hand_work_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "deploy.md").write_text(TEXT, encoding="utf-8")
    printed = list(adopt_file(tmp_path / "deploy.md", None, {}))
    page = (tmp_path / "deploy.page.md").read_text(encoding="utf-8").split("\n")
    titles = {"Test 4: Approval Still Works", "Pin the release", "4. Run any pending migrations (if any)"}
    titles |= {"5. Restart service", "STEP 3: Revert backend code: service"}
    named = {title for title in titles for line in printed if "deploy.page.md: line " in line and title in line}
    assert named == titles
    for line in printed:
        if found := re.search(r"deploy\.page\.md: line (\d+), “?([^”:]+)", line):
            near = page[max(0, int(found[1]) - 30) : int(found[1])]
            assert any(found[2] in above for above in near), line
    assert any(line.startswith("  line 296: requests are stopped here, and no line of this part") for line in printed)


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
