"""PostgreSQL's parser names each error with its line, and survives every text."""

from __future__ import annotations

import pytest

from bot.tools.analysis.sql_parser import syntax_error
from tests.growth import assert_linear


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


@pytest.mark.parametrize(
    ("piece", "wrap"),
    [
        ("/*", "{}"),
        ("*/", "SELECT 1 /* {}"),
        ("/* x */", "{} SELECT 1"),
        ("+", "SELECT 1 {} 1"),
        ("@-", "SELECT 1 {} 1"),
        ("--\n", "{}"),
        ("'", "SELECT {}"),
        ("(", "SELECT {}"),
        ("$a", "SELECT {}"),
        ("a.", "SELECT {}b"),
    ],
)
def test_the_time_to_parse_a_file_grows_with_its_length_and_no_faster(piece: str, wrap: str) -> None:
    assert_linear(syntax_error, piece, wrap)


def test_comments_inside_each_other_are_read_as_one_comment_and_lines_stay_the_same() -> None:
    depth = 20_000
    nested = "/*\n" * depth + "*/" * depth
    assert syntax_error(f"SELECT 1 {nested};") is None
    error = syntax_error(f"SELECT 1 {nested};\nSELCT 1;")
    assert error is not None
    assert (error.line, error.why) == (depth + 2, 'syntax error at or near "SELCT"')


def test_an_operator_that_is_too_long_is_named_with_its_line_and_text_that_looks_like_one_is_not() -> None:
    assert syntax_error("SELECT '" + "=" * 100 + "' -- " + "-" * 100) is None
    error = syntax_error("SELECT 1;\nSELECT 1 " + "+" * 64 + " 1;")
    assert error is not None
    assert (error.line, error.why) == (2, "an operator with more than 63 characters")


def test_the_parsers_message_never_quotes_a_whole_file() -> None:
    error = syntax_error("SELECT 1;\n/*" + " x" * 100_000)
    assert error is not None
    assert error.line == 2
    assert error.why.startswith("unterminated /* comment")
    assert len(error.why) <= 300
