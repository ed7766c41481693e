"""The words that are looked for in a log, and the parsing of the program's output."""

from __future__ import annotations

import subprocess

import pytest

from commands.systems.logs.log_lines import MAX_LINES, describe, parse_output, plan_lines, script_env


def test_words_are_looked_for_literally_and_in_any_case() -> None:
    env = script_env(["FATAL", "a.b", "[x]"])
    assert env["BAD"] == r"fatal|a\.b|\[x\]"
    ran = subprocess.run(
        ["awk", env["TROUBLE"]],
        input="ok\nfatal: x\na.B\naxb\n[X]\n",
        env={"BAD": env["BAD"], "PATH": "/usr/bin:/bin"},
        text=True,
        capture_output=True,
        check=True,
    )
    assert ran.stdout.splitlines() == ["log: fatal: x", "log: a.B", "log: [X]", "found=3"]


def test_the_plan_names_the_source_and_the_words() -> None:
    first, _ = plan_lines("production", "x.log from 7 on", ["error", "fatal"])
    assert first == (
        "on production: reads x.log from 7 on, rotated files included, for lines with error or fatal, "
        "upper or lower case"
    )


def test_lines_are_parsed_without_the_allowed_ones_but_all_are_counted() -> None:
    output = "log: Error: a\nother output\nlog: Error: known 7\nfound=12\nmoved=\n"
    result = parse_output(output, [r"known \d"])
    assert (result.lines, result.total, result.unreadable, result.note) == (("Error: a",), 12, "", "")


def test_without_a_count_the_lines_are_counted() -> None:
    assert parse_output("log: Error: a\nlog: Error: b\n", []).total == 2


def test_a_long_line_is_shortened() -> None:
    assert len(parse_output(f"log: {'x' * 300}\n", []).lines[0]) == 200


@pytest.mark.parametrize(
    ("word", "note", "unreadable"),
    [
        ("read", " The log was rotated meanwhile; the rotated part was read as well.", ""),
        ("lost /l", "", "/l was rotated meanwhile, and its last lines before that were not found"),
        ("packed /l.1.xz", "", "/l.1.xz has lines since the mark and is packed, which only gzip's files may be"),
        ("gone /l", "", "/l does not exist"),
        ("device /l", "", "/l is not a file that keeps lines"),
    ],
)
def test_a_rotation_and_an_unreadable_log_are_reported_in_words(word: str, note: str, unreadable: str) -> None:
    result = parse_output(f"found=0\nmoved={word}\n", [])
    assert (result.note, result.unreadable) == (note, unreadable)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1 new line with error or fatal"),
        (2, "2 new lines with error or fatal"),
        (MAX_LINES, "at least 100 new lines with error or fatal"),
    ],
)
def test_new_lines_are_counted_in_words(number: int, text: str) -> None:
    assert describe(["x"] * number, ["error", "fatal"]) == text
