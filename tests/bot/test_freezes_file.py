"""The file of freezes for all pages: read anew at every start, and never taken for empty."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.calendars.calendars import Calendars
from bot.freezes_file import freezes_of_file
from commands.start.freezes import Freeze
from state.errors import Refused
from tests.pages import NOON, small

PAGE = small()
SALE = '[[freeze]]\nfrom = "2026-11-23 18:00"\nto = "2026-11-24 09:00"\nwhy = "the sale"\n'


def on(tmp_path: Path, text: str | bytes) -> list[Freeze]:
    """What the file says is on at noon."""
    file = tmp_path / "freezes.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(freezes_of_file(file, Calendars(tmp_path / "record", {}), PAGE, NOON))


def test_a_freeze_of_the_file_is_on_for_every_page_or_for_those_that_it_names(tmp_path: Path) -> None:
    assert [(one.why, one.owner) for one in on(tmp_path, SALE)] == [("the sale", "freezes.toml")]
    assert len(on(tmp_path, SALE + 'pages = ["small.md"]\n')) == 1
    assert len(on(tmp_path, SALE + 'pages = ["small"]\n')) == 1
    assert on(tmp_path, SALE + 'pages = ["other.md"]\n') == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[freeze]\n", "is no TOML"),
        (b"\xff\xfe", "is no TOML"),
        ("[freezes]\n", "write [[freeze]] and [[calendar]] tables only"),
        (SALE.replace("to =", "until ="), "freeze 0.to: Field required"),
        (SALE.replace("2026-11-24", "2026-11-22"), "before it begins"),
        ("#" * 1_000_001, "larger than 1 MB"),
        ("a = " + "[" * 20_000, "is no TOML: it is nested too deeply"),
        ("a = " + "9" * 10_000, "is no TOML: Exceeds the limit"),
        (SALE.replace("2026-11-24", "9999-12-31"), "9999-12-31 is too far away"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_and_is_no_file_without_freezes(
    tmp_path: Path, text: str | bytes, words: str
) -> None:
    (found,) = on(tmp_path, text)
    assert words in found.unknown


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    (found,) = freezes_of_file(tmp_path / "none.toml", Calendars(tmp_path / "record", {}), PAGE, NOON)
    assert "cannot be read (No such file or directory)" in found.unknown


def test_a_freeze_that_nobody_of_the_page_may_override_refuses_the_start(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"Only cto may override it, and small\.md has no such role"):
        on(tmp_path, SALE + 'may_override = ["cto"]\n')


def test_a_pipe_is_said_and_holds_up_no_start(tmp_path: Path) -> None:
    pipe = tmp_path / "freezes.toml"
    os.mkfifo(pipe)
    (found,) = freezes_of_file(pipe, Calendars(tmp_path / "record", {}), PAGE, NOON)
    assert "cannot be read (it is a pipe; write it to a file first)" in found.unknown


@pytest.mark.parametrize(("day", "known"), [("2025-10-26", True), ("2026-11-23", True), ("2026-10-25", False)])
def test_an_hour_that_comes_twice_speaks_against_a_start_only_near_it(tmp_path: Path, day: str, known: bool) -> None:
    page = small(**{'time_zone = "Asia/Bangkok"': 'time_zone = "Europe/Berlin"'})
    file = tmp_path / "freezes.toml"
    file.write_text(f'[[freeze]]\nfrom = "2025-01-01 00:00"\nto = "{day} 02:30"\nwhy = "the sale"\n')
    at = datetime(2026, 10, 25, 2, tzinfo=UTC)
    found = list(freezes_of_file(file, Calendars(tmp_path / "record", {}), page, at))
    assert [bool(one.unknown) for one in found] == ([] if day < "2026-10-25" else [not known])
    assert known or "comes twice in Europe/Berlin" in found[0].unknown
