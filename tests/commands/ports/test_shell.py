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
