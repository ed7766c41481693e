"""The runbook that the shipped pages were made of by hand comes out nearly ready."""

from __future__ import annotations

from pathlib import Path

import pytest

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


def test_once_that_is_done_the_page_is_a_good_one(adopted: Adopted, tmp_path: Path) -> None:
    by_hand = adopted.page.replace(
        'id = "test-2-can-create-job-normal-flow"',
        'id = "test-2-can-create-job-normal-flow"\nvalues = { job_id = "id" }',
    )
    (tmp_path / "page.md").write_text(by_hand, encoding="utf-8")
    assert check_page(tmp_path / "page.md", {}).good


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
