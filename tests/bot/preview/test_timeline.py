"""The rows of the timeline's picture."""

from __future__ import annotations

from bot.preview.timeline import rows, stages
from bot.settings import read_page_file, shipped_runbooks
from tests.pages import small


def test_each_step_has_its_bar_and_the_watch_the_whole_axis() -> None:
    shown = [(row.part, row.at, row.title, row.lasts, row.left, row.width) for row in rows(small())]
    assert shown == [
        ("before", "T+0 min", "✅ พร้อมไหม (ready?)", "", 0, 0),
        ("deploy", "T+0 min", "Put the code there", "10 min", 0, 100),
        ("smoke tests", "T+10 min", "Health", "", 100, 0),
        ("watch", "T+10 min", "Watch for 1 h", "", 0, 100),
        ("decision", "T+1 h 10 min", "Decision: Tech Lead decides KEEP or ROLLBACK", "", 100, 0),
    ]


def test_a_row_names_who_signs() -> None:
    assert rows(small())[0].signs == "Database Admin, Tech Lead"


def test_no_bar_leaves_the_axis() -> None:
    for name in ("option-a.md", "option-b.md"):
        for row in rows(read_page_file(shipped_runbooks() / name)):
            assert 0 <= row.left <= row.left + row.width <= 100.001, row.title


def test_the_parts_of_the_run_stand_in_one_line() -> None:
    assert [(stage.title, stage.at, stage.lasts) for stage in stages(small())] == [
        ("Before", "T+0 min", ""),
        ("Deploy", "T+0 min", "10 min"),
        ("Smoke tests", "T+10 min", ""),
        ("Watch", "T+10 min", "1 h"),
        ("KEEP or ROLLBACK", "T+1 h 10 min", "Tech Lead"),
    ]


def test_a_page_without_steps_or_watch_still_ends_with_its_decision() -> None:
    page = small()
    bare = type(page)(**{**vars(page), "steps": (), "watch": None, "alerts": ()})
    assert [stage.title for stage in stages(bare)] == ["KEEP or ROLLBACK"]
    assert [row.part for row in rows(bare)] == ["decision"]
