"""The doctor reads the file of freezes and its calendars, and says what was found or why not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.doctor.freezes import check_freezes
from bot.settings import read_settings
from tests.bot.calendars.calendar_server import calendar
from tests.pages import small

SALE = '[[freeze]]\nfrom = "2020-01-01 00:00"\nto = "2099-01-01 00:00"\nwhy = "the sale"\n'
YEARS = "DTSTART:20200101T000000Z\nDTEND:20990101T000000Z\nSUMMARY:a freeze"


LUNCH = YEARS.replace("a freeze", "lunch")


def checked(
    folder: Path, text: str | None, page_text: str = "", events: Sequence[str] = (YEARS, LUNCH)
) -> list[tuple[str, str]]:
    """The level and the words of each line."""
    zone = 'time_zone = "Asia/Bangkok"'
    page = small(**{zone: f"{zone}\n{page_text}"}) if page_text else small()
    (folder / "team.ics").write_bytes(calendar(*events))
    (folder / "freezes.toml").write_text(text or "")
    env = {} if text is None else {"GONOGO_FREEZES": str(folder / "freezes.toml")}
    lines = check_freezes(read_settings(env), page, [page.name], limit=60)
    assert {line.about for line in lines} <= {"freezes", "calendar 1 of freezes.toml"}
    return [(line.result.level, line.result.summary) for line in lines]


def test_what_the_file_and_its_calendars_hold_is_said(tmp_path: Path) -> None:
    assert checked(tmp_path, SALE + '[[calendar]]\nfile = "team.ics"\nonly = "freeze"\n') == [
        ("ok", "freezes.toml has 1 freeze and 1 calendar"),
        ("ok", "the calendar of team.ics has 1 event with “freeze” in their title in the next 14 days"),
    ]
    assert not list(tmp_path.glob("*.calendar-*")), "nothing is kept"


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("only", "free", "level", "words"),
    [
        ('only = "freeze"', "a freeze", "warn", "has 0 events with “freeze” in their title in the next 14 days, and 1"),
        ('only = "freeze"', "lunch", "ok", "has 1 event with “freeze” in their title in the next 14 days"),
        ("", "lunch", "ok", "has 1 event in the next 14 days, and 1 more shown as free, which is no freeze"),
        ("", "", "warn", "has 0 events in the next 14 days, and 2 more shown as free, which are no freeze"),
    ],
)
def test_events_that_are_shown_as_free_are_said_to_be_no_freeze(
    tmp_path: Path, only: str, free: str, level: str, words: str
) -> None:
    events = [f"{text}\nTRANSP:{'TRANSPARENT' if free in text else 'OPAQUE'}" for text in (YEARS, LUNCH)]
    said = checked(tmp_path, f'{SALE}[[calendar]]\nfile = "team.ics"\n{only}\n', events=events)
    assert said[-1][0] == level
    assert words in said[-1][1], said


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        ("[[freeze]\n", "fail", "is no TOML"),
        (SALE + 'pages = ["smal.md"]\n', "warn", "names pages that are not served here: smal.md"),
        ('[[calendar]]\nfile = "none.ics"\n', "warn", "the calendar of none.ics cannot be read (No such file"),
    ],
)
def test_what_cannot_be_read_or_is_for_no_page_is_said(tmp_path: Path, text: str, level: str, words: str) -> None:
    said = checked(tmp_path, text)
    assert said[-1][0] == level
    assert words in said[-1][1]


def test_a_page_may_be_named_without_its_ending(tmp_path: Path) -> None:
    assert checked(tmp_path, SALE + 'pages = ["small"]\n') == [("ok", "freezes.toml has 1 freeze and 0 calendars")]


def test_without_a_file_only_what_is_on_by_the_page_is_said(tmp_path: Path) -> None:
    assert checked(tmp_path, None) == []
    ((level, words),) = checked(tmp_path, None, SALE)
    assert level == "warn"
    assert words.startswith("shop is frozen until")
