"""The end of a command's output, as messages show it."""

from __future__ import annotations

import pytest

from commands.ports.shell import CommandResult


def result(tail: str, code: int = 0) -> CommandResult:
    """A command that ended with this output."""
    return CommandResult(code=code, tail=tail, size=len(tail), seconds=0.1)


def test_the_last_eight_lines_are_shown_in_the_thread() -> None:
    assert result("\n".join(map(str, range(12)))).last_lines == ("4", "5", "6", "7", "8", "9", "10", "11")
    assert result("").last_lines == ()


@pytest.mark.parametrize(
    ("tail", "line"),
    [("one\ntwo\n\n", "two"), ("", "exit 7"), (" \n ", "exit 7"), ("x" * 200, "x" * 160)],
)
def test_the_last_line_is_shortened_and_replaced_by_the_exit_code_if_there_is_none(tail: str, line: str) -> None:
    assert result(tail, 7).last_line == line


_UNKNOWN = 'ERROR:  relation "versions" does not exist'


@pytest.mark.parametrize(
    ("behind", "line"),
    [
        ("LINE 1: SELECT max(v) FROM versions\n                           ^", _UNKNOWN),
        ("LINE 1: SELECT 1\n        ^\nHINT:  No such table is known.", _UNKNOWN),
        ("[SQL: SELECT v FROM versions]\n(Background on this error at: https://sqlalche.me/e/20/f405)", _UNKNOWN),
        ("\nNode.js v20.11.0", _UNKNOWN),
        ("Error: the pool is closed", "Error: the pool is closed"),
    ],
)
def test_the_line_that_says_what_is_wrong_is_shown_and_not_what_programs_print_behind_it(
    behind: str, line: str
) -> None:
    assert result(f"connected\n{_UNKNOWN}\n{behind}\n", 1).last_line == line


def test_an_output_of_nothing_else_is_shown_all_the_same() -> None:
    assert result("HINT: try again\n---\n", 1).last_line == "---"


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize(
    ("first", "behind"),
    [
        ("StandardError: all later migrations canceled:\n\nthe column is in use", "== 2 Orders: migrating ="),
        ("Error: P3018\n\nA migration failed to apply.", "   0: schema::apply\n       at apply.rs:113"),
        (
            "npm error code EUSAGE\nnpm error `npm ci` needs a lock file\nnpm error Missing: x@1",
            "npm error\nnpm error --x",
        ),
        ("psql:up.sql:3: ERROR:  no such table", "the next step"),
        ("rails aborted!\nYou are using several databases.\n\nCaused by:", "LoadError: cannot load such file"),
        ('error: column "n" does not exist', "    at Parser.parse (pg-protocol/dist/parser.js:1:1)"),
    ],
)
def test_of_a_command_that_failed_the_lines_that_say_why_are_shown_whatever_it_prints_behind_them(
    first: str, behind: str
) -> None:
    shown = result("\n".join(["begin", first, *[behind] * 9]), 1).error_lines
    said = [line for line in first.splitlines() if line]
    assert list(shown[: len(said)]) == said
    assert (len(shown), shown[-1]) == (8, behind.splitlines()[-1])


def test_where_the_end_says_why_or_nothing_does_the_end_is_shown() -> None:
    traceback = "\n".join(["Traceback", *["  File x"] * 9, "django.db.utils.OperationalError: locked", "at 1"])
    assert result(traceback, 1).error_lines == result(traceback).last_lines
    plain = "\n".join(["0 errors", "Error:", *map(str, range(12))])
    assert result(plain, 1).error_lines == result(plain).last_lines
    assert result("", 1).error_lines == ()
