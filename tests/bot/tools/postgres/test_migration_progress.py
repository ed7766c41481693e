"""How a file is split into pieces, and what is reported while one of them runs."""

from __future__ import annotations

import time

import pytest

from bot.tools.postgres import migration_progress
from bot.tools.postgres.migration_progress import Progress, reported, split_into_pieces
from commands.systems.postgres.sql_file import read_sql
from state.errors import Unreachable
from tests.bot.tools.helpers import eventually


def test_a_file_that_was_read_before_is_split_as_fast_as_a_new_one() -> None:
    parts = [
        "SELECT 1;\n" * 3_000,
        "-- ",
        "ข" * 3_000_000,
    ]  # two equal texts of such a size are compared in a millisecond
    times = []
    for _ in range(2):
        text = "".join(parts)
        read_sql.cache_clear()
        began = time.thread_time()
        split_into_pieces(text)
        times.append(time.thread_time() - began)
    assert times[1] < 5 * times[0]


def test_each_statement_is_a_piece_with_the_comments_above_it() -> None:
    text = "-- first ของ\nSELECT\n 1;\n\n-- second\nSELECT 2;\n"
    pieces = split_into_pieces(text)
    assert [piece.text for piece in pieces] == ["-- first ของ\nSELECT\n 1;", "\n\n-- second\nSELECT 2;"]
    assert [(piece.first_line, piece.line) for piece in pieces] == [(1, 2), (3, 6)]
    assert pieces[1].summary == "statement 2 of 2, line 6: SELECT 2"


def test_the_line_of_an_error_counts_from_the_start_of_its_piece() -> None:
    piece = split_into_pieces("SELECT 1;\n-- two\nSELECT 2,\n x;")[1]
    assert piece.line_at(piece.text.index("x")) == 4


@pytest.mark.parametrize("text", ["", "-- nothing\n"])
def test_a_file_without_a_statement_is_one_piece(text: str) -> None:
    assert [(piece.text, piece.line, piece.summary) for piece in split_into_pieces(text)] == [(text, 1, "the file")]


def test_a_statement_that_our_parser_does_not_know_is_a_piece_like_any_other() -> None:
    assert [piece.line for piece in split_into_pieces("SELECT 1;\nSELECT NEW IN POSTGRESQL 99;\nSELECT 2;")] == [
        1,
        2,
        3,
    ]


def test_a_file_with_a_deep_statement_is_split_like_any_other() -> None:
    deep = "SELECT " + " || ".join(["'a'"] * 5_000)
    assert [piece.line for piece in split_into_pieces(f"{deep};\nSELECT 2;")] == [1, 2]


def test_semicolons_inside_a_function_do_not_split_it() -> None:
    function = "CREATE FUNCTION two() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;"
    assert [piece.text for piece in split_into_pieces(function)] == [function]


def test_a_running_statement_is_reported_at_once_and_then_every_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    progress = Progress()
    assert progress.report() == "", "nothing runs yet"
    progress.start(split_into_pieces("SELECT 1;")[0])
    now += 0.4
    assert progress.report() == "statement 1 of 1, line 1: SELECT 1"
    now += 2.9
    assert progress.report() == "", "reported twice within the same seconds"
    now += 61.7
    assert progress.report() == "statement 1 of 1, line 1: SELECT 1, for 1 min 5 s now"


def test_many_quick_statements_are_reported_too(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    progress = Progress()
    for piece in split_into_pieces("SELECT 1;\n" * 30):
        progress.start(piece)
        now += 0.05
    assert progress.report() == "statement 30 of 30, line 30: SELECT 1"


def test_each_holder_of_a_lock_is_reported_once_and_the_last_one_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration_progress, "CHECK_EVERY", 0.01)
    holders = ["session 1", "session 1", "session 2", ""]
    reports: list[str] = []
    with reported(lambda _: holders.pop(0) if holders else "", reports.append) as progress:
        progress.pid = (1,)
        assert eventually(lambda: not holders), "the locks are not checked again and again"
    assert reports == ["waiting for a lock held by session 1", "waiting for a lock held by session 2"]
    assert progress.holder == "session 2"


def test_a_database_that_cannot_be_asked_for_locks_ends_the_reports_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration_progress, "CHECK_EVERY", 0.01)
    checks: list[int] = []

    def unreachable(pid: int) -> str:
        checks.append(1)
        raise Unreachable("no route")

    with reported(unreachable, lambda _: None) as progress:
        progress.pid = (1,)
        assert eventually(lambda: checks != [])
    assert progress.holder == ""
