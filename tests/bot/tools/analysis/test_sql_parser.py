"""PostgreSQL's parser names each error with its line, and survives every text."""

from __future__ import annotations

import pytest

from bot.tools.analysis.sql_parser import syntax_error


@pytest.mark.parametrize("sql", ["", "-- only a comment", "SELECT 1;\nSELECT 'ของ; \"x';", "CREATE TABLE t (id int)"])
def test_valid_sql_has_no_error(sql: str) -> None:
    assert syntax_error(sql) is None


@pytest.mark.parametrize(
    ("sql", "line", "why"),
    [
        ("SELECT 1;\nSELCT 2;\n", 2, 'syntax error at or near "SELCT"'),
        ("-- ของ\nSELECT 'ของ';\n\nSELECT (1;\n", 4, 'syntax error at or near ";"'),
        ("SELECT 'open;\n", 1, "unterminated quoted string"),
        ("SELECT 1 FROM", 1, "syntax error at end of input"),
    ],
)
def test_an_error_has_its_line_and_the_parsers_words(sql: str, line: int, why: str) -> None:
    error = syntax_error(sql)
    assert error, "the parser found no error"
    assert error.line == line
    assert why in error.why


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + " || ".join(["'a'"] * 5_000),
        " UNION ALL ".join(["SELECT 1"] * 5_000),
        # so deep that a tree of it overflows the stack of the process
        "SELECT " + "+".join(["1"] * 200_000),
    ],
    ids=["operators", "unions", "very deep"],
)
def test_a_deep_statement_is_parsed_like_any_other(sql: str) -> None:
    assert syntax_error(sql) is None
    error = syntax_error(sql + ";\nSELCT 1")
    assert error, "an error behind the deep statement was not found"
    assert (error.line, error.why) == (2, 'syntax error at or near "SELCT"')


def test_a_statement_too_deep_for_postgresql_itself_is_an_error() -> None:
    error = syntax_error("SELECT 1;\nSELECT " + "(" * 20_000 + "1" + ")" * 20_000)
    assert error, "PostgreSQL would refuse it"
    assert error.line == 2
    assert "memory exhausted" in error.why


def test_a_nul_character_is_an_error_and_hides_nothing_behind_it() -> None:
    error = syntax_error("SELECT 1;\nSELECT 2;\0 SELCT")
    assert error, "the parser stopped at the NUL and found no error"
    assert (error.line, error.why) == (2, "a NUL character, which PostgreSQL does not accept; remove it")


def test_a_lone_surrogate_is_an_error() -> None:
    error = syntax_error("SELECT 1;\n\nSELECT '\ud800';")
    assert error, "the parser cannot have read it"
    assert (error.line, error.why) == (3, "U+D800 is not a valid Unicode character; remove it")
